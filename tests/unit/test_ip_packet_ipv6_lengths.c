/*
 * The IP decoder on lengths of IPv6: payloads, jumbograms, extension headers that reach too far.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ip_packet_fixture.h"

#include <stdio.h>
#include <stdlib.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ipv6_lengths),
        cmocka_unit_test(test_ipv6_jumbo),
        cmocka_unit_test(test_ipv6_jumbo_shorter_than_wire),
        cmocka_unit_test(test_ipv6_jumbo_cut),
        cmocka_unit_test(test_ipv6_extension_overruns),
        cmocka_unit_test(test_ipv6_padding_is_no_header),
    };

    return cmocka_run_group_tests_name("ip_packet_ipv6_lengths", tests, NULL, NULL);
}
