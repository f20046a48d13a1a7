/*
 * Masking: what is an address and what only looks like one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <stdio.h>

#include "mask.h"

static void test_off(void **state)
{
    char text[64] = "from 192.0.2.10";

    (void)state;
    mask_text(text, sizeof text);
    assert_string_equal(text, "from 192.0.2.10");
}

static void test_on(void **state)
{
    static const struct {
        const char *text;
        const char *masked;
    } rows[] = {
        {"", ""},
        {"nothing to hide: 12 packets, 1.5 s, interface 2", NULL},
        {"192.0.2.10", "192.0.2.x"},
        {"from 192.0.2.10.", "from 192.0.2.x."},
        {"ipmon:10.9.0.2, mode", "ipmon:10.9.0.x, mode"},
        {"192.0.2.10:80 and 198.51.100.255/24", "192.0.2.x:80 and 198.51.100.x/24"},
        {"2001:db8::10", "2001:db8::x"},
        {"fe80::1%eth0", "fe80::x%eth0"},
        {"ipmon:2001:db8:1:2:3:4:5:6", "ipmon:2001:db8:1:2::x"},
        {"[::1]", "[::x]"},
        {"02:00:00:00:00:01", NULL},
        {"version 4.0.17", NULL},
    };

    (void)state;
    mask_enable();
    for (size_t i = 0; i < ROWS(rows); i++) {
        char text[128];

        snprintf(text, sizeof text, "%s", rows[i].text);
        mask_text(text, sizeof text);
        row_text(rows[i].text, text, rows[i].masked ? rows[i].masked : rows[i].text);
    }
}

static void test_cut(void **state)
{
    char text[8] = "a::b:c:";
    static char longest[5000];

    (void)state;
    mask_text(text, sizeof text);
    assert_true(strlen(text) < sizeof text);
    memset(longest, '1', sizeof longest - 1);
    mask_text(longest, sizeof longest);
    assert_true(strlen(longest) > 1000 && strlen(longest) < sizeof longest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_off),
        cmocka_unit_test(test_on),
        cmocka_unit_test(test_cut),
    };

    return cmocka_run_group_tests_name("mask", tests, NULL, NULL);
}
