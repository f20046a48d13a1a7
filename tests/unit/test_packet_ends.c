/*
 * Which ports and identifiers the ends of a packet have.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <string.h>

#include "packet_ends.h"

enum {
    IPV4 = 20, /* bytes of the header */
    PACKET_SIZE = 60,
    UDP = 17,
    TCP = 6,
    ICMP = 1,
};

static void make(uint8_t packet[PACKET_SIZE], uint8_t protocol)
{
    static const uint8_t head[IPV4] = {0x45, 0, 0,   PACKET_SIZE, 0, 0, 0,   0, 64, 0,
                                       0,    0, 192, 0,           2, 1, 192, 0, 2,  2};

    memset(packet, 0, PACKET_SIZE);
    memcpy(packet, head, sizeof head);
    packet[9] = protocol;
}

static void test_ports(void **state)
{
    uint8_t packet[PACKET_SIZE];
    struct packet_ends ends;

    (void)state;
    make(packet, UDP);
    memcpy(packet + IPV4, (const uint8_t[]){0x12, 0x34, 0x00, 0x35}, 4);
    assert_true(packet_ends_find(&ends, packet, PACKET_SIZE, PACKET_SIZE));
    assert_int_equal(ends.sender.local_port, 0x1234);
    assert_int_equal(ends.sender.remote_port, 0x35);
    assert_int_equal(ends.receiver.local_port, 0x35);
    assert_int_equal(ends.receiver.remote_port, 0x1234);
    assert_int_equal(ends.sender.local[3], 1);
    assert_int_equal(ends.receiver.local[3], 2);
    assert_true(ends.has_data);
    assert_false(ends.to_group);
    packet[16] = 239;
    assert_true(packet_ends_find(&ends, packet, PACKET_SIZE, PACKET_SIZE) && ends.to_group);
    assert_false(packet_ends_find(&ends, packet, IPV4 + 3, PACKET_SIZE));
    packet[7] = 1; /* a later fragment */
    assert_false(packet_ends_find(&ends, packet, PACKET_SIZE, PACKET_SIZE));
}

static void test_segments(void **state)
{
    uint8_t packet[PACKET_SIZE];
    struct packet_ends ends;

    (void)state;
    make(packet, TCP);
    packet[IPV4 + 12] = 0xA0; /* 40 bytes of header, which is all */
    assert_true(packet_ends_find(&ends, packet, PACKET_SIZE, PACKET_SIZE) && !ends.has_data);
    packet[IPV4 + 12] = 0x90;
    assert_true(packet_ends_find(&ends, packet, PACKET_SIZE, PACKET_SIZE) && ends.has_data);
}

/* A reply belongs to who sent the request; a request is answered by the kernel. */
static void test_echoes(void **state)
{
    static const struct {
        uint8_t type;
        uint16_t sender_port;
        uint16_t sender_message;
        uint16_t receiver_port;
        uint16_t receiver_message;
    } rows[] = {
        {8, 0x0102, 0x0800, 0, UINT16_MAX},
        {0, 0x0102, 0x0000, 0x0102, 0x0800},
        {3, 0, 0x0300, 0, UINT16_MAX},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        uint8_t packet[PACKET_SIZE];
        struct packet_ends ends;

        make(packet, ICMP);
        packet[IPV4] = rows[i].type;
        packet[IPV4 + 4] = 1;
        packet[IPV4 + 5] = 2;
        assert_true(packet_ends_find(&ends, packet, PACKET_SIZE, PACKET_SIZE));
        assert_int_equal(ends.sender.local_port, rows[i].sender_port);
        assert_int_equal(ends.sender.remote_port, rows[i].sender_message);
        assert_int_equal(ends.receiver.local_port, rows[i].receiver_port);
        assert_int_equal(ends.receiver.remote_port, rows[i].receiver_message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ports),
        cmocka_unit_test(test_segments),
        cmocka_unit_test(test_echoes),
    };

    return cmocka_run_group_tests_name("packet_ends", tests, NULL, NULL);
}
