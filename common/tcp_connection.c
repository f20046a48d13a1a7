/*
 * Updates the state of a TCP connection. See tcp_connection.h for the theory of operation.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcp_connection.h"

#include <string.h>

#include "tcp_hole.h"
#include "tcp_outcome.h"
#include "tcp_signs.h"
#include "tcp_verdict.h"

enum {
    WINDOW_MAX = 1 << 30, /* bytes, RFC 7323 section 2.3 */
    COPY_TIME = 10,       /* milliseconds: a repetition so soon is a duplicate capture */
};

static const struct connection_verdict no_verdict = {.situation = SITUATION_UNKNOWN};

/* A segment of the side ends the retransmissions of its peer, and the errors about them. */
static void end_retransmissions(struct tcp_connection *connection, unsigned side)
{
    connection->sides[!side].retransmissions = 0;
    connection->soft_errors[!side] = 0;
    if (connection->is_pending && connection->pending_side != side)
        connection->is_pending = false;
}

/* Whether two packets may be one that was captured twice; the copies may be out of order. */
static bool is_copy(uint32_t time, uint32_t other)
{
    return tcp_is_before(time, other + COPY_TIME);
}

static void count_retransmission(struct tcp_side *side, uint32_t frame)
{
    side->last_retransmission = frame;
    if (side->retransmissions < UINT8_MAX)
        side->retransmissions++;
}

static void count_syn_retransmission(struct tcp_side *side, uint32_t frame, uint32_t time)
{
    const uint32_t gap = time - side->sent_at;

    if (is_copy(time, side->sent_at))
        return;
    if (side->retransmissions == 0)
        side->first_gap = gap;
    else if (side->retransmissions == 1 && gap < side->first_gap + side->first_gap / 2)
        side->flags |= TCP_SIDE_LINEAR;
    side->sent_at = time;
    count_retransmission(side, frame);
}

static void note_syn(struct tcp_side *side, const struct tcp_segment *segment, uint32_t frame,
                     uint32_t time)
{
    side->flags = TCP_SIDE_SYN | TCP_SIDE_SENT;
    side->initial = segment->sequence;
    side->next = tcp_segment_end(segment);
    side->window_scale = segment->has_scale ? segment->window_scale : TCP_SCALE_NONE;
    side->sent_at = time;
    side->last_sent = frame;
    side->retransmissions = 0;
    if (segment->has_timestamp)
        side->flags |= TCP_SIDE_STAMPED;
    side->timestamp = segment->timestamp;
}

/* What has become of the connection, when another one takes its place. */
static void conclude(const struct tcp_connection *connection, struct tcp_timeout *timeout)
{
    const struct connection_outcome outcome = tcp_outcome(connection, true);

    timeout->outcome = outcome;
    if (outcome.end != CONNECTION_END_TIMED_OUT)
        return;
    timeout->frame = connection->sides[outcome.side].last_retransmission;
    timeout->verdict = tcp_connection_timeout(connection, outcome.side, timeout->frame, true);
    timeout->failed = connection->sides[outcome.side].last_sent;
}

static void begin(struct tcp_connection *connection, unsigned opener, struct tcp_timeout *timeout)
{
    conclude(connection, timeout);
    *connection = (struct tcp_connection){
        .phase = TCP_PHASE_SYN_SENT, .opener = (uint8_t)opener, .opened = true};
}

/* The capture began after the handshake. */
static void begin_late(struct tcp_connection *connection)
{
    connection->phase = TCP_PHASE_ESTABLISHED;
    connection->incomplete = true;
    connection->sides[0].window_scale = TCP_SCALE_UNKNOWN;
    connection->sides[1].window_scale = TCP_SCALE_UNKNOWN;
}

/*
 * A SYN for a connection that exists: it opens a new one, or is forged, or comes from a host that
 * lost its state. The answer decides, or the lack of one.
 */
static void keep_pending(struct tcp_connection *connection, unsigned side,
                         const struct tcp_segment *segment, uint32_t frame, uint32_t time,
                         struct tcp_timeout *timeout)
{
    const uint32_t sent_at = connection->sides[side].sent_at;
    const uint32_t first = connection->sides[side].last_sent;
    const bool again = connection->is_pending && connection->pending_side == side &&
                       connection->pending == segment->sequence;

