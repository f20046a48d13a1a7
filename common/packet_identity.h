/*
 * What distinguishes a packet from others of its conversation, by the bytes that an ICMP error
 * about it quotes and that routers do not change: the IPv4 identification, and what stands behind
 * the IP header, without checksums, which the sender may leave to its network card.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PACKET_IDENTITY_H
#define IPMON_PACKET_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "ip_packet.h"

enum {
    PACKET_IDENTITY_DATA = 32, /* bytes of data that count, behind the first 8 of the message */
};

struct packet_identity {
    uint32_t number; /* TCP: sequence number; UDP: length; ICMP: identifier and sequence number */
    /*
     * TCP: bytes of data, or 1. Others, without an identification: a hash of the data, never 0; 0:
     * less of it was captured, or quoted.
     */
    uint32_t extent;
    uint16_t identification; /* IPv4; 0: none */
    uint8_t time_to_live;    /* or hop limit, of the captured or quoted header; does not count */
    uint8_t layer;           /* of the header in its frame; not set here, and does not count */
};

/*
 * Reads the identity of a decoded packet, or of one that was decoded from a quote. False when fewer
 * than 8 bytes behind its header were captured, which an error quotes at least (RFC 792).
 */
bool packet_identity_read(struct packet_identity *identity, const struct ip_packet *packet);

/*
 * The same for UDP at little cost: IPv4 without options, or IPv6 without extension headers. bytes:
 * from the IP header on, of which `captured` can be read, at least 28 of IPv4 and 40 of others.
 * False: any other packet, or a later fragment.
 */
bool packet_identity_read_plain(struct packet_identity *identity, const uint8_t *bytes,
                                uint32_t captured);

/*
 * The ports in a message, the source's first; of ICMP and ICMPv6 the identifier; 0: neither.
 * message: at least 8 bytes.
 */
uint32_t packet_identity_ports(uint8_t protocol, const uint8_t *message);

enum packet_match {
    PACKET_MATCH_NONE,
    PACKET_MATCH_POSSIBLE, /* nothing contradicts, but no IPv4 identification shows it */
    PACKET_MATCH_EXACT,
};

/*
 * Whether the quoted packet may be the one that was sent; both are of one conversation. TCP matches
 * when the quoted sequence number is in the segment: a network card may have divided it.
 */
enum packet_match packet_identity_match(uint8_t protocol, const struct packet_identity *sent,
                                        const struct packet_identity *quoted);

#endif
