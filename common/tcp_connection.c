/*
 * The history of a TCP connection. See tcp_connection.h for how it works.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcp_connection.h"

#include <string.h>

enum {
    SCALE_UNKNOWN = 15,         /* window_scale of a side whose SYN was not captured */
    SCALE_NONE = 16,            /* and of one whose SYN has no such option, until it is answered */
    WINDOW_MAX = 1 << 30,       /* bytes, RFC 7323 section 2.3 */
    REQUEST_WINDOW = 65535,     /* bytes that a listener offers at least before its SYN-ACK */
    COPY_TIME = 10,             /* milliseconds: what comes again so soon was captured twice */
    SYN_RETRIES = 6,            /* of Linux before 6.5, whose gaps double (tcp_syn_retries) */
    SYN_RETRIES_LINEAR = 4 + 6, /* since 6.5 (tcp_syn_linear_timeouts) */
    SYN_RETRIES_WHOLE = 1,      /* repetitions that will do when none follows in the capture */
    DATA_RETRIES = 15,          /* of Linux (tcp_retries2) */
    DATA_RETRIES_WHOLE = 3,
    ECHO_MAX = 1 << 27,  /* from the first SYN's timestamp to the last one's, by any clock */
    SYN_DATA_MAX = 1460, /* bytes that a SYN may carry */
    KEEPALIVE_DATA = 1,  /* bytes that a keep-alive has at most, RFC 9293 section 3.8.4 */
};

static const struct tcp_verdict nothing = {.situation = SITUATION_UNKNOWN};

static uint32_t end_of(const struct tcp_segment *segment)
{
    return segment->sequence + segment->length + ((segment->flags & TCP_FLAG_SYN) != 0) +
           ((segment->flags & TCP_FLAG_FIN) != 0);
}

static struct tcp_verdict firm(enum tcp_situation situation)
{
    return (struct tcp_verdict){.situation = situation};
}

static struct tcp_verdict likely(enum tcp_situation situation)
{
    return (struct tcp_verdict){.situation = situation, .likely = true};
}

/* Whether an acknowledgment covers the side's SYN, perhaps with data, and nothing unsent. */
static bool acknowledges_syn(const struct tcp_side *side, uint32_t acknowledgment)
{
    return (side->flags & TCP_SIDE_SYN) && tcp_is_after(acknowledgment, side->initial) &&
           !tcp_is_after(acknowledgment, side->next);
}

static bool is_closed(const struct tcp_connection *connection)
{
    return (connection->sides[0].flags & connection->sides[1].flags & TCP_SIDE_FIN) != 0 ||
           ((connection->sides[0].flags | connection->sides[1].flags) & TCP_SIDE_DEAD) != 0;
}

/* The peer was heard of: what it leaves unacknowledged now is no row of repetitions any more. */
static void hear(struct tcp_connection *connection, unsigned side)
{
    connection->sides[!side].repetitions = 0;
    connection->soft_errors[!side] = 0;
    if (connection->is_pending && connection->pending_side != side)
        connection->is_pending = false;
}

/* Whether a packet may be one that was captured twice; the copies may be in the wrong order. */
static bool is_copy(uint32_t time, uint32_t other)
{
    return tcp_is_before(time, other + COPY_TIME);
}

static void repeat(struct tcp_side *side, uint32_t frame)
{
    side->repetition = frame;
    if (side->repetitions < UINT8_MAX)
        side->repetitions++;
}

static void repeat_syn(struct tcp_side *side, uint32_t frame, uint32_t time)
{
    const uint32_t gap = time - side->repeated_at;

    if (is_copy(time, side->repeated_at))
        return;
    if (side->repetitions == 0)
        side->first_gap = gap;
    else if (side->repetitions == 1 && gap < side->first_gap + side->first_gap / 2)
        side->flags |= TCP_SIDE_LINEAR;
    side->repeated_at = time;
    repeat(side, frame);
}