    if (!again) {
        connection->is_pending = true;
        connection->pending = segment->sequence;
        connection->pending_side = (uint8_t)side;
        connection->sides[side].sent_at = time;
        connection->sides[side].last_sent = frame;
    } else if (!is_copy(time, sent_at)) {
        begin(connection, side, timeout);
        note_syn(&connection->sides[side], segment, first, sent_at);
        count_syn_retransmission(&connection->sides[side], frame, time);
    }
}

static void process_syn(struct tcp_connection *connection, unsigned side,
                        const struct tcp_segment *segment, uint32_t frame, uint32_t time,
                        struct tcp_timeout *timeout)
{
    struct tcp_side *own = &connection->sides[side];
    const bool known = (own->flags & TCP_SIDE_SYN) && own->initial == segment->sequence;
    const bool opening =
        connection->phase == TCP_PHASE_NEW || connection->phase == TCP_PHASE_SYN_SENT;

    if (is_closed(connection) || (opening && (own->flags & TCP_SIDE_SYN) && !known) ||
        connection->phase == TCP_PHASE_NEW) { /* Windows repeats a SYN that was refused */
        begin(connection, side, timeout);
        if (known && opening)
            timeout->outcome.end = CONNECTION_END_NONE; /* it is the same connect() */
        note_syn(own, segment, frame, time);
    } else if (opening && known) {
        count_syn_retransmission(own, frame, time);
    } else if (opening) {
        connection->crossed = true;
        note_syn(own, segment, frame, time);
    } else {
        if (!known)
            keep_pending(connection, side, segment, frame, time, timeout);
        return;
    }
    connection->times_to_live[side] = segment->time_to_live;
}

/* Records an acknowledgment with the window that it offers. */
static void note_acknowledgment(struct tcp_side *side, const struct tcp_segment *segment,
                                unsigned scale)
{
    const uint32_t window = scale > TCP_SCALE_MAX ? WINDOW_MAX : segment->window << scale;
    const uint32_t edge = segment->acknowledgment + window;
    const bool first = !(side->flags & TCP_SIDE_ACKED);

    if (first || tcp_is_after(edge, side->window_edge))
        side->window_edge = edge;
    if (first || tcp_is_after(segment->acknowledgment, side->acknowledged))
        side->acknowledged = segment->acknowledgment;
    side->flags |= TCP_SIDE_ACKED;
}

/* Derives the state after a SYN that is not in the capture from its acknowledgment. */
static void imply_syn(struct tcp_side *side, uint32_t acknowledgment)
{
    *side = (struct tcp_side){
        .flags = TCP_SIDE_SYN | TCP_SIDE_SENT,
        .initial = acknowledgment - 1,
        .next = acknowledgment,
        .window_scale = TCP_SCALE_UNKNOWN,
    };
}

/* The pending SYN is acknowledged: it opened another connection. */
static void begin_pending(struct tcp_connection *connection, unsigned opener,
                          uint32_t acknowledgment, struct tcp_timeout *timeout)
{
    const uint32_t initial = connection->pending;

    begin(connection, opener, timeout);
    imply_syn(&connection->sides[opener], acknowledgment);
    connection->sides[opener].initial = initial;
}

/* Whether the SYN-ACK answers a SYN; begins the connection that it belongs to. */
static bool find_answered_syn(struct tcp_connection *connection, unsigned side,
                              const struct tcp_segment *segment, struct tcp_timeout *timeout)
{
    struct tcp_side *peer = &connection->sides[!side];
    const uint32_t acknowledgment = segment->acknowledgment;

    if (connection->phase == TCP_PHASE_NEW) {
        begin(connection, !side, timeout);
        imply_syn(peer, acknowledgment);
        connection->incomplete = true;
    } else if (answers_pending(connection, side, acknowledgment)) {
        begin_pending(connection, !side, acknowledgment, timeout);
    }
    return (connection->phase != TCP_PHASE_ESTABLISHED || connection->crossed) &&
           acknowledges_syn(peer, acknowledgment) &&
           (connection->phase != TCP_PHASE_SYN_SENT || echoes_syn(peer, segment));
}

