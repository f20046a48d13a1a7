/*
 * The IP decoder on IPv4: each field, lengths that do not fit, fragments, packets cut at every
 * byte.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ip_packet_fixture.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    IPV4_HEADER_FIELDS = IP_FIELD_VERSION | IP_FIELD_HEADER_LENGTH | IP_FIELD_TYPE_OF_SERVICE |
                         IP_FIELD_TOTAL_LENGTH | IP_FIELD_IDENTIFICATION | IP_FIELD_FLAGS |
                         IP_FIELD_TIME_TO_LIVE | IP_FIELD_PROTOCOL | IP_FIELD_CHECKSUM |
                         IP_FIELD_SOURCE | IP_FIELD_DESTINATION,
};

static void test_ipv4_every_field(void **state)
{
    const char *row = "IPv4";
    struct ip_packet p = decode(row, ipv4_packet, IPV4_PACKET_LENGTH, IPV4_PACKET_LENGTH);

    (void)state;
    assert_int_equal(p.present, IPV4_HEADER_FIELDS | PORTS | IP_FIELD_PAYLOAD);
    assert_int_equal(p.extent, IP_HEADER_WHOLE);
    assert_int_equal(p.captured_length, 32);
    assert_int_equal(p.wire_length, 32);
    assert_int_equal(p.version, 4);
    assert_int_equal(p.header_length, 24);
    assert_int_equal(p.type_of_service, 0xB4);
    assert_int_equal(p.total_length, 32);
    assert_int_equal(p.identification, 0x1234);
    assert_false(p.reserved_flag);
    assert_true(p.dont_fragment);
    assert_false(p.more_fragments);
    assert_int_equal(p.fragment_offset, 0);
    assert_false(p.later_fragment);
    assert_int_equal(p.time_to_live, 123);
    assert_int_equal(p.protocol, 17);
    assert_int_equal(p.protocol_offset, 9);
    assert_int_equal(p.checksum, 0xABCD);
    assert_int_equal(p.source_offset, 12);
    assert_int_equal(p.destination_offset, 16);
    assert_int_equal(p.source_port, 4000);
    assert_int_equal(p.destination_port, 9);
    assert_false(p.segmentation_offload);
    assert_int_equal(p.datagram_end, 32);
    assert_int_equal(p.payload_offset, 24);
    assert_int_equal(p.payload_length, 8);
    assert_int_equal(p.payload_captured, 8);
    assert_int_equal(p.fragment_header_offset, 0);
    assert_int_equal(p.jumbo_offset, 0);
}

/* A byte of 0xFF in each field shows that neighbours do not leak into each other. */
static void test_ipv4_fields_apart(void **state)
{
    static const struct {
        uint32_t byte;
        const char *name;
        uint32_t tos, total, id, flags, offset, ttl, protocol, checksum;
    } rows[] = {
        {.byte = 1, .name = "tos", .tos = 0xFF},
        {.byte = 2, .name = "total length, upper", .total = 0xFF00},
        {.byte = 3, .name = "total length, lower", .total = 0xFF},
        {.byte = 4, .name = "id, upper", .id = 0xFF00},
        {.byte = 5, .name = "id, lower", .id = 0xFF},
        {.byte = 6, .name = "flags and offset", .flags = 7, .offset = 0x1F00 * 8},
        {.byte = 7, .name = "offset, lower", .offset = 0xFF * 8},
        {.byte = 8, .name = "ttl", .ttl = 0xFF},
        {.byte = 9, .name = "protocol", .protocol = 0xFF},
        {.byte = 10, .name = "checksum, upper", .checksum = 0xFF00},
        {.byte = 11, .name = "checksum, lower", .checksum = 0xFF},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        uint8_t bytes[20] = {0x45};
        struct ip_packet p;

        bytes[rows[i].byte] = 0xFF;
        p = decode(rows[i].name, bytes, sizeof bytes, sizeof bytes);
        row_equal(rows[i].name, p.type_of_service, rows[i].tos);
        row_equal(rows[i].name, p.total_length, rows[i].total);
        row_equal(rows[i].name, p.identification, rows[i].id);
        row_equal(rows[i].name, p.reserved_flag << 2 | p.dont_fragment << 1 | p.more_fragments,
                  rows[i].flags);
        row_equal(rows[i].name, p.fragment_offset, rows[i].offset);
        row_equal(rows[i].name, p.time_to_live, rows[i].ttl);
        row_equal(rows[i].name, p.protocol, rows[i].protocol);
        row_equal(rows[i].name, p.checksum, rows[i].checksum);
    }
}

