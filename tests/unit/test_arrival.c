/*
 * When packets arrived on a machine whose clock is set meanwhile.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include "arrival.h"
#include "clock.h"

#define START (UINT64_C(1800000000) * CLOCK_SECOND) /* the clock when the monotonic one is zero */

enum {
    INEXACT = 100, /* nanoseconds */
};

/* What the clock shows that was set by so much in all. */
static uint64_t real(uint64_t monotonic, int64_t set)
{
    return START + monotonic + (uint64_t)set;
}

static bool observe(struct arrival *arrival, uint64_t monotonic, int64_t set)
{
    return arrival_observe(arrival, monotonic, real(monotonic, set), INEXACT);
}

/* A packet that arrived at this time on a clock set by so much is placed there. */
static void placed(const char *row, const struct arrival *arrival, struct arrival_queue *queue,
                   uint64_t monotonic, int64_t set)
{
    uint64_t time = 0;

    row_true(row, arrival_find(arrival, queue, real(monotonic, set), &time));
    row_equal(row, time, monotonic);
}

/* The difference of the clocks may be read more exactly after a time was found. */
static void test_exact_times(void **state)
{
    struct arrival arrival = {.count = 0};

    (void)state;
    assert_true(!arrival_observe(&arrival, 1000000, 5001000000, 1000));
    assert_true(arrival_is_exact(&arrival, 5000500000, 500000));
    assert_true(arrival_observe(&arrival, 2000000, 9002000000, 1000));
    assert_int_equal(arrival_settings(&arrival), 1);
    assert_true(arrival_is_exact(&arrival, 5000500000, 500000));
    assert_true(arrival_is_exact(&arrival, 9002500000, 2500000));
    assert_true(arrival_is_exact(&arrival, 9002500000, 2500900));
    assert_false(arrival_is_exact(&arrival, 9002500000, 3500000));
    assert_false(arrival_is_exact(&arrival, 7002500000, 2500000));
}

/* What is logged for a moment is the stamp of a packet that is placed there. */
static void test_a_stamp_of_a_moment(void **state)
{
    struct arrival arrival = {0};
    struct arrival_queue queue = {0};
    uint64_t time;

    (void)state;
    observe(&arrival, 1000000, 0);
    assert_int_equal(arrival_stamp(&arrival, 500000), real(500000, 0));
    observe(&arrival, 2000000, CLOCK_SECOND);
    assert_int_equal(arrival_stamp(&arrival, 2000000), real(2000000, CLOCK_SECOND));
    assert_true(arrival_find(&arrival, &queue, arrival_stamp(&arrival, 2000000), &time));
    assert_int_equal(time, 2000000);
}

static void test_nobody_sets_the_clock(void **state)
{
    struct arrival arrival = {0};
    struct arrival_queue queue = {0};
    uint64_t time;

    (void)state;
    assert_false(observe(&arrival, 10 * CLOCK_SECOND, 0));
    placed("waited", &arrival, &queue, 9 * CLOCK_SECOND, 0);
    assert_false(arrival_find(&arrival, &queue, real(11 * CLOCK_SECOND, 0), &time));
    assert_false(observe(&arrival, 12 * CLOCK_SECOND, 0));
    placed("after an observation", &arrival, &queue, 11 * CLOCK_SECOND, 0);
    placed("a little out of order", &arrival, &queue, 11 * CLOCK_SECOND - ARRIVAL_DISORDER / 2, 0);
    placed("in order again", &arrival, &queue, 12 * CLOCK_SECOND, 0);
    assert_int_equal(arrival.count, 1);
}

static const struct {
    const char *name;
    int64_t by;
} settings[] = {
    {"100 s back", -100 * (int64_t)CLOCK_SECOND},
    {"3 s back", -3 * (int64_t)CLOCK_SECOND},
    {"half a second back", -(int64_t)CLOCK_SECOND / 2},
    {"half a second on", CLOCK_SECOND / 2},
    {"3 s on", 3 * CLOCK_SECOND},
    {"100 s on", 100 * CLOCK_SECOND},
    {"to 1970", -(int64_t)START},
};

