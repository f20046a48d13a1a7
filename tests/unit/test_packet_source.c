/*
 * What the packet sources share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include "packet_source.h"

#define WRAP (UINT64_C(1) << 32)

static void test_counters_that_wrapped(void **state)
{
    static const struct {
        const char *name;
        uint64_t counted;
        uint64_t least;
        uint64_t expected;
    } rows[] = {
        {"nothing", 0, 0, 0},
        {"all read", 1000, 1000, 1000},
        {"some wait", 1000, 900, 1000},
        {"too few were counted", 900, 1000, 900},
        {"not yet", WRAP - 1, WRAP - 1, WRAP - 1},
        {"just now", 0, WRAP, WRAP},
        {"just now, and some wait", 5, WRAP - 5, WRAP + 5},
        {"long ago", 7, 3 * WRAP, 3 * WRAP + 7},
        {"read before and after", WRAP + 7, 3 * WRAP, 3 * WRAP + 7},
        {"no longer", 3 * WRAP + 7, 3 * WRAP, 3 * WRAP + 7},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        row_equal(rows[i].name, packet_source_unwrap(rows[i].counted, rows[i].least),
                  rows[i].expected);
}

static void test_reception(void **state)
{
    static const struct {
        const char *name;
        enum pcapng_reception reception;
        uint32_t length;
        uint8_t bytes[40];
    } rows[] = {
        {"nothing", PCAPNG_UNICAST, 0, {0}},
        {"IPv4", PCAPNG_UNICAST, 20, {0x45, [16] = 192, 0, 2, 1}},
        {"IPv4 multicast", PCAPNG_MULTICAST, 20, {0x45, [16] = 239, 1, 2, 3}},
        {"IPv4, reserved", PCAPNG_UNICAST, 20, {0x45, [16] = 240, 1, 2, 3}},
        {"IPv4 broadcast", PCAPNG_BROADCAST, 20, {0x45, [16] = 255, 255, 255, 255}},
        {"IPv4, cut", PCAPNG_UNICAST, 19, {0x45, [16] = 255, 255, 255, 255}},
        {"IPv6", PCAPNG_UNICAST, 40, {0x60, [16] = 255, 255, 255, 255, [24] = 0xFE}},
        {"IPv6 multicast", PCAPNG_MULTICAST, 40, {0x60, [24] = 0xFF, 2}},
        {"IPv6, cut", PCAPNG_UNICAST, 39, {0x60, [24] = 0xFF, 2}},
        {"another version", PCAPNG_UNICAST, 40, {0x50, [16] = 239, [24] = 0xFF, 2}},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        row_equal(rows[i].name,
                  packet_source_reception(&(struct captured_packet){
                      .bytes = rows[i].bytes, .captured_length = rows[i].length}),
                  rows[i].reception);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counters_that_wrapped),
        cmocka_unit_test(test_reception),
    };

    return cmocka_run_group_tests_name("packet_source", tests, NULL, NULL);
}
