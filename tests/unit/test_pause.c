/*
 * Pauses by time: packets that are read late belong to the time they arrived at.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include "pause.h"

static void test_never(void **state)
{
    struct pause pause = {0};

    (void)state;
    assert_false(pause_is_on(&pause));
    assert_false(pause_holds(&pause, 0));
    assert_false(pause_holds(&pause, UINT64_MAX));
    assert_false(pause_set(&pause, false, 5));
    assert_int_equal(pause_length(&pause, 1000), 0);
}

static void test_by_time(void **state)
{
    static const struct {
        uint64_t time;
        bool held;
    } rows[] = {{0, false},   {100, false}, {101, true},  {200, true},       {201, false},
                {300, false}, {301, true},  {1000, true}, {UINT64_MAX, true}};
    struct pause pause = {0};

    (void)state;
    assert_true(pause_set(&pause, true, 100));
    assert_false(pause_set(&pause, true, 150));
    assert_true(pause_set(&pause, false, 200));
    assert_true(pause_set(&pause, true, 300));
    assert_true(pause_is_on(&pause));
    for (size_t i = 0; i < ROWS(rows); i++)
        row_equal("time", pause_holds(&pause, rows[i].time), rows[i].held);
    assert_int_equal(pause.times, 2);
    assert_int_equal(pause_length(&pause, 350), 150);
}

/* Old changes are forgotten; the oldest that is left keeps the length of theirs. */
static void test_many(void **state)
{
    enum { MANY = 2 * CHANGE_HISTORY_MAX + 1 };
    struct pause pause = {0};

    (void)state;
    for (uint64_t i = 1; i <= MANY; i++)
        assert_true(pause_set(&pause, i % 2 == 1, 10 * i));
    assert_int_equal(pause.history.count, CHANGE_HISTORY_MAX);
    assert_int_equal(pause.times, CHANGE_HISTORY_MAX + 1);
    assert_int_equal(pause_length(&pause, 10 * MANY + 3), 10 * CHANGE_HISTORY_MAX + 3);
    for (uint64_t i = MANY - 1; i > MANY - CHANGE_HISTORY_MAX; i--)
        row_equal("late", pause_holds(&pause, 10 * i + 1), i % 2 == 1);
    row_true("latest", pause_holds(&pause, 10 * MANY + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_never),
        cmocka_unit_test(test_by_time),
        cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests_name("pause", tests, NULL, NULL);
}
