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
        bool due;
        enum ip_checksum_status expected;
    } rows[] = {
        {"good", 5, 60, 60, RIGHT, false, IP_CHECKSUM_GOOD},
        {"good, due", 5, 60, 60, RIGHT, true, IP_CHECKSUM_GOOD},
        {"good with options", 15, 60, 60, RIGHT, false, IP_CHECKSUM_GOOD},
        {"good, captured to the header's end", 5, 20, 60, RIGHT, false, IP_CHECKSUM_GOOD},
        {"bad", 5, 60, 60, WRONG, false, IP_CHECKSUM_BAD},
        {"bad, due", 5, 60, 60, WRONG, true, IP_CHECKSUM_BAD},
        {"bad with options", 15, 60, 60, WRONG, false, IP_CHECKSUM_BAD},
        {"zero, due", 5, 60, 60, ZERO, true, IP_CHECKSUM_BAD},
        {"zero", 5, 60, 60, ZERO, false, IP_CHECKSUM_OFFLOADED},
        {"zero with options", 15, 60, 60, ZERO, false, IP_CHECKSUM_OFFLOADED},
        {"one byte missing", 5, 19, 60, RIGHT, false, IP_CHECKSUM_UNVERIFIED},
        {"one byte of the options missing", 15, 59, 60, RIGHT, false, IP_CHECKSUM_UNVERIFIED},
        {"checksum not captured", 5, 8, 60, ZERO, false, IP_CHECKSUM_UNVERIFIED},
        {"header longer than the packet", 15, 59, 59, RIGHT, false, IP_CHECKSUM_UNVERIFIED},
        {"header length 16", 4, 60, 60, RIGHT, false, IP_CHECKSUM_UNVERIFIED},
        {"header length 0", 0, 60, 60, ZERO, false, IP_CHECKSUM_UNVERIFIED},
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
        row_equal(rows[i].name, ip_checksum_header(&packet, rows[i].due), rows[i].expected);
    }
}

/* Any single bit that flips makes a good header bad. */
static void test_every_bit_counts(void **state)
{
    uint8_t bytes[60];

    (void)state;
    make_header(bytes, 6);
    set_checksum(bytes, right_checksum(bytes, 24));
    for (unsigned bit = 8; bit < 24 * 8; bit++) { /* the first byte has version and length */
        struct ip_packet packet;

        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ip_packet_decode(&packet, bytes, sizeof bytes, sizeof bytes);
        row_equal("flipped", ip_checksum_header(&packet, true), IP_CHECKSUM_BAD);
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
        row_equal("zero, due", ip_checksum_header(&packet, true), rows[i].status);
    }
}

/* A message behind a header: what the sender filled in and what was captured of it. */
enum filled {
    FILLED_RIGHT,
    FILLED_RIGHT_WITHOUT_LENGTH, /* with a length of 0 in the pseudo-header */
    FILLED_WRONG,
    FILLED_PARTIAL,               /* the pseudo-header's sum */
    FILLED_PARTIAL_WITHOUT_LENGTH /* the same with a length of 0 */
};

enum header_checksum { HEADER_RIGHT, HEADER_WRONG, HEADER_ZERO };

struct message {
    const char *name;
    uint8_t version;
    uint8_t protocol;
    uint8_t length; /* bytes of the message */
    enum filled filled;
    enum ip_checksum_status expected;
    const char *chain; /* what stands between header and message, a multiple of 4 bytes */
    uint8_t chain_length;
    uint8_t type;        /* IPv6: of the chain */
    uint16_t fragment;   /* IPv4: flags and offset */
    bool without_length; /* the length field is 0, as for segmentation offload */
    uint8_t cut;         /* bytes at the end that were not captured */
    enum header_checksum header;
};

/* Offset of the checksum of a message; for other protocols, of bytes that could be one. */
static uint32_t field_of(uint8_t protocol)
{
    return protocol == IP_PROTOCOL_TCP ? 16 : protocol == IP_PROTOCOL_UDP ? 6 : 2;
}

static bool has_pseudo_header(uint8_t protocol)
{
    return protocol == IP_PROTOCOL_TCP || protocol == IP_PROTOCOL_UDP ||
           protocol == IP_PROTOCOL_ICMPV6;
}

static void put_u16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* The pseudo-header as a block of bytes (RFC 9293 section 3.1, RFC 8200 section 8.1). */
static uint16_t pseudo_sum(const uint8_t *bytes, uint8_t protocol, uint32_t length)
{
    uint8_t block[40] = {0};
    const bool ipv4 = bytes[0] >> 4 == 4;
    const size_t addresses = ipv4 ? 8 : 32;

    memcpy(block, bytes + (ipv4 ? 12 : 8), addresses);
    put_u16(block + addresses + 2, length);
    block[addresses + 7] = protocol;
    return naive_sum(block, addresses + 8);
}

