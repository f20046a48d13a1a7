/*
 * Filters: which expressions are good for IP packets, what the kernel takes, and what is run here.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "filter_program.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct {
    const char *expression;
    enum capture_filter_verdict verdict;
} verdicts[] = {
    {"", CAPTURE_FILTER_VALID},
    {" ", CAPTURE_FILTER_VALID},
    {"ip", CAPTURE_FILTER_VALID},
    {"ip6", CAPTURE_FILTER_VALID},
    {"tcp port 80 or udp port 53", CAPTURE_FILTER_VALID},
    {"host 192.0.2.10", CAPTURE_FILTER_VALID},
    {"host 2001:db8::1", CAPTURE_FILTER_VALID},
    {"net 198.51.100.0/24 and not icmp", CAPTURE_FILTER_VALID},
    {"ip[8] < 5", CAPTURE_FILTER_VALID},
    {"greater 1000", CAPTURE_FILTER_VALID},
    {"ether host 02:00:00:00:00:01", CAPTURE_FILTER_NEEDS_LINK_LAYER},
    {"ether src 02:00:00:00:00:01 and tcp", CAPTURE_FILTER_NEEDS_LINK_LAYER},
    {"vlan", CAPTURE_FILTER_NEEDS_LINK_LAYER},
    {"vlan 5 and ip", CAPTURE_FILTER_NEEDS_LINK_LAYER},
    {"broadcast", CAPTURE_FILTER_NEEDS_LINK_LAYER},
    {"inbound", CAPTURE_FILTER_NEEDS_LINK_LAYER},
    {"outbound and tcp", CAPTURE_FILTER_NEEDS_LINK_LAYER},
    {"localhost", CAPTURE_FILTER_INVALID}, /* not even from /etc/hosts */
    {"host localhost", CAPTURE_FILTER_INVALID},
    {"src example.com or udp", CAPTURE_FILTER_INVALID},
    {"net loopback", CAPTURE_FILTER_INVALID},
    {"port domain", CAPTURE_FILTER_VALID}, /* /etc/services is no resolver */
    {"nonsense", CAPTURE_FILTER_INVALID},
    {"tcp[", CAPTURE_FILTER_INVALID},
    {"port", CAPTURE_FILTER_INVALID},
    {"port 70000", CAPTURE_FILTER_INVALID},
    {"host 300.1.1.1", CAPTURE_FILTER_INVALID},
    {"tcp and", CAPTURE_FILTER_INVALID},
    {"(tcp", CAPTURE_FILTER_INVALID},
    {"ip and ether host 02:00:00:00:00", CAPTURE_FILTER_INVALID},
};

static void test_verdicts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(verdicts); i++) {
        const char *row = verdicts[i].expression;
        struct failure failure = {""};

        row_equal(row, capture_filter_check(row, &failure), verdicts[i].verdict);
        if (verdicts[i].verdict == CAPTURE_FILTER_VALID) {
            row_text(row, failure.text, "");
        } else {
            row_contains(row, failure.text, "in the capture filter '");
            row_true(row, (strstr(failure.text, "--use-pcap") != NULL) ==
                              (verdicts[i].verdict == CAPTURE_FILTER_NEEDS_LINK_LAYER));
            row_contains(row, failure.text, "error 10022: ");
            row_contains(row, failure.text, row);
            row_contains(row, failure.text, "(EINVAL)");
        }
    }
}

/* What the check calls good can be built, and nothing else. */
static void test_build_agrees_with_check(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(verdicts); i++) {
        const struct capture_filter_request request = {
            .expression = verdicts[i].expression,
            .snapshot_length = SNAPSHOT,
            .other_hosts = true,
        };
        const char *row = verdicts[i].expression;
        struct failure failure = {""};
        struct capture_filter program;

        memset(&program, 0xA5, sizeof program);
        if (verdicts[i].verdict == CAPTURE_FILTER_VALID) {
            row_true(row, capture_filter_build(&program, &request, &failure));
            row_text(row, failure.text, "");
            row_true(row, program.program.filter != NULL && program.program.len > 0);
        } else {
            row_true(row, !capture_filter_build(&program, &request, &failure));
            row_contains(row, failure.text, "error 10022: ");
            row_true(row, program.program.filter == NULL && program.program.len == 0);
        }
        capture_filter_free(&program);
    }
}

/* The kernel checks a program when it is attached, whatever the socket; no privilege is needed. */
static void test_kernel_takes_it(void **state)
{
    static const char *const expressions[] = {NULL, "tcp", "host 2001:db8::1 or port 53",
                                              "ip[0] & 0xf > 5 and ip[8] / 2 = 3"};
    int descriptor = socket(AF_INET, SOCK_DGRAM, 0);

    (void)state;
    assert_true(descriptor >= 0);
    for (size_t e = 0; e < ROWS(expressions); e++) {
        for (unsigned kind = 0; kind < 4; kind++) {
            struct failure failure = {""};
            struct capture_filter program;

            build(&program, expressions[e], kind & 1 ? LOOPBACK : 0, (kind & 2) != 0);
            row_true(expressions[e] ? expressions[e] : "everything",
                     capture_filter_attach(&program, descriptor, &failure));
            row_true("in the kernel", !capture_filter_in_user_space(&program));
            capture_filter_free(&program);
        }
    }
    close(descriptor);
}

