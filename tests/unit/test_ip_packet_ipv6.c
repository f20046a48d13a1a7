/*
 * The IP decoder on IPv6: each field, extension headers, fragments, packets cut at every byte.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ip_packet_fixture.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    IPV6_HEADER_FIELDS = IP_FIELD_VERSION | IP_FIELD_HEADER_LENGTH | IP_FIELD_TYPE_OF_SERVICE |
                         IP_FIELD_TOTAL_LENGTH | IP_FIELD_TIME_TO_LIVE | IP_FIELD_PROTOCOL |
                         IP_FIELD_SOURCE | IP_FIELD_DESTINATION,
};

static void test_ipv6_every_field(void **state)
{
    static const uint8_t bytes[] = {
        0x6B, 0x4A, 0xBC, 0xDE, /* version 6, traffic class 0xB4, flow label 0xABCDE */
        0x00, 0x0A, 0x06, 0x7B, /* payload length 10, TCP, hop limit 123 */
        0x20, 1,    0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, /* source */
        0x20, 1,    0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, /* destination */
        0x00, 0x50, 0xFF, 0xFE, 0, 0, 0, 0, 0, 0,
    };
    struct ip_packet p = decode("IPv6", bytes, sizeof bytes, sizeof bytes);

    (void)state;
    assert_int_equal(p.present, IPV6_HEADER_FIELDS | PORTS | IP_FIELD_PAYLOAD);
    assert_int_equal(p.extent, IP_HEADER_WHOLE);
    assert_int_equal(p.version, 6);
    assert_int_equal(p.type_of_service, 0xB4);
    assert_int_equal(p.time_to_live, 123);
    assert_int_equal(p.protocol, 6);
    assert_int_equal(p.protocol_offset, 6);
    assert_int_equal(p.header_length, 40);
    assert_int_equal(p.total_length, 50);
    assert_int_equal(p.datagram_end, 50);
    assert_int_equal(p.source_offset, 8);
    assert_int_equal(p.destination_offset, 24);
    assert_int_equal(p.payload_offset, 40);
    assert_int_equal(p.payload_length, 10);
    assert_int_equal(p.payload_captured, 10);
    assert_int_equal(p.source_port, 80);
    assert_int_equal(p.destination_port, 0xFFFE);
    assert_false(p.segmentation_offload);
    assert_int_equal(p.fragment_header_offset, 0);
    assert_int_equal(p.jumbo_offset, 0);
}

static void test_ipv6_traffic_class(void **state)
{
    (void)state;
    for (unsigned value = 0; value <= UINT8_MAX; value++) {
        struct builder b;
        struct ip_packet p;

        begin_ipv6(&b);
        end_ipv6(&b);
        b.bytes[0] = (uint8_t)(0x60 | value >> 4);
        b.bytes[1] = (uint8_t)(value << 4 | 0x0F); /* the flow label must not leak in */
        p = decode("traffic class", b.bytes, b.length, b.length);
        row_equal("traffic class", p.type_of_service, value);
    }
}

static void test_ipv6_chains(void **state)
{
    (void)state;
    for (size_t i = 0; i < CHAINS; i++) {
        const char *row = chains[i].name;
        bool ports = chains[i].protocol != IP_PROTOCOL_NO_NEXT && chains[i].protocol != 50 &&
                     chains[i].protocol != 253;
        struct builder b;
        struct ip_packet p;

        build_chain(&b, &chains[i], 12);
        p = decode(row, b.bytes, b.length, b.length);
        row_equal(row, p.extent, IP_HEADER_WHOLE);
        row_equal(row, p.header_length, b.length - 12);
        row_equal(row, p.protocol, chains[i].protocol);
        row_equal(row, p.protocol_offset, b.name_offset);
        row_equal(row, p.total_length, b.length);
        row_equal(row, p.payload_offset, b.length - 12);
        row_equal(row, p.payload_length, 12);
        row_equal(row, p.payload_captured, 12);
        row_equal(row, p.present & PORTS, ports ? PORTS : 0);
        row_equal(row, p.source_port,
                  ports ? b.bytes[b.length - 12] << 8 | b.bytes[b.length - 11] : 0);
        row_equal(row, p.destination_port,
                  ports ? b.bytes[b.length - 10] << 8 | b.bytes[b.length - 9] : 0);
        check_walk(&chains[i], &p);
    }
}

