/*
 * The IP decoder: each field of IPv4 and IPv6, lengths that lie, fragments, extension headers,
 * captures cut at every byte, and proof that nothing outside the given bytes is read: packets and
 * random bytes stand right before and right behind pages that cannot be read.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ip_packet.h"

enum {
    RANDOM_ROUNDS = 20000,
    BUFFER = 1024,
    WALK_MAX = 64, /* more extension headers than any packet here can hold */
    PORTS = IP_FIELD_SOURCE_PORT | IP_FIELD_DESTINATION_PORT,
    IPV4_HEADER_FIELDS = IP_FIELD_VERSION | IP_FIELD_HEADER_LENGTH | IP_FIELD_TYPE_OF_SERVICE |
                         IP_FIELD_TOTAL_LENGTH | IP_FIELD_IDENTIFICATION | IP_FIELD_FLAGS |
                         IP_FIELD_TIME_TO_LIVE | IP_FIELD_PROTOCOL | IP_FIELD_CHECKSUM |
                         IP_FIELD_SOURCE | IP_FIELD_DESTINATION,
    IPV6_HEADER_FIELDS = IP_FIELD_VERSION | IP_FIELD_HEADER_LENGTH | IP_FIELD_TYPE_OF_SERVICE |
                         IP_FIELD_TOTAL_LENGTH | IP_FIELD_TIME_TO_LIVE | IP_FIELD_PROTOCOL |
                         IP_FIELD_SOURCE | IP_FIELD_DESTINATION,
    FRAGMENT_FIELDS = IP_FIELD_FLAGS | IP_FIELD_IDENTIFICATION,
};

static void put_u16(uint8_t *at, uint32_t number)
{
    at[0] = (uint8_t)(number >> 8);
    at[1] = (uint8_t)number;
}

static void put_u32(uint8_t *at, uint32_t number)
{
    put_u16(at, number >> 16);
    put_u16(at + 2, number);
}

/*
 * What holds for every packet whatever its bytes: an absent value is 0, what is present was
 * captured, and the extension walk moves forward inside datagram and capture.
 */
static void check_invariants(const char *row, const struct ip_packet *p)
{
    const struct {
        enum ip_field field;
        uint64_t values;
    } absent[] = {
        {.field = IP_FIELD_VERSION, .values = p->version},
        {.field = IP_FIELD_HEADER_LENGTH, .values = p->header_length},
        {.field = IP_FIELD_TYPE_OF_SERVICE, .values = p->type_of_service},
        {.field = IP_FIELD_TOTAL_LENGTH, .values = p->total_length},
        {.field = IP_FIELD_IDENTIFICATION, .values = p->identification},
        {.field = IP_FIELD_FLAGS,
         .values = p->fragment_offset | p->reserved_flag | p->dont_fragment | p->more_fragments |
                   p->later_fragment},
        {.field = IP_FIELD_TIME_TO_LIVE, .values = p->time_to_live},
        {.field = IP_FIELD_PROTOCOL, .values = p->protocol | p->protocol_offset},
        {.field = IP_FIELD_CHECKSUM, .values = p->checksum},
        {.field = IP_FIELD_SOURCE, .values = p->source_offset},
        {.field = IP_FIELD_DESTINATION, .values = p->destination_offset},
        {.field = IP_FIELD_SOURCE_PORT, .values = p->source_port},
        {.field = IP_FIELD_DESTINATION_PORT, .values = p->destination_port},
        {.field = IP_FIELD_PAYLOAD,
         .values = p->payload_offset | p->payload_length | p->payload_captured},
    };
    struct ip_extension extension = {0};
    uint32_t behind = IPV6_HEADER_LENGTH;
    unsigned steps = 0;

    for (size_t i = 0; i < ROWS(absent); i++)
        if (!ip_packet_has(p, absent[i].field))
            row_equal(row, absent[i].values, 0);
    row_true(row, p->captured_length <= p->wire_length);
    row_true(row, p->datagram_end <= p->wire_length);
    row_true(row, p->payload_captured <= p->payload_length);
    if (p->payload_length > 0)
        row_true(row, p->payload_offset + p->payload_length == p->datagram_end);
    if (p->payload_captured > 0)
        row_true(row, p->payload_offset + p->payload_captured <= p->captured_length);
    row_true(row, !ip_packet_has(p, IP_FIELD_SOURCE_PORT) || p->payload_captured >= 2);
    row_true(row, !ip_packet_has(p, IP_FIELD_DESTINATION_PORT) || p->payload_captured >= 4);
    row_true(row, !p->later_fragment || (p->present & PORTS) == 0);
    row_true(row, p->protocol_offset == 0 || p->protocol_offset < p->captured_length);
    if (p->extent == IP_HEADER_WHOLE)
        row_true(row, p->header_length <= p->captured_length);
    while (ip_packet_next_extension(p, &extension)) {
        row_true(row, p->version == 6);
        row_equal(row, extension.offset, behind);
        row_true(row, extension.offset + 2 <= p->captured_length);
        row_true(row, extension.offset + 2 <= p->datagram_end);
        row_true(row, extension.length >= 8);
        row_true(row, ip_extension_name(extension.type) != NULL);
        row_true(row, ++steps < WALK_MAX);
        behind = extension.offset + extension.length;
    }
}

