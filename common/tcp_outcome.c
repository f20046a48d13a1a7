/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcp_outcome.h"

enum {
    SYN_RETRIES = 6,            /* of Linux before 6.5, whose gaps double (tcp_syn_retries) */
    SYN_RETRIES_LINEAR = 4 + 6, /* since 6.5 (tcp_syn_linear_timeouts) */
    SYN_RETRIES_AT_END = 1,     /* enough when no other follows to the end of the capture */
    DATA_RETRIES = 15,          /* of Linux (tcp_retries2) */
    DATA_RETRIES_AT_END = 3,
};

struct connection_verdict tcp_connection_timeout(const struct tcp_connection *connection,
                                                 unsigned side, uint32_t frame, bool whole)
{
    const struct connection_verdict nothing = {.situation = SITUATION_UNKNOWN};
    const struct tcp_side *own = &connection->sides[side];
    unsigned enough;

    if (own->retransmissions == 0 || own->last_retransmission != frame)
        return nothing;
    if (connection->phase == TCP_PHASE_ESTABLISHED) {
        struct connection_verdict verdict = verdict_likely(SITUATION_UNACKNOWLEDGED);

        verdict.errno_value = connection->soft_errors[side];
        enough = whole ? DATA_RETRIES_AT_END : DATA_RETRIES;
        return own->retransmissions >= enough ? verdict : nothing;
    }
    if (connection->phase != TCP_PHASE_SYN_SENT || connection->crossed ||
        own->flags & TCP_SIDE_DEAD)
        return nothing;
    enough = own->flags & TCP_SIDE_LINEAR ? SYN_RETRIES_LINEAR : SYN_RETRIES;
    if (whole)
        enough = SYN_RETRIES_AT_END;
    return own->retransmissions >= enough ? verdict_likely(SITUATION_UNANSWERED) : nothing;
}

static bool find_timeout(struct connection_outcome *outcome,
                         const struct tcp_connection *connection, bool whole)
{
    for (uint8_t side = 0; side < 2; side++) {
        const uint32_t frame = connection->sides[side].last_retransmission;
        const struct connection_verdict verdict =
            tcp_connection_timeout(connection, side, frame, whole);

        if (verdict.situation == SITUATION_UNKNOWN)
            continue;
        outcome->end = CONNECTION_END_TIMED_OUT;
        outcome->side = side;
        outcome->errno_value = verdict.errno_value;
        outcome->likely = verdict.likely;
        return true;
    }
    return false;
}

static enum connection_end end_of_ended(const struct tcp_connection *connection)
{
    if (connection->ended_errno != 0)
        return CONNECTION_END_ICMP;
    switch (connection->ended) {
    case SITUATION_CONNECTING:
        return CONNECTION_END_REFUSED;
    case SITUATION_TIME_WAIT:
        return CONNECTION_END_CLOSED;
    default:
        return CONNECTION_END_RESET;
    }
}

static enum connection_end end_of_phase(const struct tcp_connection *connection)
{
    const bool closed = (connection->sides[0].flags & connection->sides[1].flags & TCP_SIDE_FIN);

    switch (connection->phase) {
    case TCP_PHASE_SYN_SENT:
        return connection->crossed ? CONNECTION_END_HALF_OPEN : CONNECTION_END_UNANSWERED;
    case TCP_PHASE_SYN_RECEIVED:
        return CONNECTION_END_HALF_OPEN;
    default:
        return closed ? CONNECTION_END_CLOSED : CONNECTION_END_OPEN;
    }
}

struct connection_outcome tcp_outcome(const struct tcp_connection *connection, bool whole)
{
    struct connection_outcome outcome = {
        .client = connection->opened ? connection->opener : CONNECTION_SIDE_UNKNOWN,
    };

    if (connection->phase == TCP_PHASE_NEW || find_timeout(&outcome, connection, whole))
        return outcome;
    if (connection->ended == SITUATION_UNKNOWN) {
        outcome.end = (uint8_t)end_of_phase(connection);
        return outcome;
    }
    outcome.end = (uint8_t)end_of_ended(connection);
    outcome.side = connection->ended_by;
    outcome.errno_value = connection->ended_errno;
    outcome.likely = connection->ended_likely && outcome.end != CONNECTION_END_CLOSED;
    return outcome;
}
