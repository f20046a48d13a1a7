/*
 * The one line of a failure: its form, that the first one stays, that it is one line, and that it
 * fits into what Wireshark keeps of an extcap's stderr.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "console.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "failure.h"

enum {
    LINE_MAX_BYTES = 1000, /* Wireshark's limit for the whole line */
};

static void test_form(void **state)
{
    struct failure failure = {""};

    (void)state;
    assert_false(failure_set(&failure, 1118, "%s is not number %d", "192.0.2.99", 7));
    assert_string_equal(failure.text, "error 1118: 192.0.2.99 is not number 7");
}

static void test_errno_form(void **state)
{
    static const struct {
        int errno_value;
        const char *text;
    } rows[] = {
        {EACCES, "error 10013: no (EACCES)"},
        {EPERM, "error 10013: no (EPERM)"},
        {ENODEV, "error 10050: no (ENODEV)"},
        {ENOTTY, "error 10022: no (ENOTTY)"},
        {EPROTONOSUPPORT, "error 10043: no (EPROTONOSUPPORT)"},
        {99999, "error 10022: no"}, /* a value without a name */
        {0, "error 10022: no"},     /* no errno at all */
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct failure failure = {""};

        assert_false(failure_set_errno(&failure, rows[i].errno_value, "no"));
        row_text("errno", failure.text, rows[i].text);
    }
}

static void test_first_wins(void **state)
{
    struct failure failure = {""};

    (void)state;
    failure_set(&failure, 650, "cause");
    assert_false(failure_set(&failure, 1118, "consequence"));
    assert_string_equal(failure.text, "error 650: cause");
    assert_false(failure_set_errno(&failure, EACCES, "consequence"));
    assert_string_equal(failure.text, "error 650: cause");
}

static void test_control_characters(void **state)
{
    (void)state;
    for (int c = 1; c <= UINT8_MAX; c++) {
        struct failure failure = {""};
        bool refused = c < ' ' || c >= 0x7F; /* a byte above is no UTF-8 by itself */
        char expected[] = "error 650: a?b";

        if (!refused)
            expected[strlen(expected) - 2] = (char)c;
        failure_set(&failure, 650, "a%cb", c);
        row_text("character", failure.text, expected);
    }
}

/* The errno's name stands at the end and must survive a text that is cut. */
static void test_cut(void **state)
{
    static const size_t lengths[] = {900, 935, 936, 937, 999, 1000, 1001, 5000};
    char text[5001];

    (void)state;
    for (size_t i = 0; i < ROWS(lengths); i++) {
        struct {
            struct failure failure;
            char behind[8];
        } guarded = {{""}, "guard"};
        const char *const start = "error 10043: xxx";
        const char *const end = "xxx (EPROTONOSUPPORT)";
        size_t length;

        memset(text, 'x', lengths[i]);
        text[lengths[i]] = '\0';
        failure_set_errno(&guarded.failure, EPROTONOSUPPORT, "%s", text);
        length = strnlen(guarded.failure.text, FAILURE_TEXT_SIZE);
        row_true("cut", length >= 900 && length + strlen("ipmon: \n") <= LINE_MAX_BYTES);
        row_equal("cut", strncmp(guarded.failure.text, start, strlen(start)), 0);
        row_text("cut", guarded.failure.text + length - strlen(end), end);
        row_text("cut", guarded.behind, "guard");
    }
}

/* What is wrong with a name stands behind it, and is there however long the name is. */
static void test_long_name(void **state)
{
    struct failure failure = {""};
    const char *const start = "error 2: cannot open '/tmp/nnn";
    const char *const end = "nnn/x.pcap': No such file or directory";
    char name[2001];

    (void)state;
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    failure_set(&failure, 2, "cannot open '/tmp/%s/x.pcap': No such file or directory", name);
    assert_int_equal(strncmp(failure.text, start, strlen(start)), 0);
    assert_non_null(strstr(failure.text, "nnn ... nnn"));
    assert_string_equal(failure.text + strlen(failure.text) - strlen(end), end);
}

/* What is printed on standard error meanwhile. */
static void print(char text[2 * LINE_MAX_BYTES], const struct failure *failure,
                  const struct failure_list *parts)
{
    FILE *file = tmpfile();
    int saved = dup(STDERR_FILENO);
    int status;

    assert_non_null(file);
    fflush(stderr);
    dup2(fileno(file), STDERR_FILENO);
    status = console_print_failures(failure, parts);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    text[fread(text, 1, 2 * LINE_MAX_BYTES - 1, file)] = '\0';
    fclose(file);
    assert_int_equal(status, 1);
}

static void test_print(void **state)
{
    struct failure failure = {""};
    char text[2 * LINE_MAX_BYTES];

    (void)state;
    failure_set(&failure, 1118, "100%% wrong: %%s");
    print(text, &failure, NULL);
    assert_string_equal(text, "ipmon: error 1118: 100% wrong: %s\n");
}

/* Each part once, whichever of them is the failure of the whole. */
static void test_parts(void **state)
{
    struct failure_list parts = {.rows = NULL};
    struct failure failure = {""};
    char text[2 * LINE_MAX_BYTES];

    (void)state;
    for (int i = 1; i <= 3; i++) {
        struct failure part = {""};

        failure_set(&part, i, "part");
        failure_list_add(&parts, &part);
    }
    failure = parts.rows[1];
    print(text, &failure, &parts);
    assert_string_equal(text, "ipmon: error 2: part\nipmon: error 1: part\nipmon: error 3: part\n");
    failure_list_free(&parts);
    print(text, &failure, &parts);
    assert_string_equal(text, "ipmon: error 2: part\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_form),       cmocka_unit_test(test_errno_form),
        cmocka_unit_test(test_first_wins), cmocka_unit_test(test_control_characters),
        cmocka_unit_test(test_cut),        cmocka_unit_test(test_long_name),
        cmocka_unit_test(test_print),      cmocka_unit_test(test_parts),
    };

    return cmocka_run_group_tests_name("failure", tests, NULL, NULL);
}
