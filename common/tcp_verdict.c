/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcp_verdict.h"

enum { REQUEST_WINDOW = 65535 }; /* bytes: the least window of a listener before its SYN-ACK */

enum connection_situation tcp_closing_situation(const struct tcp_connection *connection,
                                                unsigned side, uint32_t sequence)
{
    const struct tcp_side *own = &connection->sides[side];
    const struct tcp_side *peer = &connection->sides[!side];

    if (!(own->flags & TCP_SIDE_FIN) || own->flags & TCP_SIDE_LOST ||
        tcp_is_before(sequence, own->next - 1))
        return SITUATION_ESTABLISHED;
    if (!(peer->flags & TCP_SIDE_FIN))
        return SITUATION_PEER_CLOSED;
    return (own->flags & TCP_SIDE_ACKED) && !tcp_is_before(own->acknowledged, peer->next)
               ? SITUATION_TIME_WAIT
               : SITUATION_BOTH_CLOSED;
}

/*
 * A reset for a synchronized connection must have the sequence number that the receiver expects
 * next (RFC 5961 section 3.2): between what it has acknowledged and what was sent to it without a
 * hole, or at the highest edge of its SACK blocks, or at the FIN itself once that was received.
 */
static struct connection_verdict sequence_verdict(const struct tcp_connection *connection,
                                                  unsigned side, uint32_t sequence)
{
    const struct tcp_side *own = &connection->sides[side];
    const struct tcp_side *peer = &connection->sides[!side];
    const enum connection_situation situation = tcp_closing_situation(connection, side, sequence);
    const bool sent = (own->flags & TCP_SIDE_SENT) != 0;
    const bool acked = (peer->flags & TCP_SIDE_ACKED) != 0;
    const bool floor_known = acked || (own->flags & TCP_SIDE_SYN);
    const uint32_t floor = acked ? peer->acknowledged : own->initial + 1;
    const uint32_t limit = own->flags & TCP_SIDE_LOST ? own->hole : own->next;
    const bool at_fin = own->flags & TCP_SIDE_FIN && sequence == own->next - 1;
    const bool incomplete =
        connection->incomplete ||
        (acked && connection->phase == TCP_PHASE_ESTABLISHED && peer->flags & TCP_SIDE_UNFIT) ||
        (own->flags & (TCP_SIDE_HOLE | TCP_SIDE_LOST)) == TCP_SIDE_HOLE;

    if (floor_known && tcp_is_before(sequence, floor))
        return at_fin && floor == own->next ? verdict_certain(situation)
                                            : verdict_certain(SITUATION_BELOW_WINDOW);
    if (floor_known && peer->flags & TCP_SIDE_SACKED && sequence == peer->sack_edge)
        return verdict_certain(situation);
    if (floor_known && (sequence == floor || (sent && !tcp_is_after(sequence, limit))))
        return incomplete || (sent && sequence != limit && !at_fin) ? verdict_likely(situation)
                                                                    : verdict_certain(situation);
    if (acked && tcp_is_after(sequence, peer->window_edge))
        return verdict_certain(SITUATION_ABOVE_WINDOW);
    if (!floor_known || !sent || incomplete)
        return verdict_likely(situation);
    return verdict_certain(SITUATION_IN_WINDOW);
}

/*
 * A reset of the SYN's sender for a request that the listener has not accepted. It must be exact,
 * too (RFC 9293 section 3.10.7.4); what it acknowledges does not matter.
 */
static enum connection_situation request_situation(const struct tcp_connection *connection,
                                                   unsigned side, const struct tcp_segment *segment)
{
    const struct tcp_side *own = &connection->sides[side];
    const struct tcp_side *peer = &connection->sides[!side];
    const bool answered = (peer->flags & TCP_SIDE_ACKED) != 0;
    const uint32_t floor = answered ? peer->acknowledged : own->initial + 1;
    const uint32_t limit = answered ? floor : own->next;
    const uint32_t edge = answered ? peer->window_edge : own->next + REQUEST_WINDOW;

    if (tcp_is_before(segment->sequence, floor))
        return SITUATION_BELOW_WINDOW;
    if (tcp_is_after(segment->sequence, edge))
        return SITUATION_ABOVE_WINDOW;
    return tcp_is_after(segment->sequence, limit) ? SITUATION_IN_WINDOW : SITUATION_HALF_OPEN;
}

