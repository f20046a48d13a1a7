/*
 * Internet checksums (RFC 1071).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_IP_CHECKSUM_H
#define IPMON_IP_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ip_packet.h"

enum ip_checksum_status {
    IP_CHECKSUM_BAD,
    IP_CHECKSUM_GOOD,
    IP_CHECKSUM_UNVERIFIED, /* not all bytes were captured, or the header's length is broken */
    IP_CHECKSUM_OFFLOADED,  /* left for the network card to fill in */
};

/*
 * The one's complement sum of `length` bytes as 16-bit network-order numbers, folded to 16 bits,
 * not complemented; an odd last byte counts as the upper half of a number (RFC 1071 section 1).
 * A region whose checksum field is right sums to 0xFFFF.
 */
uint16_t ip_checksum_sum(const uint8_t *bytes, size_t length);

/*
 * Status of a decoded IPv4 packet's header checksum. outgoing: the capture file says that this host
 * sent the packet; a checksum field of 0 then counts as offloaded.
 */
enum ip_checksum_status ip_checksum_header(const struct ip_packet *packet, bool outgoing);

/* The value that the header checksum of an IPv4 packet with IP_HEADER_WHOLE should have. */
uint16_t ip_checksum_header_expected(const struct ip_packet *packet);

/*
 * Status of the checksum of the upper-layer message (TCP, UDP, ICMP, ICMPv6, IGMP) in the payload.
 * length: bytes that it covers from the payload's start. field: offset of the checksum field from
 * there. with_pseudo_header: RFC 9293 section 3.1, RFC 8200 section 8.1. Offloaded when the field
 * holds the pseudo-header's own sum, for segmentation offload also that without the length.
 * Unverified when bytes are missing, in fragments, and when a routing header, source route or home
 * address option changes an address on the way.
 */
enum ip_checksum_status ip_checksum_upper(const struct ip_packet *packet, uint32_t length,
                                          uint32_t field, bool with_pseudo_header);

#endif
