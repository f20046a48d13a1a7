/*
 * What is read of a TCP header: numbers, flags, and the options that concern its connection.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include "ip_checksum.h"
#include "tcp_segment.h"

enum {
    IP_HEADER = 20,
    OPTIONS_MAX = 40,
    DATA = 5,
    ROOM = IP_HEADER + TCP_SEGMENT_MIN + OPTIONS_MAX + DATA,
};

/* A segment with the options, and data behind them; returns its length with the IP header. */
static uint32_t build(uint8_t *bytes, const uint8_t *options, uint32_t length)
{
    static const uint8_t ip[] = {0x45, 0, 0, 0, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2};
    static const uint8_t tcp[] = {0, 80, 0, 9, 1,    2,    3, 4, 5, 6,
                                  7, 8,  0, 0, 0x12, 0x34, 0, 0, 0, 0};
    const uint32_t header = TCP_SEGMENT_MIN + length;

    memset(bytes, 0, ROOM);
    memcpy(bytes, ip, sizeof ip);
    memcpy(bytes + IP_HEADER, tcp, sizeof tcp);
    if (length != 0)
        memcpy(bytes + IP_HEADER + TCP_SEGMENT_MIN, options, length);
    bytes[IP_HEADER + TCP_OFFSET_FIELD] = (uint8_t)(header / 4 << 4);
    bytes[IP_HEADER + TCP_FLAGS_FIELD] = TCP_FLAG_ACK | TCP_FLAG_FIN;
    bytes[3] = (uint8_t)(IP_HEADER + header + DATA);
    return bytes[3];
}

static bool read_captured(struct tcp_segment *segment, const uint8_t *bytes, uint32_t captured,
                          uint32_t length)
{
    struct ip_packet packet;

    ip_packet_decode(&packet, bytes, captured, length);
    return tcp_segment_read(segment, &packet);
}

static void test_header(void **state)
{
    uint8_t bytes[ROOM];
    const uint32_t length = build(bytes, NULL, 0);
    struct tcp_segment segment;

    (void)state;
    assert_true(read_captured(&segment, bytes, length, length));
    assert_int_equal(segment.sequence, 0x01020304);
    assert_int_equal(segment.acknowledgment, 0x05060708);
    assert_int_equal(segment.flags, TCP_FLAG_ACK | TCP_FLAG_FIN);
    assert_int_equal(segment.window, 0x1234);
    assert_int_equal(segment.length, DATA);
    assert_false(segment.has_sack || segment.has_scale || segment.has_timestamp);
}

/* What the snapshot length left out is not made up; the length of the data is that on the wire. */
static void test_snapshot_length(void **state)
{
    static const uint8_t options[] = {3, 3, 7, 1};
    uint8_t bytes[ROOM];
    const uint32_t length = build(bytes, options, sizeof options);

    (void)state;
    for (uint32_t captured = 0; captured <= length; captured++) {
        struct tcp_segment segment;
        const bool found = read_captured(&segment, bytes, captured, length);

        assert_int_equal(found, captured > IP_HEADER + TCP_FLAGS_FIELD);
        if (!found)
            continue;
        assert_int_equal(segment.length, DATA);
        assert_int_equal(segment.window, captured >= IP_HEADER + TCP_WINDOW_FIELD + 2 ? 0x1234 : 0);
        assert_int_equal(segment.has_scale, captured >= IP_HEADER + TCP_SEGMENT_MIN + 4);
    }
}

