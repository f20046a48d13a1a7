/*
 * Tests of the list of sources that another machine sends.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "remote_listing.h"

#define VERSION "extcap {version=0.2.0}{display=IP Monitor}\n"
/* Of an ipmon that lists its first addresses only. */
#define SHORT(address, interface)                                                                  \
    "interface {value=ipmon:" address "}{display=IP Monitor on " interface "}\n"
#define LIST VERSION "list {interfaces=2}{addresses=2}\n"
#define SOURCE(name, kind) "source {interface=" name "}{display=" name "}{kind=" kind "}\n"
#define ADDRESS(text) "address {value=" text "}\n"

static const char rank_letters[LISTED_RANKS] = {'h', 'b', 'g'};

/* "SOURCE:SHOWN:RANK" of each interface, followed by "/ADDRESS", with blanks between them. */
static void print_listing(char *text, size_t size, const struct remote_listing *listing)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < listing->interface_count; i++) {
        const struct listed_interface *row = &listing->interfaces[i];

        used += (size_t)snprintf(text + used, size - used, "%s%s:%s:%c", i ? " " : "", row->source,
                                 row->shown, rank_letters[row->rank]);
        for (size_t j = 0; j < row->address_count; j++)
            used += (size_t)snprintf(text + used, size - used, "/%s",
                                     listing->addresses[row->first_address + j].text);
    }
}

struct row {
    const char *text;
    const char *listing;
    size_t interfaces_left_out;
    size_t addresses_left_out;
};

static void check_rows(const struct row *rows, size_t count, bool is_short)
{
    for (size_t i = 0; i < count; i++) {
        struct remote_listing listing = {.host = "web1"};
        struct failure failure = {""};
        char text[256];

        row_true(rows[i].text, remote_listing_parse(&listing, rows[i].text, &failure));
        print_listing(text, sizeof text, &listing);
        row_text(rows[i].text, text, rows[i].listing);
        row_equal(rows[i].text, listing.interfaces_left_out, rows[i].interfaces_left_out);
        row_equal(rows[i].text, listing.addresses_left_out, rows[i].addresses_left_out);
        row_true(rows[i].text, listing.is_short == is_short);
        remote_listing_free(&listing);
        assert_int_equal(listing.interface_count + listing.address_count, 0);
    }
}

static void test_short_lists(void **state)
{
    static const struct row rows[] = {
        {VERSION, "", 0, 0},
        {"extcap {version=9", "", 0, 0},
        {VERSION SHORT("192.0.2.1", "eth0") SHORT("fe80::1%eth0", "eth0"),
         "eth0:eth0:h/192.0.2.1/fe80::1%eth0", 0, 0},
        {VERSION SHORT("192.0.2.1", "eth0") SHORT("192.0.2.2", "eth1"),
         "eth0:eth0:h/192.0.2.1 eth1:eth1:h/192.0.2.2", 0, 0},
        {"Welcome\n" VERSION "noise\n" SHORT("192.0.2.1", "eth0"), "eth0:eth0:h/192.0.2.1", 0, 0},
        {SHORT("192.0.2.1", "eth0") VERSION SHORT("192.0.2.2", "eth1"), "eth1:eth1:h/192.0.2.2", 0,
         0},
        {VERSION "interface {value=ipmon:all}{display=IP Monitor on all interfaces}\n"
                 "interface {value=ipmon:remote}{display=IP Monitor over ssh}\n"
                 "interface {value=ipmon:file}{display=IP Monitor replay}\n",
         "", 0, 0},
        {VERSION "interface {value=ipmon:192.0.2.1}{display=Other}\n", "::h/192.0.2.1", 0, 0},
        {VERSION "interface {value=ipmon:192.0.2.1\n" SHORT("192.0.2.2", "eth1"),
         "eth1:eth1:h/192.0.2.2", 0, 0},
        {VERSION SHORT("-w", "x") SHORT("a b", "x") SHORT("", "x"), "", 0, 0},
        {VERSION SHORT("a{b", "x") "interface {value=eth0}{display=eth0}\n", "", 0, 0},
        {VERSION SHORT("192.0.2.1", "\x1b[31m\xff"), ":?[31m?:h/192.0.2.1", 0, 0},
        {VERSION SHORT("192.0.2.\xff", "eth0"), "", 0, 0},
        {VERSION SHORT("192.0.2.1", "all"), ":all:h/192.0.2.1", 0, 0},
        {VERSION "interface {value=ipmon:192.0.2.1}{display=IP Monitor on eth0", "::h/192.0.2.1", 0,
         0},
        {VERSION SOURCE("eth0", "") ADDRESS("192.0.2.1"), "", 0, 0},
    };

    (void)state;
    check_rows(rows, ROWS(rows), true);
}

