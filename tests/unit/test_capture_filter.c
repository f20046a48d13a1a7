/*
 * Filters: which expressions are good for IP packets, and the programs made for the kernel. They
 * load what only the kernel knows of a packet, so the part in front is run here by a small
 * interpreter, libpcap's part by libpcap, and the kernel is asked whether it takes the whole.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bytes.h"
#include "capture_filter.h"

enum {
    SNAPSHOT = 4321,
    LOOPBACK = 7,
    ETHERNET = 3, /* index of some other interface */
    TCP_LENGTH = 40,
};

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

/* What the kernel knows of a packet beside its bytes. */
struct ancillary {
    uint16_t protocol;
    uint8_t type;
    uint32_t interface;
};

static uint32_t ancillary_value(const struct ancillary *packet, uint32_t offset)
{
    switch (offset) {
    case SKF_AD_PROTOCOL:
        return packet->protocol;
    case SKF_AD_PKTTYPE:
        return packet->type;
    case SKF_AD_IFINDEX:
        return packet->interface;
    default:
        fail_msg("load of ancillary data %u", offset);
        return 0;
    }
}

/*
 * Runs a program: loads of ancillary data, comparisons and verdicts here; from the first load of
 * the packet's bytes on, libpcap runs it. Returns the bytes to keep.
 */
static uint32_t run(const struct capture_filter *filter, const struct ancillary *ancillary,
                    const uint8_t *bytes, uint32_t length)
{
    const struct sock_fprog *program = &filter->program;
    const uint32_t base = (uint32_t)SKF_AD_OFF;
    uint32_t accumulator = 0;

    for (uint32_t at = 0; at < program->len; at++) {
        const struct sock_filter *instruction = &program->filter[at];

        if (instruction->code == (BPF_LD | BPF_W | BPF_ABS) && instruction->k >= base) {
            accumulator = ancillary_value(ancillary, instruction->k - base);
        } else if (instruction->code == (BPF_JMP | BPF_JEQ | BPF_K)) {
            at += accumulator == instruction->k ? instruction->jt : instruction->jf;
        } else if (at < filter->prologue_length &&
                   instruction->code == (BPF_JMP | BPF_JGE | BPF_K)) {
            at += accumulator >= instruction->k ? instruction->jt : instruction->jf;
        } else if (at < filter->prologue_length && BPF_CLASS(instruction->code) == BPF_JMP &&
                   BPF_OP(instruction->code) == BPF_JA) {
            at += instruction->k;
        } else if (at < filter->prologue_length &&
                   instruction->code == (BPF_ALU | BPF_AND | BPF_K)) {
            accumulator &= instruction->k;
        } else if (at < filter->prologue_length && BPF_CLASS(instruction->code) == BPF_LD) {
            uint32_t size = BPF_SIZE(instruction->code) == BPF_W ? 4 : 1;

            if (instruction->k + size > length)
                return 0; /* as in the kernel */
            accumulator = size == 4 ? bytes_u32(bytes + instruction->k) : bytes[instruction->k];
        } else if (instruction->code == (BPF_RET | BPF_K)) {
            return instruction->k;
        } else {
            struct bpf_program rest = {
                .bf_len = program->len - at,
                .bf_insns = (struct bpf_insn *)(void *)&program->filter[at],
            };
            struct pcap_pkthdr header = {.caplen = length, .len = length};

            return (uint32_t)pcap_offline_filter(&rest, &header, bytes);
        }
    }
    fail_msg("the program has no end");
    return 0;
}

static void build(struct capture_filter *filter, const char *expression, unsigned loopback,
                  bool other_hosts)
{
    const struct capture_filter_request request = {
        .expression = expression,
        .snapshot_length = SNAPSHOT,
        .loopback_index = loopback,
        .other_hosts = other_hosts,
    };
    struct failure failure = {""};

    if (!capture_filter_build(filter, &request, &failure))
        fail_msg("%s", failure.text);
}

/* IPv4 or IPv6 with TCP from port 4000 to port 80. */
static uint32_t make_packet(uint8_t *bytes, uint16_t protocol)
{
    uint32_t header = protocol == ETH_P_IPV6 ? 40 : 20;

    memset(bytes, 0, 80);
    bytes[0] = protocol == ETH_P_IPV6 ? 0x60 : 0x45;
    bytes[protocol == ETH_P_IPV6 ? 6 : 9] = IPPROTO_TCP;
    bytes[protocol == ETH_P_IPV6 ? 5 : 3] = TCP_LENGTH;
    bytes[header] = 4000 >> 8;
    bytes[header + 1] = 4000 & 0xFF;
    bytes[header + 3] = 80;
    return header + TCP_LENGTH;
}

