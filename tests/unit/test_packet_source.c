/*
 * What the packet sources share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include "packet_source.h"

#define WRAP (UINT64_C(1) << 32)

static void test_counters_that_wrapped(void **state)
{
    static const struct {
        const char *name;
        uint64_t counted;
        uint64_t least;
        uint64_t expected;
    } rows[] = {
        {"nothing", 0, 0, 0},
        {"all read", 1000, 1000, 1000},
        {"some wait", 1000, 900, 1000},
        {"too few were counted", 900, 1000, 900},
        {"not yet", WRAP - 1, WRAP - 1, WRAP - 1},
        {"just now", 0, WRAP, WRAP},
        {"just now, and some wait", 5, WRAP - 5, WRAP + 5},
        {"long ago", 7, 3 * WRAP, 3 * WRAP + 7},
        {"read before and after", WRAP + 7, 3 * WRAP, 3 * WRAP + 7},
        {"no longer", 3 * WRAP + 7, 3 * WRAP, 3 * WRAP + 7},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        row_equal(rows[i].name, packet_source_unwrap(rows[i].counted, rows[i].least),
                  rows[i].expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counters_that_wrapped),
    };

    return cmocka_run_group_tests_name("packet_source", tests, NULL, NULL);
}