static struct ip_packet decode(const char *row, const uint8_t *bytes, uint32_t captured,
                               uint32_t wire)
{
    struct ip_packet packet;

    memset(&packet, 0xA5, sizeof packet); /* nothing of the caller's may be left */
    row_true(row, ip_packet_decode(&packet, bytes, captured, wire));
    row_true(row, packet.bytes == bytes);
    check_invariants(row, &packet);
    return packet;
}

/* IPv4 */

static const uint8_t ipv4_packet[] = {
    0x46, 0xB4, 0x00, 0x20, /* version 4, IHL 6; TOS; total length 32 */
    0x12, 0x34, 0x40, 0x00, /* id; DF */
    0x7B, 0x11, 0xAB, 0xCD, /* TTL 123, UDP, checksum */
    192,  0,    2,    10,   198, 51, 100, 7, 0x94, 0x04, 0x00, 0x00, /* router alert option */
    0x0F, 0xA0, 0x00, 0x09,                                          /* ports 4000 and 9 */
    0x00, 0x08, 0x00, 0x00,
};

static void test_ipv4_every_field(void **state)
{
    const char *row = "IPv4";
    struct ip_packet p = decode(row, ipv4_packet, sizeof ipv4_packet, sizeof ipv4_packet);

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

/* Bytes 0x01, 0x02, 0x03, ... behind a header that the caller fills in. */
static void make_ipv4(uint8_t *bytes, uint8_t ihl, uint32_t total_length, uint32_t flags_offset,
                      uint8_t protocol)
{
    for (uint32_t i = 0; i < BUFFER; i++)
        bytes[i] = (uint8_t)(i + 1);
    bytes[0] = (uint8_t)(0x40 | ihl);
    put_u16(bytes + 2, total_length);
    put_u16(bytes + 6, flags_offset);
    bytes[9] = protocol;
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

/* A field and the captured length from which on it is there. */
struct field_end {
    enum ip_field field;
    uint32_t end;
};

static uint32_t fields_within(const struct field_end *fields, size_t count, uint32_t captured)
{
    uint32_t present = 0;

    for (size_t i = 0; i < count; i++)
        if (captured >= fields[i].end)
            present |= (uint32_t)fields[i].field;
    return present;
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

/* Bytes of its own size, so that a sanitizer sees a read behind them. */
static uint8_t *prefix_of(const uint8_t *bytes, uint32_t length)
{
    uint8_t *prefix = malloc(length > 0 ? length : 1);

    assert_non_null(prefix);
    memcpy(prefix, bytes, length);
    return prefix;
}

static void test_ipv4_every_capture_length(void **state)
{
    const uint32_t wire = sizeof ipv4_packet;

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
    for (uint32_t length = 1; length <= sizeof ipv4_packet; length++) {
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

/* IPv6 */

struct builder {
    uint8_t bytes[BUFFER];
    uint32_t length;
    uint32_t name_offset; /* of the byte that names what is added next */
};

static void begin_ipv6(struct builder *b)
{
    memset(b, 0, sizeof *b);
    for (uint32_t i = 0; i < BUFFER; i++)
        b->bytes[i] = (uint8_t)(i + 1);
    memset(b->bytes, 0, 8);
    b->bytes[0] = 0x60;
    b->bytes[7] = 64;
    b->bytes[6] = IP_PROTOCOL_NO_NEXT;
    b->name_offset = 6;
    b->length = IPV6_HEADER_LENGTH;
}

static void end_ipv6(struct builder *b)
{
    put_u16(b->bytes + 4, b->length - IPV6_HEADER_LENGTH);
}

/* An extension header of `length` bytes, zeros behind its length byte (Pad1 options, offset 0). */
static uint8_t *add_extension(struct builder *b, uint8_t type, uint32_t length)
{
    uint8_t *header = b->bytes + b->length;

    b->bytes[b->name_offset] = type;
    b->name_offset = b->length;
    memset(header, 0, length);
    header[0] = IP_PROTOCOL_NO_NEXT;
    if (type == IP_PROTOCOL_AH)
        header[1] = (uint8_t)(length / 4 - 2); /* RFC 4302 section 2.2 */
    else if (type != IP_PROTOCOL_FRAGMENT)
        header[1] = (uint8_t)(length / 8 - 1);
    b->length += length;
    return header;
}

static void add_transport(struct builder *b, uint8_t protocol, uint32_t length)
{
    b->bytes[b->name_offset] = protocol;
    b->length += length;
}

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

struct chain {
    const char *name;
    struct {
        uint8_t type;
        uint32_t length;
    } headers[8]; /* ends with length 0 */
    uint8_t protocol;
};

/* Alone, at their longest, and in the order of RFC 8200 section 4.1. */
static const struct chain chains[] = {
    {.name = "hop-by-hop", .headers = {{IP_PROTOCOL_HOP_BY_HOP, 8}}, .protocol = IP_PROTOCOL_UDP},
    {.name = "hop-by-hop, longest",
     .headers = {{IP_PROTOCOL_HOP_BY_HOP, 512}},
     .protocol = IP_PROTOCOL_UDP},
    {.name = "routing", .headers = {{IP_PROTOCOL_ROUTING, 24}}, .protocol = IP_PROTOCOL_TCP},
    {.name = "fragment", .headers = {{IP_PROTOCOL_FRAGMENT, 8}}, .protocol = IP_PROTOCOL_UDP},
    {.name = "AH", .headers = {{IP_PROTOCOL_AH, 24}}, .protocol = IP_PROTOCOL_UDP},
    {.name = "AH, not a multiple of 8",
     .headers = {{IP_PROTOCOL_AH, 28}},
     .protocol = IP_PROTOCOL_UDP},
    {.name = "AH, shortest", .headers = {{IP_PROTOCOL_AH, 8}}, .protocol = IP_PROTOCOL_UDP},
    {.name = "destination options",
     .headers = {{IP_PROTOCOL_DESTINATION_OPTIONS, 16}},
     .protocol = IP_PROTOCOL_SCTP},
    {.name = "mobility", .headers = {{IP_PROTOCOL_MOBILITY, 16}}, .protocol = IP_PROTOCOL_NO_NEXT},
    {.name = "HIP", .headers = {{IP_PROTOCOL_HIP, 40}}, .protocol = IP_PROTOCOL_NO_NEXT},
    {.name = "Shim6", .headers = {{IP_PROTOCOL_SHIM6, 8}}, .protocol = IP_PROTOCOL_UDPLITE},
    {.name = "RFC order",
     .headers = {{IP_PROTOCOL_HOP_BY_HOP, 16},
                 {IP_PROTOCOL_DESTINATION_OPTIONS, 8},
                 {IP_PROTOCOL_ROUTING, 24},
                 {IP_PROTOCOL_FRAGMENT, 8},
                 {IP_PROTOCOL_AH, 24},
                 {IP_PROTOCOL_DESTINATION_OPTIONS, 16},
                 {IP_PROTOCOL_MOBILITY, 8}},
     .protocol = IP_PROTOCOL_DCCP},
    {.name = "twice the same",
     .headers = {{IP_PROTOCOL_DESTINATION_OPTIONS, 8}, {IP_PROTOCOL_DESTINATION_OPTIONS, 16}},
     .protocol = IP_PROTOCOL_TCP},
    {.name = "ESP ends the chain", .headers = {{IP_PROTOCOL_ROUTING, 8}}, .protocol = 50},
    {.name = "unknown protocol", .headers = {{IP_PROTOCOL_HOP_BY_HOP, 8}}, .protocol = 253},
    {.name = "none", .headers = {{0, 0}}, .protocol = IP_PROTOCOL_TCP},
};

static void build_chain(struct builder *b, const struct chain *chain, uint32_t transport)
{
    begin_ipv6(b);
    for (size_t i = 0; chain->headers[i].length > 0; i++)
        add_extension(b, chain->headers[i].type, chain->headers[i].length);
    add_transport(b, chain->protocol, transport);
    end_ipv6(b);
}

static void check_walk(const struct chain *chain, const struct ip_packet *p)
{
    struct ip_extension extension = {0};
    uint32_t offset = IPV6_HEADER_LENGTH;

    for (size_t i = 0; chain->headers[i].length > 0; i++) {
        row_true(chain->name, ip_packet_next_extension(p, &extension));
        row_equal(chain->name, extension.type, chain->headers[i].type);
        row_equal(chain->name, extension.offset, offset);
        row_equal(chain->name, extension.length, chain->headers[i].length);
        offset += chain->headers[i].length;
    }
    row_true(chain->name, !ip_packet_next_extension(p, &extension));
}

static void test_ipv6_chains(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(chains); i++) {
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

static void test_ipv6_lengths(void **state)
{
    static const struct {
        const char *name;
        uint8_t protocol;
        uint32_t payload_length; /* in the header */
        uint32_t captured;       /* behind the header */
        uint32_t wire;           /* behind the header */
        uint32_t expected;
        uint32_t expected_captured;
        bool offload;
    } rows[] = {
        {.name = "plain",
         .protocol = IP_PROTOCOL_TCP,
         .payload_length = 30,
         .captured = 30,
         .wire = 30,
         .expected = 30,
         .expected_captured = 30},
        {.name = "cut",
         .protocol = IP_PROTOCOL_TCP,
         .payload_length = 30,
         .captured = 7,
         .wire = 30,
         .expected = 30,
         .expected_captured = 7},
        {.name = "padding",
         .protocol = IP_PROTOCOL_UDP,
         .payload_length = 9,
         .captured = 20,
         .wire = 20,
         .expected = 9,
         .expected_captured = 9},
        {.name = "length beyond wire",
         .protocol = IP_PROTOCOL_UDP,
         .payload_length = 31,
         .captured = 30,
         .wire = 30,
         .expected = 30,
         .expected_captured = 30},
        {.name = "no next header, data",
         .protocol = IP_PROTOCOL_NO_NEXT,
         .payload_length = 30,
         .captured = 30,
         .wire = 30,
         .expected = 30,
         .expected_captured = 30},
        {.name = "no next header",
         .protocol = IP_PROTOCOL_NO_NEXT,
         .payload_length = 0,
         .captured = 0,
         .wire = 0,
         .expected = 0},
        {.name = "TCP offload",
         .protocol = IP_PROTOCOL_TCP,
         .payload_length = 0,
         .captured = 400,
         .wire = 60000,
         .expected = 60000,
         .expected_captured = 400,
         .offload = true},
        {.name = "TCP offload, smallest",
         .protocol = IP_PROTOCOL_TCP,
         .payload_length = 0,
         .captured = 20,
         .wire = 20,
         .expected = 20,
         .expected_captured = 20,
         .offload = true},
        {.name = "no whole TCP header",
         .protocol = IP_PROTOCOL_TCP,
         .payload_length = 0,
         .captured = 19,
         .wire = 19,
         .expected = 0},
        {.name = "UDP offload, smallest",
         .protocol = IP_PROTOCOL_UDP,
         .payload_length = 0,
         .captured = 8,
         .wire = 8,
         .expected = 8,
         .expected_captured = 8,
         .offload = true},
        {.name = "no whole UDP header",
         .protocol = IP_PROTOCOL_UDP,
         .payload_length = 0,
         .captured = 7,
         .wire = 7,
         .expected = 0},
        {.name = "length 0 of ICMPv6",
         .protocol = 58,
         .payload_length = 0,
         .captured = 100,
         .wire = 100,
         .expected = 0},
        {.name = "length 0 of SCTP",
         .protocol = IP_PROTOCOL_SCTP,
         .payload_length = 0,
         .captured = 100,
         .wire = 100,
         .expected = 0},
        {.name = "longest",
         .protocol = IP_PROTOCOL_UDP,
         .payload_length = 65535,
         .captured = 100,
         .wire = 65535,
         .expected = 65535,
         .expected_captured = 100},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const char *row = rows[i].name;
        uint32_t wire = IPV6_HEADER_LENGTH + rows[i].wire;
        struct builder b;
        struct ip_packet p;

        begin_ipv6(&b);
        put_u16(b.bytes + 4, rows[i].payload_length);
        b.bytes[6] = rows[i].protocol;
        p = decode(row, b.bytes, IPV6_HEADER_LENGTH + rows[i].captured, wire);
        row_equal(row, p.extent, IP_HEADER_WHOLE);
        row_equal(row, p.wire_length, wire);
        row_equal(row, p.total_length, IPV6_HEADER_LENGTH + rows[i].payload_length);
        row_equal(row, p.datagram_end, IPV6_HEADER_LENGTH + rows[i].expected);
        row_true(row, ip_packet_has(&p, IP_FIELD_PAYLOAD));
        row_equal(row, p.payload_length, rows[i].expected);
        row_equal(row, p.payload_captured, rows[i].expected_captured);
        row_equal(row, p.segmentation_offload, rows[i].offload);
    }
}

/* A datagram of payload length 0 whose hop-by-hop header is `options` long and holds them. */
static void build_jumbo(struct builder *b, const uint8_t *options, uint32_t length)
{
    begin_ipv6(b);
    memcpy(add_extension(b, IP_PROTOCOL_HOP_BY_HOP, 2 + length) + 2, options, length);
    add_transport(b, IP_PROTOCOL_UDP, 8);
}

static void test_ipv6_jumbo(void **state)
{
    static const struct {
        const char *name;
        uint32_t options_length;
        uint8_t options[14];
        uint32_t payload_length;
        uint32_t jumbo_offset; /* 0: must not be found */
        uint64_t jumbo_length;
    } rows[] = {
        {.name = "alone",
         .options_length = 6,
         .options = {0xC2, 4, 0, 1, 0x11, 0x70},
         .jumbo_offset = 44,
         .jumbo_length = 70000},
        {.name = "behind PadN",
         .options_length = 14,
         .options = {1, 2, 0, 0, 0xC2, 4, 0, 1, 0x11, 0x70},
         .jumbo_offset = 48,
         .jumbo_length = 70000},
        {.name = "behind empty PadN",
         .options_length = 14,
         .options = {1, 0, 0xC2, 4, 0, 1, 0x11, 0x70},
         .jumbo_offset = 46,
         .jumbo_length = 70000},
        {.name = "behind Pad1",
         .options_length = 14,
         .options = {0, 0, 0, 0, 0xC2, 4, 0, 1, 0x11, 0x70},
         .jumbo_offset = 48,
         .jumbo_length = 70000},
        {.name = "behind router alert",
         .options_length = 14,
         .options = {5, 2, 0, 0, 0xC2, 4, 0, 1, 0x11, 0x70},
         .jumbo_offset = 48,
         .jumbo_length = 70000},
        {.name = "at the end",
         .options_length = 14,
         .options = {1, 6, 0, 0, 0, 0, 0, 0, 0xC2, 4, 0, 1, 0x11, 0x70},
         .jumbo_offset = 52,
         .jumbo_length = 70000},
        {.name = "largest",
         .options_length = 6,
         .options = {0xC2, 4, 0xFF, 0xFF, 0xFF, 0xFF},
         .jumbo_offset = 44,
         .jumbo_length = UINT32_MAX},
        {.name = "not with a payload length",
         .options_length = 6,
         .options = {0xC2, 4, 0, 1, 0x11, 0x70},
         .payload_length = 16},
        {.name = "of length 3", .options_length = 6, .options = {0xC2, 3, 0, 1, 0x11, 0x70}},
        {.name = "of length 5", .options_length = 14, .options = {0xC2, 5, 0, 1, 0x11, 0x70}},
        {.name = "beyond its header", .options_length = 6, .options = {0, 0, 0xC2, 4, 0, 1}},
        {.name = "skipped by another option",
         .options_length = 14,
         .options = {1, 8, 0, 0, 0xC2, 4, 0, 1, 0x11, 0x70}},
    };
    const uint32_t wire = 40 + 70000;

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const char *row = rows[i].name;
        uint32_t header = IPV6_HEADER_LENGTH + 2 + rows[i].options_length;
        struct builder b;
        struct ip_packet p;

        build_jumbo(&b, rows[i].options, rows[i].options_length);
        put_u16(b.bytes + 4, rows[i].payload_length);
        p = decode(row, b.bytes, b.length, wire);
        row_equal(row, p.jumbo_offset, rows[i].jumbo_offset);
        row_true(row, !p.segmentation_offload);
        if (rows[i].jumbo_offset != 0) {
            row_equal(row, p.extent, IP_HEADER_WHOLE);
            row_equal(row, p.total_length, 40 + rows[i].jumbo_length);
            row_equal(row, p.datagram_end, wire);
            row_equal(row, p.header_length, header);
            row_equal(row, p.payload_length, wire - header);
            row_equal(row, p.payload_captured, 8);
            row_equal(row, p.protocol, IP_PROTOCOL_UDP);
        } else {
            row_equal(row, p.total_length, 40 + rows[i].payload_length);
            row_equal(row, p.extent, rows[i].payload_length ? IP_HEADER_WHOLE : IP_HEADER_OVERRUN);
        }
    }
}

static void test_ipv6_jumbo_shorter_than_wire(void **state)
{
    static const uint8_t option[] = {0xC2, 4, 0, 1, 0x11, 0x70};
    struct builder b;
    struct ip_packet p;

    (void)state;
    build_jumbo(&b, option, sizeof option);
    p = decode("padding", b.bytes, b.length, 40 + 70010);
    assert_int_equal(p.datagram_end, 40 + 70000);
    assert_int_equal(p.payload_length, 70000 - 8);
}

/* Without the option the datagram's end is not known: nothing may be claimed about the payload. */
static void test_ipv6_jumbo_cut(void **state)
{
    static const uint8_t options[] = {1, 2, 0, 0, 0xC2, 4, 0, 1, 0x11, 0x70, 1, 2, 0, 0};
    const uint32_t option_end = 40 + 2 + 10;

    (void)state;
    for (uint32_t captured = 40; captured <= 64; captured++) {
        struct builder b;
        struct ip_packet p;
        uint8_t *bytes;
        char row[32];

        build_jumbo(&b, options, sizeof options);
        bytes = prefix_of(b.bytes, captured);
        snprintf(row, sizeof row, "captured %" PRIu32, captured);
        p = decode(row, bytes, captured, 40 + 70000);
        row_equal(row, p.extent, captured < 56 ? IP_HEADER_CUT : IP_HEADER_WHOLE);
        row_equal(row, p.jumbo_offset, captured < option_end ? 0 : 48);
        row_equal(row, p.total_length, captured < option_end ? 40 : 40 + 70000);
        row_equal(row, ip_packet_has(&p, IP_FIELD_PAYLOAD), captured >= option_end);
        row_equal(row, p.wire_length, 40 + 70000);
        row_true(row, !p.segmentation_offload);
        free(bytes);
    }
}

static void test_ipv6_extension_overruns(void **state)
{
    static const struct {
        const char *name;
        uint8_t type;
        uint32_t length;         /* in the extension header */
        uint32_t payload_length; /* in the IPv6 header */
        uint32_t wire;           /* bytes behind the IPv6 header */
        unsigned walked;         /* headers that the walk finds */
    } rows[] = {
        {.name = "beyond payload length",
         .type = IP_PROTOCOL_HOP_BY_HOP,
         .length = 16,
         .payload_length = 8,
         .wire = 60,
         .walked = 1},
        {.name = "one byte beyond",
         .type = IP_PROTOCOL_ROUTING,
         .length = 16,
         .payload_length = 15,
         .wire = 60,
         .walked = 1},
        {.name = "beyond the wire",
         .type = IP_PROTOCOL_DESTINATION_OPTIONS,
         .length = 64,
         .payload_length = 100,
         .wire = 63,
         .walked = 1},
        {.name = "longest",
         .type = IP_PROTOCOL_HOP_BY_HOP,
         .length = 2048,
         .payload_length = 100,
         .wire = 100,
         .walked = 1},
        {.name = "AH beyond payload length",
         .type = IP_PROTOCOL_AH,
         .length = 28,
         .payload_length = 27,
         .wire = 60,
         .walked = 1},
        {.name = "fragment header of 7 bytes",
         .type = IP_PROTOCOL_FRAGMENT,
         .length = 8,
         .payload_length = 7,
         .wire = 60,
         .walked = 1},
        {.name = "two bytes",
         .type = IP_PROTOCOL_ROUTING,
         .length = 8,
         .payload_length = 2,
         .wire = 60,
         .walked = 1},
        {.name = "one byte",
         .type = IP_PROTOCOL_ROUTING,
         .length = 8,
         .payload_length = 1,
         .wire = 60,
         .walked = 0},
        {.name = "no byte, padding behind",
         .type = IP_PROTOCOL_ROUTING,
         .length = 8,
         .payload_length = 0,
         .wire = 60,
         .walked = 0},
        {.name = "no byte",
         .type = IP_PROTOCOL_ROUTING,
         .length = 8,
         .payload_length = 0,
         .wire = 0,
         .walked = 0},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const char *row = rows[i].name;
        struct ip_extension extension = {0};
        uint8_t bytes[4096] = {0x60};
        uint32_t wire = IPV6_HEADER_LENGTH + rows[i].wire;
        unsigned walked = 0;
        struct ip_packet p;

        put_u16(bytes + 4, rows[i].payload_length);
        bytes[6] = rows[i].type;
        bytes[40] = IP_PROTOCOL_UDP;
        bytes[41] = (uint8_t)(rows[i].type == IP_PROTOCOL_AH ? rows[i].length / 4 - 2
                                                             : rows[i].length / 8 - 1);
        p = decode(row, bytes, wire, wire);
        row_equal(row, p.extent, IP_HEADER_OVERRUN);
        row_equal(row, p.header_length, IPV6_HEADER_LENGTH);
        row_true(row, !ip_packet_has(&p, IP_FIELD_PROTOCOL));
        row_true(row, !ip_packet_has(&p, IP_FIELD_PAYLOAD));
        row_equal(row, p.present & (PORTS | FRAGMENT_FIELDS), 0);
        while (ip_packet_next_extension(&p, &extension)) {
            row_equal(row, extension.length, rows[i].length);
            walked++;
        }
        row_equal(row, walked, rows[i].walked);
    }
}

/* The last header names one more, and the frame's padding would do as that one. */
static void test_ipv6_padding_is_no_header(void **state)
{
    static const struct chain expected = {.name = "padding",
                                          .headers = {{IP_PROTOCOL_HOP_BY_HOP, 8}}};
    struct builder b;
    struct ip_packet p;

    (void)state;
    begin_ipv6(&b);
    add_extension(&b, IP_PROTOCOL_HOP_BY_HOP, 8);
    end_ipv6(&b);
    add_extension(&b, IP_PROTOCOL_DESTINATION_OPTIONS, 8);
    add_transport(&b, IP_PROTOCOL_UDP, 20);
    p = decode("padding", b.bytes, b.length, b.length);
    assert_int_equal(p.extent, IP_HEADER_OVERRUN);
    assert_int_equal(p.header_length, 48);
    assert_int_equal(p.datagram_end, 48);
    assert_false(ip_packet_has(&p, IP_FIELD_PROTOCOL));
    assert_false(ip_packet_has(&p, IP_FIELD_PAYLOAD));
    check_walk(&expected, &p);
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

static void build_cut_chain(struct builder *b)
{
    uint8_t *fragment;

    begin_ipv6(b);
    add_extension(b, IP_PROTOCOL_HOP_BY_HOP, 8);
    add_extension(b, IP_PROTOCOL_ROUTING, 8);
    fragment = add_extension(b, IP_PROTOCOL_FRAGMENT, 8);
    put_u16(fragment + 2, 1);
    put_u32(fragment + 4, 0xCAFEF00D);
    add_extension(b, IP_PROTOCOL_DESTINATION_OPTIONS, 8);
    add_transport(b, IP_PROTOCOL_UDP, 8);
    end_ipv6(b);
}

static unsigned count_extensions(const struct ip_packet *p)
{
    struct ip_extension extension = {0};
    unsigned count = 0;

    while (count < WALK_MAX && ip_packet_next_extension(p, &extension))
        count++;
    return count;
}

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

/* Neither */

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
         .length = sizeof ipv4_packet,
         .captured = sizeof ipv4_packet,
         .extent = IP_HEADER_INVALID},
        {.name = "IPv4 cut",
         .bytes = ipv4_packet,
         .length = sizeof ipv4_packet,
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
    decode_prefixes(&fence, "IPv4", ipv4_packet, sizeof ipv4_packet);
    for (size_t i = 0; i < ROWS(chains); i++) {
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
        cmocka_unit_test(test_ipv4_every_field),
        cmocka_unit_test(test_ipv4_fields_apart),
        cmocka_unit_test(test_ipv4_lengths),
        cmocka_unit_test(test_ipv4_fragments),
        cmocka_unit_test(test_ports_by_protocol),
        cmocka_unit_test(test_ipv4_every_capture_length),
        cmocka_unit_test(test_ipv4_every_wire_length),
        cmocka_unit_test(test_ipv4_has_no_extensions),
        cmocka_unit_test(test_ipv6_every_field),
        cmocka_unit_test(test_ipv6_traffic_class),
        cmocka_unit_test(test_ipv6_chains),
        cmocka_unit_test(test_extension_names),
        cmocka_unit_test(test_ipv6_fragments),
        cmocka_unit_test(test_ipv6_later_fragment_ends_the_chain),
        cmocka_unit_test(test_ipv6_two_fragment_headers),
        cmocka_unit_test(test_ipv6_lengths),
        cmocka_unit_test(test_ipv6_jumbo),
        cmocka_unit_test(test_ipv6_jumbo_shorter_than_wire),
        cmocka_unit_test(test_ipv6_jumbo_cut),
        cmocka_unit_test(test_ipv6_extension_overruns),
        cmocka_unit_test(test_ipv6_padding_is_no_header),
        cmocka_unit_test(test_ipv6_every_capture_length),
        cmocka_unit_test(test_ipv6_fragment_header_cut),
        cmocka_unit_test(test_ipv6_every_short_length),
        cmocka_unit_test(test_ipv6_short_with_extension),
        cmocka_unit_test(test_other_versions),
        cmocka_unit_test(test_refused_version),
        cmocka_unit_test(test_no_bytes),
        cmocka_unit_test(test_nothing_outside_packets),
        cmocka_unit_test(test_nothing_outside_random),
    };

    return cmocka_run_group_tests_name("ip_packet", tests, NULL, NULL);
}