static void test_ipv4_lengths(void **state)
{
    static const struct {
        const char *name;
        uint8_t ihl;
        uint32_t total_length;
        uint32_t captured;
        uint32_t wire;
        enum ip_header_extent extent;
        bool payload;
        uint32_t payload_length;
        uint32_t payload_captured;
        uint32_t datagram_end;
        bool offload;
        uint32_t ports; /* enum ip_field */
    } rows[] = {
        {.name = "plain",
         .ihl = 5,
         .total_length = 100,
         .captured = 100,
         .wire = 100,
         .extent = IP_HEADER_WHOLE,
         .payload = true,
         .payload_length = 80,
         .payload_captured = 80,
         .datagram_end = 100,
         .ports = PORTS},
        {.name = "options",
         .ihl = 15,
         .total_length = 100,
         .captured = 100,
         .wire = 100,
         .extent = IP_HEADER_WHOLE,
         .payload = true,
         .payload_length = 40,
         .payload_captured = 40,
         .datagram_end = 100,
         .ports = PORTS},
        {.name = "header only",
         .ihl = 5,
         .total_length = 20,
         .captured = 20,
         .wire = 20,
         .extent = IP_HEADER_WHOLE,
         .payload = true,
         .datagram_end = 20},
        {.name = "options only",
         .ihl = 15,
         .total_length = 60,
         .captured = 60,
         .wire = 60,
         .extent = IP_HEADER_WHOLE,
         .payload = true,
         .datagram_end = 60},
        {.name = "ihl 4",
         .ihl = 4,
         .total_length = 100,
         .captured = 100,
         .wire = 100,
         .extent = IP_HEADER_INVALID,
         .datagram_end = 100},
        {.name = "ihl 0",
         .ihl = 0,
         .total_length = 100,
         .captured = 100,
         .wire = 100,
         .extent = IP_HEADER_INVALID,
         .datagram_end = 100},
        {.name = "ihl beyond wire",
         .ihl = 15,
         .total_length = 100,
         .captured = 59,
         .wire = 59,
         .extent = IP_HEADER_OVERRUN,
         .datagram_end = 59},
        {.name = "ihl beyond wire, cut",
         .ihl = 15,
         .total_length = 100,
         .captured = 30,
         .wire = 59,
         .extent = IP_HEADER_OVERRUN,
         .datagram_end = 59},
        {.name = "wire below 20",
         .ihl = 5,
         .total_length = 100,
         .captured = 19,
         .wire = 19,
         .extent = IP_HEADER_OVERRUN,
         .datagram_end = 19},
        {.name = "ihl to the wire's end",
         .ihl = 15,
         .total_length = 60,
         .captured = 30,
         .wire = 60,
         .extent = IP_HEADER_CUT,
         .payload = true,
         .datagram_end = 60},
        {.name = "offload",
         .ihl = 5,
         .total_length = 0,
         .captured = 900,
         .wire = 900,
         .extent = IP_HEADER_WHOLE,
         .payload = true,
         .payload_length = 880,
         .payload_captured = 880,
         .datagram_end = 900,
         .offload = true,
         .ports = PORTS},
        {.name = "offload, cut",
         .ihl = 5,
         .total_length = 0,
         .captured = 64,
         .wire = 60000,
         .extent = IP_HEADER_WHOLE,
         .payload = true,
         .payload_length = 59980,
         .payload_captured = 44,
         .datagram_end = 60000,
         .offload = true,
         .ports = PORTS},
        {.name = "length 0, no data",
         .ihl = 5,
         .total_length = 0,
         .captured = 20,
         .wire = 20,
         .extent = IP_HEADER_WHOLE,
         .payload = true,
         .datagram_end = 20},
        {.name = "length 0, one byte",
         .ihl = 5,
         .total_length = 0,
         .captured = 21,
         .wire = 21,
         .extent = IP_HEADER_WHOLE,
         .payload = true,
         .payload_length = 1,
         .payload_captured = 1,
         .datagram_end = 21,
         .offload = true},
        {.name = "length 1",
         .ihl = 5,
         .total_length = 1,
         .captured = 100,
         .wire = 100,
         .extent = IP_HEADER_WHOLE,
         .payload = true,
         .datagram_end = 1},
        {.name = "length 19",
         .ihl = 5,
         .total_length = 19,
         .captured = 100,
         .wire = 100,
         .extent = IP_HEADER_WHOLE,
         .payload = true,
         .datagram_end = 19},
        {.name = "length below ihl",
         .ihl = 15,
         .total_length = 59,
         .captured = 100,
         .wire = 100,
         .extent = IP_HEADER_WHOLE,
         .payload = true,
         .datagram_end = 59},
        {.name = "length one above ihl",
         .ihl = 15,
         .total_length = 61,
         .captured = 100,
         .wire = 100,
         .extent = IP_HEADER_WHOLE,
         .payload = true,
         .payload_length = 1,
         .payload_captured = 1,
         .datagram_end = 61},
        {.name = "length beyond wire",
         .ihl = 5,
         .total_length = 101,
         .captured = 100,
         .wire = 100,
         .extent = IP_HEADER_WHOLE,
         .payload = true,
         .payload_length = 80,
         .payload_captured = 80,
         .datagram_end = 100,
         .ports = PORTS},
        {.name = "length 65535",
         .ihl = 5,
         .total_length = 65535,
         .captured = 90,
         .wire = 100,
         .extent = IP_HEADER_WHOLE,
         .payload = true,
         .payload_length = 80,
         .payload_captured = 70,
         .datagram_end = 100,
         .ports = PORTS},
        {.name = "padding",
         .ihl = 5,
         .total_length = 28,
         .captured = 60,
         .wire = 60,
         .extent = IP_HEADER_WHOLE,
         .payload = true,
         .payload_length = 8,
         .payload_captured = 8,
         .datagram_end = 28,
         .ports = PORTS},
        {.name = "ports are padding",
         .ihl = 5,
         .total_length = 20,
         .captured = 46,
         .wire = 46,
         .extent = IP_HEADER_WHOLE,
         .payload = true,
         .datagram_end = 20},
        {.name = "one port is padding",
         .ihl = 5,
         .total_length = 22,
         .captured = 46,
         .wire = 46,
         .extent = IP_HEADER_WHOLE,
         .payload = true,
         .payload_length = 2,
         .payload_captured = 2,
         .datagram_end = 22,
         .ports = IP_FIELD_SOURCE_PORT},
        {.name = "one byte",
         .ihl = 5,
         .total_length = 21,
         .captured = 21,
         .wire = 21,
         .extent = IP_HEADER_WHOLE,
         .payload = true,
         .payload_length = 1,
         .payload_captured = 1,
         .datagram_end = 21},
        {.name = "two bytes",
         .ihl = 5,
         .total_length = 22,
         .captured = 22,
         .wire = 22,
         .extent = IP_HEADER_WHOLE,
         .payload = true,
         .payload_length = 2,
         .payload_captured = 2,
         .datagram_end = 22,
         .ports = IP_FIELD_SOURCE_PORT},
        {.name = "three bytes",
         .ihl = 5,
         .total_length = 23,
         .captured = 23,
         .wire = 23,
         .extent = IP_HEADER_WHOLE,
         .payload = true,
         .payload_length = 3,
         .payload_captured = 3,
         .datagram_end = 23,
         .ports = IP_FIELD_SOURCE_PORT},
        {.name = "four bytes",
         .ihl = 5,
         .total_length = 24,
         .captured = 24,
         .wire = 24,
         .extent = IP_HEADER_WHOLE,
         .payload = true,
         .payload_length = 4,
         .payload_captured = 4,
         .datagram_end = 24,
         .ports = PORTS},
        {.name = "three of eight captured",
         .ihl = 5,
         .total_length = 28,
         .captured = 23,
         .wire = 28,
         .extent = IP_HEADER_WHOLE,
         .payload = true,
         .payload_length = 8,
         .payload_captured = 3,
         .datagram_end = 28,
         .ports = IP_FIELD_SOURCE_PORT},
        {.name = "wire below captured",
         .ihl = 5,
         .total_length = 100,
         .captured = 100,
         .wire = 40,
         .extent = IP_HEADER_WHOLE,
         .payload = true,
         .payload_length = 80,
         .payload_captured = 80,
         .datagram_end = 100,
         .ports = PORTS},
        {.name = "wire 0",
         .ihl = 5,
         .total_length = 100,
         .captured = 100,
         .wire = 0,
         .extent = IP_HEADER_WHOLE,
         .payload = true,
         .payload_length = 80,
         .payload_captured = 80,
         .datagram_end = 100,
         .ports = PORTS},
        {.name = "huge wire",
         .ihl = 5,
         .total_length = 100,
         .captured = 100,
         .wire = UINT32_MAX,
         .extent = IP_HEADER_WHOLE,
         .payload = true,
         .payload_length = 80,
         .payload_captured = 80,
         .datagram_end = 100,
         .ports = PORTS},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const char *row = rows[i].name;
        uint8_t bytes[BUFFER];
        struct ip_packet p;

        make_ipv4(bytes, rows[i].ihl, rows[i].total_length, 0, IP_PROTOCOL_UDP);
        p = decode(row, bytes, rows[i].captured, rows[i].wire);
        row_equal(row, p.wire_length,
                  rows[i].wire > rows[i].captured ? rows[i].wire : rows[i].captured);
        row_equal(row, p.header_length, rows[i].ihl * 4);
        row_equal(row, p.total_length, rows[i].total_length);
        row_equal(row, p.extent, rows[i].extent);
        row_equal(row, ip_packet_has(&p, IP_FIELD_PAYLOAD), rows[i].payload);
        row_equal(row, p.payload_offset, rows[i].payload ? rows[i].ihl * 4 : 0);
        row_equal(row, p.payload_length, rows[i].payload_length);
        row_equal(row, p.payload_captured, rows[i].payload_captured);
        row_equal(row, p.datagram_end, rows[i].datagram_end);
        row_equal(row, p.segmentation_offload, rows[i].offload);
        row_equal(row, p.present & PORTS, rows[i].ports);
        if (rows[i].ports & IP_FIELD_SOURCE_PORT)
            row_equal(row, p.source_port,
                      bytes[p.payload_offset] << 8 | bytes[p.payload_offset + 1]);
        if (rows[i].ports & IP_FIELD_DESTINATION_PORT)
            row_equal(row, p.destination_port,
                      bytes[p.payload_offset + 2] << 8 | bytes[p.payload_offset + 3]);
    }
}

