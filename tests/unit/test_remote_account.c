/*
 * What another machine counts, and its clock.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clock.h"
#include "remote_account.h"
#include "remote_clock.h"

static struct remote_account open_account(void)
{
    struct remote_account account = {.count = 0};

    for (unsigned number = 1; number <= 2; number++)
        assert_true(remote_account_add(&account));
    return account;
}

/* Until the end the sum is of what is known, whatever else was received. */
static void test_before_the_end(void **state)
{
    struct remote_account account = open_account();

    (void)state;
    account.rows[0].read = 10;
    account.rows[1].read = 5;
    account.rows[1].marked = 3;
    remote_account_take(&account, &(struct remote_statistics){.number = 0,
                                                              .received = 1000,
                                                              .dropped = 2,
                                                              .delivered = 10,
                                                              .has_rest = true,
                                                              .is_interim = true,
                                                              .paused = 7});
    assert_int_equal(remote_account_dropped(&account), 3);
    assert_int_equal(remote_account_unplaced(&account), 1);
    assert_int_equal(remote_account_received(&account), 10 + 5 + 7 + 3);
    assert_false(remote_account_is_final(&account));
    remote_account_free(&account);
}

static void test_at_the_end(void **state)
{
    struct remote_account account = open_account();

    (void)state;
    account.rows[0].read = 10;
    for (uint32_t number = 0; number < 2; number++)
        remote_account_take(&account, &(struct remote_statistics){.number = number,
                                                                  .received = 20,
                                                                  .dropped = 4,
                                                                  .delivered = 10,
                                                                  .comment = "said"});
    assert_true(remote_account_is_final(&account));
    assert_int_equal(remote_account_received(&account), 40);
    assert_int_equal(remote_account_dropped(&account), 8);
    assert_int_equal(remote_account_unplaced(&account), 0);
    assert_int_equal(account.rows[0].discarded, 6); /* an old ipmon does not tell why */
    assert_string_equal(account.rows[1].comment, "said");
    remote_account_free(&account);
}

static void test_nothing(void **state)
{
    struct remote_account account = {.count = 0};
    const struct remote_clock clock = {.count = 0};

    (void)state;
    assert_int_equal(remote_account_received(&account), 0);
    assert_int_equal(remote_account_dropped(&account), 0);
    assert_int_equal(remote_clock_ahead(&clock), 0);
    assert_int_equal(remote_clock_round_trip(&clock), 0);
}

/* One round trip of many that takes long, and one behind packets, do not count. */
static void test_clock(void **state)
{
    struct remote_clock clock = {.count = 0};

    (void)state;
    for (uint64_t i = 1; i <= 5; i++)
        remote_clock_add(&clock, 1000 * i, 10 * i, 1000 * i + 5 * i - 300);
    remote_clock_add(&clock, 9000, CLOCK_SECOND, 9000 + CLOCK_SECOND);
    remote_clock_add(&clock, 9000, CLOCK_SECOND + 1, 0);
    assert_int_equal(clock.count, 6);
    assert_int_equal(remote_clock_ahead(&clock), -300);
    assert_int_equal(remote_clock_round_trip(&clock), 40);
}

/* A clock that was set is known after a while. */
static void test_clock_that_was_set(void **state)
{
    struct remote_clock clock = {.count = 0};

    (void)state;
    for (uint64_t i = 0; i < 20; i++)
        remote_clock_add(&clock, 1000, 0, i < 15 ? 1000 : 5000);
    assert_int_equal(remote_clock_ahead(&clock), 4000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_before_the_end),
        cmocka_unit_test(test_at_the_end),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_clock),
        cmocka_unit_test(test_clock_that_was_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
