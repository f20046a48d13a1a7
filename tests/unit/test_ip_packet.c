/*
 * The IP decoder on other versions and no bytes, and proof that it reads nothing outside its bytes:
 * packets and random bytes stand right before and right behind pages that cannot be read.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ip_packet_fixture.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    RANDOM_ROUNDS = 20000,
};

static void test_other_versions(void **state)
{
    (void)state;
    for (unsigned version = 0; version < 16; version++) {
        struct ip_extension extension = {0};
        struct ip_packet p;
        uint8_t bytes[60];

        if (version == 4 || version == 6)
            continue;
        memset(bytes, 0x11, sizeof bytes);
        bytes[0] = (uint8_t)(version << 4 | 5);
        memset(&p, 0xA5, sizeof p);
        row_true("version", !ip_packet_decode(&p, bytes, sizeof bytes, 100));
        row_equal("version", p.version, version);
        row_equal("version", p.present, IP_FIELD_VERSION);
        row_equal("version", p.extent, IP_HEADER_INVALID);
        row_equal("version", p.wire_length, 100);
        row_true("version", !ip_packet_next_extension(&p, &extension));
        check_invariants("version", &p);
    }
}

/* Nothing but the version is left, and where the bytes are. */
static void test_refused_version(void **state)
{
    static const uint8_t ipv6[] = {0x60, [5] = 8, [6] = IP_PROTOCOL_UDP, [47] = 0};
    static const struct {
        const char *name;
        const uint8_t *bytes;
        uint32_t length;
        uint32_t captured;
        enum ip_header_extent extent;
    } rows[] = {
        {.name = "IPv4",
         .bytes = ipv4_packet,
         .length = IPV4_PACKET_LENGTH,
         .captured = IPV4_PACKET_LENGTH,
         .extent = IP_HEADER_INVALID},
        {.name = "IPv4 cut",
         .bytes = ipv4_packet,
         .length = IPV4_PACKET_LENGTH,
         .captured = 1,
         .extent = IP_HEADER_INVALID},
        {.name = "IPv6",
         .bytes = ipv6,
         .length = sizeof ipv6,
         .captured = sizeof ipv6,
         .extent = IP_HEADER_INVALID},
        {.name = "nothing captured",
         .bytes = ipv6,
         .length = sizeof ipv6,
         .captured = 0,
         .extent = IP_HEADER_CUT},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const char *row = rows[i].name;
        struct ip_extension extension = {0};
        struct ip_packet packet;
        struct ip_packet expected = {
            .bytes = rows[i].bytes,
            .captured_length = rows[i].captured,
            .wire_length = rows[i].length,
            .present = rows[i].captured > 0 ? IP_FIELD_VERSION : 0,
            .extent = rows[i].extent,
            .version = rows[i].captured > 0 ? rows[i].bytes[0] >> 4 : 0,
        };

        ip_packet_decode(&packet, rows[i].bytes, rows[i].captured, rows[i].length);
        ip_packet_refuse_version(&packet);
        check_invariants(row, &packet);
        row_equal(row, packet.bytes == expected.bytes, true);
        row_equal(row, packet.captured_length, expected.captured_length);
        row_equal(row, packet.wire_length, expected.wire_length);
        row_equal(row, packet.present, expected.present);
        row_equal(row, packet.extent, expected.extent);
        row_equal(row, packet.version, expected.version);
        row_equal(row, packet.total_length, 0);
        row_equal(row, packet.datagram_end, 0);
        row_equal(row, packet.payload_length, 0);
        row_true(row, !ip_packet_next_extension(&packet, &extension));
        ip_packet_refuse_version(&packet); /* a second time changes nothing */
        row_equal(row, packet.version, expected.version);
        row_equal(row, packet.extent, expected.extent);
    }
}

static void test_no_bytes(void **state)
{
    static const struct {
        const char *name;
        uint32_t wire;
        enum ip_header_extent extent;
    } rows[] = {
        {.name = "nothing was sent", .wire = 0, .extent = IP_HEADER_OVERRUN},
        {.name = "nothing was captured", .wire = 60, .extent = IP_HEADER_CUT},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct ip_extension extension = {0};
        struct ip_packet p;

        memset(&p, 0xA5, sizeof p);
        row_true(rows[i].name, !ip_packet_decode(&p, NULL, 0, rows[i].wire));
        row_equal(rows[i].name, p.present, 0);
        row_equal(rows[i].name, p.extent, rows[i].extent);
        row_equal(rows[i].name, p.wire_length, rows[i].wire);
        row_true(rows[i].name, !ip_packet_next_extension(&p, &extension));
        check_invariants(rows[i].name, &p);
    }
}

/* Nothing outside: one page that can be read between two that cannot. */

struct fence {
    uint8_t *mapping;
    size_t page;
};

static struct fence make_fence(void)
{
    struct fence fence = {.page = (size_t)sysconf(_SC_PAGESIZE)};

