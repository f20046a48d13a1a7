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
    assert_int_equal(captured_interfaces_seen(&interfaces), 0);
    for (unsigned index = 1; index <= 100; index++) {
        row = captured_interface_find(&interfaces, index);
        assert_non_null(row);
        assert_int_equal(row->index, index);
        row->delivered = index;
        row->paused = 1;
        row->discarded = 2;
    }
    assert_int_equal(interfaces.count, 100);
    for (unsigned index = 100; index >= 1; index--) {
        row = captured_interface_find(&interfaces, index);
        assert_int_equal(row->delivered, index);
        assert_int_equal(captured_interface_seen(row), index + 3);
    }
    assert_int_equal(interfaces.count, 100);
    assert_int_equal(captured_interfaces_seen(&interfaces), 5050 + 300);
    captured_interfaces_free(&interfaces);
    assert_int_equal(interfaces.count, 0);
}

static void test_an_index_used_again(void **state)
{
    struct captured_interfaces interfaces = {0};

    (void)state;
    captured_interface_find(&interfaces, 7)->delivered = 1;
    captured_interface_gone(&interfaces, 8);
    assert_int_equal(captured_interface_find(&interfaces, 7)->delivered, 1);
    captured_interface_gone(&interfaces, 7);
    assert_int_equal(captured_interface_find(&interfaces, 7)->delivered, 0);
    assert_int_equal(interfaces.count, 2);
    captured_interface_find(&interfaces, 7)->delivered = 5;
    assert_int_equal(captured_interfaces_seen(&interfaces), 6);
    captured_interfaces_free(&interfaces);
}

static void test_by_number(void **state)
{
    struct captured_interfaces interfaces = {0};
    struct captured_interface *row = captured_interface_find(&interfaces, 7);

    (void)state;
    assert_null(captured_interface_by_number(&interfaces, 0)); /* not described yet */
    row->described = true;
    row->number = 3;
    assert_ptr_equal(captured_interface_by_number(&interfaces, 3), row);
    assert_null(captured_interface_by_number(&interfaces, 0));
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
