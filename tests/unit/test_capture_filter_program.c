/*
 * The programs made for the kernel: what they receive, keep and refuse, and how they are put
 * together.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "filter_program.h"

#include <sys/socket.h>

#include "pcapng.h"
#include "vlan_tag.h"

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

/* Starts with what only the kernel knows, ends with a verdict, and no jump leads outside. */
static void check_structure(const char *row, const struct capture_filter *filter)
{
    const struct sock_fprog *program = &filter->program;

    row_equal(row, program->filter[0].code, BPF_LD | BPF_W | BPF_ABS);
    row_true(row, program->filter[0].k >= (uint32_t)SKF_AD_OFF);
    row_equal(row, BPF_CLASS(program->filter[program->len - 1].code), BPF_RET);
    for (uint32_t i = 0; i < program->len; i++) {
        const struct sock_filter *at = &program->filter[i];

        if (BPF_CLASS(at->code) == BPF_RET)
            row_true(row, at->k == 0 || at->k == SNAPSHOT ||
                              at->k == VLAN_TAGS_LENGTH +
                                           (filter->has_expression ? PCAPNG_PACKET_MAX : SNAPSHOT));
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

static const struct {
    const char *name;
    uint8_t bytes[4];
    uint32_t length;
    bool received; /* passes as a received frame */
    bool sent;     /* as a sent one */
} tagged[] = {
    {"tag, IPv4", {0x00, 0x05, 0x08, 0x00}, 60, true, true},
    {"tag, IPv6", {0xFF, 0xFF, 0x86, 0xDD}, 60, true, true},
    {"tag, 802.1Q", {0x20, 0x05, 0x81, 0x00}, 60, true, true},
    {"tag, 802.1ad", {0x70, 0x05, 0x88, 0xA8}, 60, true, true},
    {"priority 2", {0x45, 0x05, 0x08, 0x00}, 60, true, true},
    {"priority 3", {0x60, 0x05, 0x81, 0x00}, 60, true, true},
    {"tag and nothing", {0x00, 0x05, 0x08, 0x00}, 4, true, true},
    {"cut tag", {0x00, 0x05, 0x08, 0x00}, 3, false, false},
    {"nothing", {0}, 0, false, false},
    {"tag, ARP", {0x00, 0x05, 0x08, 0x06}, 60, false, false},
    {"tag, MPLS", {0x50, 0x05, 0x88, 0x47}, 60, false, false},
    {"tag, 0x9100", {0x00, 0x05, 0x91, 0x00}, 60, false, false},
    {"tag, PPPoE", {0x44, 0x05, 0x88, 0x64}, 60, false, false},
    {"IPv4", {0x45, 0x00, 0x00, 0x3C}, 60, false, true},
    {"IPv4, options", {0x4F, 0x00, 0x00, 0x3C}, 60, false, true},
    {"IPv6", {0x60, 0x00, 0x00, 0x00}, 60, false, true},
    {"IPv6, traffic class", {0x6F, 0xF0, 0x00, 0x00}, 60, false, true},
    {"version 7", {0x70, 0x00, 0x00, 0x00}, 60, false, false},
};

/*
 * Frames whose protocol is a VLAN tag: what can be IP behind tags passes, whatever the expression
 * and the addresses are, and keeps what its receiver needs for testing them.
 */
static void test_tags(void **state)
{
    enum { WHOLE = VLAN_TAGS_LENGTH + PCAPNG_PACKET_MAX, CUT = VLAN_TAGS_LENGTH + SNAPSHOT };
    static const char *const expressions[] = {NULL, "udp"};

    (void)state;
    for (size_t e = 0; e < ROWS(expressions); e++) {
        const uint32_t keep = expressions[e] ? WHOLE : CUT;
        struct host_address own = {.family = AF_INET};
        struct capture_filter filter, of_addresses;
        struct failure failure = {""};

        build(&filter, expressions[e], LOOPBACK, false);
        assert_true(capture_filter_build(
            &of_addresses,
            &(const struct capture_filter_request){.expression = expressions[e],
                                                   .snapshot_length = SNAPSHOT,
                                                   .loopback_index = LOOPBACK,
                                                   .of_addresses = true,
                                                   .addresses = &own,
                                                   .address_count = 1},
            &failure));
        for (size_t i = 0; i < ROWS(tagged); i++) {
            for (unsigned tag = 0; tag < 2; tag++) {
                const uint16_t protocol = tag ? ETH_P_8021AD : ETH_P_8021Q;
                const struct ancillary received = {protocol, PACKET_HOST, ETHERNET};
                const struct ancillary sent = {protocol, PACKET_OUTGOING, ETHERNET};
                const struct ancillary other = {protocol, PACKET_OTHERHOST, ETHERNET};
                const struct ancillary copy = {protocol, PACKET_OUTGOING, LOOPBACK};
                uint8_t bytes[60] = {0};

                memcpy(bytes, tagged[i].bytes, sizeof tagged[i].bytes);
                row_equal(tagged[i].name, run(&filter, &received, bytes, tagged[i].length),
                          tagged[i].received ? keep : 0);
                row_equal(tagged[i].name, run(&of_addresses, &received, bytes, tagged[i].length),
                          tagged[i].received ? keep : 0);
                row_equal(tagged[i].name, run(&filter, &sent, bytes, tagged[i].length),
                          tagged[i].sent ? keep : 0);
                row_equal(tagged[i].name, run(&filter, &other, bytes, tagged[i].length), 0);
                row_equal(tagged[i].name, run(&filter, &copy, bytes, tagged[i].length), 0);
            }
        }
        capture_filter_free(&filter);
        capture_filter_free(&of_addresses);
    }
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_received), cmocka_unit_test(test_snapshot_length),
        cmocka_unit_test(test_structure),        cmocka_unit_test(test_tags),
        cmocka_unit_test(test_addresses),        cmocka_unit_test(test_interface),
    };

    return cmocka_run_group_tests_name("capture_filter_program", tests, NULL, NULL);
}