static void test_options(void **state)
{
    static const struct {
        const char *name;
        uint8_t options[OPTIONS_MAX];
        uint32_t length;
        bool has_sack, has_scale, has_timestamp;
        uint32_t sack_edge, scale, timestamp, echo;
    } rows[] = {
        {.name = "scale", .options = {1, 3, 3, 7}, .length = 4, .has_scale = true, .scale = 7},
        {.name = "scale too large",
         .options = {3, 3, 200, 0},
         .length = 4,
         .has_scale = true,
         .scale = TCP_SCALE_MAX},
        {.name = "scale of a wrong length", .options = {3, 4, 7, 7}, .length = 4},
        {.name = "behind the end", .options = {0, 3, 3, 7}, .length = 4},
        {.name = "behind a length of 0", .options = {9, 0, 0, 0, 3, 3, 7, 0}, .length = 8},
        {.name = "behind a length of 1",
         .options = {9, 1, 3, 3, 7, 0, 0, 0},
         .length = 8,
         .has_scale = false},
        {.name = "longer than the header", .options = {1, 3, 8, 7}, .length = 4},
        {.name = "timestamps",
         .options = {1, 1, 8, 10, 0, 0, 1, 2, 0, 0, 3, 4},
         .length = 12,
         .has_timestamp = true,
         .timestamp = 0x102,
         .echo = 0x304},
        {.name = "timestamps of a wrong length",
         .options = {8, 11, 0, 0, 1, 2, 0, 0, 3, 4, 0, 0},
         .length = 12},
        {.name = "SACK",
         .options = {1, 1, 5, 10, 0, 0, 0, 5, 0, 0, 0, 9},
         .length = 12,
         .has_sack = true,
         .sack_edge = 9},
        {.name = "SACK, the highest is the second",
         .options = {1, 1, 5, 18, 0, 0, 0, 5, 0, 0, 0, 9, 0, 0, 0, 20, 0, 0, 0, 30},
         .length = 20,
         .has_sack = true,
         .sack_edge = 30},
        {.name = "SACK, the highest is the first",
         .options = {1, 1, 5, 18, 0, 0, 0, 20, 0, 0, 0, 30, 0, 0, 0, 5, 0, 0, 0, 9},
         .length = 20,
         .has_sack = true,
         .sack_edge = 30},
        {.name = "SACK that wraps",
         .options = {1, 1, 5, 18, 0xFF, 0xFF, 0xFF, 0, 0xFF, 0xFF, 0xFF, 9, 0, 0, 0, 5, 0, 0, 0, 9},
         .length = 20,
         .has_sack = true,
         .sack_edge = 9},
        {.name = "SACK with half a block", .options = {5, 6, 0, 0, 0, 5, 0, 0}, .length = 8},
        {.name = "empty SACK", .options = {5, 2, 0, 0}, .length = 4},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        uint8_t bytes[ROOM];
        const uint32_t length = build(bytes, rows[i].options, rows[i].length);
        struct tcp_segment segment;

        row_true(rows[i].name, read_captured(&segment, bytes, length, length));
        row_equal(rows[i].name, segment.has_sack, rows[i].has_sack);
        row_equal(rows[i].name, segment.has_scale, rows[i].has_scale);
        row_equal(rows[i].name, segment.has_timestamp, rows[i].has_timestamp);
        row_equal(rows[i].name, segment.sack_edge, rows[i].sack_edge);
        row_equal(rows[i].name, segment.window_scale, rows[i].scale);
        row_equal(rows[i].name, segment.timestamp, rows[i].timestamp);
        row_equal(rows[i].name, segment.echo, rows[i].echo);
        row_equal(rows[i].name, segment.length, DATA);
    }
}

static void test_any_options(void **state)
{
    uint32_t seed = 5;

    (void)state;
    for (int i = 0; i < 100000; i++) {
        uint8_t options[OPTIONS_MAX];
        uint8_t built[ROOM];
        const uint32_t length = unit_random(&seed) % 11 * 4;
        struct tcp_segment segment;
        uint32_t total;
        uint8_t *bytes;

        for (uint32_t k = 0; k < length; k++)
            options[k] =
                (uint8_t)(unit_random(&seed) % 2 ? unit_random(&seed) % 12 : unit_random(&seed));
        total = build(built, options, length);
        bytes = test_malloc(total); /* so that a sanitizer sees any access behind it */
        memcpy(bytes, built, total);
        assert_true(read_captured(&segment, bytes, total, total));
        assert_true(segment.window_scale <= TCP_SCALE_MAX);
        test_free(bytes);
    }
}

/* What has no data behind its header, and what only is called TCP. */
static void test_not_a_segment(void **state)
{
    uint8_t bytes[ROOM];
    const uint32_t length = build(bytes, NULL, 0);
    struct tcp_segment segment;
    struct ip_packet packet;

    (void)state;
    assert_true(read_captured(&segment, bytes, length - DATA, length - DATA));
    assert_int_equal(segment.length, 0);
    ip_packet_decode(&packet, bytes, length, length);
    assert_int_equal(tcp_segment_flags(&packet), TCP_FLAG_ACK | TCP_FLAG_FIN);

    bytes[7] = 1; /* behind the first fragment */
    ip_packet_decode(&packet, bytes, length, length);
    assert_false(tcp_segment_read(&segment, &packet));
    assert_int_equal(tcp_segment_flags(&packet), 0);
    bytes[7] = 0;
    bytes[9] = IP_PROTOCOL_UDP;
    ip_packet_decode(&packet, bytes, length, length);
    assert_false(tcp_segment_read(&segment, &packet));
    assert_int_equal(tcp_segment_flags(&packet), 0);
    bytes[9] = IP_PROTOCOL_TCP;
    bytes[0] = 0x44; /* a header of 16 bytes */
    assert_false(read_captured(&segment, bytes, length, length));
}

