/*
 * Tests of the iterators over options: padding, lengths that are impossible, and the end.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <stdlib.h>

#include "ip_option.h"

enum { OPTIONS_MAX = 8, BYTES_MAX = 16 };

enum validity {
    GOOD,
    BAD,
    BAD_WITHOUT_LENGTH, /* it has no length byte */
};

struct expected {
    uint8_t type;
    uint32_t offset;
    uint32_t length;
    enum validity validity;
};

struct row {
    const char *name;
    uint32_t length; /* of `bytes` */
    uint8_t bytes[BYTES_MAX];
    uint32_t count;
    struct expected options[OPTIONS_MAX];
};

/* Offsets count from one byte before the options: they do not begin at 0. */
static void check(const struct row *row,
                  bool (*next)(struct ip_option *, const uint8_t *, uint32_t))
{
    uint8_t *bytes = malloc(1 + row->length); /* for the address sanitizer: not a byte more */
    struct ip_option option = {.offset = 1};
    uint32_t count = 0;

    assert_non_null(bytes);
    memcpy(bytes + 1, row->bytes, row->length);
    while (next(&option, bytes, 1 + row->length)) {
        const struct expected *expected = &row->options[count++];

        row_true(row->name, count <= row->count);
        row_equal(row->name, option.type, expected->type);
        row_equal(row->name, option.offset, 1 + expected->offset);
        row_equal(row->name, option.length, expected->length);
        row_equal(row->name, option.is_bad, expected->validity != GOOD);
        row_equal(row->name, option.has_length, expected->validity != BAD_WITHOUT_LENGTH);
    }
    row_equal(row->name, count, row->count);
    free(bytes);
}

static void test_ipv4(void **state)
{
    static const struct row rows[] = {
        {"none", 0, {0}, 0, {{0}}},
        {"no-operations", 2, {1, 1}, 2, {{1, 0, 1, GOOD}, {1, 1, 1, GOOD}}},
        {"end takes the rest", 4, {0, 148, 4, 0}, 1, {{0, 0, 4, GOOD}}},
        {"two", 6, {148, 4, 0, 0, 7, 2}, 2, {{148, 0, 4, GOOD}, {7, 4, 2, GOOD}}},
        {"up to the end", 4, {148, 4, 0, 0}, 1, {{148, 0, 4, GOOD}}},
        {"beyond the end", 4, {148, 5, 0, 0}, 1, {{148, 0, 5, BAD}}},
        {"length 0", 4, {148, 0, 1, 1}, 1, {{148, 0, 0, BAD}}},
        {"length 1", 4, {148, 1, 1, 1}, 1, {{148, 0, 1, BAD}}},
        {"no length", 2, {1, 148}, 2, {{1, 0, 1, GOOD}, {148, 1, 0, BAD_WITHOUT_LENGTH}}},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        check(&rows[i], ipv4_option_next);
}

static void test_ipv6(void **state)
{
    static const struct row rows[] = {
        {"none", 0, {0}, 0, {{0}}},
        {"pads", 4, {0, 1, 1, 0}, 2, {{0, 0, 1, GOOD}, {1, 1, 3, GOOD}}},
        {"1 is no no-operation", 2, {1, 0}, 1, {{1, 0, 2, GOOD}}},
        {"two", 6, {5, 2, 0, 0, 4, 0}, 2, {{5, 0, 4, GOOD}, {4, 4, 2, GOOD}}},
        {"beyond the end", 4, {5, 3, 0, 0}, 1, {{5, 0, 5, BAD}}},
        {"no length", 2, {0, 5}, 2, {{0, 0, 1, GOOD}, {5, 1, 0, BAD_WITHOUT_LENGTH}}},
        {"the longest", 2, {5, 255}, 1, {{5, 0, 257, BAD}}},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        check(&rows[i], ipv6_option_next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ipv4),
        cmocka_unit_test(test_ipv6),
    };

    return cmocka_run_group_tests_name("ip_option", tests, NULL, NULL);
}
