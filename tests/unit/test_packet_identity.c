/*
 * The identity of packets as they were sent and as ICMP errors quote them: cut, with another time
 * to live, with a checksum that was filled in.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include "packet_identity.h"

enum { ROOM = 128, DATA = 40 };

struct sample {
    uint8_t version;
    uint8_t protocol;
    uint16_t identification;
    uint8_t data;      /* the value of DATA bytes behind the message's head */
    uint32_t quoted;   /* bytes behind the IP header that are there; 0: all */
    uint32_t number;   /* bytes 4 to 7 of the message, but for UDP */
    uint16_t fragment; /* field of IPv4 */
};

static uint32_t make(uint8_t bytes[ROOM], const struct sample *sample)
{
    const uint32_t header = sample->version == 4 ? 20 : 40;
    const uint32_t length = 8 + DATA;
    uint8_t *message = bytes + header;

    memset(bytes, 0, ROOM);
    if (sample->version == 4) {
        bytes[0] = 0x45;
        bytes[3] = (uint8_t)(header + length);
        bytes[4] = (uint8_t)(sample->identification >> 8);
        bytes[5] = (uint8_t)sample->identification;
        bytes[6] = (uint8_t)(sample->fragment >> 8);
        bytes[7] = (uint8_t)sample->fragment;
        bytes[8] = 9;
        bytes[9] = sample->protocol;
    } else {
        bytes[0] = 0x60;
        bytes[5] = (uint8_t)length;
        bytes[6] = sample->protocol;
        bytes[7] = 9;
    }
    message[0] = 0x12;
    message[3] = 0x34;
    message[4] = (uint8_t)(sample->number >> 24);
    message[5] = (uint8_t)(sample->number >> 16);
    message[6] = (uint8_t)(sample->number >> 8);
    message[7] = (uint8_t)sample->number;
    if (sample->protocol == 17)
        message[5] = (uint8_t)length;
    memset(message + 8, sample->data, DATA);
    if (sample->protocol == 6)
        message[12] = 0x50;
    return header + (sample->quoted ? sample->quoted : length);
}

static bool read_identity(struct packet_identity *identity, const struct sample *sample)
{
    uint8_t bytes[ROOM];
    const uint32_t length = make(bytes, sample);
    struct ip_packet packet;

    ip_packet_decode(&packet, bytes, length, length);
    return packet_identity_read(identity, &packet);
}

