/*
 * Places found again among many, also of numbers that differ in few bits, or in the highest alone.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include "place_table.h"

enum {
    NUMBERS = 10000,
};

static uint64_t in_sequence(uint64_t i)
{
    return i;
}

static uint64_t in_upper_half(uint64_t i)
{
    return i << 32;
}

static uint64_t at_both_ends(uint64_t i)
{
    return i % 2 == 0 ? i : UINT64_MAX - i;
}

static void test_an_empty_table(void **state)
{
    struct place_table table = {0};

    (void)state;
    assert_true(place_table_find(&table, 0) == SIZE_MAX);
    place_table_free(&table);
}

static void test_places(void **state)
{
    static const struct {
        const char *name;
        uint64_t (*number)(uint64_t i);
    } series[] = {
        {"in sequence", in_sequence},
        {"in the upper half", in_upper_half},
        {"at both ends", at_both_ends},
    };

    (void)state;
    for (size_t row = 0; row < ROWS(series); row++) {
        const char *name = series[row].name;
        struct place_table table = {0};

        for (uint64_t i = 0; i < NUMBERS; i++)
            row_equal(name, place_table_set(&table, series[row].number(i), i * 3), true);
        for (uint64_t i = 0; i < NUMBERS; i++)
            row_equal(name, place_table_find(&table, series[row].number(i)), i * 3);
        row_equal(name, place_table_find(&table, UINT64_C(0x123456789)), SIZE_MAX);
        place_table_free(&table);
        row_equal(name, place_table_find(&table, series[row].number(1)), SIZE_MAX);
    }
}

static void test_the_place_set_last_counts(void **state)
{
    struct place_table table = {0};

    (void)state;
    for (size_t place = 0; place < NUMBERS; place++) {
        assert_true(place_table_set(&table, 7, place));
        assert_int_equal(place_table_find(&table, 7), place);
    }
    assert_int_equal(table.used, 1);
    place_table_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_table),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_the_place_set_last_counts),
    };

    return cmocka_run_group_tests_name("place_table", tests, NULL, NULL);
}
