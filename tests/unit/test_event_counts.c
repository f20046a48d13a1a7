/*
 * Counts of network events, and their list in the statistics.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include "event_counts.h"

static void test_counts(void **state)
{
    struct event_counts counts = {0};
    char text[64];
    char little[24];

    (void)state;
    assert_int_equal(event_counts_print(&counts, text, sizeof text), 0);
    assert_string_equal(text, "");
    event_counts_add(&counts, EVENT_ETHER_OUTPUT_IFDOWN);
    event_counts_add(&counts, EVENT_IN_CONTROL_NOIFDATA);
    event_counts_add(&counts, EVENT_ETHER_OUTPUT_IFDOWN);
    assert_int_equal(event_counts_print(&counts, text, sizeof text), 44);
    assert_string_equal(text, "ether_output-ifdown 2, in_control-noifdata 1");
    assert_int_equal(event_counts_print(&counts, little, sizeof little), 21);
    assert_string_equal(little, "ether_output-ifdown 2");
}

static void test_every_kind(void **state)
{
    struct event_counts counts = {0};

    (void)state;
    for (unsigned again = 0; again < 2; again++)
        for (unsigned id = 0; id < EVENT_IDENTIFIED; id++)
            event_counts_add(&counts, (enum network_event_id)id);
    assert_int_equal(counts.kinds, EVENT_IDENTIFIED);
    for (size_t i = 0; i < counts.kinds; i++) {
        row_equal("id", counts.rows[i].id, i);
        row_equal("count", counts.rows[i].count, 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_every_kind),
    };

    return cmocka_run_group_tests_name("event_counts", tests, NULL, NULL);
}
