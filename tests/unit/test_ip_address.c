/*
 * Tests of what an address is by its bytes, each kind with its nearest neighbours, and of its text.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <arpa/inet.h>

#include "ip_address.h"

enum kind {
    MULTICAST = 1 << 0,
    LIMITED_BROADCAST = 1 << 1,
    LOOPBACK = 1 << 2,
    UNSPECIFIED = 1 << 3,
    LINK_LOCAL = 1 << 4,
    THIS_NETWORK = 1 << 5, /* IPv4 only */
    RESERVED = 1 << 6,     /* IPv4 only */
};

static unsigned kinds_of(uint8_t version, const uint8_t *address)
{
    unsigned kinds = 0;

    kinds |= ip_address_is_multicast(version, address) ? MULTICAST : 0;
    kinds |= ip_address_is_limited_broadcast(version, address) ? LIMITED_BROADCAST : 0;
    kinds |= ip_address_is_loopback(version, address) ? LOOPBACK : 0;
    kinds |= ip_address_is_unspecified(version, address) ? UNSPECIFIED : 0;
    kinds |= ip_address_is_link_local(version, address) ? LINK_LOCAL : 0;
    if (version == 4) {
        kinds |= ipv4_address_is_this_network(address) ? THIS_NETWORK : 0;
        kinds |= ipv4_address_is_reserved(address) ? RESERVED : 0;
    }
    return kinds;
}

static void test_kinds(void **state)
{
    static const struct {
        const char *text;
        unsigned kinds;
    } rows[] = {
        {"0.0.0.0", UNSPECIFIED | THIS_NETWORK},
        {"0.0.0.1", THIS_NETWORK},
        {"1.0.0.0", 0},
        {"126.255.255.255", 0},
        {"127.0.0.0", LOOPBACK},
        {"127.255.255.255", LOOPBACK},
        {"128.0.0.1", 0},
        {"169.253.255.255", 0},
        {"169.254.0.0", LINK_LOCAL},
        {"169.254.255.255", LINK_LOCAL},
        {"169.255.0.0", 0},
        {"168.254.0.1", 0},
        {"223.255.255.255", 0},
        {"224.0.0.0", MULTICAST},
        {"239.255.255.255", MULTICAST},
        {"240.0.0.0", RESERVED},
        {"255.255.255.254", RESERVED},
        {"255.255.255.255", RESERVED | LIMITED_BROADCAST},
        {"::", UNSPECIFIED},
        {"::1", LOOPBACK},
        {"::2", 0},
        {"1::1", 0},
        {"::1:0:0:1", 0},
        {"fe7f::1", 0},
        {"fe80::1", LINK_LOCAL},
        {"febf::1", LINK_LOCAL},
        {"fec0::1", 0},
        {"ee80::1", 0},
        {"feff::1", 0},
        {"ff00::", MULTICAST},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", MULTICAST},
        {"2001:db8::1", 0},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const uint8_t version = strchr(rows[i].text, ':') ? 6 : 4;
        uint8_t address[IPV6_ADDRESS_LENGTH];

        row_equal(rows[i].text, inet_pton(version == 4 ? AF_INET : AF_INET6, rows[i].text, address),
                  1);
        row_equal(rows[i].text, kinds_of(version, address), rows[i].kinds);
    }
}

static void test_scopes(void **state)
{
    static const uint8_t interface_local[IPV6_ADDRESS_LENGTH] = {0xFF, 0x01};
    static const uint8_t transient[IPV6_ADDRESS_LENGTH] = {0xFF, 0x12};

    (void)state;
    assert_int_equal(ipv6_multicast_scope(interface_local), IPV6_SCOPE_INTERFACE_LOCAL);
    assert_int_equal(ipv6_multicast_scope(transient), IPV6_SCOPE_LINK_LOCAL);
}

/* Every byte of an address counts, and none behind it. */
static void test_equal(void **state)
{
    uint8_t a[IPV6_ADDRESS_LENGTH] = {0};
    uint8_t b[IPV6_ADDRESS_LENGTH] = {0};

    (void)state;
    for (uint32_t i = 0; i < IPV6_ADDRESS_LENGTH; i++) {
        b[i] = 1;
        row_equal("IPv4", ip_address_equal(4, a, b), i >= ip_address_length(4));
        row_equal("IPv6", ip_address_equal(6, a, b), i >= ip_address_length(6));
        b[i] = 0;
    }
    assert_true(ip_address_equal(6, a, b));
}

