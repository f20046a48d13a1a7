/*
 * Tests of the names of other machines and of their sources.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <stdio.h>

#include "remote_host.h"

static void test_hosts(void **state)
{
    static const char *const good[] = {
        "web1",
        "alice@web1",
        "192.0.2.1",
        "2001:db8::1",
        "fe80::1%eth0",
        "root@::1",
        "ssh://alice@web1:2222",
        "DOMAIN\\alice@web1",
        "a@b@web1",
        "web-1",
        "web_1.example",
    };
    static const struct {
        const char *text;
        const char *part;
    } bad[] = {
        {"", "is no destination"},
        {"@web1", "is no destination"},
        {"alice@", "is no destination"},
        {"ssh://", "is no destination"},
        {"-web1", "begins with '-'"},
        {"alice@-web1", "begins with '-'"},
        {"-l@web1", "begins with '-'"},
        {"ssh://-oProxyCommand", "begins with '-'"},
        {"ssh://-l@web1", "begins with '-'"},
        {"web\n1", "control characters"},
        {"web\x7f", "control characters"},
        {"web 1", "characters of the shell"},
        {"web$1", "characters of the shell"},
        {"web`1", "characters of the shell"},
        {"we'b", "characters of the shell"},
        {"we\"b", "characters of the shell"},
        {"we\\b", "characters of the shell"},
        {"web;1", "characters of the shell"},
        {"web&1", "characters of the shell"},
        {"web|1", "characters of the shell"},
        {"web<1", "characters of the shell"},
        {"web(1)", "characters of the shell"},
        {"web{1}", "characters of the shell"},
        {"web=1", "characters of the shell"},
        {"al;ice@web1", "characters of the shell"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(good); i++) {
        struct failure failure = {""};

        row_true(good[i], remote_host_check(good[i], strlen(good[i]), &failure));
    }
    for (size_t i = 0; i < ROWS(bad); i++) {
        struct failure failure = {""};

        row_true(bad[i].text, !remote_host_check(bad[i].text, strlen(bad[i].text), &failure));
        row_contains(bad[i].text, failure.text, bad[i].part);
        row_contains(bad[i].text, failure.text, "error 10022: ");
    }
}

static void test_length_of_a_host(void **state)
{
    char host[REMOTE_HOST_SIZE + 1];
    struct failure failure = {""};

    (void)state;
    memset(host, 'a', sizeof host);
    assert_true(remote_host_check(host, REMOTE_HOST_SIZE - 1, &failure));
    assert_false(remote_host_check(host, REMOTE_HOST_SIZE, &failure));
}

/* The targets as HOST=SOURCE with blanks between them. */
static void print_targets(char *text, size_t size, const struct remote_targets *targets)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < targets->count; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s=%s", i ? " " : "",
                                 targets->rows[i].host, targets->rows[i].source);
}