    fence.mapping = mmap(NULL, 3 * fence.page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(fence.mapping != MAP_FAILED);
    assert_int_equal(mprotect(fence.mapping + fence.page, fence.page, PROT_READ | PROT_WRITE), 0);
    return fence;
}

/* Decodes the bytes right before the page that cannot be read and right behind the other one. */
static void decode_at_fence(const struct fence *fence, const char *row, const uint8_t *bytes,
                            uint32_t length, uint32_t wire)
{
    uint8_t *const places[] = {fence->mapping + 2 * fence->page - length,
                               fence->mapping + fence->page};
    struct ip_packet packets[2];

    for (size_t i = 0; i < 2; i++) {
        memcpy(places[i], bytes, length);
        ip_packet_decode(&packets[i], places[i], length, wire);
        check_invariants(row, &packets[i]);
    }
    /* The same bytes give the same packet, wherever they stand. */
    packets[1].bytes = packets[0].bytes;
    row_equal(row, memcmp(&packets[0], &packets[1], sizeof packets[0]), 0);
}

static void decode_prefixes(const struct fence *fence, const char *row, const uint8_t *bytes,
                            uint32_t length)
{
    for (uint32_t captured = 0; captured <= length; captured++) {
        decode_at_fence(fence, row, bytes, captured, captured);
        decode_at_fence(fence, row, bytes, captured, length);
        decode_at_fence(fence, row, bytes, captured, UINT32_MAX);
    }
}

static void test_nothing_outside_packets(void **state)
{
    static const uint8_t jumbo[] = {1, 2, 0, 0, 0xC2, 4, 0, 1, 0x11, 0x70, 1, 2, 0, 0};
    struct fence fence = make_fence();
    struct builder b;

    (void)state;
    decode_prefixes(&fence, "IPv4", ipv4_packet, IPV4_PACKET_LENGTH);
    for (size_t i = 0; i < CHAINS; i++) {
        build_chain(&b, &chains[i], 12);
        decode_prefixes(&fence, chains[i].name, b.bytes, b.length);
    }
    build_jumbo(&b, jumbo, sizeof jumbo);
    decode_prefixes(&fence, "jumbo", b.bytes, b.length);
    build_cut_chain(&b);
    decode_prefixes(&fence, "fragment", b.bytes, b.length);
    munmap(fence.mapping, 3 * fence.page);
}

/* Random bytes, most of them with a version and next headers that lead deep into the decoder. */
static uint32_t random_packet(uint8_t *bytes, uint32_t *random)
{
    static const uint8_t types[] = {
        IP_PROTOCOL_HOP_BY_HOP, IP_PROTOCOL_ROUTING, IP_PROTOCOL_FRAGMENT,
        IP_PROTOCOL_AH,         IP_PROTOCOL_HIP,     IP_PROTOCOL_DESTINATION_OPTIONS,
        IP_PROTOCOL_UDP,        IP_PROTOCOL_TCP,
    };
    uint32_t length = unit_random(random) % 200;

    for (uint32_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)unit_random(random);
    if (length > 6 && unit_random(random) % 8 != 0) {
        bytes[0] = (uint8_t)((unit_random(random) % 4 == 0 ? 0x40 : 0x60) | (bytes[0] & 0x0F));
        bytes[6] = bytes[0] >> 4 == 6 ? types[unit_random(random) % ROWS(types)] : bytes[6];
        if (unit_random(random) % 2 == 0)
            put_u16(bytes + 4, unit_random(random) % 160);
        for (uint32_t i = 40; i + 1 < length; i += 8) {
            bytes[i] = types[unit_random(random) % ROWS(types)];
            bytes[i + 1] = (uint8_t)(unit_random(random) % 3);
            if (i + 3 < length && unit_random(random) % 2 == 0)
                put_u16(bytes + i + 2, 0); /* a first fragment, or two Pad1 */
        }
    }
    return length;
}

static void test_nothing_outside_random(void **state)
{
    struct fence fence = make_fence();
    uint32_t random = 0x1D0C0DE5;
    uint32_t deep = 0;

    (void)state;
    for (unsigned round = 0; round < RANDOM_ROUNDS; round++) {
        uint8_t bytes[256];
        uint32_t length = random_packet(bytes, &random);
        uint32_t wire = length + (round % 2 ? unit_random(&random) % 100 : 0);
        struct ip_packet packet;
        char row[32];

        snprintf(row, sizeof row, "random %u", round);
        decode_at_fence(&fence, row, bytes, length, wire);
        ip_packet_decode(&packet, bytes, length, wire);
        deep += count_extensions(&packet) >= 3;
    }
    assert_true(deep > RANDOM_ROUNDS / 20); /* else the rounds would prove little */
    munmap(fence.mapping, 3 * fence.page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_other_versions),
        cmocka_unit_test(test_refused_version),
        cmocka_unit_test(test_no_bytes),
        cmocka_unit_test(test_nothing_outside_packets),
        cmocka_unit_test(test_nothing_outside_random),
    };

    return cmocka_run_group_tests_name("ip_packet", tests, NULL, NULL);
}