static void note_syn(struct tcp_side *side, const struct tcp_segment *segment, uint32_t time)
{
    side->flags = TCP_SIDE_SYN | TCP_SIDE_SENT;
    side->initial = segment->sequence;
    side->next = end_of(segment);
    side->window_scale = segment->has_scale ? segment->window_scale : SCALE_NONE;
    side->repeated_at = time;
    side->repetitions = 0;
    if (segment->has_timestamp)
        side->flags |= TCP_SIDE_STAMPED;
    side->timestamp = segment->timestamp;
}

/* What the connection comes to when nothing more is heard of it. */
static void end_rows(const struct tcp_connection *connection, struct tcp_timeout *timeout)
{
    for (unsigned side = 0; side < 2; side++) {
        const uint32_t frame = connection->sides[side].repetition;
        const struct tcp_verdict verdict = tcp_connection_timeout(connection, side, frame, true);

        if (verdict.situation != SITUATION_UNKNOWN)
            *timeout = (struct tcp_timeout){.frame = frame, .verdict = verdict};
    }
}

static void begin(struct tcp_connection *connection, unsigned opener, struct tcp_timeout *timeout)
{
    end_rows(connection, timeout);
    *connection = (struct tcp_connection){.phase = TCP_PHASE_SYN_SENT, .opener = (uint8_t)opener};
}

/* The capture has the connection from its middle on. */
static void begin_late(struct tcp_connection *connection)
{
    connection->phase = TCP_PHASE_ESTABLISHED;
    connection->lacking = true;
    connection->sides[0].window_scale = SCALE_UNKNOWN;
    connection->sides[1].window_scale = SCALE_UNKNOWN;
}

/*
 * A SYN where there is a connection: it may be a new one of the same ports, or forged, or of a host
 * that forgot the connection. The answer tells, or that none comes.
 */
static void keep_pending(struct tcp_connection *connection, unsigned side,
                         const struct tcp_segment *segment, uint32_t frame, uint32_t time,
                         struct tcp_timeout *timeout)
{
    const uint32_t sent_at = connection->sides[side].repeated_at;
    const bool again = connection->is_pending && connection->pending_side == side &&
                       connection->pending == segment->sequence;

    if (again && !is_copy(time, sent_at)) {
        begin(connection, side, timeout);
        note_syn(&connection->sides[side], segment, sent_at);
        repeat_syn(&connection->sides[side], frame, time);
        return;
    }
    if (again)
        return;
    connection->is_pending = true;
    connection->pending = segment->sequence;
    connection->pending_side = (uint8_t)side;
    connection->sides[side].repeated_at = time;
}

static void take_syn(struct tcp_connection *connection, unsigned side,
                     const struct tcp_segment *segment, uint32_t frame, uint32_t time,
                     struct tcp_timeout *timeout)
{
    struct tcp_side *own = &connection->sides[side];
    const bool known = (own->flags & TCP_SIDE_SYN) && own->initial == segment->sequence;
    const bool opening =
        connection->phase == TCP_PHASE_NEW || connection->phase == TCP_PHASE_SYN_SENT;

    if (is_closed(connection) || (opening && (own->flags & TCP_SIDE_SYN) && !known) ||
        connection->phase == TCP_PHASE_NEW) { /* Windows tries again what was refused */
        begin(connection, side, timeout);
        note_syn(own, segment, time);
    } else if (opening && known) {
        repeat_syn(own, frame, time);
    } else if (opening) {
        connection->crossed = true;
        note_syn(own, segment, time);
    } else if (!known) {
        keep_pending(connection, side, segment, frame, time, timeout);
    }
}

/* Notes an acknowledgment with the window that it offers. */
static void note_acknowledgment(struct tcp_side *side, const struct tcp_segment *segment,
                                unsigned scale)
{
    const uint32_t room = scale > TCP_SCALE_MAX ? WINDOW_MAX : segment->window << scale;
    const uint32_t edge = segment->acknowledgment + room;
    const bool first = !(side->flags & TCP_SIDE_ACKED);

    if (first || tcp_is_after(edge, side->window_edge))
        side->window_edge = edge;
    if (first || tcp_is_after(segment->acknowledgment, side->acknowledged))
        side->acknowledged = segment->acknowledgment;
    side->flags |= TCP_SIDE_ACKED;
}

