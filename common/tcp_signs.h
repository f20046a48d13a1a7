/*
 * What the state of a TCP connection shows about a reset beside its verdict: signs of who sent it,
 * and the packet that it answers. Nothing here changes the state. A side is 0 or 1.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_TCP_SIGNS_H
#define IPMON_TCP_SIGNS_H

#include <stdbool.h>
#include <stdint.h>

#include "tcp_state.h"

struct tcp_signs {
    uint32_t idle;        /* milliseconds since the last segment of either side; 0: unknown, too */
    uint8_t time_to_live; /* of the last segment of the reset's sender; 0: there was none */
    bool lacks_beginning; /* no SYN of the connection was captured */
};

/*
 * The signs of a reset of a side, by the state before it. time: of its capture, in milliseconds, as
 * for tcp_connection_segment.
 */
struct tcp_signs tcp_signs_of_reset(const struct tcp_connection *connection, unsigned side,
                                    uint32_t time);

/* The frame of the side's last segment, which may be a retransmission; 0: there was none. */
uint32_t tcp_last_frame(const struct tcp_connection *connection, unsigned side);

#endif
