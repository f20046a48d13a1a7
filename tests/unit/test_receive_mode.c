/*
 * What each receive-all mode receives, and how the kernel's filter follows a change of the mode.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <sys/socket.h>
#include <unistd.h>

#include "receive_mode.h"

enum {
    ETH = 2,
    LO = 1,
    OTHER = 7,
};

static const struct host_address own[] = {
    {.family = AF_INET, .bytes = {192, 0, 2, 1}},
    {.family = AF_INET6, .bytes = {0x20, 1, 0xD, 0xB8, [15] = 1}},
};

static uint8_t ipv4_to[20] = {0x45, [12] = 10, 0, 0, 1, 192, 0, 2, 1};
static uint8_t ipv4_from[20] = {0x45, [12] = 192, 0, 2, 1, 10, 0, 0, 1};
static uint8_t ipv4_other[20] = {0x45, [12] = 10, 0, 0, 1, 192, 0, 2, 2};
static uint8_t no_version_to[20] = {0x55, [12] = 10, 0, 0, 1, 192, 0, 2, 1};
static uint8_t ipv6_to[40] = {0x60, [24] = 0x20, 1, 0xD, 0xB8, [39] = 1};
static uint8_t ipv6_from[40] = {0x60, [8] = 0x20, 1, 0xD, 0xB8, [23] = 1};
static uint8_t ipv6_other[40] = {0x60, [24] = 0x20, 1, 0xD, 0xB8, [39] = 2};

static void test_what_each_takes(void **state)
{
    static const struct {
        const char *name;
        const uint8_t *bytes;
        uint32_t length;
        unsigned interface;
        bool other_host;
        const char *one; /* the modes that take it on the interface ETH */
        const char *all; /* on all interfaces */
    } rows[] = {
        {"to", ipv4_to, 20, ETH, false, "013", "013"},
        {"from", ipv4_from, 20, ETH, false, "013", "013"},
        {"neither", ipv4_other, 20, ETH, false, "13", "13"},
        {"to, cut", ipv4_to, 19, ETH, false, "13", "13"},
        {"nothing", ipv4_to, 0, ETH, false, "13", "13"},
        {"to, another host's frame", ipv4_to, 20, ETH, true, "1", "1"},
        {"to, on lo", ipv4_to, 20, LO, false, "0", "013"},
        {"neither, on lo", ipv4_other, 20, LO, false, "", "13"},
        {"to, elsewhere", ipv4_to, 20, OTHER, false, "", "013"},
        {"to6", ipv6_to, 40, ETH, false, "013", "013"},
        {"from6", ipv6_from, 40, ETH, false, "013", "013"},
        {"neither6", ipv6_other, 40, ETH, false, "13", "13"},
        {"to6, cut", ipv6_to, 39, ETH, false, "13", "13"},
        {"of another version", no_version_to, 20, ETH, false, "13", "13"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct captured_packet packet = {.bytes = rows[i].bytes,
                                               .captured_length = rows[i].length,
                                               .interface = rows[i].interface};

        for (unsigned all = 0; all < 2; all++) {
            const struct receive_scope scope = {.interface_index = all ? 0 : ETH,
                                                .loopback_index = LO,
                                                .addresses = own,
                                                .address_count = ROWS(own)};
            char taken[8] = "";

            for (char mode = '0'; mode <= '3'; mode++)
                if (mode != '2' && receive_mode_takes((enum receive_all_mode)(mode - '0'), &scope,
                                                      &packet, rows[i].other_host))
                    strncat(taken, &mode, 1);
            row_text(rows[i].name, taken, all ? rows[i].all : rows[i].one);
        }
    }
}

static size_t attached_length(int descriptor)
{
    struct sock_filter program[BPF_MAXINSNS];
    socklen_t length = BPF_MAXINSNS; /* instructions */

    assert_int_equal(getsockopt(descriptor, SOL_SOCKET, SO_GET_FILTER, program, &length), 0);
    return length;
}

/* A filter can be attached to any socket, without privileges. */
static void test_change(void **state)
{
    static struct receive_mode mode;
    const struct settings settings = {.receive_all_mode = RECEIVE_ALL_IP_LEVEL,
                                      .snapshot_length = 100,
                                      .capture_filter = "udp port 53"};
    struct host_address addresses[ROWS(own)] = {own[0], own[1]};
    const struct host_addresses host = {.addresses = addresses, .address_count = ROWS(own)};
    const struct packet_source_request request = {
        .settings = &settings, .host = &host, .mode_may_change = true};
    const int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    struct arrival arrival = {.count = 0};
    struct failure failure = {""};
    uint64_t time = 0;

    (void)state;
    assert_true(receive_mode_open(&mode, &request, descriptor, &failure));
    assert_true(receive_mode_begin(&mode, &failure));
    assert_int_equal(attached_length(descriptor), mode.programs[RECEIVE_ALL_IP_LEVEL].program.len);
    assert_int_equal(mode.programs[RECEIVE_ALL_SOCKET_LEVEL].program.len, 0);

    assert_false(receive_mode_change(&mode, RECEIVE_ALL_SOCKET_LEVEL, &arrival, &time, &failure));
    assert_true(failure_is_set(&failure));
    assert_int_equal(receive_mode_latest(&mode), RECEIVE_ALL_IP_LEVEL);

    failure.text[0] = '\0';
    assert_true(receive_mode_change(&mode, RECEIVE_ALL_OFF, &arrival, &time, &failure));
    assert_true(time != 0);
    assert_int_equal(receive_mode_latest(&mode), RECEIVE_ALL_OFF);
    assert_int_equal(attached_length(descriptor),
                     mode.programs[RECEIVE_PROGRAM_WIDEST].program.len);
    assert_true(mode.checked_until == UINT64_MAX);
    receive_mode_settle(&mode); /* not yet */
    assert_int_equal(attached_length(descriptor),
                     mode.programs[RECEIVE_PROGRAM_WIDEST].program.len);
    mode.narrow_at = 1;
    receive_mode_settle(&mode);
    assert_int_equal(attached_length(descriptor), mode.programs[RECEIVE_ALL_OFF].program.len);
    assert_true(mode.narrow_at == 0 && mode.checked_until != UINT64_MAX);

    receive_mode_close(&mode);
    close(descriptor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_each_takes),
        cmocka_unit_test(test_change),
    };

    return cmocka_run_group_tests_name("receive_mode", tests, NULL, NULL);
}