/* Windows are scaled only when both SYNs have the option (RFC 7323 section 1.3). */
static void agree_on_scale(struct tcp_side *own, struct tcp_side *peer)
{
    if (own->window_scale != TCP_SCALE_NONE && peer->window_scale != TCP_SCALE_NONE)
        return;
    own->window_scale = 0;
    peer->window_scale = 0;
}

static void process_syn_ack(struct tcp_connection *connection, unsigned side,
                            const struct tcp_segment *segment, uint32_t frame, uint32_t time,
                            struct tcp_timeout *timeout)
{
    struct tcp_side *own = &connection->sides[side];
    struct tcp_side *peer = &connection->sides[!side];

    if (!find_answered_syn(connection, side, segment, timeout))
        return;
    if ((own->flags & TCP_SIDE_SYN) && own->initial != segment->sequence)
        return;
    if (connection->phase == TCP_PHASE_SYN_SENT) {
        const uint16_t dead = own->flags & TCP_SIDE_DEAD;

        note_syn(own, segment, frame, time);
        own->flags |= dead;
        connection->phase = TCP_PHASE_SYN_RECEIVED;
        if (segment->acknowledgment != peer->initial + 1)
            own->flags |= TCP_SIDE_FAST_OPEN;
        agree_on_scale(own, peer);
    }
    connection->times_to_live[side] = segment->time_to_live;
    note_acknowledgment(own, segment, 0); /* windows of SYNs are not scaled */
    end_retransmissions(connection, side);
}

/* Compares the segment with what the side sent before. */
static void note_sent(struct tcp_connection *connection, unsigned side,
                      const struct tcp_segment *segment, uint32_t frame, uint32_t time)
{
    struct tcp_side *own = &connection->sides[side];
    const uint32_t end = tcp_segment_end(segment);
    bool again = false;

    if (!(own->flags & TCP_SIDE_SENT)) {
        own->flags |= TCP_SIDE_SENT;
        own->next = end;
    } else if (end == segment->sequence && tcp_is_after(end, own->next)) {
        /* The bytes before it were not captured; if they exist, the peer acknowledges them. */
    } else if (tcp_is_after(end, own->next)) {
        if (tcp_is_after(segment->sequence, own->next))
            tcp_hole_note(own);
        else
            tcp_hole_fill(own, segment);
        own->next = end;
    } else {
        tcp_hole_fill(own, segment);
        again = segment->length != 0 || is_keepalive(own, segment);
    }
    if (!again)
        own->last_sent = frame;
    else if (!is_copy(time, own->sent_at))
        count_retransmission(own, frame);
    own->sent_at = time;
}

static void note_received(struct tcp_connection *connection, unsigned side,
                          const struct tcp_segment *segment)
{
    struct tcp_side *own = &connection->sides[side];

    tcp_hole_settle(connection, !side, segment,
                    (own->flags & TCP_SIDE_ACKED) && own->acknowledged == segment->acknowledgment);
    note_acknowledgment(own, segment, own->window_scale);
    if (own->flags & TCP_SIDE_SACKED && !tcp_is_after(own->sack_edge, own->acknowledged))
        own->flags &= (uint16_t)~TCP_SIDE_SACKED;
    if (segment->has_sack && tcp_is_after(segment->sack_edge, own->acknowledged) &&
        !tcp_is_after(segment->sack_edge, own->window_edge) &&
        (!(own->flags & TCP_SIDE_SACKED) || tcp_is_after(segment->sack_edge, own->sack_edge))) {
        own->flags |= TCP_SIDE_SACKED;
        own->sack_edge = segment->sack_edge;
    }
}

/*
 * A segment without SYN and RST before a SYN is answered. Returns whether it shows that the
 * connection is established, so that the answer is missing from the capture.
 */