/* The side whose SYN is acknowledged, when the capture lacks the SYN itself. */
static void imply_syn(struct tcp_side *side, uint32_t acknowledgment)
{
    *side = (struct tcp_side){
        .flags = TCP_SIDE_SYN | TCP_SIDE_SENT,
        .initial = acknowledgment - 1,
        .next = acknowledgment,
        .window_scale = SCALE_UNKNOWN,
    };
}

/*
 * Whether what a segment echoes is a timestamp of the SYNs that it answers. One that is not belongs
 * to an older connection, and Linux does not take it (RFC 7323 section 3.2).
 */
static bool echoes_syn(const struct tcp_side *side, const struct tcp_segment *segment)
{
    return !(side->flags & TCP_SIDE_STAMPED) || !segment->has_timestamp || segment->echo == 0 ||
           segment->echo - side->timestamp <= ECHO_MAX;
}

/* Whether a side acknowledges the SYN that was kept aside, perhaps with data (RFC 7413). */
static bool answers_pending(const struct tcp_connection *connection, unsigned side,
                            uint32_t acknowledgment)
{
    return connection->is_pending && connection->pending_side != side &&
           acknowledgment - connection->pending - 1 <= SYN_DATA_MAX;
}

/* Whether the SYN-ACK answers a SYN; makes the connection that it belongs to. */
static bool find_answered_syn(struct tcp_connection *connection, unsigned side,
                              const struct tcp_segment *segment, struct tcp_timeout *timeout)
{
    struct tcp_side *peer = &connection->sides[!side];
    const uint32_t acknowledgment = segment->acknowledgment;

    if (connection->phase == TCP_PHASE_NEW || answers_pending(connection, side, acknowledgment)) {
        const bool is_new = connection->phase == TCP_PHASE_NEW;
        const uint32_t initial = is_new ? acknowledgment - 1 : connection->pending;

        begin(connection, !side, timeout);
        imply_syn(peer, acknowledgment);
        peer->initial = initial;
        connection->lacking = is_new;
    }
    return (connection->phase != TCP_PHASE_ESTABLISHED || connection->crossed) &&
           acknowledges_syn(peer, acknowledgment) &&
           (connection->phase != TCP_PHASE_SYN_SENT || echoes_syn(peer, segment));
}

/* Windows are scaled only when both SYNs say so (RFC 7323 section 1.3). */
static void agree_on_scale(struct tcp_side *own, struct tcp_side *peer)
{
    if (own->window_scale != SCALE_NONE && peer->window_scale != SCALE_NONE)
        return;
    own->window_scale = 0;
    peer->window_scale = 0;
}

static void take_syn_ack(struct tcp_connection *connection, unsigned side,
                         const struct tcp_segment *segment, uint32_t time,
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

        note_syn(own, segment, time);
        own->flags |= dead;
        connection->phase = TCP_PHASE_SYN_RECEIVED;
        if (segment->acknowledgment != peer->initial + 1)
            own->flags |= TCP_SIDE_FAST_OPEN;
        agree_on_scale(own, peer);
    }
    note_acknowledgment(own, segment, 0); /* windows of SYNs are not scaled */
    hear(connection, side);
}

static bool is_keepalive(const struct tcp_side *side, const struct tcp_segment *segment)
{
    return segment->length <= KEEPALIVE_DATA && !(segment->flags & TCP_FLAG_FIN) &&
           segment->sequence == side->next - 1;
}

/* Bytes are missing in front of the segment: the capture lacks them, or they are on their way. */
static void note_hole(struct tcp_side *side)
{
    const uint16_t settled = TCP_SIDE_LOST | TCP_SIDE_FILLED;

    if ((side->flags & TCP_SIDE_HOLE) && !(side->flags & TCP_SIDE_FILLED))
        return;
    side->flags = (uint16_t)((side->flags | TCP_SIDE_HOLE) & ~settled);
    side->hole = side->next;
}