static void test_extension_names(void **state)
{
    static const uint8_t extensions[] = {0, 43, 44, 51, 60, 135, 139, 140};
    bool expected[UINT8_MAX + 1] = {false};

    (void)state;
    for (size_t i = 0; i < ROWS(extensions); i++)
        expected[extensions[i]] = true;
    for (unsigned type = 0; type <= UINT8_MAX; type++)
        row_equal("type", ip_extension_name((uint8_t)type) != NULL, expected[type]);
    assert_string_equal(ip_extension_name(IP_PROTOCOL_FRAGMENT), "Fragment");
    assert_string_equal(ip_extension_name(IP_PROTOCOL_AH), "Authentication Header");
}

static void test_ipv6_fragments(void **state)
{
    static const struct {
        const char *name;
        uint32_t offset_flags;
        uint32_t offset;
        bool more, later;
    } rows[] = {
        {.name = "atomic", .offset_flags = 0x0000},
        {.name = "first", .offset_flags = 0x0001, .more = true},
        {.name = "middle", .offset_flags = 0x05A9, .offset = 1448, .more = true, .later = true},
        {.name = "last", .offset_flags = 0x0B50, .offset = 2896, .later = true},
        {.name = "furthest", .offset_flags = 0xFFF8, .offset = 65528, .later = true},
        {.name = "reserved bits", .offset_flags = 0x0006},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const char *row = rows[i].name;
        struct builder b;
        struct ip_packet p;
        uint8_t *fragment;

        begin_ipv6(&b);
        add_extension(&b, IP_PROTOCOL_ROUTING, 8);
        fragment = add_extension(&b, IP_PROTOCOL_FRAGMENT, 8);
        put_u16(fragment + 2, rows[i].offset_flags);
        put_u32(fragment + 4, 0xDEADBEEF);
        add_transport(&b, IP_PROTOCOL_UDP, 16);
        end_ipv6(&b);
        p = decode(row, b.bytes, b.length, b.length);
        row_equal(row, p.present,
                  IPV6_HEADER_FIELDS | FRAGMENT_FIELDS | IP_FIELD_PAYLOAD |
                      (rows[i].later ? 0 : PORTS));
        row_equal(row, p.identification, 0xDEADBEEF);
        row_equal(row, p.fragment_offset, rows[i].offset);
        row_equal(row, p.more_fragments, rows[i].more);
        row_equal(row, p.later_fragment, rows[i].later);
        row_equal(row, p.fragment_header_offset, 48);
        row_equal(row, p.protocol, IP_PROTOCOL_UDP);
        row_equal(row, p.protocol_offset, 48);
        row_equal(row, p.header_length, 56);
        row_equal(row, p.payload_length, 16);
        row_true(row, !p.reserved_flag && !p.dont_fragment);
    }
}

/* Behind a later fragment's header stands payload, even if its next header names an extension. */
static void test_ipv6_later_fragment_ends_the_chain(void **state)
{
    static const struct chain expected = {.name = "later", .headers = {{IP_PROTOCOL_FRAGMENT, 8}}};
    struct builder b;
    struct ip_packet p;

    (void)state;
    begin_ipv6(&b);
    put_u16(add_extension(&b, IP_PROTOCOL_FRAGMENT, 8) + 2, 0x0009);
    add_extension(&b, IP_PROTOCOL_DESTINATION_OPTIONS, 16);
    add_transport(&b, IP_PROTOCOL_TCP, 20);
    end_ipv6(&b);
    p = decode("later", b.bytes, b.length, b.length);
    assert_int_equal(p.extent, IP_HEADER_WHOLE);
    assert_int_equal(p.protocol, IP_PROTOCOL_DESTINATION_OPTIONS);
    assert_int_equal(p.protocol_offset, 40);
    assert_int_equal(p.header_length, 48);
    assert_int_equal(p.payload_length, 36);
    assert_int_equal(p.present & PORTS, 0);
    check_walk(&expected, &p);
}