/* Fills in the checksum of a message of `length` bytes at `start` of the packet. */
static void fill_in(uint8_t *bytes, uint32_t start, uint8_t protocol, uint32_t length,
                    enum filled filled)
{
    const bool without_length =
        filled == FILLED_RIGHT_WITHOUT_LENGTH || filled == FILLED_PARTIAL_WITHOUT_LENGTH;
    uint8_t *field = bytes + start + field_of(protocol);
    uint32_t sum = 0;

    put_u16(field, 0);
    if (has_pseudo_header(protocol))
        sum = pseudo_sum(bytes, protocol, without_length ? 0 : length);
    if (filled < FILLED_PARTIAL) {
        sum += naive_sum(bytes + start, length);
        sum = ~((sum & 0xFFFF) + (sum >> 16)) & 0xFFFF;
    }
    put_u16(field, sum ^ (filled == FILLED_WRONG));
}

static void fill_in_header(uint8_t *bytes, enum header_checksum header)
{
    const uint16_t right = right_checksum(bytes, (bytes[0] & 0xFU) * 4);

    set_checksum(bytes, header == HEADER_ZERO ? 0 : right ^ (header == HEADER_WRONG));
}

static uint32_t start_of(const struct message *message)
{
    return (message->version == 4 ? HEADER : IPV6_HEADER_LENGTH) + (uint32_t)message->chain_length;
}

/* Returns the packet's length. A UDP header has its length and ports of no tunnel. */
static uint32_t make_message(uint8_t *bytes, const struct message *message)
{
    const uint32_t start = start_of(message);
    const uint32_t header = start - message->chain_length;
    const uint32_t end = start + message->length;

    for (uint32_t i = 0; i < end; i++)
        bytes[i] = (uint8_t)(i * 37 + 11);
    if (message->version == 4) {
        make_header(bytes, (uint8_t)(start / 4));
        put_u16(bytes + 2, message->without_length ? 0 : end);
        put_u16(bytes + 6, message->fragment);
        bytes[9] = message->protocol;
    } else {
        bytes[0] = 0x60;
        put_u16(bytes + 4, message->without_length ? 0 : end - header);
        bytes[6] = message->chain_length > 0 ? message->type : message->protocol;
    }
    if (message->chain_length > 0)
        memcpy(bytes + header, message->chain, message->chain_length);
    if (message->version == 4)
        fill_in_header(bytes, message->header);
    if (message->protocol == IP_PROTOCOL_UDP)
        put_u16(bytes + start + 4, message->length);
    fill_in(bytes, start, message->protocol, message->length, message->filled);
    return end;
}

static enum ip_checksum_status status_of(const uint8_t *bytes, uint32_t captured, uint32_t wire)
{
    struct ip_packet packet;

    ip_packet_decode(&packet, bytes, captured, wire);
    return ip_checksum_message(&packet);
}

static void check_messages(const struct message *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t bytes[256];
        const uint32_t end = make_message(bytes, &rows[i]);

        row_equal(rows[i].name, status_of(bytes, end - rows[i].cut, end), rows[i].expected);
    }
}