static void fill_hole(struct tcp_side *side, const struct tcp_segment *segment)
{
    if (!(side->flags & TCP_SIDE_HOLE) || tcp_is_after(segment->sequence, side->hole) ||
        !tcp_is_after(end_of(segment), side->hole))
        return;
    side->hole = end_of(segment);
    side->flags = (uint16_t)((side->flags | TCP_SIDE_FILLED) & ~TCP_SIDE_LOST);
}

/* Whether the other side has got a byte that is missing tells its acknowledgment. */
static void settle_hole(struct tcp_connection *connection, unsigned side,
                        const struct tcp_segment *acknowledging, bool repeated)
{
    struct tcp_side *own = &connection->sides[side];
    const uint32_t acknowledgment = acknowledging->acknowledgment;

    if (!(own->flags & TCP_SIDE_HOLE))
        return;
    if (tcp_is_after(acknowledgment, own->hole) && !(own->flags & TCP_SIDE_FILLED))
        connection->lacking = true;
    if (!tcp_is_before(acknowledgment, own->next)) {
        own->flags &= (uint16_t) ~(TCP_SIDE_HOLE | TCP_SIDE_LOST | TCP_SIDE_FILLED);
    } else if (tcp_is_after(acknowledgment, own->hole) || repeated ||
               (own->flags & TCP_SIDE_FILLED && acknowledgment == own->hole) ||
               (acknowledging->has_sack && tcp_is_after(acknowledging->sack_edge, own->hole))) {
        own->hole = acknowledgment;
        own->flags = (uint16_t)((own->flags | TCP_SIDE_LOST) & ~TCP_SIDE_FILLED);
    }
}

/* What the side sent, held against what it sent before. */
static void note_sent(struct tcp_connection *connection, unsigned side,
                      const struct tcp_segment *segment, uint32_t frame, uint32_t time)
{
    struct tcp_side *own = &connection->sides[side];
    const uint32_t end = end_of(segment);
    const bool again = segment->length != 0 || is_keepalive(own, segment);

    if (!(own->flags & TCP_SIDE_SENT)) {
        own->flags |= TCP_SIDE_SENT;
        own->next = end;
    } else if (end == segment->sequence && tcp_is_after(end, own->next)) {
        /* Bytes that nobody saw: if they are not made up, the other side acknowledges them. */
    } else if (tcp_is_after(end, own->next)) {
        if (tcp_is_after(segment->sequence, own->next))
            note_hole(own);
        else
            fill_hole(own, segment);
        own->next = end;
    } else {
        fill_hole(own, segment);
        if (again && !is_copy(time, own->repeated_at))
            repeat(own, frame);
    }
    own->repeated_at = time;
}

/*
 * Whether a side can have received all that it says. A stack discards an acknowledgment of what was
 * not sent; if it is only the capture that lacks it, the other side goes on from there.
 */
static bool may_acknowledge(const struct tcp_connection *connection, unsigned side,
                            uint32_t acknowledgment)
{
    const struct tcp_side *peer = &connection->sides[!side];

    return !(peer->flags & TCP_SIDE_SENT) || !tcp_is_after(acknowledgment, peer->next);
}

