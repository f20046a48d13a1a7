/*
 * The first byte that is missing from what a side of a TCP connection was seen to send: not
 * captured, or not arrived yet. The acknowledgments of the peer show which.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_TCP_HOLE_H
#define IPMON_TCP_HOLE_H

#include <stdbool.h>

#include "tcp_segment.h"
#include "tcp_state.h"

/* Bytes are missing in front of the side's latest segment; side->next is still before them. */
void tcp_hole_note(struct tcp_side *side);

/* A segment that was sent late, or again, may fill the hole or its beginning. */
void tcp_hole_fill(struct tcp_side *side, const struct tcp_segment *segment);

/*
 * The peer of the side, which is 0 or 1, acknowledges: that shows whether it has the missing byte.
 * repeated: its acknowledgment before was of the same byte.
 */
void tcp_hole_settle(struct tcp_connection *connection, unsigned side,
                     const struct tcp_segment *acknowledging, bool repeated);

#endif