static bool shows_answer(struct tcp_connection *connection, unsigned side,
                         const struct tcp_segment *segment)
{
    struct tcp_side *own = &connection->sides[side];
    struct tcp_side *peer = &connection->sides[!side];

    if (!(segment->flags & TCP_FLAG_ACK))
        return false;
    if (own->flags & TCP_SIDE_SYN) { /* its SYN was answered: it acknowledges something */
        if (!tcp_is_after(segment->sequence, own->initial) ||
            tcp_is_after(segment->sequence, own->next))
            return false;
        if (!(peer->flags & TCP_SIDE_SYN))
            imply_syn(peer, segment->acknowledgment);
        return true;
    }
    if (acknowledges_syn(peer, segment->acknowledgment))
        return false; /* no answer without SYN; if one is missing, the opener continues */
    /* It has an older connection of these ports: RFC 5961 section 4. */
    own->flags |= TCP_SIDE_SENT;
    own->next = tcp_segment_end(segment);
    own->window_scale = TCP_SCALE_UNKNOWN;
    note_acknowledgment(own, segment, TCP_SCALE_UNKNOWN);
    end_retransmissions(connection, side);
    return false;
}

/*
 * Whether the segment begins inside the peer's window. Beyond it is garbage, unless it continues
 * the side's stream: then acknowledgments of the peer are missing from the capture.
 */
static bool fits_window(struct tcp_connection *connection, unsigned side,
                        const struct tcp_segment *segment)
{
    const struct tcp_side *own = &connection->sides[side];
    struct tcp_side *peer = &connection->sides[!side];

    if (!(peer->flags & TCP_SIDE_ACKED) || !tcp_is_after(segment->sequence, peer->window_edge))
        return true;
    if (!(own->flags & TCP_SIDE_SENT) || segment->sequence != own->next)
        return false;
    connection->incomplete = true;
    peer->window_edge = tcp_segment_end(segment);
    return true;
}

/* Whether a segment that follows a SYN-ACK shows that both sides are established. */
static bool shows_established(struct tcp_connection *connection, unsigned side,
                              const struct tcp_segment *segment)
{
    const struct tcp_side *own = &connection->sides[side];
    const struct tcp_side *peer = &connection->sides[!side];
    const bool beyond = tcp_is_after(tcp_segment_end(segment), peer->acknowledged);

    if (side == connection->opener || connection->crossed)
        return (acknowledges_syn(peer, segment->acknowledgment) ||
                (connection->crossed && segment->acknowledgment == peer->initial)) && /* Linux */
               (!(peer->flags & TCP_SIDE_ACKED) ||
                ((beyond || segment->sequence == peer->acknowledged ||
                  (connection->crossed && tcp_segment_end(segment) == peer->acknowledged)) &&
                 !tcp_is_after(segment->sequence, peer->window_edge)));
    if (own->flags & TCP_SIDE_FAST_OPEN)
        return false;
    if (segment->length == 0 && !(segment->flags & TCP_FLAG_FIN) &&
        !tcp_is_after(segment->acknowledgment, own->acknowledged))
        return false;              /* a listener answers segments outside the window like this */
    connection->incomplete = true; /* the third segment of the handshake */
    return true;
}

/*
 * When the segments of neither side fit into the connection, more than a window of it is missing
 * from the capture. Those of one side alone may be garbage.
 */
static bool resynchronize(struct tcp_connection *connection, unsigned side)
{
    const uint32_t last_sent = tcp_last_frame(connection, !side);

    connection->sides[side].flags |= TCP_SIDE_UNFIT;
    connection->sides[!side].retransmissions = 0; /* the peer is alive */
    if (!(connection->sides[!side].flags & TCP_SIDE_UNFIT))
        return false;
    *connection =
        (struct tcp_connection){.opener = connection->opener, .opened = connection->opened};
    connection->sides[!side].last_sent = last_sent;
    begin_late(connection);
    return true;
}