static void test_ipv4_fragments(void **state)
{
    static const struct {
        const char *name;
        uint32_t flags_offset;
        uint32_t offset;
        bool reserved, dont, more, later;
    } rows[] = {
        {.name = "whole", .flags_offset = 0x0000},
        {.name = "reserved", .flags_offset = 0x8000, .reserved = true},
        {.name = "DF", .flags_offset = 0x4000, .dont = true},
        {.name = "first", .flags_offset = 0x2000, .more = true},
        {.name = "second", .flags_offset = 0x2001, .offset = 8, .more = true, .later = true},
        {.name = "middle", .flags_offset = 0x20B9, .offset = 1480, .more = true, .later = true},
        {.name = "last", .flags_offset = 0x0172, .offset = 2960, .later = true},
        {.name = "furthest", .flags_offset = 0x1FFF, .offset = 65528, .later = true},
        {.name = "all bits",
         .flags_offset = 0xFFFF,
         .offset = 65528,
         .reserved = true,
         .dont = true,
         .more = true,
         .later = true},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const char *row = rows[i].name;
        uint8_t bytes[BUFFER];
        struct ip_packet p;

        make_ipv4(bytes, 5, 100, rows[i].flags_offset, IP_PROTOCOL_UDP);
        p = decode(row, bytes, 100, 100);
        row_equal(row, p.fragment_offset, rows[i].offset);
        row_equal(row, p.reserved_flag, rows[i].reserved);
        row_equal(row, p.dont_fragment, rows[i].dont);
        row_equal(row, p.more_fragments, rows[i].more);
        row_equal(row, p.later_fragment, rows[i].later);
        row_equal(row, p.present & PORTS, rows[i].later ? 0 : PORTS);
        row_equal(row, p.payload_length, 80);
    }
}