static void test_targets(void **state)
{
    static const struct {
        const char *hosts;
        const char *sources;
        const char *targets;
    } rows[] = {
        {"a", NULL, "a=all"},
        {"a", "", "a=all"},
        {" a  b\t", " ", "a=all b=all"},
        {"a b", "eth0", "a=eth0 b=eth0"},
        {"a b", "a=eth0 b=2001:db8::1", "a=eth0 b=2001:db8::1"},
        {"a b", "b=eth0", "b=eth0"},
        {"a b c", "eth0 b=eth1", "b=eth1 a=eth0 c=eth0"},
        {"a b", "b=eth1 all", "b=eth1 a=all"},
        {"a", "a=eth0 a=eth1", "a=eth0 a=eth1"},
        {"a", "ipmon:192.0.2.1", "a=192.0.2.1"},
        {"a", "a=IPMON:all", "a=all"},
        {"a", "a=x=y", "a=x=y"},
        {"2001:db8::1", "2001:db8::1=eth0", "2001:db8::1=eth0"},
        {"a=eth0", NULL, "a=eth0"},
        {"a=eth0 a=lo b", "", "a=eth0 a=lo b=all"},
        {"a=eth0", "all", "a=eth0"},
        {"a=eth0 b", "eth1", "a=eth0 b=eth1"},
        {"a=eth0 b", "a=lo", "a=eth0 a=lo"},
        {"a a=eth0", "all", "a=eth0"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct remote_targets targets;
        struct failure failure = {""};
        char text[256];

        row_true(rows[i].targets,
                 remote_targets_read(&targets, rows[i].hosts, rows[i].sources, &failure));
        print_targets(text, sizeof text, &targets);
        row_text(rows[i].targets, text, rows[i].targets);
    }
}

/* A source is named where its host alone is not clear. */
static void test_names(void **state)
{
    static const struct {
        const char *name;
        bool is_only;
    } rows[] = {{"a:eth0", false}, {"a:192.0.2.1", false}, {"b", true}};
    struct remote_targets targets;
    struct failure failure = {""};

    (void)state;
    assert_true(remote_targets_read(&targets, "a b", "a=eth0 a=ipmon:192.0.2.1 all", &failure));
    assert_int_equal(targets.count, ROWS(rows));
    for (size_t i = 0; i < ROWS(rows); i++) {
        row_text(rows[i].name, targets.rows[i].name, rows[i].name);
        row_equal(rows[i].name, targets.rows[i].is_only, rows[i].is_only);
    }
}

static void test_refused_targets(void **state)
{
    static const struct {
        const char *hosts;
        const char *sources;
        const char *part;
    } rows[] = {
        {NULL, NULL, "no remote host is given"},     {" \t", "eth0", "no remote host is given"},
        {"a b a", NULL, "'a' is given twice"},       {"a -b", NULL, "begins with '-'"},
        {"a b", "eth0 eth1", "write HOST=SOURCE"},   {"a", "b=eth0", "'b=eth0' is no remote host"},
        {"a", "=eth0", "'=eth0' is no remote host"}, {"a", "a=", "neither an address"},
        {"a", "-w", "neither an address"},           {"a", "a=-w", "neither an address"},
        {"a", "file", "neither an address"},         {"a", "a=ipmon:REMOTE", "neither an address"},
        {"a", "et\x01h0", "neither an address"},     {"a", "a=eth0 a=ipmon:eth0", "is given twice"},
        {"a", "a=eth0 lo", "'lo' is of no host"},    {"a=eth0", "lo", "'lo' is of no host"},
        {"a=eth0 a=eth0", NULL, "is given twice"},   {"a=eth0 a a", NULL, "'a' is given twice"},
        {"a=", NULL, "neither an address"},          {"=eth0", NULL, "is no destination"},
        {"a=-w", NULL, "neither an address"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct remote_targets targets;
        struct failure failure = {""};

        row_true(rows[i].part,
                 !remote_targets_read(&targets, rows[i].hosts, rows[i].sources, &failure));
        row_contains(rows[i].part, failure.text, rows[i].part);
    }
}

/* Each host once, whatever is captured there. */
static void test_hosts_to_ask(void **state)
{
    struct remote_targets targets;
    struct failure failure = {""};
    char text[256];

    (void)state;
    assert_true(remote_hosts_read(&targets, "a=eth0 b a=lo a", &failure));
    print_targets(text, sizeof text, &targets);
    assert_string_equal(text, "a=all b=all");
    assert_false(remote_hosts_read(&targets, " ", &failure));
    assert_false(remote_hosts_read(&targets, NULL, &failure));
}

static void test_number_of_targets(void **state)
{
    struct remote_targets targets;
    struct failure failure = {""};
    char hosts[REMOTE_TARGETS_MAX * 8] = "";
    size_t used = 0;

    (void)state;
    for (int i = 0; i < REMOTE_TARGETS_MAX; i++)
        used += (size_t)snprintf(hosts + used, sizeof hosts - used, "h%d ", i);
    assert_true(remote_targets_read(&targets, hosts, NULL, &failure));
    assert_int_equal(targets.count, REMOTE_TARGETS_MAX);
    snprintf(hosts + used, sizeof hosts - used, "more");
    assert_false(remote_targets_read(&targets, hosts, NULL, &failure));
    assert_non_null(strstr(failure.text, "at most 64"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_length_of_a_host),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_refused_targets),
        cmocka_unit_test(test_hosts_to_ask),
        cmocka_unit_test(test_number_of_targets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