static void test_messages(void **state)
{
    static const struct message rows[] = {
        {"TCP", 4, 6, 33, FILLED_RIGHT, IP_CHECKSUM_GOOD},
        {"TCP, wrong", 4, 6, 33, FILLED_WRONG, IP_CHECKSUM_BAD},
        {"TCP, partial", 4, 6, 33, FILLED_PARTIAL, IP_CHECKSUM_OFFLOADED},
        {"TCP, partial without length", 4, 6, 33, FILLED_PARTIAL_WITHOUT_LENGTH,
         IP_CHECKSUM_OFFLOADED},
        {"TCP cut", 4, 6, 33, FILLED_WRONG, IP_CHECKSUM_UNVERIFIED, .cut = 1},
        {"TCP, partial, cut", 4, 6, 33, FILLED_PARTIAL, IP_CHECKSUM_UNVERIFIED, .cut = 1},
        {"first fragment", 4, 6, 32, FILLED_WRONG, IP_CHECKSUM_UNVERIFIED, .fragment = 0x2000},
        {"last fragment", 4, 6, 33, FILLED_WRONG, IP_CHECKSUM_UNVERIFIED, .fragment = 0x0001},
        {"too short for the field", 4, 6, 17, FILLED_WRONG, IP_CHECKSUM_UNVERIFIED},
        {"just long enough", 4, 6, 18, FILLED_WRONG, IP_CHECKSUM_BAD},
        {"UDP", 4, 17, 9, FILLED_RIGHT, IP_CHECKSUM_GOOD},
        {"UDP, wrong", 4, 17, 9, FILLED_WRONG, IP_CHECKSUM_BAD},
        {"UDP, partial", 4, 17, 9, FILLED_PARTIAL, IP_CHECKSUM_OFFLOADED},
        {"UDP, partial without length", 4, 17, 9, FILLED_PARTIAL_WITHOUT_LENGTH,
         IP_CHECKSUM_OFFLOADED},
        {"ICMP", 4, 1, 8, FILLED_RIGHT, IP_CHECKSUM_GOOD},
        {"ICMP, wrong", 4, 1, 8, FILLED_WRONG, IP_CHECKSUM_BAD},
        {"ICMP, field 0 is no partial sum", 4, 1, 8, FILLED_PARTIAL, IP_CHECKSUM_BAD},
        {"ICMP too short for the field", 4, 1, 3, FILLED_WRONG, IP_CHECKSUM_UNVERIFIED},
        {"ICMP just long enough", 4, 1, 4, FILLED_WRONG, IP_CHECKSUM_BAD},
        {"IGMP", 4, 2, 8, FILLED_RIGHT, IP_CHECKSUM_GOOD},
        {"IGMP, wrong", 4, 2, 8, FILLED_WRONG, IP_CHECKSUM_BAD},
        {"TCP 6", 6, 6, 33, FILLED_RIGHT, IP_CHECKSUM_GOOD},
        {"TCP, wrong 6", 6, 6, 33, FILLED_WRONG, IP_CHECKSUM_BAD},
        {"TCP, partial 6", 6, 6, 33, FILLED_PARTIAL, IP_CHECKSUM_OFFLOADED},
        {"TCP, partial without length 6", 6, 6, 33, FILLED_PARTIAL_WITHOUT_LENGTH,
         IP_CHECKSUM_OFFLOADED},
        {"UDP 6", 6, 17, 9, FILLED_RIGHT, IP_CHECKSUM_GOOD},
        {"UDP, wrong 6", 6, 17, 9, FILLED_WRONG, IP_CHECKSUM_BAD},
        {"ICMPv6", 6, 58, 8, FILLED_RIGHT, IP_CHECKSUM_GOOD},
        {"ICMPv6, wrong", 6, 58, 8, FILLED_WRONG, IP_CHECKSUM_BAD},
        {"ICMPv6, partial", 6, 58, 8, FILLED_PARTIAL, IP_CHECKSUM_OFFLOADED},
        {"behind hop-by-hop options 6", 6, 58, 8, FILLED_RIGHT, IP_CHECKSUM_GOOD,
         "\72\0\5\2\0\0\1\0", 8, 0},
        {"first fragment 6", 6, 6, 32, FILLED_WRONG, IP_CHECKSUM_UNVERIFIED, "\6\0\0\1\0\0\0\1", 8,
         44},
        {"whole in one fragment 6", 6, 6, 33, FILLED_RIGHT, IP_CHECKSUM_GOOD, "\6\0\0\0\0\0\0\1", 8,
         44},

        {"ICMPv6 in IPv4", 4, 58, 8, FILLED_WRONG, IP_CHECKSUM_UNVERIFIED},
        {"ICMP in IPv6", 6, 1, 8, FILLED_WRONG, IP_CHECKSUM_UNVERIFIED},
        {"IGMP in IPv6", 6, 2, 8, FILLED_WRONG, IP_CHECKSUM_UNVERIFIED},
        {"UDP-Lite", 4, 136, 20, FILLED_WRONG, IP_CHECKSUM_UNVERIFIED},
        {"SCTP", 4, 132, 20, FILLED_WRONG, IP_CHECKSUM_UNVERIFIED},
        {"OSPF 6", 6, 89, 20, FILLED_WRONG, IP_CHECKSUM_UNVERIFIED},
    };

    (void)state;
    check_messages(rows, ROWS(rows));
}

/* A card that segments fills in the checksums of the segments: no sum over all is right or wrong.
 */
static void test_segmentation_offload(void **state)
{
    static const struct message rows[] = {
        {"partial", 4, 6, 33, FILLED_PARTIAL, IP_CHECKSUM_OFFLOADED, .without_length = true},
        {"partial without length", 4, 6, 33, FILLED_PARTIAL_WITHOUT_LENGTH, IP_CHECKSUM_OFFLOADED,
         .without_length = true},
        {"wrong", 4, 6, 33, FILLED_WRONG, IP_CHECKSUM_UNVERIFIED, .without_length = true},
        {"right over all", 4, 6, 33, FILLED_RIGHT, IP_CHECKSUM_UNVERIFIED, .without_length = true},
        {"partial 6", 6, 6, 33, FILLED_PARTIAL, IP_CHECKSUM_OFFLOADED, .without_length = true},
        {"partial without length 6", 6, 6, 33, FILLED_PARTIAL_WITHOUT_LENGTH, IP_CHECKSUM_OFFLOADED,
         .without_length = true},
        {"wrong 6", 6, 6, 33, FILLED_WRONG, IP_CHECKSUM_UNVERIFIED, .without_length = true},
    };

    (void)state;
    check_messages(rows, ROWS(rows));
}

/* Over which destination the sum of a source route goes depends on the host that made it. */
static void test_source_routes(void **state)
{
    static const struct message rows[] = {
        {"loose route", 4, 6, 33, FILLED_WRONG, IP_CHECKSUM_UNVERIFIED, "\1\x83\3\4", 4},
        {"strict route", 4, 6, 33, FILLED_WRONG, IP_CHECKSUM_UNVERIFIED, "\x89\3\4\0", 4},
        {"record route", 4, 6, 33, FILLED_WRONG, IP_CHECKSUM_BAD, "\7\3\4\0", 4},
        {"route behind the end of options", 4, 6, 33, FILLED_WRONG, IP_CHECKSUM_BAD, "\0\x83\3\4",
         4},
        {"ICMP behind a loose route", 4, 1, 8, FILLED_WRONG, IP_CHECKSUM_BAD, "\1\x83\3\4", 4},
    };

    (void)state;
    check_messages(rows, ROWS(rows));
}

