/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcp_signs.h"

/* Milliseconds since the side's last segment; more than INT32_MAX: there was none. */
static uint32_t silence_of(const struct tcp_side *side, uint32_t time)
{
    return side->flags & TCP_SIDE_SENT ? time - side->sent_at : UINT32_MAX;
}

struct tcp_signs tcp_signs_of_reset(const struct tcp_connection *connection, unsigned side,
                                    uint32_t time)
{
    const struct tcp_side *sides = connection->sides;
    const uint32_t one = silence_of(&sides[0], time);
    const uint32_t other = silence_of(&sides[1], time);
    const uint32_t idle = one < other ? one : other;

    return (struct tcp_signs){
        .idle = idle <= INT32_MAX ? idle : 0, /* also when packets are out of order */
        .time_to_live = connection->times_to_live[side],
        .lacks_beginning = ((sides[0].flags | sides[1].flags) & TCP_SIDE_SYN) == 0,
    };
}

uint32_t tcp_last_frame(const struct tcp_connection *connection, unsigned side)
{
    const struct tcp_side *own = &connection->sides[side];

    return own->last_sent > own->last_retransmission ? own->last_sent : own->last_retransmission;
}
