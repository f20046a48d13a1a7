/*
 * What the state of a connection shows about a reset: the silence before it, the time to live of
 * earlier segments, whether the beginning was captured, and the frame that it answers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include "tcp_connection.h"
#include "tcp_signs.h"

enum {
    A = 1000, /* sequence numbers of the SYNs */
    B = 5000,
    SYN = TCP_FLAG_SYN,
    ACK = TCP_FLAG_ACK,
};

/* A segment; the frame of step i is i + 1, its time i seconds. */
struct step {
    uint8_t side;
    uint8_t flags; /* 0: the end */
    uint32_t sequence;
    uint32_t acknowledgment;
    uint32_t length;
    uint8_t time_to_live;
};

static uint32_t run(struct tcp_connection *connection, const struct step *steps)
{
    uint32_t frame = 0;

    *connection = (struct tcp_connection){0};
    for (; steps->flags != 0; steps++) {
        const struct tcp_segment segment = {
            .sequence = steps->sequence,
            .acknowledgment = steps->acknowledgment,
            .length = steps->length,
            .window = 8192,
            .flags = steps->flags,
            .time_to_live = steps->time_to_live,
        };
        struct tcp_timeout timeout;

        frame++;
        tcp_connection_segment(connection, steps->side, &segment, frame, frame * 1000, &timeout);
    }
    return frame * 1000;
}

static void test_rows(void **state)
{
    static const struct {
        const char *name;
        struct step steps[9];
        uint8_t times_to_live[2];
        uint32_t frames[2];
        uint32_t idle; /* 500 milliseconds after the last step */
        bool lacks_beginning;
    } rows[] = {
        {"nothing", {{0}}, {0, 0}, {0, 0}, 0, true},
        {"a SYN", {{0, SYN, A, 0, 0, 64}}, {64, 0}, {1, 0}, 500, false},
        {"a SYN, repeated",
         {{0, SYN, A, 0, 0, 64}, {0, SYN, A, 0, 0, 64}, {0, SYN, A, 0, 0, 64}},
         {64, 0},
         {3, 0},
         500,
         false},
        {"handshake",
         {{0, SYN, A, 0, 0, 64}, {1, SYN | ACK, B, A + 1, 0, 58}, {0, ACK, A + 1, B + 1, 0, 64}},
         {64, 58},
         {3, 2},
         500,
         false},
        {"data, repeated",
         {{0, SYN, A, 0, 0, 64},
          {1, SYN | ACK, B, A + 1, 0, 58},
          {0, ACK, A + 1, B + 1, 0, 64},
          {0, ACK, A + 1, B + 1, 10, 64},
          {0, ACK, A + 1, B + 1, 10, 64}},
         {64, 58},
         {5, 2},
         500,
         false},
        {"joined late",
         {{0, ACK, A + 1, B + 1, 10, 64}, {1, ACK, B + 1, A + 11, 0, 58}},
         {64, 58},
         {1, 2},
         500,
         true},
        {"a new SYN that is pending",
         {{0, SYN, A, 0, 0, 64},
          {1, SYN | ACK, B, A + 1, 0, 58},
          {0, ACK, A + 1, B + 1, 0, 64},
          {0, SYN, A + 70000, 0, 0, 33}},
         {64, 58},
         {4, 2},
         500,
         false},
        {"a stretch is missing",
         {{0, SYN, A, 0, 0, 64},
          {1, SYN | ACK, B, A + 1, 0, 58},
          {0, ACK, A + 1, B + 1, 0, 64},
          {0, ACK, A + 900000, B + 700000, 10, 64},
          {1, ACK, B + 700000, A + 900010, 0, 58}},
         {0, 58},
         {3, 5},
         500,
         true},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct tcp_connection connection;
        const uint32_t time = run(&connection, rows[i].steps);

        for (unsigned side = 0; side < 2; side++) {
            const struct tcp_signs signs = tcp_signs_of_reset(&connection, side, time + 500);

            row_equal(rows[i].name, signs.time_to_live, rows[i].times_to_live[side]);
            row_equal(rows[i].name, signs.idle, rows[i].idle);
            row_equal(rows[i].name, signs.lacks_beginning, rows[i].lacks_beginning);
            row_equal(rows[i].name, tcp_last_frame(&connection, side), rows[i].frames[side]);
        }
    }
}

/* A reset that stands before the segments it follows has waited for nothing. */
static void test_out_of_order(void **state)
{
    const struct step steps[] = {{0, SYN, A, 0, 0, 64}, {0, 0, 0, 0, 0, 0}};
    struct tcp_connection connection;
    const uint32_t time = run(&connection, steps);

    (void)state;
    assert_int_equal(tcp_signs_of_reset(&connection, 1, time - 1).idle, 0);
}

/* The segment that timed out is the first one of the repetitions. */
static void test_timeout(void **state)
{
    const struct step steps[] = {
        {0, SYN, A, 0, 0, 64}, {0, SYN, A, 0, 0, 64}, {0, SYN, A, 0, 0, 64}, {0, 0, 0, 0, 0, 0}};
    const struct tcp_segment syn = {.sequence = A + 90000, .flags = SYN};
    struct tcp_connection connection;
    struct tcp_timeout timeout;

    (void)state;
    run(&connection, steps);
    tcp_connection_segment(&connection, 0, &syn, 4, 4000, &timeout);
    assert_int_equal(timeout.frame, 3);
    assert_int_equal(timeout.failed, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_out_of_order),
        cmocka_unit_test(test_timeout),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
