/*
 * Receive-all modes by time, and what each of them takes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include "receive_mode.h"

enum {
    ETH = 2,
    LO = 1,
    OTHER = 7,
};

static void test_by_time(void **state)
{
    static const struct {
        uint64_t time;
        enum receive_all_mode mode;
    } rows[] = {{0, RECEIVE_ALL_PROMISCUOUS}, {100, RECEIVE_ALL_PROMISCUOUS},
                {101, RECEIVE_ALL_IP_LEVEL},  {200, RECEIVE_ALL_IP_LEVEL},
                {201, RECEIVE_ALL_OFF},       {UINT64_MAX, RECEIVE_ALL_OFF}};
    struct receive_modes modes;

    (void)state;
    receive_modes_begin(&modes, RECEIVE_ALL_PROMISCUOUS);
    assert_int_equal(receive_modes_at(&modes, 12345), RECEIVE_ALL_PROMISCUOUS);
    receive_modes_change(&modes, RECEIVE_ALL_IP_LEVEL, 100);
    receive_modes_change(&modes, RECEIVE_ALL_OFF, 200);
    assert_int_equal(receive_modes_latest(&modes), RECEIVE_ALL_OFF);
    for (size_t i = 0; i < ROWS(rows); i++)
        row_equal("time", receive_modes_at(&modes, rows[i].time), rows[i].mode);
}

/* The oldest are forgotten; those that are left still have their time. */
static void test_many(void **state)
{
    enum { MANY = 2 * RECEIVE_MODES_MAX };
    struct receive_modes modes;

    (void)state;
    receive_modes_begin(&modes, RECEIVE_ALL_OFF);
    for (uint64_t i = 1; i <= MANY; i++)
        receive_modes_change(&modes, i % 2 ? RECEIVE_ALL_IP_LEVEL : RECEIVE_ALL_OFF, 10 * i);
    assert_int_equal(modes.count, RECEIVE_MODES_MAX);
    for (uint64_t i = MANY; i > MANY - RECEIVE_MODES_MAX; i--)
        row_equal("late", receive_modes_at(&modes, 10 * i + 1),
                  i % 2 ? RECEIVE_ALL_IP_LEVEL : RECEIVE_ALL_OFF);
}

static const struct host_address own[] = {
    {.family = AF_INET, .bytes = {192, 0, 2, 1}},
    {.family = AF_INET6, .bytes = {0x20, 1, 0xD, 0xB8, [15] = 1}},
};

static uint8_t ipv4_to[20] = {0x45, [12] = 10, 0, 0, 1, 192, 0, 2, 1};
static uint8_t ipv4_from[20] = {0x45, [12] = 192, 0, 2, 1, 10, 0, 0, 1};
static uint8_t ipv4_other[20] = {0x45, [12] = 10, 0, 0, 1, 192, 0, 2, 2};
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_time),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_what_each_takes),
    };

    return cmocka_run_group_tests_name("receive_mode", tests, NULL, NULL);
}