/* Every protocol number; the list is IANA's for the five transports of the design. */
static void test_ports_by_protocol(void **state)
{
    (void)state;
    for (unsigned protocol = 0; protocol <= UINT8_MAX; protocol++) {
        bool expected =
            protocol == 6 || protocol == 17 || protocol == 33 || protocol == 132 || protocol == 136;
        uint8_t bytes[BUFFER];
        struct ip_packet p;
        char row[32];

        snprintf(row, sizeof row, "protocol %u", protocol);
        make_ipv4(bytes, 5, 40, 0, (uint8_t)protocol);
        p = decode(row, bytes, 40, 40);
        row_equal(row, p.protocol, protocol);
        row_equal(row, p.present & PORTS, expected ? PORTS : 0);
        row_equal(row, p.source_port, expected ? 0x1516 : 0);
        row_equal(row, p.destination_port, expected ? 0x1718 : 0);
    }
}

static const struct field_end ipv4_fields[] = {
    {.field = IP_FIELD_VERSION, .end = 1},           {.field = IP_FIELD_HEADER_LENGTH, .end = 1},
    {.field = IP_FIELD_TYPE_OF_SERVICE, .end = 2},   {.field = IP_FIELD_TOTAL_LENGTH, .end = 4},
    {.field = IP_FIELD_IDENTIFICATION, .end = 6},    {.field = IP_FIELD_FLAGS, .end = 8},
    {.field = IP_FIELD_TIME_TO_LIVE, .end = 9},      {.field = IP_FIELD_PROTOCOL, .end = 10},
    {.field = IP_FIELD_CHECKSUM, .end = 12},         {.field = IP_FIELD_SOURCE, .end = 16},
    {.field = IP_FIELD_DESTINATION, .end = 20},      {.field = IP_FIELD_SOURCE_PORT, .end = 26},
    {.field = IP_FIELD_DESTINATION_PORT, .end = 28},
};