/* A command at 20 s, the setting at 19 or 21: packets stay on their side of the command. */
static void test_packets_wait_while_it_is_set(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(settings); i++) {
        for (uint64_t at = 19; at <= 21; at += 2) {
            struct arrival arrival = {0};
            struct arrival_queue queue = {0};
            struct arrival_queue quick = {0};

            observe(&arrival, 10 * CLOCK_SECOND, 0);
            row_equal(settings[i].name,
                      observe(&arrival, 20 * CLOCK_SECOND, at < 20 ? settings[i].by : 0), at < 20);
            row_equal(settings[i].name, observe(&arrival, 30 * CLOCK_SECOND, settings[i].by),
                      at > 20);
            for (uint64_t time = 15 * CLOCK_SECOND; time < 30 * CLOCK_SECOND;
                 time += CLOCK_SECOND / 10) {
                int64_t set = time >= at * CLOCK_SECOND ? settings[i].by : 0;
                uint64_t found;

                row_true(settings[i].name, arrival_find(&arrival, &queue, real(time, set), &found));
                row_equal(settings[i].name, arrival_time(&arrival, &quick, real(time, set)), found);
                row_equal(settings[i].name, found > 20 * CLOCK_SECOND, time > 20 * CLOCK_SECOND);
            }
            assert_int_equal(queue.era, 1);
        }
    }
}

/* No packets for long before a command, and no observation after it when the clock was set. */
static void test_set_while_nothing_comes(void **state)
{
    const uint64_t command = 1050 * CLOCK_SECOND;

    (void)state;
    for (size_t i = 0; i < ROWS(settings); i++) {
        for (uint64_t time = command + 1; time < command + 150 * CLOCK_SECOND;
             time += CLOCK_SECOND / 20) {
            struct arrival arrival = {0};
            struct arrival_queue queue = {0};
            uint64_t found = 0;

            observe(&arrival, 1000 * CLOCK_SECOND, 0);
            placed(settings[i].name, &arrival, &queue, 1000 * CLOCK_SECOND, 0);
            observe(&arrival, command, 0);
            arrival.drained = command;
            observe(&arrival, command + 150 * CLOCK_SECOND, settings[i].by);
            row_true(settings[i].name,
                     arrival_find(&arrival, &queue, real(time, settings[i].by), &found));
            row_true(settings[i].name, found > command);
        }
    }
}

/* One queue's packets wait longer than another's. */
static void test_queues_are_apart(void **state)
{
    const int64_t set = -100 * (int64_t)CLOCK_SECOND;
    struct arrival arrival = {0};
    struct arrival_queue slow = {0};
    struct arrival_queue fast = {0};

    (void)state;
    observe(&arrival, 10 * CLOCK_SECOND, 0);
    placed("slow", &arrival, &slow, 5 * CLOCK_SECOND, 0);
    placed("fast", &arrival, &fast, 10 * CLOCK_SECOND, 0);
    observe(&arrival, 20 * CLOCK_SECOND, set);
    placed("fast", &arrival, &fast, 15 * CLOCK_SECOND, set);
    placed("slow", &arrival, &slow, 8 * CLOCK_SECOND, 0);
    placed("slow", &arrival, &slow, 18 * CLOCK_SECOND, set);
}

/* The oldest eras are forgotten; a queue that was in one of them goes on in a later one. */
static void test_set_again_and_again(void **state)
{
    struct arrival arrival = {0};
    struct arrival_queue queue = {0};
    struct arrival_queue idle = {0};

    (void)state;
    observe(&arrival, CLOCK_SECOND, 0);
    placed("first", &arrival, &idle, CLOCK_SECOND, 0);
    for (uint64_t i = 2; i <= 1000; i++) {
        int64_t set = (int64_t)(i * 1000 * CLOCK_SECOND) * (i % 2 ? 1 : -1);

        row_true("set", observe(&arrival, i * CLOCK_SECOND, set));
        placed("at once", &arrival, &queue, i * CLOCK_SECOND, set);
    }
    assert_int_equal(arrival.count, ARRIVAL_ERAS_MAX);
    placed("idle", &arrival, &idle, 1000 * CLOCK_SECOND, -1000 * 1000 * (int64_t)CLOCK_SECOND);
}

