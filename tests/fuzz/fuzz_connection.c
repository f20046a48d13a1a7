/*
 * The histories of TCP connections and SCTP associations, with any segments, ICMP errors and
 * packets in any order: a verdict is one that the kind of packet can have, what is refused changes
 * nothing, and a timeout is of a packet that was seen.
 * Input: 1 byte which of them; TCP: 12 bytes for each step; SCTP: 1 byte side and length, packet.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include "sctp_association.h"
#include "tcp_connection.h"

enum {
    STEP = 12, /* bytes */
    IP_HEADER = 20,
    LENGTH_MAX = 127,
    BASE = 0xFFFFF000, /* of sequence numbers, so that they wrap */
};

/* A number near the base, or anywhere. */
static uint32_t sequence_number(struct fuzz_input *input)
{
    const uint32_t number = (uint32_t)fuzz_number(input, 2);

    return (uint32_t)BASE + (number >> 15 ? number << 17 : number);
}

static struct tcp_segment segment_of(struct fuzz_input *input, uint8_t flags, uint8_t more)
{
    return (struct tcp_segment){
        .flags = flags,
        .sequence = sequence_number(input),
        .acknowledgment = sequence_number(input),
        .length = (uint32_t)(more & 3) * 7,
        .has_sack = (more >> 2 & 3) == 3,
        .has_scale = (more >> 4 & 1) != 0,
        .window_scale = (more >> 5 & 7) * 2,
        .window = (uint32_t)fuzz_number(input, 2),
        .sack_edge = sequence_number(input),
        .has_timestamp = (more >> 2 & 1) != 0,
        .timestamp = flags,
        .echo = more,
    };
}

static bool is_for_reset(enum connection_situation situation)
{
    return situation <= SITUATION_ABOVE_WINDOW;
}

static bool is_refused(enum connection_situation situation)
{
    return situation >= SITUATION_DEAD && situation <= SITUATION_ABOVE_WINDOW;
}

static void check_outcome(struct connection_outcome outcome)
{
    FUZZ_CHECK(outcome.end <= CONNECTION_END_ICMP && outcome.side < 2);
    FUZZ_CHECK(outcome.client <= CONNECTION_SIDE_UNKNOWN);
    FUZZ_CHECK(outcome.end != CONNECTION_END_ICMP || outcome.errno_value != 0);
}

static void check_segment(struct tcp_connection *connection, unsigned side,
                          const struct tcp_segment *segment, uint32_t frame, uint32_t time)
{
    const struct tcp_connection before = *connection;
    struct tcp_timeout timeout;
    const struct connection_verdict verdict =
        tcp_connection_segment(connection, side, segment, frame, time, &timeout);

    if (segment->flags & TCP_FLAG_RST) {
        FUZZ_CHECK(is_for_reset(verdict.situation));
        if (is_refused(verdict.situation))
            FUZZ_CHECK(memcmp(&before, connection, sizeof before) == 0);
        /* A refused SYN may have opened another connection. */
        FUZZ_CHECK(timeout.frame == 0 || verdict.situation == SITUATION_CONNECTING);
    } else {
        FUZZ_CHECK(verdict.situation == SITUATION_UNKNOWN ||
                   (verdict.situation == SITUATION_FIRST_FIN && segment->flags & TCP_FLAG_FIN));
    }
    check_outcome(timeout.outcome);
    check_outcome(tcp_outcome(connection, true));
    FUZZ_CHECK(timeout.frame < frame);
    FUZZ_CHECK((timeout.frame != 0) == (timeout.verdict.situation != SITUATION_UNKNOWN));
}

static void check_error(struct tcp_connection *connection, unsigned side,
                        const struct tcp_segment *quoted, uint8_t more)
{
    const struct tcp_quote quote = {
        .sequence = quoted->sequence,
        .errno_value = 111,
        .ends_connecting = (more & 1) != 0,
        .ends_request = (more & 2) != 0,
    };
    const enum connection_situation situation =
        tcp_connection_error(connection, side, &quote).situation;

    FUZZ_CHECK(situation <= SITUATION_ESTABLISHED || situation == SITUATION_HALF_OPEN ||
               situation == SITUATION_TIME_WAIT || situation == SITUATION_DEAD ||
               situation == SITUATION_NOT_SENT || situation == SITUATION_ACKNOWLEDGED);
}

static void check_timeouts(const struct tcp_connection *connection, uint32_t frame)
{
    for (unsigned side = 0; side < 2; side++) {
        const uint32_t last = connection->sides[side].last_retransmission;

        FUZZ_CHECK(last <= frame);
        if (tcp_connection_timeout(connection, side, last, false).situation != SITUATION_UNKNOWN)
            FUZZ_CHECK(tcp_connection_timeout(connection, side, last, true).situation !=
                       SITUATION_UNKNOWN);
        FUZZ_CHECK(tcp_connection_timeout(connection, side, last + 1, true).situation ==
                   SITUATION_UNKNOWN);
    }
}

static void run_tcp(struct fuzz_input *input)
{
    struct tcp_connection connection = {0};
    uint32_t time = 0;

    for (uint32_t frame = 1; input->left >= STEP; frame++) {
        const uint8_t what = (uint8_t)fuzz_number(input, 1);
        const uint8_t flags = (uint8_t)fuzz_number(input, 1);
        const uint8_t more = (uint8_t)fuzz_number(input, 1);
        const struct tcp_segment segment = segment_of(input, flags, more);

        time += (uint32_t)fuzz_number(input, 1) << (what >> 2 & 7);
        if (what & 2)
            check_error(&connection, what & 1, &segment, more);
        else
            check_segment(&connection, what & 1, &segment, frame, time);
        check_timeouts(&connection, frame);
    }
}

static void run_sctp(struct fuzz_input *input)
{
    struct sctp_association association = {0};

    while (input->left > 0) {
        const uint8_t what = (uint8_t)fuzz_number(input, 1);
        uint32_t length = what & LENGTH_MAX;
        uint8_t header[IP_HEADER + LENGTH_MAX] = {0x45, [8] = 64, [9] = IP_PROTOCOL_SCTP};
        struct connection_verdict verdict;
        struct ip_packet packet;
        uint8_t *copy;

        length = length < input->left ? length : (uint32_t)input->left;
        memcpy(header + IP_HEADER, input->data, length);
        header[3] = (uint8_t)(IP_HEADER + length);
        copy = fuzz_copy(header, IP_HEADER + length);
        input->data += length;
        input->left -= length;
        ip_packet_decode(&packet, copy, IP_HEADER + length, IP_HEADER + length);
        verdict = sctp_association_packet(&association, what >> 7, &packet);
        if (sctp_abort_offset(&packet) == 0)
            FUZZ_CHECK(verdict.situation == SITUATION_UNKNOWN);
        else
            FUZZ_CHECK(verdict.situation != SITUATION_UNKNOWN &&
                       sctp_abort_offset(&packet) + 4 <= length);
        free(copy);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};

    if (fuzz_number(&input, 1) & 1)
        run_sctp(&input);
    else
        run_tcp(&input);
    return 0;
}
