/*
 * Arrays that grow: their elements stay, and the memory suffices.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <stdlib.h>

#include "array.h"

static void test_growing(void **state)
{
    enum { MANY = 1000 };
    unsigned *numbers = NULL;
    size_t capacity = 0;

    (void)state;
    for (unsigned i = 0; i < MANY; i++) {
        numbers = array_reserve(numbers, i, &capacity, sizeof *numbers);
        assert_non_null(numbers);
        row_true("capacity", capacity > i && capacity <= 2 * (i + 8));
        numbers[i] = i;
    }
    for (unsigned i = 0; i < MANY; i++)
        row_equal("element", numbers[i], i);
    free(numbers);
}

/* Within its capacity an array does not move. */
static void test_space_left(void **state)
{
    size_t capacity = 0;
    char *bytes = array_reserve(NULL, 0, &capacity, 1);

    (void)state;
    assert_non_null(bytes);
    for (size_t i = 0; i < capacity; i++)
        assert_ptr_equal(array_reserve(bytes, i, &capacity, 1), bytes);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_growing),
        cmocka_unit_test(test_space_left),
    };

    return cmocka_run_group_tests_name("array", tests, NULL, NULL);
}