/* Neither a slow reading nor a better one after it is a setting. */
static void test_slow_readings(void **state)
{
    struct arrival arrival = {0};
    struct arrival_queue queue = {0};
    const uint64_t slow = 7 * CLOCK_MILLISECOND;

    (void)state;
    arrival_observe(&arrival, CLOCK_SECOND, real(CLOCK_SECOND - slow, 0), slow);
    assert_false(observe(&arrival, 2 * CLOCK_SECOND, 0));
    placed("exact", &arrival, &queue, 2 * CLOCK_SECOND, 0);
    assert_false(
        arrival_observe(&arrival, 3 * CLOCK_SECOND, real(3 * CLOCK_SECOND - slow, 0), slow));
    placed("still exact", &arrival, &queue, 3 * CLOCK_SECOND, 0);
    assert_true(observe(&arrival, 4 * CLOCK_SECOND, CLOCK_MILLISECOND));
}

/* The clocks are read once for those packets of a block that came before it was found empty. */
static void test_blocks(void **state)
{
    struct arrival arrival = {0};
    struct arrival_queue queue = {.in_blocks = true};
    uint64_t stamp;
    uint64_t time;

    (void)state;
    arrival_read_clocks(&arrival);
    stamp = clock_now(CLOCK_REALTIME);
    arrival_drained(&arrival);
    for (uint64_t block = 0; block < 3; block++) {
        uint64_t read = arrival.eras[0].end;

        arrival_next_block(&queue);
        time = arrival_time(&arrival, &queue, stamp); /* may find the difference more exactly */
        assert_int_equal(time, stamp - arrival.eras[0].ahead);
        assert_true(arrival.eras[0].end > read);
        read = arrival.eras[0].end;
        for (unsigned packet = 0; packet < 3; packet++)
            assert_int_equal(arrival_time(&arrival, &queue, stamp), stamp - arrival.eras[0].ahead);
        assert_int_equal(arrival.eras[0].end, read);
    }
}

static void test_the_machine(void **state)
{
    struct arrival arrival = {0};
    struct arrival_queue queue = {0};
    uint64_t begin = arrival_read_clocks(&arrival);
    uint64_t stamp = clock_now(CLOCK_REALTIME);
    uint64_t time = arrival_time(&arrival, &queue, stamp);

    (void)state;
    assert_true(time >= begin && time <= clock_now(CLOCK_MONOTONIC) + arrival.eras[0].inexact);
    arrival_drained(&arrival);
    assert_true(arrival.drained >= begin);
    /* A stamp of no era: as what was in front of it. */
    assert_int_equal(arrival_time(&arrival, &queue, stamp + 1000 * CLOCK_SECOND),
                     time > arrival.drained ? time : arrival.drained);
    /* Far out of order, but of the only era there was. */
    time = arrival_time(&arrival, &queue, stamp - CLOCK_SECOND);
    assert_int_equal(time, stamp - CLOCK_SECOND - arrival.eras[0].ahead);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact_times),
        cmocka_unit_test(test_a_stamp_of_a_moment),
        cmocka_unit_test(test_nobody_sets_the_clock),
        cmocka_unit_test(test_packets_wait_while_it_is_set),
        cmocka_unit_test(test_set_while_nothing_comes),
        cmocka_unit_test(test_queues_are_apart),
        cmocka_unit_test(test_set_again_and_again),
        cmocka_unit_test(test_slow_readings),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_the_machine),
    };

    return cmocka_run_group_tests_name("arrival", tests, NULL, NULL);
}