/* What does not fit shows nothing when addresses or length may be what is wrong. */
static void test_message_behind_a_bad_header(void **state)
{
    static const struct message rows[] = {
        {"TCP, wrong", 4, 6, 33, FILLED_WRONG, IP_CHECKSUM_UNVERIFIED, .header = HEADER_WRONG},
        {"TCP, wrong, header 0", 4, 6, 33, FILLED_WRONG, IP_CHECKSUM_BAD, .header = HEADER_ZERO},
        {"TCP, right", 4, 6, 33, FILLED_RIGHT, IP_CHECKSUM_GOOD, .header = HEADER_WRONG},
        {"TCP, partial", 4, 6, 33, FILLED_PARTIAL, IP_CHECKSUM_OFFLOADED, .header = HEADER_WRONG},
        {"UDP, wrong", 4, 17, 9, FILLED_WRONG, IP_CHECKSUM_UNVERIFIED, .header = HEADER_WRONG},
        {"UDP, wrong, header 0", 4, 17, 9, FILLED_WRONG, IP_CHECKSUM_BAD, .header = HEADER_ZERO},
        {"ICMP, wrong", 4, 1, 8, FILLED_WRONG, IP_CHECKSUM_UNVERIFIED, .header = HEADER_WRONG},
        {"ICMP, wrong, header 0", 4, 1, 8, FILLED_WRONG, IP_CHECKSUM_BAD, .header = HEADER_ZERO},
        {"IGMP, wrong", 4, 2, 8, FILLED_WRONG, IP_CHECKSUM_UNVERIFIED, .header = HEADER_WRONG},
    };

    (void)state;
    check_messages(rows, ROWS(rows));
}

/* The checksum may cover less than the payload, as that of UDP does when bytes follow. */
static void test_message_shorter_than_payload(void **state)
{
    static const struct message udp = {"UDP", 4, 17, 8, FILLED_RIGHT, IP_CHECKSUM_GOOD};
    uint8_t bytes[256];
    const uint32_t end = make_message(bytes, &udp);

    (void)state;
    put_u16(bytes + 2, end + 3);
    memset(bytes + end, 0x5A, 3);
    fill_in_header(bytes, HEADER_RIGHT);
    assert_int_equal(status_of(bytes, end + 3, end + 3), IP_CHECKSUM_GOOD);
    bytes[HEADER + 5] = 11;
    assert_int_equal(status_of(bytes, end + 3, end + 3), IP_CHECKSUM_BAD);
    bytes[HEADER + 5] = 12;
    assert_int_equal(status_of(bytes, end + 3, end + 3), IP_CHECKSUM_UNVERIFIED);
}

/* UDP whose checksum comes out as 0 is sent with 0xFFFF (RFC 768), for 0 means that there is none.
 */
static void test_udp_checksum_that_comes_out_as_zero(void **state)
{
    static const struct message udp = {"UDP", 6, 17, 10, FILLED_RIGHT, IP_CHECKSUM_GOOD};
    uint8_t bytes[256];
    const uint32_t end = make_message(bytes, &udp);
    uint8_t *field = bytes + IPV6_HEADER_LENGTH + 6;

    (void)state;
    put_u16(bytes + end - 2, 0);
    fill_in(bytes, IPV6_HEADER_LENGTH, 17, 10, FILLED_RIGHT);
    memcpy(bytes + end - 2, field, 2);
    put_u16(field, 0xFFFF);
    assert_int_equal(status_of(bytes, end, end), IP_CHECKSUM_GOOD);
    put_u16(field, 0);
    assert_int_equal(status_of(bytes, end, end), IP_CHECKSUM_BAD);
}