/* Whether a segment without SYN and RST belongs to the connection, whose phase may change. */
static bool belongs(struct tcp_connection *connection, unsigned side,
                    const struct tcp_segment *segment)
{
    const bool fast_open = (connection->sides[side].flags & TCP_SIDE_FAST_OPEN) != 0;

    if (!(segment->flags & TCP_FLAG_ACK)) /* RFC 9293 section 3.10.7.4: it is discarded */
        return false;
    if (connection->phase == TCP_PHASE_NEW) {
        begin_late(connection);
    } else if (connection->phase == TCP_PHASE_SYN_SENT) {
        if (!shows_answer(connection, side, segment))
            return false;
        connection->phase = TCP_PHASE_ESTABLISHED;
        connection->incomplete = true;
    } else if (connection->phase == TCP_PHASE_SYN_RECEIVED) {
        if (shows_established(connection, side, segment))
            connection->phase = TCP_PHASE_ESTABLISHED;
        else if (!fast_open || side == connection->opener)
            return false;
    }
    if (fits_window(connection, side, segment) &&
        may_acknowledge(connection, side, segment->acknowledgment)) {
        connection->sides[side].flags &= (uint16_t)~TCP_SIDE_UNFIT;
        return true;
    }
    return connection->phase == TCP_PHASE_ESTABLISHED && resynchronize(connection, side);
}

/*
 * A side that continues after its reset did not send it, and one that continues after a reset from
 * its peer discarded that. Segments that may have been sent before the reset prove nothing.
 */
static void note_alive(struct tcp_connection *connection, unsigned side,
                       const struct tcp_segment *segment, uint32_t time)
{
    struct tcp_side *own = &connection->sides[side];
    const struct tcp_side *peer = &connection->sides[!side];
    const bool continues = tcp_is_after(tcp_segment_end(segment), own->next) ||
                           !(own->flags & TCP_SIDE_ACKED) ||
                           tcp_is_after(segment->acknowledgment, own->acknowledged) ||
                           (segment->length != 0 && !is_copy(time, own->sent_at));

    if (!(own->flags & TCP_SIDE_DEAD) || !continues)
        return;
    if (!(own->flags & TCP_SIDE_RESET) && peer->flags & TCP_SIDE_DEAD)
        return;
    own->flags &= (uint16_t) ~(TCP_SIDE_DEAD | TCP_SIDE_RESET);
    connection->ended = SITUATION_UNKNOWN;
}

static struct connection_verdict process_data(struct tcp_connection *connection, unsigned side,
                                              const struct tcp_segment *segment, uint32_t frame,
                                              uint32_t time)
{
    struct tcp_side *own = &connection->sides[side];

    if (!belongs(connection, side, segment))
        return no_verdict;
    note_alive(connection, side, segment, time);
    note_sent(connection, side, segment, frame, time);
    note_received(connection, side, segment);
    connection->times_to_live[side] = segment->time_to_live;
    end_retransmissions(connection, side);
    if (!(segment->flags & TCP_FLAG_FIN) || own->flags & TCP_SIDE_FIN ||
        tcp_segment_end(segment) != own->next)
        return no_verdict;
    own->flags |= TCP_SIDE_FIN;
    return verdict_certain(SITUATION_FIRST_FIN);
}

/* The socket of a side is gone: it sent a reset, or gets an ICMP error. The first end counts. */
static void note_end(struct tcp_connection *connection, unsigned side,
                     struct connection_verdict verdict, uint8_t errno_value)
{
    connection->sides[side].flags |= TCP_SIDE_DEAD;
    if (connection->ended != SITUATION_UNKNOWN)
        return;
    connection->ended = (uint8_t)verdict.situation;
    connection->ended_by = (uint8_t)side;
    connection->ended_errno = errno_value;
    connection->ended_likely = verdict.likely;
}

/* A reset is all that was captured of the connection so far. */
static void begin_at_reset(struct tcp_connection *connection, unsigned side,
                           const struct tcp_segment *segment)
{
    const struct connection_verdict verdict =
        verdict_likely(tcp_lone_reset_situation(segment->flags, segment->sequence));

    begin_late(connection);
    connection->opened = verdict.situation == SITUATION_CONNECTING;
    connection->opener = connection->opened ? (uint8_t)!side : 0;
    note_end(connection, side, verdict, 0);
}