static void check_user_space(const char *expression, bool attach_tells)
{
    const struct capture_filter_request request = {
        .expression = expression,
        .snapshot_length = SNAPSHOT,
        .other_hosts = true,
    };
    int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    struct failure failure = {""};
    struct capture_filter filter;
    uint8_t bytes[80];
    uint32_t length = make_packet(bytes, ETH_P_IPV6);

    assert_true(descriptor >= 0);
    row_true(expression, capture_filter_build(&filter, &request, &failure));
    row_equal(expression, capture_filter_in_user_space(&filter), !attach_tells);
    row_true(expression, capture_filter_attach(&filter, descriptor, &failure));
    row_true(expression, capture_filter_in_user_space(&filter));
    row_true(expression, filter.program.len <= BPF_MAXINSNS);
    row_true(expression, capture_filter_matches(&filter, bytes, length, length));
    bytes[6] = IPPROTO_UDP;
    row_true(expression, !capture_filter_matches(&filter, bytes, length, length));
    capture_filter_free(&filter);
    close(descriptor);
}

/* What the kernel refuses, for its loops or its length, is run here. */
static void test_user_space(void **state)
{
    enum { TERMS = 5000 };
    char *expression = calloc(TERMS, 32);
    size_t used;

    (void)state;
    check_user_space("ip6 protochain 6", true);
    assert_non_null(expression);
    used = (size_t)sprintf(expression, "tcp and not (tcp dst port 1");
    for (int i = 2; i < TERMS; i++)
        if (i != 80)
            used += (size_t)sprintf(expression + used, " or len = %d", 1000 + 2 * i);
    strcpy(expression + used, ")");
    check_user_space(expression, false);
    free(expression);
}

static void test_too_many_addresses(void **state)
{
    enum { MANY = 400 };
    static struct host_address addresses[MANY];
    const struct capture_filter_request request = {.snapshot_length = SNAPSHOT,
                                                   .of_addresses = true,
                                                   .addresses = addresses,
                                                   .address_count = MANY};
    struct failure failure = {""};
    struct capture_filter filter;

    (void)state;
    for (int i = 0; i < MANY; i++) {
        make_address(&addresses[i], "2001:db8::1");
        addresses[i].bytes[14] = (uint8_t)(i >> 8);
        addresses[i].bytes[15] = (uint8_t)i;
    }
    assert_false(capture_filter_build(&filter, &request, &failure));
    row_contains("many", failure.text, "error 10022: 400 addresses");
    assert_null(filter.program.filter);
}

static void test_first_failure_stays(void **state)
{
    const struct capture_filter_request request = {
        .expression = "nonsense",
        .snapshot_length = SNAPSHOT,
        .other_hosts = true,
    };
    struct failure failure = {"error 650: before"};
    struct capture_filter program;

    (void)state;
    assert_false(capture_filter_build(&program, &request, &failure));
    assert_string_equal(failure.text, "error 650: before");
    assert_int_equal(capture_filter_check("nonsense", &failure), CAPTURE_FILTER_INVALID);
    assert_string_equal(failure.text, "error 650: before");
}

/* An expression that was compiled before gives the same programs as one that is compiled now. */
static void test_prepared(void **state)
{
    static const char *const expressions[] = {"", "udp port 53", "ip6 protochain 17"};

    (void)state;
    for (size_t i = 0; i < ROWS(expressions); i++) {
        struct capture_filter_request request = {
            .expression = expressions[i], .snapshot_length = 1500, .loopback_index = 1};
        struct failure failure = {""};
        struct bpf_program compiled;
        struct capture_filter now;
        struct capture_filter later;

        row_true(expressions[i], capture_filter_build(&now, &request, &failure));
        row_true(expressions[i], capture_filter_prepare(&compiled, expressions[i], 1500, &failure));
        request.expression = "no expression at all";
        request.compiled = &compiled;
        for (int again = 0; again < 2; again++) {
            row_true(expressions[i], capture_filter_build(&later, &request, &failure));
            row_equal(expressions[i], later.program.len, now.program.len);
            assert_memory_equal(later.program.filter, now.program.filter,
                                now.program.len * sizeof *now.program.filter);
            row_equal(expressions[i], later.has_expression, now.has_expression);
            capture_filter_free(&later);
        }
        capture_filter_free(&now);
        pcap_freecode(&compiled);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts),           cmocka_unit_test(test_build_agrees_with_check),
        cmocka_unit_test(test_kernel_takes_it),    cmocka_unit_test(test_user_space),
        cmocka_unit_test(test_too_many_addresses), cmocka_unit_test(test_first_failure_stays),
        cmocka_unit_test(test_prepared),
    };

    return cmocka_run_group_tests_name("capture_filter", tests, NULL, NULL);
}