static void test_udp_without_checksum(void **state)
{
    static const struct {
        const char *name;
        uint8_t version;
        uint16_t port;
        const char *fragment; /* IPv6: the rest of a fragment header */
        uint32_t captured;    /* of the 8 bytes of the datagram */
        enum ip_checksum_status expected;
    } rows[] = {
        {"over IPv4", 4, 53, NULL, 8, IP_CHECKSUM_UNVERIFIED},
        {"over IPv4, tunnel", 4, 4789, NULL, 8, IP_CHECKSUM_UNVERIFIED},
        {"over IPv6", 6, 53, NULL, 8, IP_CHECKSUM_BAD},
        {"over IPv6, cut", 6, 53, NULL, 7, IP_CHECKSUM_UNVERIFIED},
        {"LISP", 6, 4341, NULL, 8, IP_CHECKSUM_UNVERIFIED},
        {"LISP control", 6, 4342, NULL, 8, IP_CHECKSUM_BAD},
        {"GRE in UDP", 6, 4754, NULL, 8, IP_CHECKSUM_UNVERIFIED},
        {"VXLAN", 6, 4789, NULL, 8, IP_CHECKSUM_UNVERIFIED},
        {"VXLAN-GPE", 6, 4790, NULL, 8, IP_CHECKSUM_UNVERIFIED},
        {"beside VXLAN", 6, 4788, NULL, 8, IP_CHECKSUM_BAD},
        {"GUE", 6, 6080, NULL, 8, IP_CHECKSUM_UNVERIFIED},
        {"Geneve", 6, 6081, NULL, 8, IP_CHECKSUM_UNVERIFIED},
        {"beside Geneve", 6, 6082, NULL, 8, IP_CHECKSUM_BAD},
        {"MPLS in UDP", 6, 6635, NULL, 8, IP_CHECKSUM_UNVERIFIED},
        {"VXLAN of Linux", 6, 8472, NULL, 8, IP_CHECKSUM_UNVERIFIED},
        {"first fragment", 6, 53, "\21\0\0\1\0\0\0\1", 8, IP_CHECKSUM_BAD},
        {"later fragment", 6, 53, "\21\0\0\10\0\0\0\1", 8, IP_CHECKSUM_UNVERIFIED},
        {"first fragment of a tunnel", 6, 4789, "\21\0\0\1\0\0\0\1", 8, IP_CHECKSUM_UNVERIFIED},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct message udp = {
            .name = rows[i].name,
            .version = rows[i].version,
            .protocol = 17,
            .length = 8,
            .chain = rows[i].fragment,
            .chain_length = rows[i].fragment ? 8 : 0,
            .type = IP_PROTOCOL_FRAGMENT,
        };
        uint8_t bytes[256];
        const uint32_t end = make_message(bytes, &udp);

        put_u16(bytes + end - 6, rows[i].port);
        put_u16(bytes + end - 2, 0);
        row_equal(rows[i].name, status_of(bytes, end - 8 + rows[i].captured, end),
                  rows[i].expected);
    }
}

#define FIRST "0123456789ABCDEF"
#define SECOND "ghijklmnopqrstuv"

/* Extension headers that change the addresses of the sum. */
struct route {
    const char *name;
    bool known; /* which addresses they are */
    uint8_t type;
    const char *chain;
    uint8_t chain_length;
    const char *source; /* NULL: the IPv6 header's */
    const char *destination;
    uint8_t kept; /* bytes at the destination's start that are the IPv6 header's */
};