static void test_ipv4_every_capture_length(void **state)
{
    const uint32_t wire = IPV4_PACKET_LENGTH;

    (void)state;
    for (uint32_t captured = 0; captured <= wire; captured++) {
        uint8_t *bytes = prefix_of(ipv4_packet, captured);
        uint32_t expected = fields_within(ipv4_fields, ROWS(ipv4_fields), captured);
        struct ip_packet p;
        char row[32];

        snprintf(row, sizeof row, "captured %" PRIu32, captured);
        row_equal(row, ip_packet_decode(&p, bytes, captured, wire), captured > 0);
        check_invariants(row, &p);
        row_equal(row, p.present & ~(uint32_t)IP_FIELD_PAYLOAD, expected);
        row_equal(row, p.captured_length, captured);
        row_equal(row, p.wire_length, wire);
        row_equal(row, p.extent, captured < 24 ? IP_HEADER_CUT : IP_HEADER_WHOLE);
        /* The payload's length is known as soon as the lengths of packet and header are. */
        row_equal(row, ip_packet_has(&p, IP_FIELD_PAYLOAD), captured >= 4);
        row_equal(row, p.payload_length, captured >= 4 ? 8 : 0);
        row_equal(row, p.payload_captured, captured > 24 ? captured - 24 : 0);
        free(bytes);
    }
}

/* The same bytes, but there never were more: that is a broken packet, not a cut one. */
static void test_ipv4_every_wire_length(void **state)
{
    (void)state;
    for (uint32_t length = 1; length <= IPV4_PACKET_LENGTH; length++) {
        uint8_t *bytes = prefix_of(ipv4_packet, length);
        struct ip_packet p;
        char row[32];

        snprintf(row, sizeof row, "wire %" PRIu32, length);
        p = decode(row, bytes, length, length);
        row_equal(row, p.present & ~(uint32_t)IP_FIELD_PAYLOAD,
                  fields_within(ipv4_fields, ROWS(ipv4_fields), length));
        row_equal(row, p.extent, length < 24 ? IP_HEADER_OVERRUN : IP_HEADER_WHOLE);
        row_equal(row, ip_packet_has(&p, IP_FIELD_PAYLOAD), length >= 24);
        row_equal(row, p.payload_length, length >= 24 ? length - 24 : 0);
        free(bytes);
    }
}

static void test_ipv4_has_no_extensions(void **state)
{
    struct ip_extension extension = {0};
    uint8_t bytes[BUFFER];
    struct ip_packet p;

    (void)state;
    make_ipv4(bytes, 5, 100, 0, IP_PROTOCOL_AH);
    p = decode("IPv4", bytes, 100, 100);
    assert_int_equal(p.protocol, IP_PROTOCOL_AH);
    assert_int_equal(p.header_length, 20);
    assert_false(ip_packet_next_extension(&p, &extension));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ipv4_every_field),
        cmocka_unit_test(test_ipv4_fields_apart),
        cmocka_unit_test(test_ipv4_lengths),
        cmocka_unit_test(test_ipv4_fragments),
        cmocka_unit_test(test_ports_by_protocol),
        cmocka_unit_test(test_ipv4_every_capture_length),
        cmocka_unit_test(test_ipv4_every_wire_length),
        cmocka_unit_test(test_ipv4_has_no_extensions),
    };

    return cmocka_run_group_tests_name("ip_packet_ipv4", tests, NULL, NULL);
}
