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
    IP_CHECKSUM_UNVERIFIED, /* missing, over missing bytes, or over addresses not known */
    IP_CHECKSUM_OFFLOADED,  /* left to the network card */
};

enum {
    IP_CHECKSUM_STATUSES = IP_CHECKSUM_OFFLOADED + 1,
    IP_CHECKSUM_RIGHT_SUM = 0xFFFF, /* of bytes with a right checksum among them */
};

/*
 * The one's complement sum of `length` bytes as 16-bit network-order numbers, folded to 16 bits,
 * not complemented; an odd last byte counts as the upper half of a number (RFC 1071 section 1).
 */
uint16_t ip_checksum_sum(const uint8_t *bytes, size_t length);

/*
 * Status of a decoded IPv4 packet's header checksum. due: the packet was received over a link on
 * which checksums are complete; otherwise a field of 0 counts as offloaded, unless 0 is right.
 */
enum ip_checksum_status ip_checksum_header(const struct ip_packet *packet, bool due);

/* The value that the header checksum of an IPv4 packet with IP_HEADER_WHOLE should have. */
uint16_t ip_checksum_header_expected(const struct ip_packet *packet);

/*
 * Status of the checksum of the message in a decoded packet: TCP, UDP, ICMP, IGMP and ICMPv6;
 * Unverified for other protocols.
 * - The sum is over the final destination of an IPv6 routing header (types 0, 2, 3 and 4) and over
 *   the home address (RFC 8200 section 8.1, RFC 6275, RFC 6554, RFC 8754).
 * - Offloaded: the field holds the sum of the pseudo-header, with or without the length (the latter
 *   for segmentation offload), or is a UDP tunnel's and right once such a sum inside is complete
 *   (Linux: Documentation/networking/checksum-offloads.rst, "LCO").
 * - UDP without a checksum: Unverified over IPv4 (RFC 768), Bad over IPv6 unless it is a tunnel's
 *   (RFC 8200 section 8.1, RFC 6935).
 * - Unverified when bytes are missing, in fragments, behind IPv4 source routes and other routing
 *   headers; also instead of Bad when the IPv4 header's own checksum is wrong and not 0, since the
 *   addresses or the length may be wrong then.
 */
enum ip_checksum_status ip_checksum_message(const struct ip_packet *packet);

/* Whether a decoded packet is UDP without a checksum: the field is 0 (RFC 768). */
bool ip_checksum_is_omitted(const struct ip_packet *packet);

#endif