static void test_matches(void **state)
{
    static const struct {
        const char *name;
        struct sample sent, quoted;
        enum packet_match expected;
    } rows[] = {
        {"the same", {4, 17, 7, 'a', 0, 0, 0}, {4, 17, 7, 'a', 0, 0, 0}, PACKET_MATCH_EXACT},
        {"eight bytes", {4, 17, 7, 'a', 0, 0, 0}, {4, 17, 7, 'a', 8, 0, 0}, PACKET_MATCH_EXACT},
        {"eight bytes of another",
         {4, 17, 7, 'a', 0, 0, 0},
         {4, 17, 8, 'a', 8, 0, 0},
         PACKET_MATCH_NONE},
        {"another one with the same data",
         {4, 17, 7, 'a', 0, 0, 0},
         {4, 17, 8, 'a', 0, 0, 0},
         PACKET_MATCH_NONE},
        {"other data", {4, 17, 7, 'a', 0, 0, 0}, {4, 17, 8, 'b', 0, 0, 0}, PACKET_MATCH_NONE},
        {"no identification",
         {4, 17, 0, 'a', 0, 0, 0},
         {4, 17, 0, 'a', 8, 0, 0},
         PACKET_MATCH_POSSIBLE},
        {"no identification, other data",
         {4, 17, 0, 'a', 0, 0, 0},
         {4, 17, 0, 'b', 0, 0, 0},
         PACKET_MATCH_NONE},
        {"checksum filled in",
         {4, 17, 7, 'a', 0, 1, 0},
         {4, 17, 7, 'a', 0, 0x7777, 0},
         PACKET_MATCH_EXACT},
        {"6", {6, 17, 0, 'a', 0, 0, 0}, {6, 17, 0, 'a', 0, 0, 0}, PACKET_MATCH_POSSIBLE},
        {"eight bytes 6",
         {6, 17, 0, 'a', 0, 0, 0},
         {6, 17, 0, 'b', 8, 0, 0},
         PACKET_MATCH_POSSIBLE},
        {"other data 6", {6, 17, 0, 'a', 0, 0, 0}, {6, 17, 0, 'b', 0, 0, 0}, PACKET_MATCH_NONE},
        {"echo", {4, 1, 7, 'a', 0, 0x10002, 0}, {4, 1, 7, 'a', 8, 0x10002, 0}, PACKET_MATCH_EXACT},
        {"echo of another number",
         {4, 1, 0, 'a', 0, 0x10002, 0},
         {4, 1, 0, 'a', 8, 0x10003, 0},
         PACKET_MATCH_NONE},
        {"segment", {4, 6, 7, 'a', 0, 1000, 0}, {4, 6, 7, 'a', 8, 1000, 0}, PACKET_MATCH_EXACT},
        {"retransmission",
         {4, 6, 7, 'a', 0, 1000, 0},
         {4, 6, 8, 'a', 8, 1000, 0},
         PACKET_MATCH_POSSIBLE},
        {"last byte of a segment",
         {4, 6, 7, 'a', 0, 1000, 0},
         {4, 6, 8, 'a', 8, 1027, 0},
         PACKET_MATCH_POSSIBLE},
        {"behind the segment",
         {4, 6, 7, 'a', 0, 1000, 0},
         {4, 6, 7, 'a', 8, 1028, 0},
         PACKET_MATCH_NONE},
        {"before the segment",
         {4, 6, 7, 'a', 0, 1000, 0},
         {4, 6, 7, 'a', 8, 999, 0},
         PACKET_MATCH_NONE},
        {"numbers wrap",
         {4, 6, 7, 'a', 0, 0xFFFFFFF8, 0},
         {4, 6, 8, 'a', 8, 2, 0},
         PACKET_MATCH_POSSIBLE},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct packet_identity sent;
        struct packet_identity quoted;

        row_true(rows[i].name, read_identity(&sent, &rows[i].sent));
        row_true(rows[i].name, read_identity(&quoted, &rows[i].quoted));
        row_equal(rows[i].name, sent.time_to_live, 9);
        row_equal(rows[i].name, packet_identity_match(rows[i].sent.protocol, &sent, &quoted),
                  rows[i].expected);
    }
}

/* What was not captured whole matches by the identification alone. */
static void test_sent_packet_cut_by_the_capture(void **state)
{
    const struct sample cut = {4, 17, 7, 'a', 20, 0, 0};
    const struct sample quote = {4, 17, 7, 'b', 0, 0, 0};
    struct packet_identity sent;
    struct packet_identity quoted;

    (void)state;
    assert_true(read_identity(&sent, &cut));
    assert_true(read_identity(&quoted, &quote));
    assert_int_equal(sent.extent, 0);
    assert_int_equal(packet_identity_match(17, &sent, &quoted), PACKET_MATCH_EXACT);
}