static void test_what_is_received(void **state)
{
    static const struct {
        const char *name;
        struct ancillary packet;
        bool passes;           /* without other_hosts, LOOPBACK known */
        bool with_others;      /* with other_hosts */
        bool without_loopback; /* with other_hosts, loopback_index 0 */
    } rows[] = {
        {"IPv4 for us", {ETH_P_IP, PACKET_HOST, ETHERNET}, true, true, true},
        {"IPv6 for us", {ETH_P_IPV6, PACKET_HOST, ETHERNET}, true, true, true},
        {"broadcast", {ETH_P_IP, PACKET_BROADCAST, ETHERNET}, true, true, true},
        {"multicast", {ETH_P_IPV6, PACKET_MULTICAST, ETHERNET}, true, true, true},
        {"sent", {ETH_P_IP, PACKET_OUTGOING, ETHERNET}, true, true, true},
        {"for another host", {ETH_P_IP, PACKET_OTHERHOST, ETHERNET}, false, true, true},
        {"IPv6, another host", {ETH_P_IPV6, PACKET_OTHERHOST, ETHERNET}, false, true, true},
        {"loopback, received", {ETH_P_IP, PACKET_HOST, LOOPBACK}, true, true, true},
        {"loopback, sent", {ETH_P_IP, PACKET_OUTGOING, LOOPBACK}, false, false, true},
        {"loopback, IPv6 sent", {ETH_P_IPV6, PACKET_OUTGOING, LOOPBACK}, false, false, true},
        {"loopback, another host", {ETH_P_IP, PACKET_OTHERHOST, LOOPBACK}, false, true, true},
        {"tagged IPv4", {ETH_P_8021Q, PACKET_HOST, ETHERNET}, true, true, true},
        {"tagged IPv4, sent", {ETH_P_8021AD, PACKET_OUTGOING, ETHERNET}, true, true, true},
        {"tagged, other host", {ETH_P_8021Q, PACKET_OTHERHOST, ETHERNET}, false, true, true},
        {"ARP", {ETH_P_ARP, PACKET_HOST, ETHERNET}, false, false, false},
        {"ARP sent", {ETH_P_ARP, PACKET_OUTGOING, ETHERNET}, false, false, false},
        {"LLDP", {0x88CC, PACKET_MULTICAST, ETHERNET}, false, false, false},
        {"802.3", {ETH_P_802_2, PACKET_HOST, ETHERNET}, false, false, false},
        {"ETH_P_ALL", {ETH_P_ALL, PACKET_HOST, LOOPBACK}, false, false, false},
    };
    static const struct {
        const char *expression;
        bool matches;
    } expressions[] = {
        {NULL, true},          {"", true},
        {"tcp port 80", true}, {"src port 4000", true},
        {"udp", false},        {"tcp port 81", false},
    };

    (void)state;
    for (size_t e = 0; e < ROWS(expressions); e++) {
        const uint32_t keep = expressions[e].matches ? SNAPSHOT : 0;
        struct capture_filter strict, others, plain;

        build(&strict, expressions[e].expression, LOOPBACK, false);
        build(&others, expressions[e].expression, LOOPBACK, true);
        build(&plain, expressions[e].expression, 0, true);
        for (size_t i = 0; i < ROWS(rows); i++) {
            uint8_t bytes[80];
            uint32_t length = make_packet(bytes, rows[i].packet.protocol);

            row_equal(rows[i].name, run(&strict, &rows[i].packet, bytes, length),
                      rows[i].passes ? keep : 0);
            row_equal(rows[i].name, run(&others, &rows[i].packet, bytes, length),
                      rows[i].with_others ? keep : 0);
            row_equal(rows[i].name, run(&plain, &rows[i].packet, bytes, length),
                      rows[i].without_loopback ? keep : 0);
        }
        capture_filter_free(&strict);
        capture_filter_free(&others);
        capture_filter_free(&plain);
    }
}

