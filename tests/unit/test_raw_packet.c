/*
 * IPv6 packets out of what a raw socket receives. A pair of other sockets serves: they pass a
 * payload of any length, and nothing beside it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "raw_packet.h"

static void test_the_length_in_the_header(void **state)
{
    static const struct {
        const char *name;
        size_t payload;
        unsigned length;
    } rows[] = {
        {"none", 0, 0},
        {"short", 300, 300},
        {"the longest", 65535, 65535},
        {"a jumbogram", 65536, 0},
        {"a longer one", 100000, 0},
    };
    uint8_t *bytes = calloc(1, 100000);
    uint8_t *buffer = malloc(RAW_PACKET_MAX);
    int pair[2];

    (void)state;
    assert_true(bytes && buffer && socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
    for (size_t i = 0; i < ROWS(rows); i++) {
        size_t space = RAW_PACKET_MAX - RAW_HEADERS_MAX;
        struct raw_packet packet;

        row_equal(rows[i].name, (size_t)send(pair[0], bytes, rows[i].payload, 0), rows[i].payload);
        assert_true(raw_packet_receive(&packet, pair[1], AF_INET6, IPPROTO_UDP, buffer));
        row_equal(rows[i].name, packet.bytes[4] << 8 | packet.bytes[5], rows[i].length);
        row_equal(rows[i].name, packet.wire_length, 40 + rows[i].payload);
        row_equal(rows[i].name, packet.captured_length,
                  40 + (rows[i].payload < space ? rows[i].payload : space));
    }
    close(pair[0]);
    close(pair[1]);
    free(bytes);
    free(buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_length_in_the_header),
    };

    return cmocka_run_group_tests_name("raw_packet", tests, NULL, NULL);
}