static const struct route routes[] = {
    {"type 0", true, 43, "\6\2\0\1\0\0\0\0" FIRST, 24, NULL, FIRST},
    {"type 0, two to go", true, 43, "\6\4\0\2\0\0\0\0" FIRST SECOND, 40, NULL, SECOND},
    {"type 0, one of two to go", true, 43, "\6\4\0\1\0\0\0\0" FIRST SECOND, 40, NULL, SECOND},
    {"type 0 at its end", true, 43, "\6\2\0\0\0\0\0\0" FIRST, 24},
    {"type 0 beyond the list", false, 43, "\6\2\0\2\0\0\0\0" FIRST, 24},
    {"type 0 without a list", false, 43, "\6\0\0\1\0\0\0\0", 8},
    {"type 0, odd length", false, 43, "\6\3\0\1\0\0\0\0" FIRST "\0\0\0\0\0\0\0\0", 32},
    {"type 0, odd length at its end", true, 43, "\6\3\0\0\0\0\0\0" FIRST "\0\0\0\0\0\0\0\0", 32},

    {"type 2", true, 43, "\6\2\2\1\0\0\0\0" FIRST, 24, NULL, FIRST},
    {"type 2 at its end", true, 43, "\6\2\2\0\0\0\0\0" FIRST, 24},
    {"type 2, two to go", false, 43, "\6\2\2\2\0\0\0\0" FIRST, 24},
    {"type 2 with two addresses", false, 43, "\6\4\2\1\0\0\0\0" FIRST SECOND, 40},

    {"type 3", true, 43, "\6\2\3\1\0\0\0\0" FIRST, 24, NULL, FIRST},
    {"type 3, two to go", true, 43, "\6\4\3\2\0\0\0\0" FIRST SECOND, 40, NULL, SECOND},
    {"type 3, half of the last address", true, 43, "\6\1\3\1\x08\0\0\0" SECOND, 16, NULL,
     "????????ghijklmn", 8},
    {"type 3, 8 bytes, then 4, padded", true, 43, "\6\2\3\2\x8C\x40\0\0" FIRST, 24, NULL,
     "????????????89AB", 12},
    {"type 3, one of those to go", true, 43, "\6\2\3\1\x8C\x40\0\0" FIRST, 24, NULL,
     "????????????89AB", 12},
    {"type 3, 1 byte left of the last address, padded with 7", true, 43,
     "\6\1\3\1\x0F\x70\0\0" FIRST, 16, NULL, "???????????????0", 15},
    {"type 3 at its end", true, 43, "\6\2\3\0\0\0\0\0" FIRST, 24},
    {"type 3 beyond the list", false, 43, "\6\2\3\3\x8C\x40\0\0" FIRST, 24},
    {"type 3 without a list", false, 43, "\6\0\3\1\0\0\0\0", 8},
    {"type 3, padding of all", false, 43, "\6\1\3\1\x08\x10\0\0" FIRST, 16},

    {"type 4", true, 43, "\6\2\4\1\0\0\0\0" FIRST, 24, NULL, FIRST},
    {"type 4, two to go", true, 43, "\6\4\4\2\1\0\0\0" FIRST SECOND, 40, NULL, FIRST},
    {"type 4, one of two to go", true, 43, "\6\4\4\1\1\0\0\0" FIRST SECOND, 40, NULL, FIRST},
    {"type 4 with options", true, 43, "\6\3\4\1\0\0\0\0" FIRST "\4\6\0\0\0\0\0\0", 32, NULL, FIRST},
    {"type 4 at its end", true, 43, "\6\4\4\0\1\0\0\0" FIRST SECOND, 40},
    {"type 4 beyond the list", false, 43, "\6\4\4\3\1\0\0\0" FIRST SECOND, 40},
    {"type 4, list beyond the header", false, 43, "\6\2\4\1\1\0\0\0" FIRST, 24},
    {"type 4 without a list", false, 43, "\6\0\4\1\0\0\0\0", 8},

    {"type 1", false, 43, "\6\2\1\1\0\0\0\0" FIRST, 24},
    {"type 5", false, 43, "\6\2\5\1\0\0\0\0" FIRST, 24},
    {"type 5 at its end", true, 43, "\6\2\5\0\0\0\0\0" FIRST, 24},
    {"two routes", false, 43, "\x2B\2\0\1\0\0\0\0" FIRST "\6\2\0\1\0\0\0\0" SECOND, 48},
    {"two routes, one at its end", true, 43, "\x2B\2\0\0\0\0\0\0" FIRST "\6\2\0\1\0\0\0\0" SECOND,
     48, NULL, SECOND},

    {"home address", true, 60, "\6\2\1\2\0\0\xC9\20" FIRST, 24, FIRST},
    {"home address behind Pad1", true, 60, "\6\2\0\0\0\0\xC9\20" FIRST, 24, FIRST},
    {"home address of 15 bytes", false, 60, "\6\2\1\2\0\0\xC9\17" FIRST, 24},
    {"home address that overruns", false, 60, "\6\2\1\4\0\0\0\0\xC9\20" FIRST, 24},
    {"padding that looks like a home address", true, 60, "\6\0\1\4\xC9\0\0\0", 8},
    {"home address and route", true, 60, "\x2B\2\1\2\0\0\xC9\20" FIRST "\6\2\2\1\0\0\0\0" SECOND,
     48, FIRST, SECOND},
};

static void test_routes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(routes); i++) {
        const struct route *route = &routes[i];
        const struct message message = {
            .version = 6,
            .protocol = 6,
            .length = 33,
            .chain = route->chain,
            .chain_length = route->chain_length,
            .type = route->type,
        };
        const uint32_t start = start_of(&message);
        const enum ip_checksum_status bad = route->known ? IP_CHECKSUM_BAD : IP_CHECKSUM_UNVERIFIED;
        const bool same = !route->source && !route->destination;
        uint8_t bytes[256];
        uint8_t summed[256];
        uint8_t *field = bytes + start + 16;
        const uint32_t end = make_message(bytes, &message);

        row_equal(route->name, status_of(bytes, end, end),
                  same && route->known ? IP_CHECKSUM_GOOD : bad);
        memcpy(summed, bytes, end);
        if (route->source)
            memcpy(summed + 8, route->source, 16);
        if (route->destination)
            memcpy(summed + 24 + route->kept, route->destination + route->kept, 16U - route->kept);
        fill_in(summed, start, 6, 33, FILLED_RIGHT);
        memcpy(field, summed + start + 16, 2);
        row_equal(route->name, status_of(bytes, end, end),
                  route->known ? IP_CHECKSUM_GOOD : IP_CHECKSUM_UNVERIFIED);
        field[1] ^= 1;
        row_equal(route->name, status_of(bytes, end, end), bad);
        fill_in(summed, start, 6, 33, FILLED_PARTIAL);
        memcpy(field, summed + start + 16, 2);
        row_equal(route->name, status_of(bytes, end, end),
                  route->known ? IP_CHECKSUM_OFFLOADED : IP_CHECKSUM_UNVERIFIED);
    }
}

/* A packet that grows from its end to its start, as headers are put around it. */
struct wrapped {
    uint8_t room[400];
    uint32_t start; /* of the packet in it */
};

static uint32_t wrapped_length(const struct wrapped *packet)
{
    return sizeof packet->room - packet->start;
}

static uint8_t *wrap(struct wrapped *packet, const void *header, uint32_t length)
{
    assert_true(packet->start >= length);
    packet->start -= length;
    memcpy(packet->room + packet->start, header, length);
    return packet->room + packet->start;
}

