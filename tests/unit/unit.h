/*
 * What every unit test includes first: cmocka with the headers that it wants before it, comparisons
 * that name the row of a table, and random numbers that are the same in every run.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_UNIT_H
#define IPMON_UNIT_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#ifdef assert_uint_in_range /* cmocka 2 */
#undef assert_in_range
#define assert_in_range assert_uint_in_range
#endif

#define ROWS(table) (sizeof(table) / sizeof *(table))

static inline void unit_equal(const char *row, const char *what, uint64_t got, uint64_t expected,
                              const char *file, int line)
{
    if (got == expected)
        return;
    print_error("%s: %s is %" PRIu64 " (0x%" PRIx64 "), expected %" PRIu64 " (0x%" PRIx64 ")\n",
                row, what, got, got, expected, expected);
    _fail(file, line);
}

static inline void unit_text(const char *row, const char *what, const char *got,
                             const char *expected, const char *file, int line)
{
    if (got == expected || (got && expected && strcmp(got, expected) == 0))
        return;
    print_error("%s: %s is '%s', expected '%s'\n", row, what, got ? got : "(none)",
                expected ? expected : "(none)");
    _fail(file, line);
}

static inline void unit_contains(const char *row, const char *text, const char *part,
                                 const char *file, int line)
{
    if (strstr(text, part))
        return;
    print_error("%s: '%s' does not contain '%s'\n", row, text, part);
    _fail(file, line);
}

/* Macros only for the place and the wording of what failed. */
#define row_equal(row, got, expected)                                                              \
    unit_equal(row, #got, (uint64_t)(got), (uint64_t)(expected), __FILE__, __LINE__)
#define row_true(row, condition)                                                                   \
    unit_equal(row, #condition, (condition) ? 1 : 0, 1, __FILE__, __LINE__)
#define row_text(row, got, expected) unit_text(row, #got, got, expected, __FILE__, __LINE__)
#define row_contains(row, text, part) unit_contains(row, text, part, __FILE__, __LINE__)

/* xorshift32; *state must not be 0. */
static inline uint32_t unit_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

#endif
