/*
 * Tests of the sources of other machines in the options dialog.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "option_dialog.h"

static struct listed_address addresses[] = {{"192.0.2.1"}, {"2001:db8::1"}, {"10.0.0.1"},
                                            {"10.9.0.1"},  {"172.17.0.1"},  {"fe80::1%veth7"}};

static struct listed_interface interfaces[] = {
    {"eth0", "eth0", LISTED_HARDWARE, 0, 2}, {"eth1", "eth1", LISTED_HARDWARE, 2, 1},
    {"", "(x)", LISTED_HARDWARE, 3, 1},      {"docker0", "docker0", LISTED_BRIDGE, 4, 1},
    {"veth7", "veth7", LISTED_GUEST, 5, 1},
};

/* The first interfaces or the last ones of the table. */
static struct remote_listing web1 = {.host = "web1",
                                     .interface_count = 2,
                                     .interfaces = interfaces,
                                     .address_count = ROWS(addresses),
                                     .addresses = addresses};
static struct remote_listing web2 = {.host = "alice@web2",
                                     .interface_count = 1,
                                     .interfaces = interfaces,
                                     .address_count = ROWS(addresses),
                                     .addresses = addresses};
static struct remote_listing dead = {.host = "dead", .failure = {"error 11001: dead: no {name}"}};

static void check_with(bool has_sources, const struct remote_listing *const *hosts, size_t count,
                       const char *expected)
{
    struct remote_listing rows[4];
    const struct remote_listings listings = {has_sources, count, rows};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    for (size_t i = 0; i < count; i++)
        rows[i] = *hosts[i];
    option_print_remote(out, 1, count != 0 ? &listings : NULL);
    fclose(out);
    row_text("values", text, expected);
    free(text);
}

static void check(const struct remote_listing *const *hosts, size_t count, const char *expected)
{
    check_with(false, hosts, count, expected);
}

#define VALUE(value, display) "value {arg=1}{value=" value "}{display=" display "}{default=false}\n"
#define DEFAULT(display) "value {arg=1}{value=all}{display=" display "}{default=true}\n"

static void test_nobody_was_asked(void **state)
{
    (void)state;
    check(NULL, 0, DEFAULT("all interfaces"));
}

static void test_one_host(void **state)
{
    static const char expected[] = DEFAULT("all interfaces") VALUE("eth0", "eth0")
        VALUE("eth1", "eth1") VALUE("192.0.2.1", "192.0.2.1 on eth0")
            VALUE("2001:db8::1", "2001:db8::1 on eth0") VALUE("10.0.0.1", "10.0.0.1 on eth1");

    (void)state;
    check((const struct remote_listing *[]){&web1}, 1, expected);
}

/* What belongs to guests comes last; an interface without a source has addresses only. */
static void test_order(void **state)
{
    static struct remote_listing busy = {.host = "busy",
                                         .interface_count = 4,
                                         .address_count = ROWS(addresses),
                                         .addresses = addresses};
    static const char expected[] = DEFAULT("all interfaces") VALUE("eth1", "eth1")
        VALUE("docker0", "docker0") VALUE("10.9.0.1", "10.9.0.1 on (x)")
            VALUE("10.0.0.1", "10.0.0.1 on eth1") VALUE("172.17.0.1", "172.17.0.1 on docker0")
                VALUE("veth7", "veth7") VALUE("fe80::1%veth7", "fe80::1%veth7 on veth7");
    struct listed_interface mixed[] = {interfaces[4], interfaces[3], interfaces[2], interfaces[1]};

    (void)state;
    busy.interfaces = mixed;
    check((const struct remote_listing *[]){&busy}, 1, expected);
}

static void test_several_hosts(void **state)
{
    static const char expected[] =
        DEFAULT("all interfaces; 1 of 3 hosts failed") VALUE("", "error 11001: dead: no (name)")
            VALUE("alice@web2=eth0 web1=eth0", "eth0 of alice@web2, web1")
                VALUE("alice@web2=all", "alice@web2: all")
                    VALUE("alice@web2=eth0", "alice@web2: eth0")
                        VALUE("alice@web2=192.0.2.1", "alice@web2: 192.0.2.1 on eth0")
                            VALUE("alice@web2=2001:db8::1", "alice@web2: 2001:db8::1 on eth0")
                                VALUE("web1=all", "web1: all") VALUE("web1=eth0", "web1: eth0")
                                    VALUE("web1=eth1", "web1: eth1")
                                        VALUE("web1=192.0.2.1", "web1: 192.0.2.1 on eth0")
                                            VALUE("web1=2001:db8::1", "web1: 2001:db8::1 on eth0")
                                                VALUE("web1=10.0.0.1", "web1: 10.0.0.1 on eth1");

    (void)state;
    check((const struct remote_listing *[]){&web2, &dead, &web1}, 3, expected);
}