/* Puts an IP header and, in front of `length` bytes, a header of TCP or UDP around a packet. */
static void wrap_message(struct wrapped *packet, uint8_t version, uint8_t protocol, uint16_t port)
{
    const uint32_t header = version == 4 ? HEADER : IPV6_HEADER_LENGTH;
    uint8_t block[60] = {0};
    uint8_t *bytes = wrap(packet, block, protocol == IP_PROTOCOL_TCP ? 20 : 8);
    uint32_t length = wrapped_length(packet);

    put_u16(bytes, 0xC000);
    put_u16(bytes + 2, port);
    if (protocol == IP_PROTOCOL_TCP)
        bytes[12] = 0x50;
    else
        put_u16(bytes + 4, length);
    make_header(block, 5);
    bytes = wrap(packet, block, header);
    if (version == 4) {
        put_u16(bytes + 2, header + length);
        bytes[9] = protocol;
        fill_in_header(bytes, HEADER_RIGHT);
    } else {
        bytes[0] = 0x60;
        put_u16(bytes + 4, length);
        bytes[6] = protocol;
        memcpy(bytes + 8, FIRST SECOND, 32);
    }
    fill_in(bytes, header, protocol, length, FILLED_RIGHT);
}

#define ETHERNET "\2\0\0\0\0\2\2\0\0\0\0\1"

static const char inner_data[] = "data of odd length!";

/* A packet in a tunnel in UDP. */
struct tunnel {
    const char *name;
    uint8_t version;
    uint8_t inner_version;
    uint8_t inner_protocol;
    uint16_t port;
    const char *between; /* what stands between the UDP header and the inner packet */
    uint8_t length;      /* bytes of it */
    bool twice;          /* the tunnel is in another one of its kind */
};

static const struct tunnel tunnels[] = {
    {"VXLAN", 4, 4, 6, 4789, "\x08\0\0\0\0\0\7\0" ETHERNET "\x08\0", 22, false},
    {"VXLAN over IPv6", 6, 4, 6, 4789, "\x08\0\0\0\0\0\7\0" ETHERNET "\x08\0", 22, false},
    {"VXLAN, IPv6 inside", 4, 6, 6, 4789, "\x08\0\0\0\0\0\7\0" ETHERNET "\x86\xDD", 22, false},
    {"VXLAN of Linux, UDP inside", 4, 4, 17, 8472, "\x08\0\0\0\0\0\7\0" ETHERNET "\x08\0", 22,
     false},
    {"VXLAN, UDP over IPv6 inside", 6, 6, 17, 4789, "\x08\0\0\0\0\0\7\0" ETHERNET "\x86\xDD", 22,
     false},
    {"VXLAN with a tag inside", 4, 4, 6, 4789, "\x08\0\0\0\0\0\7\0" ETHERNET "\x81\0\0\7\x08\0", 26,
     false},
    {"VXLAN in VXLAN", 4, 4, 6, 4789, "\x08\0\0\0\0\0\7\0" ETHERNET "\x08\0", 22, true},
    {"VXLAN-GPE", 4, 4, 6, 4790, "\x0C\0\0\1\0\0\7\0", 8, false},
    {"Geneve", 4, 4, 6, 6081, "\0\0\x65\x58\0\0\7\0" ETHERNET "\x08\0", 22, false},
    {"Geneve with options", 4, 4, 6, 6081, "\2\0\x08\0\0\0\7\0\1\2\3\1\5\6\7\x08", 16, false},
    {"GUE", 4, 4, 6, 6080, "\0\4\0\0", 4, false},
    {"GRE in UDP", 4, 6, 6, 4754, "\0\0\x86\xDD", 4, false},
    {"LISP", 4, 4, 17, 4341, "\0\0\0\0\0\0\0\0", 8, false},
    {"MPLS in UDP", 4, 4, 6, 6635, "\0\1\1\x40", 4, false},
    {"IP right behind UDP", 4, 4, 6, 5555, "", 0, false},
    {"any port", 4, 4, 6, 12345, "\x08\0\0\0\0\0\7\0" ETHERNET "\x08\0", 22, false},
};

static void fill_in_inner(uint8_t *inner, const struct tunnel *tunnel, enum filled filled)
{
    const bool tcp = tunnel->inner_protocol == IP_PROTOCOL_TCP;

    fill_in(inner, tunnel->inner_version == 4 ? HEADER : IPV6_HEADER_LENGTH, tunnel->inner_protocol,
            sizeof inner_data - 1 + (tcp ? 20 : 8), filled);
}

static void fill_in_outer(uint8_t *bytes, uint32_t length, enum filled filled)
{
    const uint32_t start = bytes[0] >> 4 == 4 ? HEADER : IPV6_HEADER_LENGTH;

    fill_in(bytes, start, IP_PROTOCOL_UDP, length - start, filled);
}