/* Two fragment headers: id and offset are those of the first; the second may still end the chain.
 */
static void test_ipv6_two_fragment_headers(void **state)
{
    struct builder b;
    struct ip_packet p;
    uint8_t *fragment;

    (void)state;
    begin_ipv6(&b);
    fragment = add_extension(&b, IP_PROTOCOL_FRAGMENT, 8);
    put_u16(fragment + 2, 1);
    put_u32(fragment + 4, 0x11111111);
    fragment = add_extension(&b, IP_PROTOCOL_FRAGMENT, 8);
    put_u16(fragment + 2, 0x0010);
    put_u32(fragment + 4, 0x22222222);
    add_transport(&b, IP_PROTOCOL_UDP, 16);
    end_ipv6(&b);
    p = decode("two", b.bytes, b.length, b.length);
    assert_int_equal(p.fragment_header_offset, 40);
    assert_int_equal(p.identification, 0x11111111);
    assert_int_equal(p.fragment_offset, 0);
    assert_true(p.more_fragments);
    assert_true(p.later_fragment);
    assert_int_equal(p.header_length, 56);
    assert_int_equal(p.present & PORTS, 0);
}

static const struct field_end ipv6_fields[] = {
    {.field = IP_FIELD_VERSION, .end = 1},        {.field = IP_FIELD_TYPE_OF_SERVICE, .end = 2},
    {.field = IP_FIELD_TOTAL_LENGTH, .end = 6},   {.field = IP_FIELD_TIME_TO_LIVE, .end = 8},
    {.field = IP_FIELD_SOURCE, .end = 24},        {.field = IP_FIELD_DESTINATION, .end = 40},
    {.field = IP_FIELD_HEADER_LENGTH, .end = 40},
};

/* Hop-by-hop at 40, routing at 48, first fragment at 56, destination options at 64, UDP at 72. */
static const struct field_end ipv6_chain_fields[] = {
    {.field = IP_FIELD_FLAGS, .end = 60},       {.field = IP_FIELD_IDENTIFICATION, .end = 64},
    {.field = IP_FIELD_PROTOCOL, .end = 66},    {.field = IP_FIELD_PAYLOAD, .end = 66},
    {.field = IP_FIELD_SOURCE_PORT, .end = 74}, {.field = IP_FIELD_DESTINATION_PORT, .end = 76},
};

static void test_ipv6_every_capture_length(void **state)
{
    static const uint32_t first_two_bytes[] = {42, 50, 58, 66};
    struct builder b;

    (void)state;
    build_cut_chain(&b);
    assert_int_equal(b.length, 80);
    for (uint32_t captured = 0; captured <= b.length; captured++) {
        uint8_t *bytes = prefix_of(b.bytes, captured);
        unsigned walked = 0;
        struct ip_packet p;
        char row[32];

        snprintf(row, sizeof row, "captured %" PRIu32, captured);
        row_equal(row, ip_packet_decode(&p, bytes, captured, b.length), captured > 0);
        check_invariants(row, &p);
        row_equal(row, p.present,
                  fields_within(ipv6_fields, ROWS(ipv6_fields), captured) |
                      fields_within(ipv6_chain_fields, ROWS(ipv6_chain_fields), captured));
        row_equal(row, p.captured_length, captured);
        row_equal(row, p.wire_length, b.length);
        row_equal(row, p.extent, captured < 72 ? IP_HEADER_CUT : IP_HEADER_WHOLE);
        row_equal(row, p.payload_length, captured >= 66 ? 8 : 0);
        row_equal(row, p.payload_captured, captured > 72 ? captured - 72 : 0);
        for (size_t i = 0; i < ROWS(first_two_bytes); i++)
            walked += captured >= first_two_bytes[i];
        row_equal(row, count_extensions(&p), walked);
        row_equal(row, p.header_length, captured < 40 ? 0 : 40 + 8 * walked);
        free(bytes);
    }
}

/*
 * A last fragment of one byte, cut inside its fragment header: until the offset was captured the
 * type behind it may be a header or not, so the chain is cut, not broken.
 */
