/*
 * A history of changes: what held at a time, also for packets that are read late.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include "change_history.h"

static void test_never_changed(void **state)
{
    struct change_history history = {0};

    (void)state;
    assert_int_equal(change_history_latest(&history), 0);
    assert_int_equal(change_history_at(&history, 0), 0);
    assert_int_equal(change_history_at(&history, UINT64_MAX), 0);
    history.before = 3;
    assert_int_equal(change_history_latest(&history), 3);
    assert_int_equal(change_history_at(&history, 12345), 3);
}

static void test_by_time(void **state)
{
    static const struct {
        uint64_t time;
        unsigned state;
    } rows[] = {{0, 1}, {100, 1}, {101, 3}, {200, 3}, {201, 0}, {UINT64_MAX, 0}};
    struct change_history history = {.before = 1};

    (void)state;
    change_history_add(&history, 3, 100);
    change_history_add(&history, 0, 200);
    assert_int_equal(change_history_latest(&history), 0);
    for (size_t i = 0; i < ROWS(rows); i++)
        row_equal("time", change_history_at(&history, rows[i].time), rows[i].state);
}

/* The oldest are dropped; the state before those that are left is still known. */
static void test_many(void **state)
{
    enum { MANY = 2 * CHANGE_HISTORY_MAX };
    struct change_history history = {0};

    (void)state;
    for (uint64_t i = 1; i <= MANY; i++)
        change_history_add(&history, (unsigned)i % 3, 10 * i);
    assert_int_equal(history.count, CHANGE_HISTORY_MAX);
    for (uint64_t i = MANY; i >= MANY - CHANGE_HISTORY_MAX; i--)
        row_equal("late", change_history_at(&history, 10 * i + 1), i % 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_never_changed),
        cmocka_unit_test(test_by_time),
        cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests_name("change_history", tests, NULL, NULL);
}