/* A value of one host that has a source already is one more source. */
static void test_hosts_with_sources(void **state)
{
    static struct remote_listing few = {
        .host = "few", .interface_count = 1, .interfaces = &interfaces[4], .addresses = addresses};

    (void)state;
    check_with(true, (const struct remote_listing *[]){&few}, 1,
               DEFAULT("as in Remote hosts") VALUE("few=all", "few: all")
                   VALUE("few=veth7", "few: veth7")
                       VALUE("few=fe80::1%veth7", "few: fe80::1%veth7 on veth7"));
}

/* Whether the values of `hosts` copies of a host are cut off behind `share` of them. */
static void check_share(size_t hosts, size_t share, const char *note)
{
    enum { COUNT = 300 };
    struct listed_interface many[COUNT] = {{.source = ""}};
    struct remote_listing rows[64];
    const struct remote_listings listings = {false, hosts, rows};
    size_t values = 0;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    for (size_t i = 0; i < COUNT; i++) {
        many[i].rank = LISTED_GUEST;
        snprintf(many[i].source, sizeof many[i].source, "veth%zu", i);
    }
    for (size_t i = 0; i < hosts; i++) {
        rows[i] = (struct remote_listing){
            .interface_count = COUNT, .interfaces = many, .addresses_left_out = 7};
        snprintf(rows[i].host, sizeof rows[i].host, "h%zu", i);
    }
    option_print_remote(out, 1, &listings);
    fclose(out);
    for (const char *at = text; (at = strstr(at, "veth")); at = strchr(at, '\n'))
        values++;
    assert_int_equal(values, hosts * share);
    row_contains("note", text, note);
    free(text);
}

static void test_long_lists(void **state)
{
    (void)state;
    check_share(1, 200,
                VALUE("", "h0: and 107 more; enter h0=NAME in") VALUE("", "Remote hosts for one"));
    check_share(10, 100, VALUE("", "h9: and 207 more; enter h9=NAME in"));
    check_share(64, 15, VALUE("", "h63: and 292 more; enter h63=NAME in"));
}

static void test_an_older_ipmon(void **state)
{
    static struct remote_listing old = {.host = "old",
                                        .is_short = true,
                                        .interface_count = 1,
                                        .interfaces = &interfaces[4],
                                        .addresses = addresses};

    (void)state;
    check((const struct remote_listing *[]){&old}, 1,
          DEFAULT("all interfaces") VALUE("veth7", "veth7") VALUE("fe80::1%veth7",
                                                                  "fe80::1%veth7 on veth7")
              VALUE("", "old: an older ipmon, which lists no") VALUE("", "more than 32 addresses"));
}

/* In lines, of which none is wider than the selector. */
static void test_lines_of_a_fault(void **state)
{
    static struct remote_listing wordy = {
        .host = "wordy",
        .failure = {"error 10022: web1: ipmon: not found;  install it: "
                    "/a/path/without/any/blank/in/its/forty/\xc3\xa4\xc3\xa4"}};
    static const char expected[] = DEFAULT("No list of sources: see here")
        VALUE("", "error 10022: web1: ipmon: not found;") VALUE("", "install it:")
            VALUE("", "/a/path/without/any/blank/in/its/for") VALUE("", "ty/\xc3\xa4\xc3\xa4");
    static struct remote_listing wide = {
        .host = "wide", .failure = {"12345678901234567890123456789012345\xc3\xa4\xc3\xa4"}};

    (void)state;
    check((const struct remote_listing *[]){&wordy}, 1, expected);
    check((const struct remote_listing *[]){&wide}, 1,
          DEFAULT("No list of sources: see here") VALUE("", "12345678901234567890123456789012345")
              VALUE("", "\xc3\xa4\xc3\xa4"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_was_asked),
        cmocka_unit_test(test_one_host),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_several_hosts),
        cmocka_unit_test(test_hosts_with_sources),
        cmocka_unit_test(test_long_lists),
        cmocka_unit_test(test_an_older_ipmon),
        cmocka_unit_test(test_lines_of_a_fault),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