static void test_ipv6_fragment_header_cut(void **state)
{
    struct builder b;

    (void)state;
    begin_ipv6(&b);
    put_u16(add_extension(&b, IP_PROTOCOL_FRAGMENT, 8) + 2, 0x0008);
    add_transport(&b, IP_PROTOCOL_DESTINATION_OPTIONS, 1);
    end_ipv6(&b);
    for (uint32_t captured = 40; captured <= b.length; captured++) {
        uint8_t *bytes = prefix_of(b.bytes, captured);
        struct ip_packet p;
        char row[32];

        snprintf(row, sizeof row, "captured %" PRIu32, captured);
        p = decode(row, bytes, captured, b.length);
        row_equal(row, p.extent, captured < 48 ? IP_HEADER_CUT : IP_HEADER_WHOLE);
        row_equal(row, p.later_fragment, captured >= 44);
        row_equal(row, ip_packet_has(&p, IP_FIELD_PROTOCOL), captured >= 44);
        row_equal(row, p.protocol, captured >= 44 ? IP_PROTOCOL_DESTINATION_OPTIONS : 0);
        row_equal(row, p.payload_length, captured >= 44 ? 1 : 0);
        row_equal(row, count_extensions(&p), captured >= 42 ? 1 : 0);
        free(bytes);
    }
}

/* A next header that is no extension names the protocol before the header is whole. */
static void test_ipv6_every_short_length(void **state)
{
    (void)state;
    for (uint32_t length = 1; length <= IPV6_HEADER_LENGTH; length++) {
        for (int cut = 0; cut <= 1; cut++) {
            uint32_t expected = fields_within(ipv6_fields, ROWS(ipv6_fields), length);
            struct builder b;
            struct ip_packet p;
            uint8_t *bytes;
            char row[32];

            begin_ipv6(&b);
            add_transport(&b, IP_PROTOCOL_TCP, 24);
            end_ipv6(&b);
            bytes = prefix_of(b.bytes, length);
            snprintf(row, sizeof row, "%s %" PRIu32, cut ? "captured" : "wire", length);
            p = decode(row, bytes, length, cut ? b.length : length);
            if (length >= 7)
                expected |= IP_FIELD_PROTOCOL;
            if (length >= 40)
                expected |= IP_FIELD_PAYLOAD;
            row_equal(row, p.present, expected);
            row_equal(row, p.wire_length, cut ? b.length : length);
            if (length >= 40)
                row_equal(row, p.extent, IP_HEADER_WHOLE);
            else
                row_equal(row, p.extent, cut ? IP_HEADER_CUT : IP_HEADER_OVERRUN);
            row_equal(row, p.payload_length, length >= 40 && cut ? 24 : 0);
            row_equal(row, count_extensions(&p), 0);
            free(bytes);
        }
    }
}

/* The next header of a cut IPv6 header is not the protocol when an extension may follow. */
static void test_ipv6_short_with_extension(void **state)
{
    struct builder b;

    (void)state;
    build_cut_chain(&b);
    for (uint32_t captured = 7; captured < IPV6_HEADER_LENGTH; captured++) {
        struct ip_packet p = decode("short", b.bytes, captured, b.length);

        row_true("short", !ip_packet_has(&p, IP_FIELD_PROTOCOL));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ipv6_every_field),
        cmocka_unit_test(test_ipv6_traffic_class),
        cmocka_unit_test(test_ipv6_chains),
        cmocka_unit_test(test_extension_names),
        cmocka_unit_test(test_ipv6_fragments),
        cmocka_unit_test(test_ipv6_later_fragment_ends_the_chain),
        cmocka_unit_test(test_ipv6_two_fragment_headers),
        cmocka_unit_test(test_ipv6_every_capture_length),
        cmocka_unit_test(test_ipv6_fragment_header_cut),
        cmocka_unit_test(test_ipv6_every_short_length),
        cmocka_unit_test(test_ipv6_short_with_extension),
    };

    return cmocka_run_group_tests_name("ip_packet_ipv6", tests, NULL, NULL);
}
