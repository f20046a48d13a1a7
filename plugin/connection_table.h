/*
 * The table of the connections and associations of a file: their keys and memory. What their
 * packets change in them is up to connection.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CONNECTION_TABLE_H
#define IPMON_CONNECTION_TABLE_H

#include <stdint.h>

#include "connection_life.h"
#include "sctp_association.h"
#include "tcp_connection.h"

/*
 * The key of a connection as one packet shows it: its ends, the sender's first, and what
 * distinguishes equal ends. Valid as long as the packet's bytes.
 */
struct ends {
    const uint8_t *addresses[2];
    uint16_t ports[2]; /* host byte order */
    uint16_t vlan;
    uint8_t protocol;
    uint8_t size; /* of an address: 4 or 16 bytes */
    uint32_t tunnel;
};

/*
 * A connection or association, from its first packet until the file is closed. Side 0 is the end
 * that sent that packet. The state changes only when a frame is dissected for the first time: in
 * that pass it is the state after the frames so far, later the one at the end of the file.
 */
struct connection {
    union { /* by protocol; all zeros before the first packet */
        struct tcp_connection tcp;
        struct sctp_association sctp;
    };
    struct connection_life life;
    struct connection *next; /* of the same bucket */
    uint32_t hash;           /* of the key, which follows and never changes; see struct ends */
    uint32_t tunnel;
    uint16_t ports[2];
    uint16_t vlan;
    uint8_t protocol;
    uint8_t size;
    uint8_t right_sums;  /* bit set of sides that sender.c knows to fill in their checksums */
    uint8_t addresses[]; /* the rest of the key: of side 0, of side 1 */
};

/* To be called once, while the protocol is registered. */
void connection_table_register(void);

/* The connection of a packet and the side (0 or 1) that sent it, or NULL. */
struct connection *connection_table_find(const struct ends *ends, unsigned *side);

/* The same, with a new connection if there is none. */
struct connection *connection_table_get(const struct ends *ends, unsigned *side);

#endif
