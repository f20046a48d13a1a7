/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcp_hole.h"

void tcp_hole_note(struct tcp_side *side)
{
    const uint16_t settled = TCP_SIDE_LOST | TCP_SIDE_FILLED;

    if ((side->flags & TCP_SIDE_HOLE) && !(side->flags & TCP_SIDE_FILLED))
        return;
    side->flags = (uint16_t)((side->flags | TCP_SIDE_HOLE) & ~settled);
    side->hole = side->next;
}

void tcp_hole_fill(struct tcp_side *side, const struct tcp_segment *segment)
{
    if (!(side->flags & TCP_SIDE_HOLE) || tcp_is_after(segment->sequence, side->hole) ||
        !tcp_is_after(tcp_segment_end(segment), side->hole))
        return;
    side->hole = tcp_segment_end(segment);
    side->flags = (uint16_t)((side->flags | TCP_SIDE_FILLED) & ~TCP_SIDE_LOST);
}

void tcp_hole_settle(struct tcp_connection *connection, unsigned side,
                     const struct tcp_segment *acknowledging, bool repeated)
{
    struct tcp_side *own = &connection->sides[side];
    const uint32_t acknowledgment = acknowledging->acknowledgment;

    if (!(own->flags & TCP_SIDE_HOLE))
        return;
    if (tcp_is_after(acknowledgment, own->hole) && !(own->flags & TCP_SIDE_FILLED))
        connection->incomplete = true;
    if (!tcp_is_before(acknowledgment, own->next)) {
        own->flags &= (uint16_t) ~(TCP_SIDE_HOLE | TCP_SIDE_LOST | TCP_SIDE_FILLED);
    } else if (tcp_is_after(acknowledgment, own->hole) || repeated ||
               (own->flags & TCP_SIDE_FILLED && acknowledgment == own->hole) ||
               (acknowledging->has_sack && tcp_is_after(acknowledging->sack_edge, own->hole))) {
        own->hole = acknowledgment;
        own->flags = (uint16_t)((own->flags | TCP_SIDE_LOST) & ~TCP_SIDE_FILLED);
    }
}