/* The accepting value is what the kernel cuts packets to; the longest one must come through. */
static void test_snapshot_length(void **state)
{
    static const uint32_t lengths[] = {1, 64, 65535, 65536, 262000};
    static const char *const expressions[] = {NULL, "tcp"};

    (void)state;
    for (size_t e = 0; e < ROWS(expressions); e++) {
        for (size_t i = 0; i < ROWS(lengths); i++) {
            const struct capture_filter_request request = {
                .expression = expressions[e],
                .snapshot_length = lengths[i],
                .other_hosts = true,
            };
            const struct ancillary here = {ETH_P_IP, PACKET_HOST, ETHERNET};
            struct failure failure = {""};
            struct capture_filter program;
            uint8_t bytes[80];
            uint32_t length = make_packet(bytes, ETH_P_IP);

            assert_true(capture_filter_build(&program, &request, &failure));
            row_equal("snapshot", run(&program, &here, bytes, length), lengths[i]);
            capture_filter_free(&program);
        }
    }
}

/* Starts with the protocol, ends with a verdict, and no jump leads outside. */
static void check_structure(const char *row, const struct capture_filter *filter)
{
    const struct sock_fprog *program = &filter->program;

    row_equal(row, program->filter[0].code, BPF_LD | BPF_W | BPF_ABS);
    row_equal(row, program->filter[0].k, (uint32_t)SKF_AD_OFF + SKF_AD_PROTOCOL);
    row_equal(row, BPF_CLASS(program->filter[program->len - 1].code), BPF_RET);
    for (uint32_t i = 0; i < program->len; i++) {
        const struct sock_filter *at = &program->filter[i];

        if (BPF_CLASS(at->code) == BPF_RET)
            row_true(row, at->k == 0 || at->k == SNAPSHOT);
        if (BPF_CLASS(at->code) != BPF_JMP)
            continue;
        if (BPF_OP(at->code) == BPF_JA) {
            row_true(row, i + 1 + at->k < program->len);
        } else {
            row_true(row, i + 1 + at->jt < program->len);
            row_true(row, i + 1 + at->jf < program->len);
        }
    }
}

