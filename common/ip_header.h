/*
 * IPv4 and IPv6 headers as they are on the wire: where their fields are, and the protocol numbers.
 * Lengths and offsets are bytes; masks apply to numbers in host byte order.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_IP_HEADER_H
#define IPMON_IP_HEADER_H

#include <stdbool.h>
#include <stdint.h>

/* RFC 791 section 3.1. */
enum {
    IPV4_HEADER_MIN = 20,
    IPV4_TYPE_OF_SERVICE_FIELD = 1,
    IPV4_TOTAL_LENGTH_FIELD = 2,
    IPV4_IDENTIFICATION_FIELD = 4,
    IPV4_FRAGMENT_FIELD = 6, /* flags and fragment offset */
    IPV4_TIME_TO_LIVE_FIELD = 8,
    IPV4_PROTOCOL_FIELD = 9,
    IPV4_CHECKSUM_FIELD = 10,
    IPV4_SOURCE_FIELD = 12,
    IPV4_DESTINATION_FIELD = 16,

    IPV4_RESERVED_FLAG = 0x8000, /* masks of IPV4_FRAGMENT_FIELD */
    IPV4_DONT_FRAGMENT = 0x4000,
    IPV4_MORE_FRAGMENTS = 0x2000,
    IPV4_FRAGMENT_OFFSET = 0x1FFF, /* in units of 8 bytes */
};

/* RFC 8200 section 3. */
enum {
    IPV6_HEADER_LENGTH = 40,
    IPV6_PAYLOAD_LENGTH_FIELD = 4,
    IPV6_NEXT_HEADER_FIELD = 6,
    IPV6_HOP_LIMIT_FIELD = 7,
    IPV6_SOURCE_FIELD = 8,
    IPV6_DESTINATION_FIELD = 24,
};

/* Extension headers; all but the fragment header have a length in their second byte. */
enum {
    IPV6_EXTENSION_MIN = 2, /* bytes that are needed to find the next one */
    IPV6_EXTENSION_LENGTH_FIELD = 1,

    IPV6_FRAGMENT_LENGTH = 8, /* RFC 8200 section 4.5 */
    IPV6_FRAGMENT_RESERVED_FIELD = 1,
    IPV6_FRAGMENT_FIELD = 2, /* fragment offset and flags */
    IPV6_FRAGMENT_IDENTIFICATION_FIELD = 4,
    IPV6_FRAGMENT_OFFSET = 0xFFF8, /* masks of IPV6_FRAGMENT_FIELD; the offset in bytes */
    IPV6_FRAGMENT_RESERVED = 0x0006,
    IPV6_MORE_FRAGMENTS = 0x0001,

    IPV6_ROUTING_TYPE_FIELD = 2, /* RFC 8200 section 4.4 */
    IPV6_ROUTING_SEGMENTS_LEFT_FIELD = 3,
    IPV6_ROUTING_SOURCE = 0,   /* types: RFC 2460 section 4.4, RFC 5095 */
    IPV6_ROUTING_MOBILITY = 2, /* RFC 6275 section 6.4 */
    IPV6_ROUTING_RPL = 3,      /* RFC 6554 section 3 */
    IPV6_ROUTING_SEGMENT = 4,  /* RFC 8754 section 2 */

    AH_RESERVED_FIELD = 2, /* 16 bits, RFC 4302 section 2 */
};

/* IANA "Protocol Numbers": those that the decoder and the rules act on. */
enum {
    IP_PROTOCOL_HOP_BY_HOP = 0,
    IP_PROTOCOL_ICMP = 1,
    IP_PROTOCOL_IGMP = 2,
    IP_PROTOCOL_IPV4 = 4,
    IP_PROTOCOL_TCP = 6,
    IP_PROTOCOL_UDP = 17,
    IP_PROTOCOL_DCCP = 33,
    IP_PROTOCOL_IPV6 = 41,
    IP_PROTOCOL_ROUTING = 43,
    IP_PROTOCOL_FRAGMENT = 44,
    IP_PROTOCOL_GRE = 47,
    IP_PROTOCOL_AH = 51,
    IP_PROTOCOL_ICMPV6 = 58,
    IP_PROTOCOL_NO_NEXT = 59,
    IP_PROTOCOL_DESTINATION_OPTIONS = 60,
    IP_PROTOCOL_SCTP = 132,
    IP_PROTOCOL_MOBILITY = 135,
    IP_PROTOCOL_UDPLITE = 136,
    IP_PROTOCOL_HIP = 139,
    IP_PROTOCOL_SHIM6 = 140,
    IP_PROTOCOL_UNASSIGNED_FIRST = 148,
    IP_PROTOCOL_UNASSIGNED_LAST = 252,
    IP_PROTOCOL_RESERVED = 255,
};

/* The first word of an IPv6 header: version, traffic class, flow label (RFC 8200 section 3). */
enum {
    IPV6_VERSION_SHIFT = 28,
    IPV6_TRAFFIC_CLASS = 0xFF, /* at IPV6_TRAFFIC_CLASS_SHIFT */
    IPV6_TRAFFIC_CLASS_SHIFT = 20,
    IPV6_FLOW_LABEL = 0x000FFFFF,
    IPV6_EXTENSION_UNIT = 8, /* bytes in which extension headers count their length, less one */
};

/* The version nibble of a header. */
static inline uint8_t ip_header_version(const uint8_t *header)
{
    return header[0] >> 4;
}

/* The length of an IPv4 header as it states it: 0 to 60, also below the minimum. */
static inline uint32_t ipv4_header_length(const uint8_t *header)
{
    return (header[0] & 0x0FU) * 4;
}

/* Where the addresses of a header are, in network order. */
struct ip_header_addresses {
    uint8_t version; /* 4 or 6 */
    const uint8_t *source;
    const uint8_t *destination;
};

/* False when the `captured` bytes begin with no header of IP whose addresses are among them. */
static inline bool ip_header_find_addresses(struct ip_header_addresses *found, const uint8_t *bytes,
                                            uint32_t captured)
{
    found->version = captured != 0 ? ip_header_version(bytes) : 0;
    if (found->version == 4) {
        found->source = bytes + IPV4_SOURCE_FIELD;
        found->destination = bytes + IPV4_DESTINATION_FIELD;
        return captured >= IPV4_HEADER_MIN;
    }
    found->source = bytes + IPV6_SOURCE_FIELD;
    found->destination = bytes + IPV6_DESTINATION_FIELD;
    return found->version == 6 && captured >= IPV6_HEADER_LENGTH;
}

#endif
