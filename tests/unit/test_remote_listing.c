/*
 * Tests of the list of sources that another machine sends.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "remote_listing.h"

#define VERSION "extcap {version=0.2.0}{display=IP Monitor}\n"
#define SOURCE(address, interface)                                                                 \
    "interface {value=ipmon:" address "}{display=IP Monitor on " interface "}\n"

/* The addresses as "ADDRESS/INTERFACE", with blanks between them. */
static void print_addresses(char *text, size_t size, const struct remote_listing *listing)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < listing->count; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s/%s", i ? " " : "",
                                 listing->addresses[i].text, listing->addresses[i].interface);
}

static void test_lists(void **state)
{
    static const struct {
        const char *text;
        const char *addresses;
    } rows[] = {
        {VERSION, ""},
        {"extcap {version=9", ""},
        {VERSION SOURCE("192.0.2.1", "eth0") SOURCE("fe80::1%eth0", "eth0"),
         "192.0.2.1/eth0 fe80::1%eth0/eth0"},
        {"Welcome\n" VERSION "noise\n" SOURCE("192.0.2.1", "eth0"), "192.0.2.1/eth0"},
        {SOURCE("192.0.2.1", "eth0") VERSION SOURCE("192.0.2.2", "eth1"), "192.0.2.2/eth1"},
        {VERSION "interface {value=ipmon:all}{display=IP Monitor on all interfaces}\n"
                 "interface {value=ipmon:remote}{display=IP Monitor over ssh}\n"
                 "interface {value=ipmon:file}{display=IP Monitor replay}\n",
         ""},
        {VERSION "interface {value=ipmon:192.0.2.1}{display=Other}\n", "192.0.2.1/"},
        {VERSION "interface {value=ipmon:192.0.2.1\n" SOURCE("192.0.2.2", "eth1"),
         "192.0.2.2/eth1"},
        {VERSION SOURCE("-w", "x") SOURCE("a b", "x") SOURCE("", "x"), ""},
        {VERSION SOURCE("a{b", "x") "interface {value=eth0}{display=eth0}\n", ""},
        {VERSION SOURCE("192.0.2.1", "\x1b[31m\xff"), "192.0.2.1/?[31m?"},
        {VERSION "interface {value=ipmon:192.0.2.1}{display=IP Monitor on eth0", "192.0.2.1/"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct remote_listing listing = {.host = "web1"};
        struct failure failure = {""};
        char text[256];

        row_true(rows[i].text, remote_listing_parse(&listing, rows[i].text, &failure));
        print_addresses(text, sizeof text, &listing);
        row_text(rows[i].text, text, rows[i].addresses);
    }
}

static void test_no_lists(void **state)
{
    static const struct {
        const char *text;
        const char *part;
    } rows[] = {
        {"", "printed no list of sources (EINVAL)"},
        {"Welcome\r\nextcap\n", "but 'Welcome'"},
        {SOURCE("192.0.2.1", "eth0"), "but 'interface {value=ipmon:192.0.2.1}"},
        {"\x01\xff{\n", "but '??{'"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct remote_listing listing = {.host = "web1"};
        struct failure failure = {""};

        row_true(rows[i].part, !remote_listing_parse(&listing, rows[i].text, &failure));
        row_contains(rows[i].part, failure.text, rows[i].part);
        row_contains(rows[i].part, failure.text, "error 10022: web1: ");
    }
}

static void test_a_long_list(void **state)
{
    struct remote_listing listing = {.host = "web1"};
    struct failure failure = {""};
    char text[16384] = VERSION;
    size_t used = strlen(text);

    (void)state;
    for (int i = 0; i < 200; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, SOURCE("10.0.0.%d", "eth0"), i);
    assert_true(remote_listing_parse(&listing, text, &failure));
    assert_int_equal(listing.count, REMOTE_LISTED_MAX);
}

/* A part of any list may be missing, and any byte may be another one. */
static void test_damaged_lists(void **state)
{
    static const char whole[] = VERSION SOURCE("192.0.2.1", "eth0") SOURCE("fe80::1%eth0", "eth0");
    uint32_t random = 1;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct remote_listing listing = {.host = "web1"};
        struct failure failure = {""};
        char text[sizeof whole];

        memcpy(text, whole, sizeof whole);
        text[unit_random(&random) % sizeof whole] = (char)unit_random(&random);
        text[unit_random(&random) % sizeof whole] = '\0';
        text[sizeof whole - 1] = '\0';
        remote_listing_parse(&listing, text, &failure);
        assert_in_range(listing.count, 0, 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_no_lists),
        cmocka_unit_test(test_a_long_list),
        cmocka_unit_test(test_damaged_lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