/* Each demand adds its own instructions in front; the user's filter follows, unchanged. */
static void test_structure(void **state)
{
    static const char *const expressions[] = {NULL, "", "tcp", "host 192.0.2.10 and udp port 53"};
    static const struct {
        unsigned loopback;
        bool other_hosts;
        unsigned added;
    } rows[] = {{0, true, 0}, {0, false, 3}, {LOOPBACK, true, 5}, {LOOPBACK, false, 8}};

    (void)state;
    for (size_t e = 0; e < ROWS(expressions); e++) {
        struct capture_filter shortest;
        unsigned program_start;

        build(&shortest, expressions[e], 0, true);
        program_start = shortest.prologue_length;
        for (size_t i = 0; i < ROWS(rows); i++) {
            const unsigned prologue = program_start + rows[i].added;
            struct capture_filter program;

            build(&program, expressions[e], rows[i].loopback, rows[i].other_hosts);
            row_equal("length", program.program.len, shortest.program.len + rows[i].added);
            row_equal("prologue", program.prologue_length, prologue);
            check_structure("structure", &program);
            row_equal("tail",
                      memcmp(program.program.filter + prologue,
                             shortest.program.filter + program_start,
                             (program.program.len - prologue) * sizeof *program.program.filter),
                      0);
            capture_filter_free(&program);
        }
        capture_filter_free(&shortest);
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

/* Bytes with nothing of IP in front, under a VLAN tag's protocol: a second tag, or ARP behind it.
 */
static void test_tagged_but_not_ip(void **state)
{
    static const uint8_t first[] = {0x00, 0x0F, 0x40, 0x44, 0x50, 0x5F, 0x70, 0xFF};
    struct capture_filter filter;

    (void)state;
    build(&filter, NULL, 0, true);
    for (size_t i = 0; i < ROWS(first); i++) {
        const struct ancillary tagged = {ETH_P_8021Q, PACKET_HOST, ETHERNET};
        uint8_t bytes[80];
        uint32_t length = make_packet(bytes, ETH_P_IP);

        bytes[0] = first[i];
        row_equal("tagged", run(&filter, &tagged, bytes, length), 0);
        row_equal("tagged, empty", run(&filter, &tagged, bytes, 0), 0);
    }
    capture_filter_free(&filter);
}

static void make_address(struct host_address *address, const char *text)
{
    memset(address, 0, sizeof *address);
    address->family = strchr(text, ':') ? AF_INET6 : AF_INET;
    assert_int_equal(inet_pton(address->family, text, address->bytes), 1);
}

static uint32_t run_with_addresses(const struct capture_filter *filter, const char *source,
                                   const char *destination)
{
    struct host_address from, to;
    struct ancillary packet = {ETH_P_IP, PACKET_HOST, ETHERNET};
    uint8_t bytes[80];
    uint32_t length;

    make_address(&from, source);
    make_address(&to, destination);
    if (from.family == AF_INET6)
        packet.protocol = ETH_P_IPV6;
    length = make_packet(bytes, packet.protocol);
    memcpy(bytes + (from.family == AF_INET ? 12 : 8), from.bytes, from.family == AF_INET ? 4 : 16);
    memcpy(bytes + (from.family == AF_INET ? 16 : 24), to.bytes, from.family == AF_INET ? 4 : 16);
    return run(filter, &packet, bytes, length);
}

/* Mode 0: only what comes from or goes to the given addresses. */
static void test_addresses(void **state)
{
    static const char *const own[] = {"192.0.2.10", "2001:db8::10", "198.51.100.7", "fe80::1"};
    static const struct {
        const char *source;
        const char *destination;
        bool passes;
    } rows[] = {{"192.0.2.10", "203.0.113.1", true},     {"203.0.113.1", "192.0.2.10", true},
                {"203.0.113.1", "198.51.100.7", true},   {"192.0.2.11", "203.0.113.1", false},
                {"203.0.113.1", "203.0.113.2", false},   {"2001:db8::10", "2001:db8::1", true},
                {"2001:db8::1", "2001:db8::10", true},   {"fe80::2", "fe80::1", true},
                {"2001:db8::11", "2001:db8::1", false},  {"2001:db8:1::10", "2001:db8::1", false},
                {"2001:db9::10", "2001:db8::1", false},  {"2001:db8::1:0:10", "2001:db8::1", false},
                {"2001:db8::1", "2001:db8:1::10", false}};

    (void)state;
    for (size_t count = 1; count <= ROWS(own); count++) {
        struct host_address addresses[ROWS(own)];
        const struct capture_filter_request request = {
            .snapshot_length = SNAPSHOT,
            .other_hosts = true,
            .of_addresses = true,
            .addresses = addresses,
            .address_count = count,
        };
        struct failure failure = {""};
        struct capture_filter filter;

        for (size_t i = 0; i < count; i++)
            make_address(&addresses[i], own[i]);
        assert_true(capture_filter_build(&filter, &request, &failure));
        for (size_t i = 0; count == ROWS(own) && i < ROWS(rows); i++)
            row_equal(rows[i].source,
                      run_with_addresses(&filter, rows[i].source, rows[i].destination),
                      rows[i].passes ? SNAPSHOT : 0);
        row_equal("first", run_with_addresses(&filter, own[0], "203.0.113.9"), SNAPSHOT);
        row_equal("last of all", run_with_addresses(&filter, "fe80::2", "fe80::1"),
                  count == ROWS(own) ? SNAPSHOT : 0);
        capture_filter_free(&filter);
    }
}

static void test_interface(void **state)
{
    const struct capture_filter_request request = {
        .snapshot_length = SNAPSHOT,
        .other_hosts = true,
        .interface_index = ETHERNET,
        .loopback_index = LOOPBACK,
    };
    static const struct {
        struct ancillary packet;
        bool passes;
    } rows[] = {
        {{ETH_P_IP, PACKET_HOST, ETHERNET}, true},
        {{ETH_P_IP, PACKET_OUTGOING, ETHERNET}, true},
        {{ETH_P_IP, PACKET_HOST, LOOPBACK}, true},
        {{ETH_P_IP, PACKET_OUTGOING, LOOPBACK}, false},
        {{ETH_P_IP, PACKET_HOST, ETHERNET + 1}, false},
    };
    struct failure failure = {""};
    struct capture_filter filter;

    (void)state;
    assert_true(capture_filter_build(&filter, &request, &failure));
    for (size_t i = 0; i < ROWS(rows); i++) {
        uint8_t bytes[80];
        uint32_t length = make_packet(bytes, ETH_P_IP);

        row_equal("interface", run(&filter, &rows[i].packet, bytes, length),
                  rows[i].passes ? SNAPSHOT : 0);
    }
    capture_filter_free(&filter);
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
        cmocka_unit_test(test_what_is_received),   cmocka_unit_test(test_snapshot_length),
        cmocka_unit_test(test_structure),          cmocka_unit_test(test_kernel_takes_it),
        cmocka_unit_test(test_tagged_but_not_ip),  cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_interface),          cmocka_unit_test(test_user_space),
        cmocka_unit_test(test_too_many_addresses), cmocka_unit_test(test_first_failure_stays),
        cmocka_unit_test(test_prepared),
    };

    return cmocka_run_group_tests_name("capture_filter", tests, NULL, NULL);
}