static void note_received(struct tcp_connection *connection, unsigned side,
                          const struct tcp_segment *segment)
{
    struct tcp_side *own = &connection->sides[side];

    settle_hole(connection, !side, segment,
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
 * A segment without SYN and RST while SYNs wait for an answer. Returns whether it shows that the
 * connection is established, so that the capture lacks the answer.
 */
static bool shows_answer(struct tcp_connection *connection, unsigned side,
                         const struct tcp_segment *segment)
{
    struct tcp_side *own = &connection->sides[side];
    struct tcp_side *peer = &connection->sides[!side];

    if (!(segment->flags & TCP_FLAG_ACK))
        return false;
    if (own->flags & TCP_SIDE_SYN) { /* its SYN was answered, for it acknowledges something */
        if (!tcp_is_after(segment->sequence, own->initial) ||
            tcp_is_after(segment->sequence, own->next))
            return false;
        if (!(peer->flags & TCP_SIDE_SYN))
            imply_syn(peer, segment->acknowledgment);
        return true;
    }
    if (acknowledges_syn(peer, segment->acknowledgment))
        return false; /* no answer without a SYN; if there was one, the SYN's sender goes on */
    /* It knows of an older connection of these ports: RFC 5961 section 4. */
    own->flags |= TCP_SIDE_SENT;
    own->next = end_of(segment);
    own->window_scale = SCALE_UNKNOWN;
    note_acknowledgment(own, segment, SCALE_UNKNOWN);
    hear(connection, side);
    return false;
}

/*
 * Whether the peer has room for what the side sends. Beyond its window a segment is garbage, unless
 * it goes on where the side was: then the capture lacks what the peer acknowledged.
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
    connection->lacking = true;
    peer->window_edge = end_of(segment);
    return true;
}

/* Whether a segment that follows a SYN-ACK shows that both sides are established. */
static bool shows_established(struct tcp_connection *connection, unsigned side,
                              const struct tcp_segment *segment)
{
    const struct tcp_side *own = &connection->sides[side];
    const struct tcp_side *peer = &connection->sides[!side];
    const bool beyond = tcp_is_after(end_of(segment), peer->acknowledged);

    if (side == connection->opener || connection->crossed)
        return (acknowledges_syn(peer, segment->acknowledgment) ||
                (connection->crossed && segment->acknowledgment == peer->initial)) && /* Linux */
               (!(peer->flags & TCP_SIDE_ACKED) ||
                ((beyond || segment->sequence == peer->acknowledged ||
                  (connection->crossed && end_of(segment) == peer->acknowledged)) &&
                 !tcp_is_after(segment->sequence, peer->window_edge)));
    if (own->flags & TCP_SIDE_FAST_OPEN)
        return false;
    if (segment->length == 0 && !(segment->flags & TCP_FLAG_FIN) &&
        !tcp_is_after(segment->acknowledgment, own->acknowledged))
        return false;           /* a listener, too, answers what is out of the window */
    connection->lacking = true; /* the third segment of the handshake */
    return true;
}

/*
 * The segments of neither side fit into the connection any more, so the capture lacks more of it
 * than a window. One side's alone may be garbage.
 */
static bool take_up_again(struct tcp_connection *connection, unsigned side)
{
    connection->sides[side].flags |= TCP_SIDE_UNFIT;
    connection->sides[!side].repetitions = 0; /* somebody is there */
    if (!(connection->sides[!side].flags & TCP_SIDE_UNFIT))
        return false;
    *connection = (struct tcp_connection){.opener = connection->opener};
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
        connection->lacking = true;
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
    return connection->phase == TCP_PHASE_ESTABLISHED && take_up_again(connection, side);
}

/*
 * A side that goes on after its reset did not send it, and one that goes on after another's false
 * reset did not believe it. What may have been on its way before tells nothing.
 */
static void note_alive(struct tcp_connection *connection, unsigned side,
                       const struct tcp_segment *segment, uint32_t time)
{
    struct tcp_side *own = &connection->sides[side];
    const struct tcp_side *peer = &connection->sides[!side];
    const bool goes_on = tcp_is_after(end_of(segment), own->next) ||
                         !(own->flags & TCP_SIDE_ACKED) ||
                         tcp_is_after(segment->acknowledgment, own->acknowledged) ||
                         (segment->length != 0 && !is_copy(time, own->repeated_at));

    if (!(own->flags & TCP_SIDE_DEAD) || !goes_on)
        return;
    if (own->flags & TCP_SIDE_RESET || !(peer->flags & TCP_SIDE_DEAD))
        own->flags &= (uint16_t) ~(TCP_SIDE_DEAD | TCP_SIDE_RESET);
}

static struct tcp_verdict take_data(struct tcp_connection *connection, unsigned side,
                                    const struct tcp_segment *segment, uint32_t frame,
                                    uint32_t time)
{
    struct tcp_side *own = &connection->sides[side];

    if (!belongs(connection, side, segment))
        return nothing;
    note_alive(connection, side, segment, time);
    note_sent(connection, side, segment, frame, time);
    note_received(connection, side, segment);
    hear(connection, side);
    if (!(segment->flags & TCP_FLAG_FIN) || own->flags & TCP_SIDE_FIN ||
        end_of(segment) != own->next)
        return nothing;
    own->flags |= TCP_SIDE_FIN;
    return firm(SITUATION_FIRST_FIN);
}

/*
 * What a reset of a side that the receiver takes comes to, by what was closed before. sequence: the
 * reset's. One in front of the FIN is exact only for a receiver that has not got the FIN.
 */
static enum tcp_situation situation_of(const struct tcp_connection *connection, unsigned side,
                                       uint32_t sequence)
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
static struct tcp_verdict judge_sequence(const struct tcp_connection *connection, unsigned side,
                                         uint32_t sequence)
{
    const struct tcp_side *own = &connection->sides[side];
    const struct tcp_side *peer = &connection->sides[!side];
    const enum tcp_situation situation = situation_of(connection, side, sequence);
    const bool sent = (own->flags & TCP_SIDE_SENT) != 0;
    const bool acked = (peer->flags & TCP_SIDE_ACKED) != 0;
    const bool floor_known = acked || (own->flags & TCP_SIDE_SYN);
    const uint32_t floor = acked ? peer->acknowledged : own->initial + 1;
    const uint32_t limit = own->flags & TCP_SIDE_LOST ? own->hole : own->next;
    const bool at_fin = own->flags & TCP_SIDE_FIN && sequence == own->next - 1;
    const bool lacking =
        connection->lacking ||
        (acked && connection->phase == TCP_PHASE_ESTABLISHED && peer->flags & TCP_SIDE_UNFIT) ||
        (own->flags & (TCP_SIDE_HOLE | TCP_SIDE_LOST)) == TCP_SIDE_HOLE;

    if (floor_known && tcp_is_before(sequence, floor))
        return at_fin && floor == own->next ? firm(situation) : firm(SITUATION_BELOW_WINDOW);
    if (floor_known && peer->flags & TCP_SIDE_SACKED && sequence == peer->sack_edge)
        return firm(situation);
    if (floor_known && (sequence == floor || (sent && !tcp_is_after(sequence, limit))))
        return lacking || (sent && sequence != limit && !at_fin) ? likely(situation)
                                                                 : firm(situation);
    if (acked && tcp_is_after(sequence, peer->window_edge))
        return firm(SITUATION_ABOVE_WINDOW);
    if (!floor_known || !sent || lacking)
        return likely(situation);
    return firm(SITUATION_IN_WINDOW);
}

/*
 * A reset of the SYN's sender for a request that the listener has not accepted. It must be exact,
 * too (RFC 9293 section 3.10.7.4); what it acknowledges does not matter.
 */
static enum tcp_situation judge_for_request(const struct tcp_connection *connection, unsigned side,
                                            const struct tcp_segment *segment)
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

/* A reset while a SYN waits for its answer. */
static struct tcp_verdict judge_while_opening(const struct tcp_connection *connection,
                                              unsigned side, const struct tcp_segment *segment)
{
    const struct tcp_side *own = &connection->sides[side];
    const struct tcp_side *peer = &connection->sides[!side];

    if (!connection->crossed && own->flags & TCP_SIDE_SYN && peer->flags & TCP_SIDE_ACKED &&
        segment->sequence == peer->acknowledged) /* RFC 5961 section 4: it answers a challenge */
        return firm(SITUATION_ESTABLISHED);
    if (connection->crossed || (own->flags & TCP_SIDE_SYN && peer->flags & TCP_SIDE_ACKED))
        return judge_sequence(connection, side, segment->sequence);
    if (own->flags & TCP_SIDE_SYN)
        return firm(judge_for_request(connection, side, segment));
    if (!(segment->flags & TCP_FLAG_ACK))
        return firm(SITUATION_NO_ACK);
    if (!acknowledges_syn(peer, segment->acknowledgment))
        return firm(SITUATION_WRONG_ACK);
    return firm(echoes_syn(peer, segment) ? SITUATION_CONNECTING : SITUATION_WRONG_ECHO);
}

static struct tcp_verdict judge_reset(const struct tcp_connection *connection, unsigned side,
                                      const struct tcp_segment *segment)
{
    const struct tcp_side *peer = &connection->sides[!side];

    if (connection->phase == TCP_PHASE_NEW)
        return likely(SITUATION_UNKNOWN);
    if (peer->flags & TCP_SIDE_DEAD)
        return firm(SITUATION_DEAD);
    if (segment->flags & TCP_FLAG_ACK && answers_pending(connection, side, segment->acknowledgment))
        return firm(SITUATION_CONNECTING);
    if (connection->phase == TCP_PHASE_SYN_SENT)
        return judge_while_opening(connection, side, segment);
    if (connection->phase == TCP_PHASE_SYN_RECEIVED && side == connection->opener &&
        !connection->crossed && !(peer->flags & TCP_SIDE_FAST_OPEN))
        return firm(judge_for_request(connection, side, segment));
    return judge_sequence(connection, side, segment->sequence);
}

static bool is_refused(enum tcp_situation situation)
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

static struct tcp_verdict take_reset(struct tcp_connection *connection, unsigned side,
                                     const struct tcp_segment *segment)
{
    struct tcp_side *own = &connection->sides[side];
    struct tcp_side *peer = &connection->sides[!side];
    const struct tcp_verdict verdict = judge_reset(connection, side, segment);
    const uint16_t old = TCP_SIDE_ACKED | TCP_SIDE_SENT;

    if (is_refused(verdict.situation))
        return verdict;
    if (connection->phase == TCP_PHASE_NEW)
        begin_late(connection);
    if (connection->phase == TCP_PHASE_SYN_SENT && !connection->crossed &&
        own->flags & TCP_SIDE_SYN && peer->flags & TCP_SIDE_ACKED) {
        peer->flags &= (uint16_t)~old; /* it ended the older connection, the SYN still waits */
        return verdict;
    }
    if (connection->phase == TCP_PHASE_SYN_SENT && verdict.situation == SITUATION_HALF_OPEN)
        return verdict; /* it refused a false SYN-ACK, and still waits */
    hear(connection, side);
    own->flags |= TCP_SIDE_DEAD | TCP_SIDE_RESET;
    peer->flags |= TCP_SIDE_DEAD;
    return verdict;
}

struct tcp_verdict tcp_connection_segment(struct tcp_connection *connection, unsigned side,
                                          const struct tcp_segment *segment, uint32_t frame,
                                          uint32_t time, struct tcp_timeout *timeout)
{
    *timeout = (struct tcp_timeout){0};
    if (segment->flags & TCP_FLAG_RST)
        return take_reset(connection, side, segment);
    if (!(segment->flags & TCP_FLAG_SYN))
        return take_data(connection, side, segment, frame, time);
    if (segment->flags & TCP_FLAG_ACK)
        take_syn_ack(connection, side, segment, time, timeout);
    else
        take_syn(connection, side, segment, frame, time, timeout);
    return nothing;
}

/* Whether the quoted bytes are on their way (RFC 5927 section 4.1); `found` when they are. */
static struct tcp_verdict judge_quote(const struct tcp_connection *connection, unsigned side,
                                      uint32_t sequence, enum tcp_situation found)
{
    const struct tcp_side *own = &connection->sides[side];
    const struct tcp_side *peer = &connection->sides[!side];
    const bool sent = (own->flags & TCP_SIDE_SENT) != 0;
    const bool acked = (peer->flags & TCP_SIDE_ACKED) != 0;
    const bool floor_known = acked || (own->flags & TCP_SIDE_SYN);

    if (floor_known && tcp_is_before(sequence, acked ? peer->acknowledged : own->initial))
        return firm(acked ? SITUATION_ACKNOWLEDGED : SITUATION_NOT_SENT);
    if (sent && tcp_is_after(sequence, own->next) && !connection->lacking)
        return firm(SITUATION_NOT_SENT);
    if (!sent || !floor_known || tcp_is_after(sequence, own->next))
        return likely(found);
    return firm(found);
}

/* Whether the side's socket is one whose connect(), or accept(), has not succeeded yet. */
static bool is_connecting(const struct tcp_connection *connection, unsigned side)
{
    const struct tcp_side *own = &connection->sides[side];

    if (connection->phase == TCP_PHASE_SYN_SENT)
        return (own->flags & TCP_SIDE_SYN) != 0;
    if (connection->crossed)
        return (own->flags & TCP_SIDE_SYN) && !(connection->sides[!side].flags & TCP_SIDE_ACKED);
    return connection->phase == TCP_PHASE_SYN_RECEIVED && own->flags & TCP_SIDE_FAST_OPEN;
}

struct tcp_verdict tcp_connection_error(struct tcp_connection *connection, unsigned side,
                                        const struct tcp_quote *quote)
{
    struct tcp_side *own = &connection->sides[side];
    struct tcp_verdict verdict;

    if (connection->phase == TCP_PHASE_NEW)
        return likely(SITUATION_UNKNOWN);
    if (own->flags & TCP_SIDE_DEAD)
        return firm(SITUATION_DEAD);
    if (is_connecting(connection, side)) {
        verdict = judge_quote(connection, side, quote->sequence, SITUATION_CONNECTING);
        if (verdict.situation != SITUATION_CONNECTING)
            return verdict;
        if (own->flags & TCP_SIDE_FAST_OPEN)
            verdict.likely = true; /* whether accept() was called already nobody can see */
        else if (quote->ends_connecting)
            own->flags |= TCP_SIDE_DEAD;
        return verdict;
    }
    if (connection->phase == TCP_PHASE_SYN_SENT)
        return firm(SITUATION_HALF_OPEN);
    if (connection->phase == TCP_PHASE_SYN_RECEIVED && side != connection->opener) {
        if (quote->sequence != own->initial)
            return firm(SITUATION_NOT_SENT);
        if (quote->ends_request)
            own->flags |= TCP_SIDE_DEAD;
        return firm(SITUATION_HALF_OPEN);
    }
    if (situation_of(connection, !side, connection->sides[!side].next) == SITUATION_TIME_WAIT)
        return firm(SITUATION_TIME_WAIT);
    verdict = judge_quote(connection, side, quote->sequence, SITUATION_ESTABLISHED);
    if (verdict.situation == SITUATION_ESTABLISHED && quote->ends_connecting)
        connection->soft_errors[side] = quote->errno_value;
    return verdict;
}

struct tcp_verdict tcp_connection_timeout(const struct tcp_connection *connection, unsigned side,
                                          uint32_t frame, bool whole)
{
    const struct tcp_side *own = &connection->sides[side];
    unsigned enough;

    if (own->repetitions == 0 || own->repetition != frame)
        return nothing;
    if (connection->phase == TCP_PHASE_ESTABLISHED) {
        struct tcp_verdict verdict = likely(SITUATION_UNACKNOWLEDGED);

        verdict.errno_value = connection->soft_errors[side];
        enough = whole ? DATA_RETRIES_WHOLE : DATA_RETRIES;
        return own->repetitions >= enough ? verdict : nothing;
    }
    if (connection->phase != TCP_PHASE_SYN_SENT || connection->crossed ||
        own->flags & TCP_SIDE_DEAD)
        return nothing;
    enough = own->flags & TCP_SIDE_LINEAR ? SYN_RETRIES_LINEAR : SYN_RETRIES;
    if (whole)
        enough = SYN_RETRIES_WHOLE;
    return own->repetitions >= enough ? likely(SITUATION_UNANSWERED) : nothing;
}
