/*
 * What a packet means in the state of its TCP connection. Nothing here changes the state. These
 * functions are only for tcp_connection.c. A side is the sender's, 0 or 1.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_TCP_VERDICT_H
#define IPMON_TCP_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "connection_verdict.h"
#include "tcp_segment.h"
#include "tcp_state.h"

enum {
    ECHO_MAX = 1 << 27,  /* from the first SYN's timestamp to the last one's, by any clock */
    SYN_DATA_MAX = 1460, /* bytes that a SYN may carry */
    KEEPALIVE_DATA = 1,  /* bytes in a keep-alive at most, RFC 9293 section 3.8.4 */
};

/* Whether an acknowledgment covers the side's SYN, perhaps with data, and nothing unsent. */
static inline bool acknowledges_syn(const struct tcp_side *side, uint32_t acknowledgment)
{
    return (side->flags & TCP_SIDE_SYN) && tcp_is_after(acknowledgment, side->initial) &&
           !tcp_is_after(acknowledgment, side->next);
}

/*
 * Whether a segment echoes a timestamp of the SYNs that it answers. Another one belongs to an older
 * connection, and Linux discards the segment (RFC 7323 section 3.2).
 */
static inline bool echoes_syn(const struct tcp_side *side, const struct tcp_segment *segment)
{
    return !(side->flags & TCP_SIDE_STAMPED) || !segment->has_timestamp || segment->echo == 0 ||
           segment->echo - side->timestamp <= ECHO_MAX;
}

/* Whether a side acknowledges the pending SYN, perhaps with data (RFC 7413). */
static inline bool answers_pending(const struct tcp_connection *connection, unsigned side,
                                   uint32_t acknowledgment)
{
    return connection->is_pending && connection->pending_side != side &&
           acknowledgment - connection->pending - 1 <= SYN_DATA_MAX;
}

/*
 * Whether a side can have received what it acknowledges. A stack discards an acknowledgment of
 * bytes that were not sent; if they are only missing from the capture, the peer continues there.
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
 * The situation of a reset that its receiver accepts, by the FINs before it. sequence: the reset's.
 * One in front of the FIN is exact only for a receiver that does not have the FIN.
 */
enum connection_situation tcp_closing_situation(const struct tcp_connection *connection,
                                                unsigned side, uint32_t sequence);

/* The verdict on a reset for its receiver (RFC 9293 section 3.10.7, RFC 5961 section 3.2). */
struct connection_verdict tcp_reset_verdict(const struct tcp_connection *connection, unsigned side,
                                            const struct tcp_segment *segment);

/*
 * The situation in which a reset finds its receiver when the capture shows nothing else of the
 * connection. One in response to a SYN has the ACK flag and sequence number 0 (RFC 9293 section
 * 3.10.7.1).
 */
enum connection_situation tcp_lone_reset_situation(uint8_t flags, uint32_t sequence);

/* Whether a reset in that situation is discarded, so that it changes nothing. */
bool tcp_reset_is_discarded(enum connection_situation situation);

/* `found` when the quoted bytes are in flight (RFC 5927 section 4.1), else why they are not. */
struct connection_verdict tcp_quote_verdict(const struct tcp_connection *connection, unsigned side,
                                            uint32_t sequence, enum connection_situation found);

/* Whether connect(), or accept(), of the side's socket has not succeeded yet. */
bool tcp_is_connecting(const struct tcp_connection *connection, unsigned side);

#endif