/* The tunnel, right around an inner packet so filled; returns where that begins. */
static uint8_t *make_tunnel(struct wrapped *packet, const struct tunnel *tunnel, enum filled filled)
{
    uint8_t *inner;

    packet->start = sizeof packet->room;
    wrap(packet, inner_data, sizeof inner_data - 1);
    wrap_message(packet, tunnel->inner_version, tunnel->inner_protocol, 80);
    inner = packet->room + packet->start;
    fill_in_inner(inner, tunnel, filled);
    wrap(packet, tunnel->between, tunnel->length);
    wrap_message(packet, tunnel->version, IP_PROTOCOL_UDP, tunnel->port);
    if (tunnel->twice) {
        wrap(packet, tunnel->between, tunnel->length);
        wrap_message(packet, tunnel->version, IP_PROTOCOL_UDP, tunnel->port);
    }
    return inner;
}

/* How a card completes a partial checksum, and what it was. */
static const struct {
    enum filled complete;
    enum filled partial;
} completions[] = {
    {FILLED_RIGHT, FILLED_PARTIAL},
    {FILLED_RIGHT_WITHOUT_LENGTH, FILLED_PARTIAL_WITHOUT_LENGTH},
};

/*
 * Local checksum offload. The tunnel's checksum is made for the packet that leaves the card, so it
 * is right once the one inside is complete, which is left to the card.
 */
static void test_local_checksum_offload(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(tunnels) * ROWS(completions); i++) {
        const struct tunnel *tunnel = &tunnels[i / ROWS(completions)];
        const enum filled partial = completions[i % ROWS(completions)].partial;
        const char *name = tunnel->name;
        struct wrapped packet;
        uint8_t *inner = make_tunnel(&packet, tunnel, completions[i % ROWS(completions)].complete);
        uint8_t *bytes = packet.room + packet.start;
        uint8_t *field = bytes + (tunnel->version == 4 ? HEADER : IPV6_HEADER_LENGTH) + 6;
        const uint32_t length = wrapped_length(&packet);

        row_equal(name, status_of(bytes, length, length), IP_CHECKSUM_GOOD);
        field[1] ^= 1;
        row_equal(name, status_of(bytes, length, length), IP_CHECKSUM_BAD);
        fill_in_inner(inner, tunnel, partial);
        row_equal(name, status_of(bytes, length, length), IP_CHECKSUM_BAD);
        field[1] ^= 1;
        row_equal(name, status_of(bytes, length, length), IP_CHECKSUM_OFFLOADED);
        row_equal(name, status_of(bytes, length - 1, length), IP_CHECKSUM_UNVERIFIED);
        fill_in_outer(bytes, length, FILLED_PARTIAL);
        row_equal(name, status_of(bytes, length, length), IP_CHECKSUM_OFFLOADED);
        fill_in_outer(bytes, length, FILLED_RIGHT); /* over the bytes as they are */
        row_equal(name, status_of(bytes, length, length), IP_CHECKSUM_GOOD);
    }
}

/* A checksum inside of a tunnel that no card would complete. */
static void test_no_local_checksum_offload(void **state)
{
    static const struct {
        const char *name;
        enum filled filled;
        uint8_t length; /* of the message that the checksum is made for */
        uint8_t offset; /* of a byte in the inner packet, and what is put there */
        uint8_t value;
    } rows[] = {
        {"wrong inside", FILLED_WRONG, 39, 0, 0x45},
        {"inner packet longer than the tunnel's", FILLED_PARTIAL, 40, 3, 60},
        {"inner packet shorter than its message", FILLED_PARTIAL, 39, 3, 58},
        {"inner packet that ends before the checksum", FILLED_PARTIAL, 17, 3, 37},
        {"inner fragment", FILLED_PARTIAL, 39, 6, 0x20},
        {"inner protocol without a pseudo-header", FILLED_PARTIAL, 39, 9, 1},
        {"inner version 5", FILLED_PARTIAL, 39, 0, 0x55},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct wrapped packet;
        uint8_t *inner = make_tunnel(&packet, &tunnels[0], FILLED_RIGHT);
        uint8_t *bytes = packet.room + packet.start;
        const uint32_t length = wrapped_length(&packet);

        inner[rows[i].offset] = rows[i].value;
        fill_in_header(inner, HEADER_RIGHT);
        fill_in_outer(bytes, length, FILLED_RIGHT);
        row_equal(rows[i].name, status_of(bytes, length, length), IP_CHECKSUM_GOOD);
        fill_in(inner, HEADER, IP_PROTOCOL_TCP, rows[i].length, rows[i].filled);
        row_equal(rows[i].name, status_of(bytes, length, length), IP_CHECKSUM_BAD);
    }
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
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_segmentation_offload),
        cmocka_unit_test(test_source_routes),
        cmocka_unit_test(test_message_behind_a_bad_header),
        cmocka_unit_test(test_message_shorter_than_payload),
        cmocka_unit_test(test_udp_checksum_that_comes_out_as_zero),
        cmocka_unit_test(test_udp_without_checksum),
        cmocka_unit_test(test_routes),
        cmocka_unit_test(test_local_checksum_offload),
        cmocka_unit_test(test_no_local_checksum_offload),
    };

    return cmocka_run_group_tests_name("ip_checksum", tests, NULL, NULL);
}
