/*
 * What the history of a TCP connection says of a packet. Nothing here changes the history: that is
 * for tcp_connection.c alone, which these functions belong to. A side is the sender's, 0 or 1.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_TCP_JUDGEMENT_H
#define IPMON_TCP_JUDGEMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "tcp_connection.h"

enum {
    ECHO_MAX = 1 << 27,  /* from the first SYN's timestamp to the last one's, by any clock */
    SYN_DATA_MAX = 1460, /* bytes that a SYN may carry */
    KEEPALIVE_DATA = 1,  /* bytes that a keep-alive has at most, RFC 9293 section 3.8.4 */
};

static inline struct tcp_verdict firm(enum tcp_situation situation)
{
    return (struct tcp_verdict){.situation = situation};
}

static inline struct tcp_verdict likely(enum tcp_situation situation)
{
    return (struct tcp_verdict){.situation = situation, .likely = true};
}

/* Whether an acknowledgment covers the side's SYN, perhaps with data, and nothing unsent. */
static inline bool acknowledges_syn(const struct tcp_side *side, uint32_t acknowledgment)
{
    return (side->flags & TCP_SIDE_SYN) && tcp_is_after(acknowledgment, side->initial) &&
           !tcp_is_after(acknowledgment, side->next);
}

/*
 * Whether what a segment echoes is a timestamp of the SYNs that it answers. One that is not belongs
 * to an older connection, and Linux does not take it (RFC 7323 section 3.2).
 */
static inline bool echoes_syn(const struct tcp_side *side, const struct tcp_segment *segment)
{
    return !(side->flags & TCP_SIDE_STAMPED) || !segment->has_timestamp || segment->echo == 0 ||
           segment->echo - side->timestamp <= ECHO_MAX;
}

/* Whether a side acknowledges the SYN that was kept aside, perhaps with data (RFC 7413). */
static inline bool answers_pending(const struct tcp_connection *connection, unsigned side,
                                   uint32_t acknowledgment)
{
    return connection->is_pending && connection->pending_side != side &&
           acknowledgment - connection->pending - 1 <= SYN_DATA_MAX;
}

/*
 * Whether a side can have received all that it says. A stack discards an acknowledgment of what was
 * not sent; if it is only the capture that lacks it, the other side goes on from there.
 */
static inline bool may_acknowledge(const struct tcp_connection *connection, unsigned side,
                                   uint32_t acknowledgment)
{
    const struct tcp_side *peer = &connection->sides[!side];

    return !(peer->flags & TCP_SIDE_SENT) || !tcp_is_after(acknowledgment, peer->next);
}

static inline bool is_keepalive(const struct tcp_side *side, const struct tcp_segment *segment)
{
    return segment->length <= KEEPALIVE_DATA && !(segment->flags & TCP_FLAG_FIN) &&
           segment->sequence == side->next - 1;
}

static inline bool is_closed(const struct tcp_connection *connection)
{
    return (connection->sides[0].flags & connection->sides[1].flags & TCP_SIDE_FIN) != 0 ||
           ((connection->sides[0].flags | connection->sides[1].flags) & TCP_SIDE_DEAD) != 0;
}

/*
 * What a reset of a side that the receiver takes comes to, by what was closed before. sequence: the
 * reset's. One in front of the FIN is exact only for a receiver that has not got the FIN.
 */
enum tcp_situation tcp_judge_closing(const struct tcp_connection *connection, unsigned side,
                                     uint32_t sequence);

/* What a reset comes to for its receiver (RFC 9293 section 3.10.7, RFC 5961 section 3.2). */
struct tcp_verdict tcp_judge_reset(const struct tcp_connection *connection, unsigned side,
                                   const struct tcp_segment *segment);

/* Whether a reset of that situation is discarded, so that it changes nothing. */
bool tcp_judge_is_refused(enum tcp_situation situation);

/* Whether the quoted bytes are on their way (RFC 5927 section 4.1); `found` when they are. */
struct tcp_verdict tcp_judge_quote(const struct tcp_connection *connection, unsigned side,
                                   uint32_t sequence, enum tcp_situation found);

/* Whether the side's socket is one whose connect(), or accept(), has not succeeded yet. */
bool tcp_judge_is_connecting(const struct tcp_connection *connection, unsigned side);

#endif