static void check_text(uint8_t version, const uint8_t *address)
{
    char expected[INET6_ADDRSTRLEN];
    char text[IP_ADDRESS_TEXT_SIZE];

    ip_address_text(version, address, text);
    assert_non_null(
        inet_ntop(version == 4 ? AF_INET : AF_INET6, address, expected, sizeof expected));
    assert_string_equal(text, expected);
}

static void test_ipv4_text(void **state)
{
    static const uint8_t octets[] = {0, 9, 10, 99, 100, 109, 255};
    enum { OCTETS = sizeof octets };

    (void)state;
    for (unsigned i = 0; i < OCTETS * OCTETS; i++) {
        const uint8_t address[] = {octets[i % OCTETS], octets[i / OCTETS], 0, octets[i % OCTETS]};

        check_text(4, address);
    }
}

/* Each pattern of zero groups, with other groups of one to four digits. */
static void test_ipv6_text(void **state)
{
    static const uint16_t others[] = {0x1, 0x10, 0xA0F, 0xFFFF};
    enum { GROUPS = IPV6_ADDRESS_LENGTH / 2 };

    (void)state;
    for (unsigned zeros = 0; zeros < 1U << GROUPS; zeros++)
        for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++) {
            uint8_t address[IPV6_ADDRESS_LENGTH] = {0};

            for (unsigned group = 0; group < GROUPS; group++) {
                if (zeros >> group & 1)
                    continue;
                address[2 * group] = (uint8_t)(others[i] >> 8);
                address[2 * group + 1] = (uint8_t)others[i];
            }
            check_text(6, address);
        }
}

/* The last 32 bits are an IPv4 address behind 96 zeros, or 80 zeros and 16 ones. */
static void test_embedded_ipv4_text(void **state)
{
    static const char *const rows[] = {
        "::192.0.2.1",    "::ffff:192.0.2.1", "::ffff:0:192.0.2.1", "::fffe:192.0.2.1",
        "::1:192.0.2.1",  "::0.0.2.1",        "::ffff:0.0.0.0",     "64:ff9b::192.0.2.1",
        "0:1::192.0.2.1", "::0.1.0.0",        "1::ffff:192.0.2.1",
    };
    uint8_t address[IPV6_ADDRESS_LENGTH];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(inet_pton(AF_INET6, rows[i], address), 1);
        check_text(6, address);
    }
}

static void test_endpoints(void **state)
{
    static const struct {
        const char *address;
        const char *text;
        uint16_t port;
        bool has_port;
    } rows[] = {
        {"192.0.2.1", "192.0.2.1:0", 0, true},
        {"192.0.2.1", "192.0.2.1:9", 9, true},
        {"192.0.2.1", "192.0.2.1:10", 10, true},
        {"255.255.255.255", "255.255.255.255:65535", 65535, true},
        {"192.0.2.1", "192.0.2.1", 80, false},
        {"2001:db8::1", "[2001:db8::1]:4000", 4000, true},
        {"::ffff:192.0.2.255", "[::ffff:192.0.2.255]:65535", 65535, true},
        {"2001:db8::1", "2001:db8::1", 80, false},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const bool ipv6 = strchr(rows[i].address, ':') != NULL;
        uint8_t bytes[IPV6_ADDRESS_LENGTH];
        char text[IP_ENDPOINT_TEXT_SIZE];

        assert_int_equal(inet_pton(ipv6 ? AF_INET6 : AF_INET, rows[i].address, bytes), 1);
        ip_endpoint_text(ipv6 ? 6 : 4, bytes, rows[i].has_port, rows[i].port, text);
        row_text(rows[i].text, text, rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),     cmocka_unit_test(test_scopes),
        cmocka_unit_test(test_equal),     cmocka_unit_test(test_ipv4_text),
        cmocka_unit_test(test_ipv6_text), cmocka_unit_test(test_embedded_ipv4_text),
        cmocka_unit_test(test_endpoints),
    };

    return cmocka_run_group_tests_name("ip_address", tests, NULL, NULL);
}
