/*
 * Tests of the sources that -i names.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include "option_source.h"

static void test_sources_of_this_machine(void **state)
{
    static const struct {
        const char *text;
        const char *interface;
    } rows[] = {
        {"all", "ipmon:all"},
        {"any", "ipmon:all"},
        {"eth0", "ipmon:eth0"},
        {"remote", "ipmon:remote"},
        {"192.0.2.10", "ipmon:192.0.2.10"},
        {"ipmon:192.0.2.10", "ipmon:192.0.2.10"},
        {"IPMON:all", "IPMON:all"},
        {"ipmon:web1:eth0", "ipmon:web1:eth0"},
        {"::1", "ipmon:::1"},
        {"2001:db8::10", "ipmon:2001:db8::10"},
        {"fe80::1%eth0", "ipmon:fe80::1%eth0"},
        {"cafe::1", "ipmon:cafe::1"},
        /* Mistyped addresses, a label, and nothing that could be a host. */
        {"2001:db8::1g", "ipmon:2001:db8::1g"},
        {"::zz", "ipmon:::zz"},
        {":eth0", "ipmon::eth0"},
        {"lo:1", "ipmon:lo:1"},
        {"", "ipmon:"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct settings settings = {0};
        struct failure failure = {""};

        row_true(rows[i].text, option_source_set(&settings, "-i", rows[i].text, true, &failure));
        row_text(rows[i].text, settings.interface, rows[i].interface);
        row_text(rows[i].text, settings.remote_hosts, NULL);
        row_true(rows[i].text, !option_source_names_host(&settings));
    }
}

static void test_sources_of_hosts(void **state)
{
    static const struct {
        const char *text;
        const char *hosts;
        const char *source;
    } rows[] = {
        {"web1:eth0", "web1", "web1=eth0"},
        {"alice@web1:all", "alice@web1", "alice@web1=all"},
        {"web1:192.0.2.1", "web1", "web1=192.0.2.1"},
        {"web1:2001:db8::1", "web1", "web1=2001:db8::1"},
        {"10.0.0.5:eth0", "10.0.0.5", "10.0.0.5=eth0"},
        {"[2001:db8::5]:eth0", "2001:db8::5", "2001:db8::5=eth0"},
        {"alice@[fe80::5%lo]:fe80::1", "alice@fe80::5%lo", "alice@fe80::5%lo=fe80::1"},
        {"cafe:eth0", "cafe", "cafe=eth0"},
        {"alice@cafe:::1", "alice@cafe", "alice@cafe=::1"},
        {"web1:a b", "web1", "web1=a b"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct settings settings = {0};
        struct failure failure = {""};

        row_true(rows[i].text, option_source_set(&settings, "-i", rows[i].text, true, &failure));
        row_text(rows[i].text, settings.interface, "ipmon:remote");
        row_text(rows[i].text, settings.remote_hosts, rows[i].hosts);
        row_text(rows[i].text, settings.remote_source, rows[i].source);
        row_true(rows[i].text, option_source_names_host(&settings));
    }
}

static void test_several_hosts(void **state)
{
    struct settings settings = {0};
    struct failure failure = {""};

    (void)state;
    assert_true(option_source_set(&settings, "-i", "web1:eth0", true, &failure));
    assert_true(option_source_set(&settings, "-i", "web12:eth0", false, &failure));
    assert_true(option_source_set(&settings, "-i", "web1:eth1", false, &failure));
    assert_string_equal(settings.remote_hosts, "web1 web12");
    assert_string_equal(settings.remote_source, "web1=eth0 web12=eth0 web1=eth1");
}

static void test_refused(void **state)
{
    static const struct {
        const char *first; /* NULL: none */
        const char *text;
        const char *part; /* of the failure */
    } rows[] = {
        {NULL, "web1:", "names no source"},
        {NULL, "-oProxyCommand=x:eth0", "begins with '-'"},
        {NULL, "a;b:eth0", "characters of the shell"},
        {NULL, "a b:eth0", "characters of the shell"},
        {NULL, "ssh://web1:22", "--remote-host ssh://"},
        {NULL, "@:eth0", "no destination"},
        {"eth0", "eth1", "is given twice"},
        {"eth0", "web1:eth0", "either one or the other"},
        {"web1:eth0", "eth0", "either one or the other"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct settings settings = {0};
        struct failure failure = {""};

        if (rows[i].first)
            row_true(rows[i].first,
                     option_source_set(&settings, "-i", rows[i].first, true, &failure));
        row_true(rows[i].text,
                 !option_source_set(&settings, "-i", rows[i].text, !rows[i].first, &failure));
        row_contains(rows[i].text, failure.text, rows[i].part);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sources_of_this_machine),
        cmocka_unit_test(test_sources_of_hosts),
        cmocka_unit_test(test_several_hosts),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