static void test_none(void **state)
{
    static const struct sample rows[] = {
        {4, 17, 7, 'a', 7, 0, 0},      /* too short */
        {4, 17, 7, 'a', 0, 0, 0x2001}, /* a later fragment */
        {6, 17, 0, 'a', 7, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct packet_identity identity;

        assert_false(read_identity(&identity, &rows[i]));
    }
}

/* Both ways of reading agree, and nothing is read outside the bytes. */
static void test_plain(void **state)
{
    static const struct sample rows[] = {
        {4, 17, 7, 'a', 0, 0, 0}, {4, 17, 7, 'a', 0, 0, 0x2000}, {4, 17, 7, 'a', 0, 0, 0x0001},
        {4, 6, 7, 'a', 0, 0, 0},  {6, 17, 0, 'a', 0, 0, 0},      {6, 58, 0, 'a', 0, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        uint8_t bytes[ROOM];
        const uint32_t length = make(bytes, &rows[i]);

        for (uint32_t captured = 40; captured <= length; captured++) {
            uint8_t *exact = test_malloc(captured);
            struct packet_identity plain;
            struct packet_identity decoded;
            struct ip_packet packet;
            bool is_plain;

            memcpy(exact, bytes, captured);
            ip_packet_decode(&packet, exact, captured, length);
            is_plain = packet_identity_read_plain(&plain, exact, captured);
            if (rows[i].protocol == 17)
                assert_int_equal(is_plain, packet_identity_read(&decoded, &packet));
            else
                assert_false(is_plain);
            if (is_plain)
                assert_memory_equal(&plain, &decoded, sizeof plain);
            test_free(exact);
        }
    }
}

static void test_options_are_not_plain(void **state)
{
    const struct sample sample = {4, 17, 7, 'a', 0, 0, 0};
    struct packet_identity identity;
    uint8_t bytes[ROOM];
    const uint32_t length = make(bytes, &sample);

    (void)state;
    bytes[0] = 0x46;
    assert_false(packet_identity_read_plain(&identity, bytes, length));
}

/* The UDP length of a jumbogram is 0 (RFC 2675 section 4): the packet's length counts. */
static void test_jumbogram(void **state)
{
    const struct sample samples[] = {{6, 17, 0, 'a', 0, 0, 0}, {4, 17, 0, 'a', 0, 0, 0}};

    (void)state;
    for (size_t i = 0; i < ROWS(samples); i++) {
        uint8_t bytes[ROOM];
        const uint32_t length = make(bytes, &samples[i]);
        struct packet_identity decoded;
        struct packet_identity plain;
        struct ip_packet packet;

        bytes[length - DATA - 3] = 0;
        ip_packet_decode(&packet, bytes, length, length);
        assert_true(packet_identity_read(&decoded, &packet));
        assert_true(packet_identity_read_plain(&plain, bytes, length));
        assert_int_equal(decoded.number, 0);
        assert_memory_equal(&plain, &decoded, sizeof plain);
    }
}

/* Less data than is compared, and none. */
static void test_little_data(void **state)
{
    static const uint8_t lengths[] = {8, 9, 39, 40};
    const struct sample sample = {4, 17, 0, 'a', 0, 0, 0};

    (void)state;
    for (size_t i = 0; i < ROWS(lengths); i++) {
        uint8_t bytes[ROOM];
        struct packet_identity longer;
        struct packet_identity identity;

        make(bytes, &sample);
        assert_true(packet_identity_read_plain(&longer, bytes, 20 + 8 + DATA));
        bytes[20 + 5] = lengths[i];
        assert_true(packet_identity_read_plain(&identity, bytes, 20U + lengths[i]));
        assert_int_not_equal(identity.extent, 0);
        assert_int_equal(packet_identity_match(17, &longer, &identity), PACKET_MATCH_NONE);
        assert_int_equal(packet_identity_match(17, &identity, &identity), PACKET_MATCH_POSSIBLE);
    }
}

static void test_ports(void **state)
{
    static const uint8_t message[8] = {1, 2, 3, 4, 5, 6, 7, 8};

    (void)state;
    assert_int_equal(packet_identity_ports(17, message), 0x01020304);
    assert_int_equal(packet_identity_ports(6, message), 0x01020304);
    assert_int_equal(packet_identity_ports(1, message), 0x0506);
    assert_int_equal(packet_identity_ports(58, message), 0x0506);
    assert_int_equal(packet_identity_ports(4, message), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matches),
        cmocka_unit_test(test_sent_packet_cut_by_the_capture),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_options_are_not_plain),
        cmocka_unit_test(test_jumbogram),
        cmocka_unit_test(test_little_data),
        cmocka_unit_test(test_ports),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