/* A reset before the SYN is answered. */
static struct connection_verdict opening_verdict(const struct tcp_connection *connection,
                                                 unsigned side, const struct tcp_segment *segment)
{
    const struct tcp_side *own = &connection->sides[side];
    const struct tcp_side *peer = &connection->sides[!side];

    if (!connection->crossed && own->flags & TCP_SIDE_SYN && peer->flags & TCP_SIDE_ACKED &&
        segment->sequence == peer->acknowledged) /* RFC 5961 section 4: it answers a challenge */
        return verdict_certain(SITUATION_ESTABLISHED);
    if (connection->crossed || (own->flags & TCP_SIDE_SYN && peer->flags & TCP_SIDE_ACKED))
        return sequence_verdict(connection, side, segment->sequence);
    if (own->flags & TCP_SIDE_SYN)
        return verdict_certain(request_situation(connection, side, segment));
    if (!(segment->flags & TCP_FLAG_ACK))
        return verdict_certain(SITUATION_NO_ACK);
    if (!acknowledges_syn(peer, segment->acknowledgment))
        return verdict_certain(SITUATION_WRONG_ACK);
    return verdict_certain(echoes_syn(peer, segment) ? SITUATION_CONNECTING : SITUATION_WRONG_ECHO);
}

struct connection_verdict tcp_reset_verdict(const struct tcp_connection *connection, unsigned side,
                                            const struct tcp_segment *segment)
{
    const struct tcp_side *peer = &connection->sides[!side];

    if (connection->phase == TCP_PHASE_NEW)
        return verdict_likely(SITUATION_UNKNOWN);
    if (peer->flags & TCP_SIDE_DEAD)
        return verdict_certain(SITUATION_DEAD);
    if (segment->flags & TCP_FLAG_ACK && answers_pending(connection, side, segment->acknowledgment))
        return verdict_certain(SITUATION_CONNECTING);
    if (connection->phase == TCP_PHASE_SYN_SENT)
        return opening_verdict(connection, side, segment);
    if (connection->phase == TCP_PHASE_SYN_RECEIVED && side == connection->opener &&
        !connection->crossed && !(peer->flags & TCP_SIDE_FAST_OPEN))
        return verdict_certain(request_situation(connection, side, segment));
    return sequence_verdict(connection, side, segment->sequence);
}

enum connection_situation tcp_lone_reset_situation(uint8_t flags, uint32_t sequence)
{
    return flags & TCP_FLAG_ACK && sequence == 0 ? SITUATION_CONNECTING : SITUATION_ESTABLISHED;
}

bool tcp_reset_is_discarded(enum connection_situation situation)
{
    switch (situation) {
    case SITUATION_DEAD:
    case SITUATION_NO_ACK:
    case SITUATION_WRONG_ACK:
    case SITUATION_WRONG_ECHO:
    case SITUATION_BELOW_WINDOW:
    case SITUATION_IN_WINDOW:
    case SITUATION_ABOVE_WINDOW:
        return true;
    default:
        return false;
    }
}

struct connection_verdict tcp_quote_verdict(const struct tcp_connection *connection, unsigned side,
                                            uint32_t sequence, enum connection_situation found)
{
    const struct tcp_side *own = &connection->sides[side];
    const struct tcp_side *peer = &connection->sides[!side];
    const bool sent = (own->flags & TCP_SIDE_SENT) != 0;
    const bool acked = (peer->flags & TCP_SIDE_ACKED) != 0;
    const bool floor_known = acked || (own->flags & TCP_SIDE_SYN);

    if (floor_known && tcp_is_before(sequence, acked ? peer->acknowledged : own->initial))
        return verdict_certain(acked ? SITUATION_ACKNOWLEDGED : SITUATION_NOT_SENT);
    if (sent && tcp_is_after(sequence, own->next) && !connection->incomplete)
        return verdict_certain(SITUATION_NOT_SENT);
    if (!sent || !floor_known || tcp_is_after(sequence, own->next))
        return verdict_likely(found);
    return verdict_certain(found);
}

bool tcp_is_connecting(const struct tcp_connection *connection, unsigned side)
{
    const struct tcp_side *own = &connection->sides[side];

    if (connection->phase == TCP_PHASE_SYN_SENT)
        return (own->flags & TCP_SIDE_SYN) != 0;
    if (connection->crossed)
        return (own->flags & TCP_SIDE_SYN) && !(connection->sides[!side].flags & TCP_SIDE_ACKED);
    return connection->phase == TCP_PHASE_SYN_RECEIVED && own->flags & TCP_SIDE_FAST_OPEN;
}
