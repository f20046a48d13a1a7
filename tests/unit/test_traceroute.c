/*
 * Which times to live, one after the other, are those of a traceroute.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include "traceroute.h"

static void test_rows(void **state)
{
    static const struct {
        const char *name;
        uint8_t times_to_live[12]; /* ended by a 0 */
        bool expected;
    } rows[] = {
        {"one", {1}, false},
        {"three packets of one hop", {1, 1, 1}, false},
        {"two hops", {1, 2}, true},
        {"three of each hop", {1, 1, 1, 2, 2, 2, 3, 3, 3}, true},
        {"behind some routers", {4, 5, 6}, true},
        {"a packet was not captured", {1, 3, 4}, true},
        {"rounds, as those of mtr", {1, 2, 3, 1, 2, 3, 1}, true},
        {"up to the limit, and above", {29, 30, 31, 32}, true},
        {"above the limit", {31, 32, 33}, false},
        {"usual packets", {64, 64, 128, 255}, false},
        {"one loop", {30, 28, 26, 24}, false},
        {"two loops", {30, 29, 30, 29, 28}, false},
        {"up, and a loop", {1, 2, 30, 29}, false},
        {"a loop that was captured at its end", {2, 1, 30, 29}, false},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct traceroute traceroute = {0};

        for (const uint8_t *at = rows[i].times_to_live; *at != 0; at++)
            traceroute_add(&traceroute, *at);
        row_equal(rows[i].name, traceroute_is_one(&traceroute), rows[i].expected);
    }
}

static void test_zero(void **state)
{
    struct traceroute traceroute = {0};

    (void)state;
    traceroute_add(&traceroute, 0);
    traceroute_add(&traceroute, 1);
    assert_false(traceroute_is_one(&traceroute));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
