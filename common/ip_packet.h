/*
 * The IP decoder: one pass over the bytes of an IPv4 or IPv6 header, its extension headers and the
 * ports behind it. It allocates and copies nothing, and reads nothing outside the given bytes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_IP_PACKET_H
#define IPMON_IP_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include "ip_address.h"
#include "ip_header.h"

/* Which values of struct ip_packet are valid: bits of ip_packet.present. */
enum ip_field {
    IP_FIELD_VERSION = 1 << 0,
    IP_FIELD_HEADER_LENGTH = 1 << 1,
    IP_FIELD_TYPE_OF_SERVICE = 1 << 2,
    IP_FIELD_TOTAL_LENGTH = 1 << 3,
    IP_FIELD_IDENTIFICATION = 1 << 4,
    IP_FIELD_FLAGS = 1 << 5, /* flags and fragment offset share two bytes */
    IP_FIELD_TIME_TO_LIVE = 1 << 6,
    IP_FIELD_PROTOCOL = 1 << 7,
    IP_FIELD_CHECKSUM = 1 << 8,
    IP_FIELD_SOURCE = 1 << 9,
    IP_FIELD_DESTINATION = 1 << 10,
    IP_FIELD_SOURCE_PORT = 1 << 11,
    IP_FIELD_DESTINATION_PORT = 1 << 12,
    IP_FIELD_PAYLOAD = 1 << 13,
};

/* How far the header (IPv6: with its extension headers) could be followed. */
enum ip_header_extent {
    IP_HEADER_WHOLE,   /* to its end */
    IP_HEADER_CUT,     /* to the end of what was captured; the rest was on the wire */
    IP_HEADER_OVERRUN, /* it states more bytes than the packet has */
    IP_HEADER_INVALID, /* IPv4 header length below 20 bytes, or a version other than 4 and 6 */
};

/*
 * One decoded header. Numbers are in host byte order, lengths and offsets in bytes; offsets count
 * from `bytes`. A value whose bit in `present` is clear is 0 and invalid.
 */
struct ip_packet {
    const uint8_t *bytes;     /* first byte of the header; the caller's */
    uint32_t captured_length; /* bytes that may be read at `bytes` */
    uint32_t wire_length;     /* bytes from the header to the frame's end when it was sent */
    uint32_t present;         /* enum ip_field */
    enum ip_header_extent extent;

    uint8_t version;         /* first nibble as found */
    uint8_t type_of_service; /* TOS byte (RFC 791) or traffic class (RFC 8200) */
    uint8_t time_to_live;    /* or hop limit */
    uint8_t protocol;        /* IPv6: the upper-layer protocol behind the extension headers */
    bool reserved_flag;      /* IPv4 only */
    bool dont_fragment;      /* IPv4 only */
    bool more_fragments;
    bool later_fragment;       /* not the first: no transport header in it */
    bool segmentation_offload; /* length 0 with data behind it: left to the network card */
    uint16_t checksum;         /* IPv4 only */
    uint16_t source_port;
    uint16_t destination_port;
    uint32_t identification;  /* IPv4: 16 bits; IPv6: the fragment header's 32 */
    uint32_t fragment_offset; /* bytes */
    uint32_t header_length;   /* IPv4: as stated; IPv6: 40 + extension headers */
    uint64_t total_length;    /* as stated; IPv6: 40 + payload (or jumbo) length */
    uint32_t datagram_end;    /* where the datagram ends: as stated, within wire_length */
    uint32_t payload_offset;
    uint32_t payload_length;   /* bytes of the datagram behind the header, frame padding excluded */
    uint32_t payload_captured; /* how many of them were captured */

    uint32_t source_offset;          /* of the address, 4 or 16 bytes */
    uint32_t destination_offset;     /* of the address, 4 or 16 bytes */
    uint32_t protocol_offset;        /* of the byte that names `protocol` */
    uint32_t fragment_header_offset; /* IPv6: of the first fragment header; 0 when there is none */
    uint32_t jumbo_offset; /* IPv6: of the jumbo length (RFC 2675); 0 when there is none */
};

/* One extension header of an IPv6 packet. */
struct ip_extension {
    uint8_t type;    /* next-header number that announced it */
    uint32_t offset; /* of its first byte, from the start of the IPv6 header */
    uint32_t length; /* bytes, as stated; may exceed the packet */
};

/*
 * Decodes the header at `bytes`. captured_length: bytes readable there. wire_length: bytes the
 * packet had on the wire from there on (link-layer padding included); values below captured_length
 * are raised to it. `bytes` may be NULL when captured_length is 0.
 * Returns true when the version is 4 or 6; fields that were not captured stay absent.
 * Sources: RFC 791, RFC 8200, RFC 2675, RFC 4302, RFC 6275, RFC 7401, RFC 5533.
 */
bool ip_packet_decode(struct ip_packet *packet, const uint8_t *bytes, uint32_t captured_length,
                      uint32_t wire_length);

/*
 * Makes all values of a decoded packet but the version invalid: for a header whose version is not
 * the one that the layer below announces, so that its other bytes have no meaning.
 */
void ip_packet_refuse_version(struct ip_packet *packet);

/*
 * Walks the extension headers of a decoded IPv6 packet, first to last. Set *extension to zeros
 * before the first call. Returns false when the datagram has no further header of which at least
 * the first two bytes were captured, and always for IPv4.
 */
bool ip_packet_next_extension(const struct ip_packet *packet, struct ip_extension *extension);

/* Whether headers of the protocol begin with two 16-bit ports, the source's first. */
bool ip_protocol_has_ports(uint8_t protocol);

/* The name of an IPv6 extension header type, or NULL when `type` is none (IANA registry). */
const char *ip_extension_name(uint8_t type);

/* Whether `field` (one of enum ip_field) was found in the packet. */
static inline bool ip_packet_has(const struct ip_packet *packet, enum ip_field field)
{
    return (packet->present & (uint32_t)field) != 0;
}

#endif
