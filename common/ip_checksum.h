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
    IP_CHECKSUM_UNVERIFIED, /* bytes are missing, or there is none, or what it covers is not known
                             */
    IP_CHECKSUM_OFFLOADED,  /* left for the network card to fill in */
};

/*
 * The one's complement sum of `length` bytes as 16-bit network-order numbers, folded to 16 bits,
 * not complemented; an odd last byte counts as the upper half of a number (RFC 1071 section 1).
 * A region whose checksum field is right sums to 0xFFFF.
 */
uint16_t ip_checksum_sum(const uint8_t *bytes, size_t length);

/*
 * Status of a decoded IPv4 packet's header checksum. due: the packet is known to have come over a
 * link that carries checksums; otherwise a field of 0 counts as offloaded, unless 0 is right.
 */
enum ip_checksum_status ip_checksum_header(const struct ip_packet *packet, bool due);

/* The value that the header checksum of an IPv4 packet with IP_HEADER_WHOLE should have. */
uint16_t ip_checksum_header_expected(const struct ip_packet *packet);

/*
 * Status of the checksum of the message in a decoded packet: TCP, UDP, ICMP, IGMP and ICMPv6; of
 * other protocols Unverified.
 * - The sum is over the final destination of an IPv6 routing header (types 0, 2, 3 and 4) and over
 *   the home address (RFC 8200 section 8.1, RFC 6275, RFC 6554, RFC 8754).
 * - Offloaded: the field holds the sum of the pseudo-header, with or without the length (the latter
 *   for segmentation offload), or is that of a UDP tunnel and right once such a sum inside of it is
 *   completed (Linux: Documentation/networking/checksum-offloads.rst, "LCO").
 * - UDP without a checksum: Unverified over IPv4 (RFC 768), Bad over IPv6 unless it is a tunnel's
 *   (RFC 8200 section 8.1, RFC 6935).
 * - Unverified when bytes are missing, in fragments, behind IPv4 source routes and other routing
 *   headers, and instead of Bad when the IPv4 header's own checksum is wrong and not 0, for then an
 *   address or the length may be what is wrong.
 */
enum ip_checksum_status ip_checksum_message(const struct ip_packet *packet);

/* Whether a decoded packet is UDP with a checksum field of 0: its sender made none (RFC 768). */
bool ip_checksum_is_omitted(const struct ip_packet *packet);

#endif
