/*
 * What is read of a TCP header: numbers, flags, and the options that concern its connection.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header),
        cmocka_unit_test(test_snapshot_length),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_any_options),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