/* 192.0.2.1 or 2001:db8::1 sends data to ...2, all checksums right; returns the length. */
static uint32_t build_plain(uint8_t *bytes, unsigned version, bool is_partial)
{
    static const uint8_t v4[] = {0x45, 0, 0,   0, 0, 1, 0x40, 0, 64, 6,
                                 0,    0, 192, 0, 2, 1, 192,  0, 2,  2};
    static const uint8_t v6[] = {0x60, 0, 0, 0, 0, 0, 6, 64, 0x20, 0x01, 0x0d, 0xb8, 0,    0,
                                 0,    0, 0, 0, 0, 0, 0, 0,  0,    1,    0x20, 0x01, 0x0d, 0xb8,
                                 0,    0, 0, 0, 0, 0, 0, 0,  0,    0,    0,    2};
    const uint32_t start = version == 4 ? sizeof v4 : sizeof v6;
    const uint32_t addresses = version == 4 ? 8 : 32;
    const uint32_t length = TCP_SEGMENT_MIN + DATA;
    uint8_t *tcp = bytes + start;
    uint32_t sum;

    memcpy(bytes, version == 4 ? v4 : v6, start);
    bytes[version == 4 ? 3 : 5] = (uint8_t)(length + (version == 4 ? start : 0));
    memset(tcp, 0, length);
    memcpy(tcp, (const uint8_t[]){0, 80, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 0x50, TCP_FLAG_ACK}, 14);
    memcpy(tcp + TCP_SEGMENT_MIN, "data!", DATA);
    if (version == 4) {
        sum = 0xFFFF - ip_checksum_sum(bytes, start);
        bytes[10] = (uint8_t)(sum >> 8);
        bytes[11] = (uint8_t)sum;
    }
    sum = ip_checksum_sum(tcp - addresses, addresses) + 6U + length;
    if (!is_partial)
        sum += ip_checksum_sum(tcp, length);
    sum = (sum & 0xFFFF) + (sum >> 16);
    sum = (sum & 0xFFFF) + (sum >> 16);
    if (!is_partial)
        sum = 0xFFFF - sum;
    tcp[TCP_CHECKSUM_FIELD] = (uint8_t)(sum >> 8);
    tcp[TCP_CHECKSUM_FIELD + 1] = (uint8_t)sum;
    return start + length;
}

/* The short way reads what the long one does. */
static void test_plain(void **state)
{
    static const unsigned versions[] = {4, 6};

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        uint8_t bytes[ROOM + IPV6_HEADER_LENGTH];
        const uint32_t length = build_plain(bytes, versions[i / 2], i % 2 != 0);
        struct tcp_segment plain;
        struct tcp_segment segment;

        assert_true(tcp_segment_read_plain(&plain, bytes, length));
        assert_true(read_captured(&segment, bytes, length, length));
        assert_memory_equal(&plain, &segment, sizeof plain);
        assert_int_equal(plain.length, DATA);
        assert_int_equal(plain.sequence, 0x01020304);
        for (uint32_t captured = 0; captured < length; captured++)
            assert_false(tcp_segment_read_plain(&plain, bytes, captured));
    }
}

/* What differs in a byte from a plain segment is left to the long way. */
static void test_not_plain(void **state)
{
    static const struct {
        const char *name;
        unsigned version;
        uint32_t at;
        uint8_t byte;
    } rows[] = {
        {"options", 4, 0, 0x46},
        {"version 5", 4, 0, 0x55},
        {"UDP", 4, 9, 17},
        {"first fragment", 4, 6, 0x20},
        {"later fragment", 4, 7, 1},
        {"wrong header checksum", 4, 11, 1},
        {"longer than what was captured", 4, 2, 1},
        {"another checksum", 4, 20 + 17, 1},
        {"other data", 4, 40, 'D'},
        {"version 7", 6, 0, 0x70},
        {"extension header", 6, 6, 0},
        {"longer than what was captured", 6, 4, 1},
        {"no room for TCP", 6, 5, 19},
        {"header of 16 bytes", 6, 40 + 12, 0x40},
        {"header longer than the packet", 6, 40 + 12, 0x70},
        {"another address", 6, 39, 3},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        uint8_t bytes[ROOM + IPV6_HEADER_LENGTH];
        const uint32_t length = build_plain(bytes, rows[i].version, false);
        struct tcp_segment segment;

        bytes[rows[i].at] = rows[i].byte;
        row_true(rows[i].name, !tcp_segment_read_plain(&segment, bytes, length));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header),        cmocka_unit_test(test_snapshot_length),
        cmocka_unit_test(test_options),       cmocka_unit_test(test_any_options),
        cmocka_unit_test(test_not_a_segment), cmocka_unit_test(test_plain),
        cmocka_unit_test(test_not_plain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
