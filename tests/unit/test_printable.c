/*
 * Text of others made fit to be printed, and to stand in a sentence for Wireshark.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "printable.h"

static void test_copy(void **state)
{
    static const struct {
        const char *text;
        const char *copy;
    } rows[] = {
        {"", ""},
        {"eth0", "eth0"},
        {"a b{}\"'\\%~", "a b{}\"'\\%~"},
        {"\x01\t\x1B[2J\x7F", "???[2J?"},
        {"\xC3\xA4\xE6\x97\xA5\xF0\x9F\x98\x80", "\xC3\xA4\xE6\x97\xA5\xF0\x9F\x98\x80"},
        {"\xC2\x85", "??"}, /* a control character */
        {"\xC2\xA0", "\xC2\xA0"},
        {"\xC0\xAF", "??"}, /* overlong */
        {"\xE0\x80\xAF", "???"},
        {"\xF0\x80\x80\xAF", "????"},
        {"\xED\xA0\x80", "???"},      /* a surrogate */
        {"\xF4\x90\x80\x80", "????"}, /* beyond the last character */
        {"\xFF\xFE", "??"},
        {"x\xC3", "x?"}, /* cut */
        {"x\xE6\x97", "x??"},
        {"x\xE6\x97y", "x??y"},
        {"\x80z", "?z"},
        /* Controls of the direction of text, each with its neighbours, which are none. */
        {"\xD8\x9B\xD8\x9C\xD8\x9D", "\xD8\x9B??\xD8\x9D"},
        {"\xE2\x80\x8D\xE2\x80\x8E\xE2\x80\x8F\xE2\x80\x90", "\xE2\x80\x8D??????\xE2\x80\x90"},
        {"\xE2\x80\xA9\xE2\x80\xAA\xE2\x80\xAE\xE2\x80\xAF", "\xE2\x80\xA9??????\xE2\x80\xAF"},
        {"\xE2\x81\xA5\xE2\x81\xA6\xE2\x81\xA9\xE2\x81\xAA", "\xE2\x81\xA5??????\xE2\x81\xAA"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        char copy[64];

        printable_copy(copy, sizeof copy, rows[i].text);
        row_text(rows[i].text, copy, rows[i].copy);
    }
}

/* What does not fit is left out, and no character is cut in two. */
static void test_size(void **state)
{
    static const char *const copies[] = {"", "a", "a", "a\xC3\xA4", "a\xC3\xA4z", "a\xC3\xA4z"};

    (void)state;
    for (size_t i = 0; i < ROWS(copies); i++) {
        char copy[16] = "untouched";

        printable_copy(copy, i + 1, "a\xC3\xA4z");
        row_text("size", copy, copies[i]);
    }
}

static void test_value(void **state)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    (void)state;
    assert_non_null(out);
    printable_put_value(out, "a}{b} \xFF=");
    fclose(out);
    assert_string_equal(text, "a)(b) ?=");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_value),
    };

    return cmocka_run_group_tests_name("printable", tests, NULL, NULL);
}
