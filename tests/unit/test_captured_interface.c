/*
 * Counters by interface, also when an index is used a second time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include "captured_interface.h"

static void test_rows(void **state)
{
    struct captured_interfaces interfaces = {0};
    struct captured_interface *row;

    (void)state;
    assert_int_equal(packet_tally_seen(&interfaces.tally), 0);
    for (unsigned index = 1; index <= 100; index++) {
        row = captured_interface_find(&interfaces, index);
        assert_non_null(row);
        assert_int_equal(row->index, index);
        for (unsigned packet = 0; packet < index; packet++)
            captured_interface_count(&interfaces, row, PACKET_WRITTEN);
        captured_interface_count(&interfaces, row, PACKET_PAUSED);
        captured_interface_count(&interfaces, row, PACKET_DISCARDED);
        captured_interface_count(&interfaces, row, PACKET_DISCARDED);
    }
    assert_int_equal(interfaces.count, 100);
    for (unsigned index = 100; index >= 1; index--) {
        row = captured_interface_find(&interfaces, index);
        assert_int_equal(row->tally.fates[PACKET_WRITTEN], index);
        assert_int_equal(packet_tally_seen(&row->tally), index + 3);
    }
    assert_int_equal(interfaces.count, 100);
    assert_int_equal(packet_tally_seen(&interfaces.tally), 5050 + 300);
    assert_int_equal(interfaces.tally.fates[PACKET_WRITTEN], 5050);
    assert_int_equal(interfaces.tally.fates[PACKET_PAUSED], 100);
    captured_interface_take_back(&interfaces, captured_interface_find(&interfaces, 9),
                                 PACKET_DISCARDED);
    assert_int_equal(captured_interface_find(&interfaces, 9)->tally.fates[PACKET_WRITTEN], 8);
    assert_int_equal(captured_interface_find(&interfaces, 9)->tally.fates[PACKET_DISCARDED], 3);
    assert_int_equal(interfaces.tally.fates[PACKET_WRITTEN], 5049);
    assert_int_equal(interfaces.tally.fates[PACKET_DISCARDED], 201);
    captured_interfaces_free(&interfaces);
    assert_int_equal(interfaces.count, 0);
}

static void test_an_index_used_again(void **state)
{
    struct captured_interfaces interfaces = {0};

    (void)state;
    captured_interface_count(&interfaces, captured_interface_find(&interfaces, 7), PACKET_WRITTEN);
    captured_interface_gone(&interfaces, 8);
    assert_int_equal(captured_interface_find(&interfaces, 7)->tally.fates[PACKET_WRITTEN], 1);
    captured_interface_gone(&interfaces, 7);
    assert_int_equal(captured_interface_find(&interfaces, 7)->tally.fates[PACKET_WRITTEN], 0);
    assert_int_equal(interfaces.count, 2);
    for (unsigned packet = 0; packet < 5; packet++)
        captured_interface_count(&interfaces, captured_interface_find(&interfaces, 7),
                                 PACKET_WRITTEN);
    assert_int_equal(captured_interface_find(&interfaces, 7)->tally.fates[PACKET_WRITTEN], 5);
    assert_int_equal(packet_tally_seen(&interfaces.tally), 6);
    captured_interfaces_free(&interfaces);
}

static void test_by_number(void **state)
{
    struct captured_interfaces interfaces = {0};

    (void)state;
    assert_null(captured_interface_by_number(&interfaces, STREAM_OUTPUT, 0));
    for (unsigned index = 0; index < 100; index++)
        captured_interface_find(&interfaces, index);
    assert_null(
        captured_interface_by_number(&interfaces, STREAM_OUTPUT, 0)); /* not described yet */
    for (uint32_t number = 0; number < 50; number++) /* described in another order than found */
        captured_interface_described(&interfaces, &interfaces.rows[99 - number], STREAM_OUTPUT,
                                     number, 6);
    for (uint32_t number = 0; number < 50; number++)
        assert_ptr_equal(captured_interface_by_number(&interfaces, STREAM_OUTPUT, number),
                         &interfaces.rows[99 - number]);
    assert_int_equal(interfaces.rows[99].exponent, 6);
    assert_null(captured_interface_by_number(&interfaces, STREAM_OUTPUT, 50));
    assert_null(captured_interface_by_number(&interfaces, STREAM_OUTPUT, 100));
    captured_interfaces_free(&interfaces);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_an_index_used_again),
        cmocka_unit_test(test_by_number),
    };

    return cmocka_run_group_tests_name("captured_interface", tests, NULL, NULL);
}
