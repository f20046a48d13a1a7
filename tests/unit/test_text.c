/*
 * Text that is appended: numbers, digits, addresses as inet_ntop(3) writes them, strings of JSON.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>

#include "text.h"

static char buffer[4096];

static const char *finish(struct text *text)
{
    *text->end = '\0';
    return buffer;
}

static void test_numbers(void **state)
{
    static const uint64_t numbers[] = {0,
                                       9,
                                       10,
                                       99,
                                       100,
                                       101,
                                       999,
                                       1000,
                                       65535,
                                       UINT32_MAX,
                                       UINT64_C(10000000000000000000),
                                       UINT64_MAX};

    (void)state;
    for (size_t i = 0; i < ROWS(numbers); i++) {
        struct text text = {buffer};
        char expected[32];

        snprintf(expected, sizeof expected, "%" PRIu64, numbers[i]);
        text_number(&text, numbers[i]);
        assert_string_equal(finish(&text), expected);
    }
}

static void test_hex(void **state)
{
    uint8_t bytes[256];
    char expected[2 * sizeof bytes + 1];
    struct text text = {buffer};

    (void)state;
    text_hex(&text, 0xABC, 4);
    assert_string_equal(finish(&text), "0abc");
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)i;
        snprintf(expected + 2 * i, 3, "%02zx", i);
    }
    for (size_t length = 0; length <= sizeof bytes; length++) {
        text.end = buffer;
        text_hex_bytes(&text, bytes, length);
        assert_int_equal(text.end - buffer, 2 * length);
        assert_memory_equal(buffer, expected, 2 * length);
    }
}

static void check_address(int family, const uint8_t *bytes)
{
    struct text text = {buffer};
    char expected[INET6_ADDRSTRLEN];

    inet_ntop(family, bytes, expected, sizeof expected);
    text_address(&text, family == AF_INET ? 4 : 6, bytes);
    assert_string_equal(finish(&text), expected);
}

static void test_addresses(void **state)
{
    static const char *const ipv6[] = {
        "::",
        "::1",
        "1::",
        "::1:2",
        "::ffff:1.2.3.4",
        "::1.2.3.4",
        "1:0:0:2::3",
        "1::2:0:0:3",
        "0:1::",
        "2001:db8::1",
        "fe80::1:0:0:1",
        "1:2:3:4:5:6:7:8",
        "1:0:3:0:5:0:7:0",
        "0:0:1::1",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "::fffe:1:2",
        "64:ff9b::1.2.3.4",
    };
    uint32_t seed = 1;

    (void)state;
    for (size_t i = 0; i < ROWS(ipv6); i++) {
        uint8_t bytes[16];

        assert_int_equal(inet_pton(AF_INET6, ipv6[i], bytes), 1);
        check_address(AF_INET6, bytes);
    }
    for (unsigned i = 0; i < 20000; i++) { /* few bits, so that there are many zeros */
        uint8_t bytes[16];

        for (size_t word = 0; word < 8; word++) {
            const uint32_t random = unit_random(&seed);

            bytes[2 * word] = random & 3 ? 0 : (uint8_t)(random >> 8);
            bytes[2 * word + 1] = random & 12 ? 0 : (uint8_t)(random >> 16);
        }
        check_address(AF_INET6, bytes);
        check_address(AF_INET, bytes);
    }
}

static void test_json(void **state)
{
    struct text text = {buffer};

    (void)state;
    text_json(&text, "a \"quote\", a \\, \x01\n\x1f, \x7f and → as they are");
    assert_string_equal(finish(&text),
                        "a \\\"quote\\\", a \\\\, \\u0001\\u000a\\u001f, \x7f and → as they are");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