static struct connection_verdict process_reset(struct tcp_connection *connection, unsigned side,
                                               const struct tcp_segment *segment,
                                               struct tcp_timeout *timeout)
{
    struct tcp_side *own = &connection->sides[side];
    struct tcp_side *peer = &connection->sides[!side];
    const struct connection_verdict verdict = tcp_reset_verdict(connection, side, segment);
    const uint16_t old = TCP_SIDE_ACKED | TCP_SIDE_SENT;

    if (tcp_reset_is_discarded(verdict.situation))
        return verdict;
    if (connection->phase == TCP_PHASE_NEW)
        begin_at_reset(connection, side, segment);
    else if (segment->flags & TCP_FLAG_ACK &&
             answers_pending(connection, side, segment->acknowledgment))
        begin_pending(connection, !side, segment->acknowledgment, timeout);
    if (connection->phase == TCP_PHASE_SYN_SENT && !connection->crossed &&
        own->flags & TCP_SIDE_SYN && peer->flags & TCP_SIDE_ACKED) {
        peer->flags &=
            (uint16_t)~old; /* it ended the older connection; the SYN is still unanswered */
        return verdict;
    }
    if (connection->phase == TCP_PHASE_SYN_SENT && verdict.situation == SITUATION_HALF_OPEN)
        return verdict; /* it refused a false SYN-ACK; the SYN is still unanswered */
    end_retransmissions(connection, side);
    note_end(connection, side, verdict, 0);
    own->flags |= TCP_SIDE_RESET;
    peer->flags |= TCP_SIDE_DEAD;
    return verdict;
}

struct connection_verdict tcp_connection_segment(struct tcp_connection *connection, unsigned side,
                                                 const struct tcp_segment *segment, uint32_t frame,
                                                 uint32_t time, struct tcp_timeout *timeout)
{
    *timeout = (struct tcp_timeout){0};
    if (segment->flags & TCP_FLAG_RST)
        return process_reset(connection, side, segment, timeout);
    if (!(segment->flags & TCP_FLAG_SYN))
        return process_data(connection, side, segment, frame, time);
    if (segment->flags & TCP_FLAG_ACK)
        process_syn_ack(connection, side, segment, frame, time, timeout);
    else
        process_syn(connection, side, segment, frame, time, timeout);
    return no_verdict;
}

struct connection_verdict tcp_connection_error(struct tcp_connection *connection, unsigned side,
                                               const struct tcp_quote *quote)
{
    struct tcp_side *own = &connection->sides[side];
    struct connection_verdict verdict;

    if (connection->phase == TCP_PHASE_NEW)
        return verdict_likely(SITUATION_UNKNOWN);
    if (own->flags & TCP_SIDE_DEAD)
        return verdict_certain(SITUATION_DEAD);
    if (tcp_is_connecting(connection, side)) {
        verdict = tcp_quote_verdict(connection, side, quote->sequence, SITUATION_CONNECTING);
        if (verdict.situation != SITUATION_CONNECTING)
            return verdict;
        if (own->flags & TCP_SIDE_FAST_OPEN)
            verdict.likely = true; /* accept() may have been called already */
        else if (quote->ends_connecting)
            note_end(connection, side, verdict, quote->errno_value);
        return verdict;
    }
    if (connection->phase == TCP_PHASE_SYN_SENT)
        return verdict_certain(SITUATION_HALF_OPEN);
    if (connection->phase == TCP_PHASE_SYN_RECEIVED && side != connection->opener) {
        if (quote->sequence != own->initial)
            return verdict_certain(SITUATION_NOT_SENT);
        if (quote->ends_request)
            own->flags |= TCP_SIDE_DEAD;
        return verdict_certain(SITUATION_HALF_OPEN);
    }
    if (tcp_closing_situation(connection, !side, connection->sides[!side].next) ==
        SITUATION_TIME_WAIT)
        return verdict_certain(SITUATION_TIME_WAIT);
    verdict = tcp_quote_verdict(connection, side, quote->sequence, SITUATION_ESTABLISHED);
    if (verdict.situation == SITUATION_ESTABLISHED && quote->ends_connecting)
        connection->soft_errors[side] = quote->errno_value;
    return verdict;
}
