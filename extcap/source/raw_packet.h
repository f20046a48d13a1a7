/*
 * Receives one packet from a raw socket, with its IP header. The kernel delivers IPv6 without it:
 * the header is rebuilt. Version, addresses, hop limit, traffic class, flow label and the
 * hop-by-hop, routing and destination options headers are the packet's own, as far as whole ones
 * fit; lengths and next-header numbers follow from them. Fragments are reassembled already.
 * Source: raw(7), ipv6(7), RFC 3542, RFC 8200.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_RAW_PACKET_H
#define IPMON_RAW_PACKET_H

#include <stdbool.h>
#include <stdint.h>

enum {
    RAW_HEADERS_MAX = 4096, /* bytes for a rebuilt IPv6 header with its extension headers */
    RAW_PACKET_MAX = RAW_HEADERS_MAX + 65536,
    RAW_IPV6_FLOWINFO = 11, /* IPV6_FLOWINFO of linux/in6.h, which <netinet/in.h> lacks */
};

struct raw_packet {
    const uint8_t *bytes; /* from the IP header on, within the caller's buffer */
    uint32_t captured_length;
    uint32_t wire_length;
    uint64_t timestamp; /* nanoseconds since 1970-01-01 UTC, the kernel's */
    unsigned interface; /* the kernel's index */
    bool has_drops;
    uint32_t drops; /* the socket's counter of lost packets when this one was queued */
};

/*
 * Receives from a raw socket of AF_INET or AF_INET6 and a protocol, on which SO_TIMESTAMPNS and
 * SO_RXQ_OVFL are set, IP_PKTINFO for IPv4, and for IPv6 the options of RFC 3542 and
 * RAW_IPV6_FLOWINFO. buffer: RAW_PACKET_MAX bytes. False with errno when nothing was received.
 */
bool raw_packet_receive(struct raw_packet *packet, int descriptor, int family, uint8_t protocol,
                        uint8_t *buffer);

#endif
