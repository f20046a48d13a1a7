/*
 * The catalogue of socket errors: rows by code and by errno, the nearest row for errno values that
 * Winsock does not know, and values that nobody knows.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <errno.h>
#include <stdio.h>

#include "socket_error.h"

static const struct {
    int code;
    const char *name;
    int errno_value;
} rows[] = {
    {650, NULL, 0},
    {1118, NULL, 0},
    {10004, "WSAEINTR", EINTR},
    {10009, "WSAEBADF", EBADF},
    {10013, "WSAEACCES", EACCES},
    {10014, "WSAEFAULT", EFAULT},
    {10022, "WSAEINVAL", EINVAL},
    {10024, "WSAEMFILE", EMFILE},
    {10035, "WSAEWOULDBLOCK", EWOULDBLOCK},
    {10040, "WSAEMSGSIZE", EMSGSIZE},
    {10042, "WSAENOPROTOOPT", ENOPROTOOPT},
    {10043, "WSAEPROTONOSUPPORT", EPROTONOSUPPORT},
    {10047, "WSAEAFNOSUPPORT", EAFNOSUPPORT},
    {10049, "WSAEADDRNOTAVAIL", EADDRNOTAVAIL},
    {10050, "WSAENETDOWN", ENETDOWN},
    {10055, "WSAENOBUFS", ENOBUFS},
};

static void test_by_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct socket_error *error = socket_error_by_code(rows[i].code);
        char row[32];

        snprintf(row, sizeof row, "code %d", rows[i].code);
        row_true(row, error != NULL);
        row_equal(row, error->code, rows[i].code);
        row_text(row, error->name, rows[i].name);
        row_equal(row, error->errno_value, rows[i].errno_value);
        row_true(row, error->text != NULL && error->text[0] != '\0');
        row_true(row, error->text[strlen(error->text) - 1] != '.');
    }
}

/* Every code of the documents, in order, with texts that can be printed beside one another. */
static void test_catalogue(void **state)
{
    static const struct {
        int first;
        int last;
    } codes[] = {{270, 276},     {280, 284},     {650, 650},     {1118, 1118},   {10000, 10000},
                 {10004, 10004}, {10009, 10009}, {10013, 10014}, {10022, 10022}, {10024, 10024},
                 {10035, 10071}, {10091, 10094}, {10101, 10101}, {11001, 11004}};
    size_t at = 0;

    (void)state;
    for (size_t i = 0; i < ROWS(codes); i++) {
        for (int code = codes[i].first; code <= codes[i].last; code++, at++) {
            const struct socket_error *error = socket_error_at(at);
            char row[32];

            snprintf(row, sizeof row, "code %d", code);
            row_true(row, error != NULL);
            row_equal(row, error->code, code);
            row_equal(row, error->never_raised, code < 300);
            row_true(row, error->text && strpbrk(error->text, "\t\n.") == NULL);
            row_true(row, error->hint && error->hint[strlen(error->hint) - 1] == '.');
            row_true(row, strpbrk(error->hint, "\t\n") == NULL);
            row_equal(row, error->name != NULL, code >= 10000);
        }
    }
    assert_null(socket_error_at(at));
    assert_null(socket_error_at(SIZE_MAX));
}

static void test_by_code_unknown(void **state)
{
    static const int unknown[] = {INT32_MIN, -1, 0, 1, 649, 651, 1117, 1119, 9999, 20000};

    (void)state;
    for (size_t i = 0; i < ROWS(unknown); i++)
        assert_null(socket_error_by_code(unknown[i]));
}

static void test_by_errno(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        if (rows[i].errno_value != 0)
            assert_ptr_equal(socket_error_by_errno(rows[i].errno_value),
                             socket_error_by_code(rows[i].code));
}

static void test_by_errno_nearest(void **state)
{
    static const struct {
        int errno_value;
        int code;
    } nearest[] = {
        {EPERM, 10013}, {ENODEV, 10050}, {ENOMEM, 10055}, {ENOSPC, 10055},
        {EFBIG, 10055}, {ENFILE, 10024}, {EAGAIN, 10035}, {EDQUOT, 10069},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(nearest); i++)
        row_equal("nearest", socket_error_by_errno(nearest[i].errno_value)->code, nearest[i].code);
}

/* 0 is no errno: it must not find the rows that have none. */
static void test_by_errno_unknown(void **state)
{
    static const int unknown[] = {INT32_MIN, -1, 0, ENOTTY, EXDEV, 99999, INT32_MAX};

    (void)state;
    for (size_t i = 0; i < ROWS(unknown); i++) {
        assert_non_null(socket_error_by_errno(unknown[i]));
        row_equal("unknown", socket_error_by_errno(unknown[i])->code, 10022);
    }
}

static void test_errno_names(void **state)
{
    static const struct {
        int errno_value;
        const char *name;
    } names[] = {
        {ECONNREFUSED, "ECONNREFUSED"},
        {EHOSTUNREACH, "EHOSTUNREACH"},
        {EAGAIN, "EWOULDBLOCK"},
        {EPIPE, "EPIPE"},
        {ENONET, "ENONET"},
        {EPROTO, "EPROTO"},
        {ENODEV, "ENODEV"},
    };
    static const int unknown[] = {INT32_MIN, -1, ENOTTY, 99999};

    (void)state;
    for (size_t i = 0; i < ROWS(names); i++) {
        const int value = names[i].errno_value;

        row_text(names[i].name, socket_error_errno_name(socket_error_by_errno(value), value),
                 names[i].name);
    }
    for (size_t i = 0; i < ROWS(unknown); i++)
        assert_null(socket_error_errno_name(socket_error_by_errno(unknown[i]), unknown[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_code),          cmocka_unit_test(test_by_code_unknown),
        cmocka_unit_test(test_by_errno),         cmocka_unit_test(test_by_errno_nearest),
        cmocka_unit_test(test_by_errno_unknown), cmocka_unit_test(test_errno_names),
        cmocka_unit_test(test_catalogue),
    };

    return cmocka_run_group_tests_name("socket_error", tests, NULL, NULL);
}
