/*
 * Tests of the sources of other machines in the options dialog.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "option_dialog.h"

static struct remote_listing web1 = {
    .host = "web1",
    .count = 3,
    .addresses = {{"192.0.2.1", "eth0"}, {"2001:db8::1", "eth0"}, {"10.0.0.1", "eth1"}},
};
static struct remote_listing web2 = {
    .host = "alice@web2", .count = 2, .addresses = {{"192.0.2.2", "eth0"}, {"10.9.0.1", ""}}};
static struct remote_listing dead = {.host = "dead", .failure = {"error 11001: dead: no {name}"}};

static void check(const struct remote_listing *const *hosts, size_t count, const char *expected)
{
    struct remote_listing rows[4];
    const struct remote_listings listings = {count, rows};
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

static void test_several_hosts(void **state)
{
    static const char expected[] =
        DEFAULT("all interfaces; 1 of 3 hosts failed") VALUE("", "error 11001: dead: no (name)")
            VALUE("alice@web2=eth0 web1=eth0", "eth0 of alice@web2, web1")
                VALUE("web1=eth1", "eth1 of web1") VALUE("alice@web2=all", "alice@web2: all")
                    VALUE("alice@web2=eth0", "alice@web2: eth0")
                        VALUE("alice@web2=192.0.2.2", "alice@web2: 192.0.2.2 on eth0")
                            VALUE("alice@web2=10.9.0.1", "alice@web2: 10.9.0.1")
                                VALUE("web1=all", "web1: all") VALUE("web1=eth0", "web1: eth0")
                                    VALUE("web1=eth1", "web1: eth1")
                                        VALUE("web1=192.0.2.1", "web1: 192.0.2.1 on eth0")
                                            VALUE("web1=2001:db8::1", "web1: 2001:db8::1 on eth0")
                                                VALUE("web1=10.0.0.1", "web1: 10.0.0.1 on eth1");

    (void)state;
    check((const struct remote_listing *[]){&web2, &dead, &web1}, 3, expected);
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
        cmocka_unit_test(test_several_hosts),
        cmocka_unit_test(test_lines_of_a_fault),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
