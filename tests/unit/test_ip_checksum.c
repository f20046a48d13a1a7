/*
 * The Internet checksum: RFC 1071's example, every short length at every alignment against a plain
 * loop, sums with many carries, and the verdicts on the checksums of headers and messages.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "ip_checksum.h"

enum {
    HEADER = 20,
    CHECKSUM_OFFSET = 10,
};

/* RFC 1071 section 1 word by word, as slow as it is plain. */
static uint16_t naive_sum(const uint8_t *bytes, size_t length)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < length; i += 2) {
        sum += (uint32_t)bytes[i] << 8 | (i + 1 < length ? bytes[i + 1] : 0U);
        if (sum > 0xFFFF)
            sum -= 0xFFFF; /* end-around carry */
    }
    return (uint16_t)sum;
}

static void test_examples(void **state)
{
    static const struct {
        const char *name;
        uint8_t bytes[10];
        size_t length;
        uint16_t sum;
    } rows[] = {
        {"RFC 1071 section 3", {0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7}, 8, 0xDDF2},
        {"nothing", {0xFF}, 0, 0x0000},
        {"odd length 1", {0xAB, 0xFF}, 1, 0xAB00},
        {"odd length 3", {0x00, 0x01, 0xF2, 0xFF}, 3, 0xF201},
        {"odd length 5", {0x00, 0x01, 0x00, 0x01, 0xFE, 0x77}, 5, 0xFE02},
        {"zeros stay zero", {0}, 10, 0x0000},
        {"all ones stay 0xFFFF", {255, 255, 255, 255, 255, 255, 255, 255, 255, 255}, 10, 0xFFFF},
        {"one carry", {0xFF, 0xFF, 0x00, 0x01}, 4, 0x0001},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        row_equal(rows[i].name, ip_checksum_sum(rows[i].bytes, rows[i].length), rows[i].sum);
}

/* The bytes are copied to a block of just their size, so that a sanitizer sees any other read. */
static void test_every_length_and_alignment(void **state)
{
    uint32_t random = 0x1071;

    (void)state;
    for (size_t alignment = 0; alignment < 8; alignment++) {
        for (size_t length = 0; length <= 64; length++) {
            uint8_t *block = malloc(alignment + length + 1);
            char row[64];

            assert_non_null(block);
            for (size_t i = 0; i < alignment + length; i++)
                block[i] = (uint8_t)unit_random(&random);
            snprintf(row, sizeof row, "alignment %zu, length %zu", alignment, length);
            row_equal(row, ip_checksum_sum(block + alignment, length),
                      naive_sum(block + alignment, length));
            free(block);
        }
    }
}

/* The largest packet, filled so that nearly every addition carries. */
static void test_carries(void **state)
{
    static const uint8_t fill[] = {0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF};
    static uint8_t bytes[262144];

    (void)state;
    for (size_t i = 0; i < ROWS(fill); i++) {
        memset(bytes, fill[i], sizeof bytes);
        bytes[sizeof bytes - 1] ^= 0x55;
        row_equal("even", ip_checksum_sum(bytes, sizeof bytes), naive_sum(bytes, sizeof bytes));
        row_equal("odd", ip_checksum_sum(bytes, sizeof bytes - 1),
                  naive_sum(bytes, sizeof bytes - 1));
    }
}

/* A header with the given IHL and a wrong checksum of 0xBEEF. */
static void make_header(uint8_t *bytes, uint8_t ihl)
{
    static const uint8_t start[HEADER] = {0x40, 0,    0,   60, 0x1C, 0x46, 0x40, 0,  64,  6,
                                          0xBE, 0xEF, 192, 0,  2,    10,   198,  51, 100, 7};

    for (size_t i = 0; i < 60; i++)
        bytes[i] = (uint8_t)(i * 37);
    memcpy(bytes, start, sizeof start);
    bytes[0] = 0x40 | ihl;
}

static void set_checksum(uint8_t *bytes, uint16_t checksum)
{
    bytes[CHECKSUM_OFFSET] = (uint8_t)(checksum >> 8);
    bytes[CHECKSUM_OFFSET + 1] = (uint8_t)checksum;
}

/* What the sender would have written: the complement of the sum with a field of 0. */
static uint16_t right_checksum(const uint8_t *bytes, size_t length)
{
    uint8_t copy[60];

    memcpy(copy, bytes, length);
    set_checksum(copy, 0);
    return (uint16_t)~naive_sum(copy, length);
}

static void test_status(void **state)
{
    static const struct {
        const char *name;
        uint8_t ihl;
        uint32_t captured;
        uint32_t wire;
        enum { RIGHT, WRONG, ZERO } field;
        bool outgoing;
        enum ip_checksum_status expected;
    } rows[] = {
        {"good", 5, 60, 60, RIGHT, false, IP_CHECKSUM_GOOD},
        {"good, outgoing", 5, 60, 60, RIGHT, true, IP_CHECKSUM_GOOD},
        {"good with options", 15, 60, 60, RIGHT, false, IP_CHECKSUM_GOOD},
        {"good, captured to the header's end", 5, 20, 60, RIGHT, false, IP_CHECKSUM_GOOD},
        {"bad", 5, 60, 60, WRONG, false, IP_CHECKSUM_BAD},
        {"bad, outgoing", 5, 60, 60, WRONG, true, IP_CHECKSUM_BAD},
        {"bad with options", 15, 60, 60, WRONG, false, IP_CHECKSUM_BAD},
        {"zero, outgoing", 5, 60, 60, ZERO, true, IP_CHECKSUM_OFFLOADED},
        {"zero, received", 5, 60, 60, ZERO, false, IP_CHECKSUM_BAD},
        {"one byte missing", 5, 19, 60, RIGHT, false, IP_CHECKSUM_UNVERIFIED},
        {"one byte of the options missing", 15, 59, 60, RIGHT, false, IP_CHECKSUM_UNVERIFIED},
        {"checksum not captured", 5, 8, 60, ZERO, true, IP_CHECKSUM_UNVERIFIED},
        {"header longer than the packet", 15, 59, 59, RIGHT, false, IP_CHECKSUM_UNVERIFIED},
        {"header length 16", 4, 60, 60, RIGHT, false, IP_CHECKSUM_UNVERIFIED},
        {"header length 0", 0, 60, 60, ZERO, true, IP_CHECKSUM_UNVERIFIED},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct ip_packet packet;
        uint8_t bytes[60];

        make_header(bytes, rows[i].ihl);
        if (rows[i].field == RIGHT)
            set_checksum(bytes, right_checksum(bytes, rows[i].ihl * 4U));
        else if (rows[i].field == ZERO)
            set_checksum(bytes, 0);
        ip_packet_decode(&packet, bytes, rows[i].captured, rows[i].wire);
        row_equal(rows[i].name, ip_checksum_header(&packet, rows[i].outgoing), rows[i].expected);
    }
}

/* Any single bit that flips makes a good header bad. */
static void test_every_bit_counts(void **state)
{
    uint8_t bytes[60];

    (void)state;
    make_header(bytes, 6);
    set_checksum(bytes, right_checksum(bytes, 24));
    for (unsigned bit = 8; bit < 24 * 8; bit++) { /* the first byte tells version and length */
        struct ip_packet packet;

        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ip_packet_decode(&packet, bytes, sizeof bytes, sizeof bytes);
        row_equal("flipped", ip_checksum_header(&packet, false), IP_CHECKSUM_BAD);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void test_expected(void **state)
{
    static const uint16_t fields[] = {0x0000, 0x0001, 0x7FFF, 0x8000, 0xBEEF, 0xFFFE, 0xFFFF};
    uint32_t random = 0x1624;

    (void)state;
    for (unsigned round = 0; round < 200; round++) {
        for (uint8_t ihl = 5; ihl <= 15; ihl++) {
            struct ip_packet packet;
            uint8_t bytes[60];

            make_header(bytes, ihl);
            for (size_t i = 1; i < sizeof bytes; i++)
                bytes[i] = (uint8_t)unit_random(&random);
            set_checksum(bytes, fields[round % ROWS(fields)]);
            ip_packet_decode(&packet, bytes, sizeof bytes, sizeof bytes);
            row_equal("expected", ip_checksum_header_expected(&packet),
                      right_checksum(bytes, ihl * 4U));
        }
    }
}

/*
 * The header's other fields sum to 0xFFFF: the checksum is 0, whatever stands in the field. 0xFFFF
 * there is the same number to a receiver that sums up (RFC 1624 section 3).
 */
static void test_expected_zero(void **state)
{
    static const struct {
        uint16_t field;
        enum ip_checksum_status status;
    } rows[] = {
        {0x0000, IP_CHECKSUM_GOOD},
        {0xFFFF, IP_CHECKSUM_GOOD},
        {0x0001, IP_CHECKSUM_BAD},
        {0xFFFE, IP_CHECKSUM_BAD},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct ip_packet packet;
        uint8_t bytes[60];
        uint16_t rest;

        make_header(bytes, 5);
        bytes[4] = 0;
        bytes[5] = 0;
        rest = right_checksum(bytes, HEADER);
        bytes[4] = (uint8_t)(rest >> 8); /* the identification fills the sum up */
        bytes[5] = (uint8_t)rest;
        assert_int_equal(right_checksum(bytes, HEADER), 0);
        set_checksum(bytes, rows[i].field);
        ip_packet_decode(&packet, bytes, sizeof bytes, sizeof bytes);
        row_equal("zero", ip_checksum_header_expected(&packet), 0);
        row_equal("zero", ip_checksum_header(&packet, false), rows[i].status);
        row_equal("zero, outgoing", ip_checksum_header(&packet, true), rows[i].status);
    }
}

/* A message behind a header: what the sender filled in and what was captured of it. */
enum filled {
    FILLED_RIGHT,
    FILLED_WRONG,
    FILLED_PARTIAL,               /* the pseudo-header's sum */
    FILLED_PARTIAL_WITHOUT_LENGTH /* the same with a length of 0 */
};

struct message {
    const char *name;
    uint8_t version;
    uint8_t protocol;
    uint8_t field;  /* offset of the checksum in the message */
    uint8_t length; /* bytes of the message */
    bool with_pseudo_header;
    const char *chain; /* what stands between header and message, a multiple of 4 bytes */
    uint8_t chain_length;
    uint8_t type;        /* IPv6: of the chain */
    uint16_t fragment;   /* IPv4: flags and offset */
    bool without_length; /* the length field is 0, as for segmentation offload */
    enum filled filled;
    uint8_t cut; /* bytes at the end that were not captured */
    enum ip_checksum_status expected;
};

/* The pseudo-header as a block of bytes (RFC 9293 section 3.1, RFC 8200 section 8.1). */
static uint16_t pseudo_sum(const uint8_t *bytes, const struct message *message, uint32_t length)
{
    uint8_t block[40] = {0};
    const size_t addresses = message->version == 4 ? 8 : 32;

    memcpy(block, bytes + (message->version == 4 ? 12 : 8), addresses);
    block[addresses + 2] = (uint8_t)(length >> 8);
    block[addresses + 3] = (uint8_t)length;
    block[addresses + 7] = message->protocol;
    return naive_sum(block, addresses + 8);
}

static void fill_in(uint8_t *bytes, uint32_t start, const struct message *message)
{
    uint8_t *field = bytes + start + message->field;
    const uint16_t pseudo =
        message->with_pseudo_header ? pseudo_sum(bytes, message, message->length) : 0;
    uint32_t sum = pseudo;

    if (message->filled == FILLED_RIGHT || message->filled == FILLED_WRONG) {
        sum += naive_sum(bytes + start, message->length);
        sum = ~((sum & 0xFFFF) + (sum >> 16)) & 0xFFFF;
    } else if (message->filled == FILLED_PARTIAL_WITHOUT_LENGTH) {
        sum = pseudo_sum(bytes, message, 0);
    }
    field[0] = (uint8_t)(sum >> 8);
    field[1] = (uint8_t)(sum ^ (message->filled == FILLED_WRONG));
}

/* Returns the packet's length. */
static uint32_t make_message(uint8_t *bytes, const struct message *message)
{
    const uint32_t header = message->version == 4 ? HEADER : IPV6_HEADER_LENGTH;
    const uint32_t start = header + message->chain_length;
    const uint32_t end = start + message->length;
    const uint32_t told = message->without_length ? 0 : end;

    for (uint32_t i = 0; i < end; i++)
        bytes[i] = (uint8_t)(i * 37 + 11);
    if (message->version == 4) {
        make_header(bytes, (uint8_t)(start / 4));
        bytes[2] = 0;
        bytes[3] = (uint8_t)told;
        bytes[6] = (uint8_t)(message->fragment >> 8);
        bytes[7] = (uint8_t)message->fragment;
        bytes[9] = message->protocol;
    } else {
        bytes[0] = 0x60;
        bytes[4] = 0;
        bytes[5] = message->without_length ? 0 : (uint8_t)(end - header);
        bytes[6] = message->chain_length > 0 ? message->type : message->protocol;
    }
    if (message->chain_length > 0)
        memcpy(bytes + header, message->chain, message->chain_length);
    bytes[start + message->field] = 0;
    bytes[start + message->field + 1] = 0;
    fill_in(bytes, start, message);
    return end;
}

static void test_upper(void **state)
{
    static const struct message rows[] = {
        {"TCP", 4, 6, 16, 33, true, "", 0, 0, 0, false, FILLED_RIGHT, 0, IP_CHECKSUM_GOOD},
        {"TCP", 4, 6, 16, 33, true, "", 0, 0, 0, false, FILLED_WRONG, 0, IP_CHECKSUM_BAD},
        {"TCP", 4, 6, 16, 33, true, "", 0, 0, 0, false, FILLED_PARTIAL, 0, IP_CHECKSUM_OFFLOADED},
        {"TCP without length", 4, 6, 16, 33, true, "", 0, 0, 0, false,
         FILLED_PARTIAL_WITHOUT_LENGTH, 0, IP_CHECKSUM_BAD},
        {"TCP, segmentation offload", 4, 6, 16, 33, true, "", 0, 0, 0, true, FILLED_PARTIAL, 0,
         IP_CHECKSUM_UNVERIFIED},
        {"TCP without length, segmentation offload", 4, 6, 16, 33, true, "", 0, 0, 0, true,
         FILLED_PARTIAL_WITHOUT_LENGTH, 0, IP_CHECKSUM_UNVERIFIED},
        {"TCP, segmentation offload", 4, 6, 16, 33, true, "", 0, 0, 0, true, FILLED_WRONG, 0,
         IP_CHECKSUM_UNVERIFIED},
        {"TCP cut", 4, 6, 16, 33, true, "", 0, 0, 0, false, FILLED_WRONG, 1,
         IP_CHECKSUM_UNVERIFIED},
        {"first fragment", 4, 6, 16, 32, true, "", 0, 0, 0x2000, false, FILLED_WRONG, 0,
         IP_CHECKSUM_UNVERIFIED},
        {"last fragment", 4, 6, 16, 33, true, "", 0, 0, 0x0001, false, FILLED_WRONG, 0,
         IP_CHECKSUM_UNVERIFIED},
        {"too short for the field", 4, 6, 16, 17, true, "", 0, 0, 0, false, FILLED_WRONG, 0,
         IP_CHECKSUM_UNVERIFIED},
        {"just long enough", 4, 6, 16, 18, true, "", 0, 0, 0, false, FILLED_WRONG, 0,
         IP_CHECKSUM_BAD},
        {"loose route", 4, 6, 16, 33, true, "\1\x83\3\4", 4, 0, 0, false, FILLED_WRONG, 0,
         IP_CHECKSUM_UNVERIFIED},
        {"strict route", 4, 6, 16, 33, true, "\x89\3\4\0", 4, 0, 0, false, FILLED_WRONG, 0,
         IP_CHECKSUM_UNVERIFIED},
        {"record route", 4, 6, 16, 33, true, "\7\3\4\0", 4, 0, 0, false, FILLED_WRONG, 0,
         IP_CHECKSUM_BAD},
        {"route behind the end of options", 4, 6, 16, 33, true, "\0\x83\3\4", 4, 0, 0, false,
         FILLED_WRONG, 0, IP_CHECKSUM_BAD},
        {"UDP", 4, 17, 6, 9, true, "", 0, 0, 0, false, FILLED_RIGHT, 0, IP_CHECKSUM_GOOD},
        {"ICMP", 4, 1, 2, 8, false, "", 0, 0, 0, false, FILLED_RIGHT, 0, IP_CHECKSUM_GOOD},
        {"ICMP", 4, 1, 2, 8, false, "", 0, 0, 0, false, FILLED_WRONG, 0, IP_CHECKSUM_BAD},
        {"ICMP, field 0 is no partial sum", 4, 1, 2, 8, false, "", 0, 0, 0, false, FILLED_PARTIAL,
         0, IP_CHECKSUM_BAD},
        {"ICMP behind a loose route", 4, 1, 2, 8, false, "\1\x83\3\4", 4, 0, 0, false, FILLED_WRONG,
         0, IP_CHECKSUM_BAD},
        {"IPv6 TCP", 6, 6, 16, 33, true, "", 0, 0, 0, false, FILLED_RIGHT, 0, IP_CHECKSUM_GOOD},
        {"IPv6 TCP", 6, 6, 16, 33, true, "", 0, 0, 0, false, FILLED_WRONG, 0, IP_CHECKSUM_BAD},
        {"IPv6 TCP", 6, 6, 16, 33, true, "", 0, 0, 0, false, FILLED_PARTIAL, 0,
         IP_CHECKSUM_OFFLOADED},
        {"IPv6 TCP without length, segmentation offload", 6, 6, 16, 33, true, "", 0, 0, 0, true,
         FILLED_PARTIAL_WITHOUT_LENGTH, 0, IP_CHECKSUM_UNVERIFIED},
        {"ICMPv6", 6, 58, 2, 8, true, "", 0, 0, 0, false, FILLED_RIGHT, 0, IP_CHECKSUM_GOOD},
        {"ICMPv6", 6, 58, 2, 8, true, "", 0, 0, 0, false, FILLED_WRONG, 0, IP_CHECKSUM_BAD},
        {"behind hop-by-hop options", 6, 58, 2, 8, true, "\72\0\5\2\0\0\1\0", 8, 0, 0, false,
         FILLED_RIGHT, 0, IP_CHECKSUM_GOOD},
        {"on a segment route", 6, 6, 16, 33, true, "\6\0\4\1\0\0\0\0", 8, 43, 0, false,
         FILLED_WRONG, 0, IP_CHECKSUM_UNVERIFIED},
        {"at a segment route's end", 6, 6, 16, 33, true, "\6\0\4\0\0\0\0\0", 8, 43, 0, false,
         FILLED_WRONG, 0, IP_CHECKSUM_BAD},
        {"home address", 6, 6, 16, 33, true,
         "\6\2\1\2\0\0\xC9\20"
         "0123456789ABCDEF",
         24, 60, 0, false, FILLED_WRONG, 0, IP_CHECKSUM_UNVERIFIED},
        {"padding that looks like a home address", 6, 6, 16, 33, true, "\6\0\1\4\xC9\0\0\0", 8, 60,
         0, false, FILLED_WRONG, 0, IP_CHECKSUM_BAD},
        {"IPv6 first fragment", 6, 6, 16, 32, true, "\6\0\0\1\0\0\0\1", 8, 44, 0, false,
         FILLED_WRONG, 0, IP_CHECKSUM_UNVERIFIED},
        {"IPv6 whole in one fragment", 6, 6, 16, 33, true, "\6\0\0\0\0\0\0\1", 8, 44, 0, false,
         FILLED_RIGHT, 0, IP_CHECKSUM_GOOD},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct ip_packet packet;
        uint8_t bytes[256];
        const uint32_t end = make_message(bytes, &rows[i]);

        ip_packet_decode(&packet, bytes, end - rows[i].cut, end);
        row_equal(rows[i].name, ip_checksum_message(&packet), rows[i].expected);
    }
}

/* The checksum may cover less than the payload, as that of UDP does when bytes follow. */
static void test_upper_shorter_than_payload(void **state)
{
    static const struct message udp = {
        "UDP", 4, 17, 6, 8, true, "", 0, 0, 0, false, FILLED_RIGHT, 0, IP_CHECKSUM_GOOD};
    struct ip_packet packet;
    uint8_t bytes[256];
    const uint32_t end = make_message(bytes, &udp);

    (void)state;
    bytes[3] = (uint8_t)(end + 3);
    memset(bytes + end, 0x5A, 3);
    set_checksum(bytes, right_checksum(bytes, HEADER));
    ip_packet_decode(&packet, bytes, end + 3, end + 3);
    assert_int_equal(ip_checksum_message(&packet), IP_CHECKSUM_GOOD);
    bytes[HEADER + 5] = 11;
    assert_int_equal(ip_checksum_message(&packet), IP_CHECKSUM_BAD);
    bytes[HEADER + 5] = 12;
    assert_int_equal(ip_checksum_message(&packet), IP_CHECKSUM_UNVERIFIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_every_length_and_alignment),
        cmocka_unit_test(test_carries),
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_every_bit_counts),
        cmocka_unit_test(test_expected),
        cmocka_unit_test(test_expected_zero),
        cmocka_unit_test(test_upper),
        cmocka_unit_test(test_upper_shorter_than_payload),
    };

    return cmocka_run_group_tests_name("ip_checksum", tests, NULL, NULL);
}