static void test_lists(void **state)
{
    static const struct row rows[] = {
        {LIST SOURCE("lo", "") ADDRESS("127.0.0.1") ADDRESS("::1") SOURCE("eth0", ""),
         "lo:lo:h/127.0.0.1/::1 eth0:eth0:h", 0, 0},
        {"Welcome\n" LIST "noise\n" SOURCE("br0", "bridge") SHORT("192.0.2.1", "br0"), "br0:br0:b",
         1, 2},
        {LIST SOURCE("veth1", "veth") ADDRESS("fe80::1%veth1") SOURCE("veth2", "veth")
             ADDRESS("192.0.2.1%veth2"),
         "veth1:veth1:g/fe80::1%veth1 veth2:veth2:g/192.0.2.1%veth2", 0, 0},
        {LIST SOURCE("eth0", "veth") ADDRESS("fe80::1%eth0") ADDRESS("192.0.2.1"),
         "eth0:eth0:h/fe80::1%eth0/192.0.2.1", 1, 0},
        {LIST "source {interface=}{display=(x)}{kind=}\n" ADDRESS("192.0.2.1"), ":(x):h/192.0.2.1",
         1, 1},
        {LIST "source {interface=eth0}{display=}\n", "eth0::h", 1, 2},
        {LIST "source {interface=eth0\n" ADDRESS("192.0.2.1"), "::h/192.0.2.1", 1, 1},
        {LIST SOURCE("all", "") SOURCE("a b", "") SOURCE("-w", "") SOURCE("\x1b[31m", "a\xff"),
         ":all:h :a b:h :-w:h :?[31m:h", 0, 2},
        {LIST ADDRESS("192.0.2.1"), "", 2, 2},
        {LIST SOURCE("eth0", "") ADDRESS("all") ADDRESS("-w") ADDRESS("\x7f") ADDRESS(""),
         "eth0:eth0:h", 1, 2},
        {VERSION "list {interfaces=}{addresses=-1}\n" SOURCE("eth0", ""), "eth0:eth0:h", 0, 0},
        {VERSION "list {interfaces=99999999999999999999}{addresses=1", "", UINT32_MAX, 1},
        {VERSION "list {interfaces=1\n" LIST SOURCE("eth0", ""), "eth0:eth0:h", 0, 0},
    };

    (void)state;
    check_rows(rows, ROWS(rows), false);
}

static void test_no_lists(void **state)
{
    static const struct {
        const char *text;
        const char *part;
    } rows[] = {
        {"", "printed no list of sources (EINVAL)"},
        {"Welcome\r\nextcap\n", "but 'Welcome'"},
        {SHORT("192.0.2.1", "eth0"), "but 'interface {value=ipmon:192.0.2.1}"},
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

/* More lines than a listing holds are counted, whatever the other machine says of their number. */
static void check_long(const char *beginning, const char *format, size_t interfaces,
                       size_t addresses)
{
    enum { LINES = REMOTE_LISTED_MAX + 1000, LINE_SIZE = 80 };
    struct remote_listing listing = {.host = "web1"};
    struct failure failure = {""};
    char *text = malloc(strlen(beginning) + (size_t)LINES * LINE_SIZE);
    size_t used;

    assert_non_null(text);
    used = (size_t)sprintf(text, "%s", beginning);
    for (int i = 0; i < LINES; i++)
        used += (size_t)sprintf(text + used, format, i, i);
    assert_true(remote_listing_parse(&listing, text, &failure));
    assert_int_equal(listing.interface_count + listing.address_count, REMOTE_LISTED_MAX);
    assert_int_equal(listing.interfaces_left_out, interfaces);
    assert_int_equal(listing.addresses_left_out, addresses);
    remote_listing_free(&listing);
    free(text);
}

static void test_long_lists(void **state)
{
    (void)state;
    check_long(VERSION, SHORT("10.0.0.%d", "eth0"), 0, 1001);
    check_long(VERSION "list {interfaces=17384}{addresses=0}\n", SOURCE("v%d", "veth%d"), 1000, 0);
    check_long(VERSION "list {interfaces=1}{addresses=17384}\n" SOURCE("lo", ""),
               ADDRESS("10.0.0.%d%%lo"), 0, 1001);
    check_long(VERSION "list {interfaces=1}{addresses=1}\n", SOURCE("v%d", "veth%d"), 1000, 1);
}

/* A part of any list may be missing, and any byte may be another one. */
static void test_damaged_lists(void **state)
{
    static const char whole[] = LIST SOURCE("eth0", "") ADDRESS("192.0.2.1")
        SHORT("192.0.2.2", "eth1") ADDRESS("fe80::1%eth0");
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
        assert_in_range(listing.interface_count, 0, 1);
        assert_in_range(listing.address_count, 0, 2);
        remote_listing_free(&listing);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_short_lists),   cmocka_unit_test(test_lists),
        cmocka_unit_test(test_no_lists),      cmocka_unit_test(test_long_lists),
        cmocka_unit_test(test_damaged_lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
