/*
 * The two ends of a packet, as sockets know them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PACKET_ENDS_H
#define IPMON_PACKET_ENDS_H

#include <stdbool.h>
#include <stdint.h>

#include "ip_address.h"

/* One end and its peer. Of IPv4 addresses only the first four bytes are used; the others are 0. */
struct packet_end {
    uint8_t version; /* 4 or 6 */
    uint8_t protocol;
    uint16_t local_port; /* of ICMP the identifier of an echo message, else 0 */
    /* Of ICMP sent, type * 256 + code; received, that of the request which the message answers. */
    uint16_t remote_port;
    uint8_t local[IPV6_ADDRESS_LENGTH];
    uint8_t remote[IPV6_ADDRESS_LENGTH];
};

struct packet_ends {
    struct packet_end sender;
    struct packet_end receiver;
    bool has_data; /* a process receives something: not only a segment of TCP without data */
    bool to_group; /* the destination is a multicast address or the limited broadcast */
    /* Of TCP. */
    bool is_request;   /* a SYN */
    bool is_reply;     /* a SYN and an acknowledgment */
    bool has_sequence; /* there is a sequence number */
    uint32_t sequence;
};

/*
 * Finds the ends of a packet that begins with its IP header. False when they are not in the
 * captured bytes, and for fragments but the first.
 */
bool packet_ends_find(struct packet_ends *ends, const uint8_t *bytes, uint32_t captured_length,
                      uint32_t wire_length);

#endif
