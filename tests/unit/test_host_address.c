/*
 * Finding one of the machine's addresses by what a user writes, on a made-up machine; and
 * host_addresses_read on the real one, compared with the kernel's own lists.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <stdio.h>

#include "host_address.h"

enum {
    INTERFACES = 5,
    ADDRESSES = 11,
};

static struct host_interface interfaces[INTERFACES] = {
    {.index = 1, .name = "lo"},   {.index = 2, .name = "eth0"},
    {.index = 5, .name = "eth1"}, {.index = 9, .name = "longest-name-15"},
    {.index = 11, .name = "2"},
};

/* What stands where on the made-up machine. */
static const struct {
    const char *number;
    unsigned interface_index;
} places[ADDRESSES] = {
    {"127.0.0.1", 1},    {"::1", 1},          {"192.0.2.10", 2}, {"fe80::1", 2},
    {"2001:db8::10", 2}, {"198.51.100.7", 2}, {"fe80::1", 5},    {"198.51.100.7", 5},
    {"fe80::2", 9},      {"fe80::2", 11},     {"fe80::3", 11},
};

static struct host_address addresses[ADDRESSES];

static const struct host_addresses machine = {interfaces, INTERFACES, addresses, ADDRESSES};

static int make_machine(void **state)
{
    (void)state;
    for (size_t i = 0; i < ADDRESSES; i++) {
        addresses[i].family = strchr(places[i].number, ':') ? AF_INET6 : AF_INET;
        addresses[i].interface_index = places[i].interface_index;
        if (inet_pton(addresses[i].family, places[i].number, addresses[i].bytes) != 1)
            return -1;
    }
    return 0;
}

static void test_found(void **state)
{
    static const struct {
        const char *text;
        size_t place;
    } rows[] = {
        {"127.0.0.1", 0},
        {"127.0.0.1%lo", 0},
        {"::1", 1},
        {"0:0:0:0:0:0:0:1", 1},
        {"0000:0000:0000:0000:0000:0000:0000:0001", 1},
        {"::0.0.0.1", 1},
        {"192.0.2.10", 2},
        {"192.0.2.10%eth0", 2},
        {"2001:db8::10", 4},
        {"2001:DB8::10", 4},
        {"2001:0db8:0:0::0010", 4},
        {"2001:db8::10%eth0", 4},
        {"fe80::1%eth0", 3},
        {"FE80:0::0:1%eth0", 3},
        {"fe80::1%eth1", 6},
        {"198.51.100.7%eth0", 5},
        {"198.51.100.7%eth1", 7},
        {"fe80::3", 10}, /* it exists once, so that no interface is needed */
        {"fe80::2%longest-name-15", 8},
        {"fe80::2%9", 8}, /* by index */
        {"192.0.2.10%2", 2},
        {"fe80::1%5", 6},
        {"fe80::2%2", 9}, /* a name that is a number comes first */
        {"fe80::1%2", 3}, /* unless that interface has no such address */
        {"fe80::2%11", 9},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct failure failure = {""};
        const struct host_address *found = host_address_find(&machine, rows[i].text, &failure);

        row_text(rows[i].text, failure.text, "");
        row_true(rows[i].text, found == &addresses[rows[i].place]);
    }
}

static void test_not_found(void **state)
{
    static const char unknown[] = "is not an address of this machine (EADDRNOTAVAIL)";
    static const char not_numeric[] = "is not a numeric IP address";
    static const char ambiguous[] = "is an address of several interfaces";
    static const struct {
        const char *text;
        const char *reason;
    } rows[] = {
        {"192.0.2.99", unknown},
        {"2001:db8::99", unknown},
        {"0.0.0.0", unknown},
        {"::", unknown},
        {"::ffff:192.0.2.10", unknown}, /* another address, of the other family */
        {"192.0.2.10%eth1", unknown},   /* not on that interface */
        {"fe80::1%lo", unknown},
        {"fe80::2%eth0", unknown},
        {"fe80::1%", unknown},
        {"fe80::1%eth", unknown},
        {"fe80::1%eth01", unknown},
        {"fe80::1%9", unknown},
        {"fe80::1%02", unknown},
        {"fe80::1%+2", unknown},
        {"fe80::1%ETH0", unknown},
        {"fe80::1%eth0%eth0", unknown},
        {"fe80::1", ambiguous},
        {"fe80::2", ambiguous},
        {"198.51.100.7", ambiguous},
        {"", not_numeric},
        {"%eth0", not_numeric},
        {"all", not_numeric},
        {"localhost", not_numeric},
        {"eth0", not_numeric},
        {"192.0.2", not_numeric},
        {"192.0.2.10.", not_numeric},
        {"192.0.2.10 ", not_numeric},
        {" 192.0.2.10", not_numeric},
        {"192.0.2.256", not_numeric},
        {"0xC000020A", not_numeric},
        {"3221225994", not_numeric},
        {"192.0.2.10/24", not_numeric},
        {"192.0.2.10:80", not_numeric},
        {"[::1]", not_numeric},
        {":::1", not_numeric},
        {"2001:db8::10::", not_numeric},
        {"g::1", not_numeric},
        {"0000:0000:0000:0000:0000:0000:0000:0000:0001", not_numeric},
        {"0000000000000000000000000000000000000000000000000000000:1", not_numeric},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct failure failure = {""};

        row_true(rows[i].text, host_address_find(&machine, rows[i].text, &failure) == NULL);
        row_contains(rows[i].text, failure.text, "error 1118: ");
        row_contains(rows[i].text, failure.text, rows[i].reason);
        row_contains(rows[i].text, failure.text, rows[i].text);
        row_contains(rows[i].text, failure.text, "; see 'ipmon --list-addresses'");
    }
}

/* The very text of the design, and a hint that can be followed. */
static void test_failure_texts(void **state)
{
    struct failure unknown = {""};
    struct failure ambiguous = {""};

    (void)state;
    host_address_find(&machine, "192.0.2.99", &unknown);
    assert_string_equal(unknown.text, "error 1118: 192.0.2.99 is not an address of this machine "
                                      "(EADDRNOTAVAIL); see 'ipmon --list-addresses'");
    host_address_find(&machine, "fe80::1", &ambiguous);
    assert_non_null(strstr(ambiguous.text, "write fe80::1%INTERFACE"));
}

static void test_empty_machine(void **state)
{
    const struct host_addresses empty = {NULL, 0, NULL, 0};
    struct failure failure = {""};

    (void)state;
    assert_null(host_interface_by_index(&empty, 1));
    assert_null(host_address_find(&empty, "127.0.0.1", &failure));
    assert_non_null(strstr(failure.text, "error 1118: 127.0.0.1 is not an address"));
}

static void test_interface_by_index(void **state)
{
    static const unsigned missing[] = {0, 3, 4, 6, 10, 12, UINT32_MAX};

    (void)state;
    for (size_t i = 0; i < INTERFACES; i++)
        assert_ptr_equal(host_interface_by_index(&machine, interfaces[i].index), &interfaces[i]);
    for (size_t i = 0; i < ROWS(missing); i++)
        assert_null(host_interface_by_index(&machine, missing[i]));
}

/* The real machine */

static void check_address(const struct host_addresses *host, const struct host_address *address)
{
    const struct host_interface *interface =
        host_interface_by_index(host, address->interface_index);
    size_t length = address->family == AF_INET ? 4 : 16;
    struct failure failure = {""};
    char number[INET6_ADDRSTRLEN];
    uint8_t netmask[16] = {0};

    row_true(address->text, address->family == AF_INET || address->family == AF_INET6);
    row_true(address->text, interface != NULL);
    inet_ntop(address->family, address->bytes, number, sizeof number);
    row_equal(address->text, strncmp(address->text, number, strlen(number)), 0);
    if (address->text[strlen(number)] != '\0') {
        row_equal(address->text, address->text[strlen(number)], '%');
        row_text(address->text, strchr(address->text, '%') + 1, interface->name);
    }
    for (unsigned bit = 0; bit < address->prefix_length; bit++)
        netmask[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
    row_equal(address->text, memcmp(netmask, address->netmask, length), 0);
    /* What is listed can be given back, and is one address only. */
    row_true(address->text, host_address_find(host, address->text, &failure) == address);
}

static size_t kernel_addresses(void)
{
    struct ifaddrs *list;
    size_t count = 0;

    assert_int_equal(getifaddrs(&list), 0);
    for (const struct ifaddrs *entry = list; entry; entry = entry->ifa_next)
        if (entry->ifa_addr &&
            (entry->ifa_addr->sa_family == AF_INET || entry->ifa_addr->sa_family == AF_INET6))
            count++;
    freeifaddrs(list);
    return count;
}

static size_t kernel_interfaces(void)
{
    struct if_nameindex *list = if_nameindex();
    size_t count = 0;

    assert_non_null(list);
    while (list[count].if_index != 0)
        count++;
    if_freenameindex(list);
    return count;
}

static void test_real_machine(void **state)
{
    struct host_addresses host;
    struct failure failure = {""};

    (void)state;
    memset(&host, 0xA5, sizeof host);
    assert_true(host_addresses_read(&host, &failure));
    assert_string_equal(failure.text, "");
    assert_int_equal(host.interface_count, kernel_interfaces());
    assert_int_equal(host.address_count, kernel_addresses());
    for (size_t i = 0; i < host.interface_count; i++) {
        const struct host_interface *interface = &host.interfaces[i];

        row_equal(interface->name, interface->index, if_nametoindex(interface->name));
        row_true(interface->name, interface->hardware_length <= HARDWARE_ADDRESS_MAX);
        row_true(interface->name, i == 0 || host.interfaces[i - 1].index < interface->index);
        row_true(interface->name, host_interface_by_index(&host, interface->index) == interface);
    }
    for (size_t i = 0; i < host.address_count; i++) {
        check_address(&host, &host.addresses[i]);
        row_true(host.addresses[i].text, i == 0 || host.addresses[i - 1].interface_index <=
                                                       host.addresses[i].interface_index);
    }
    host_addresses_free(&host);
    assert_null(host.interfaces);
    assert_null(host.addresses);
    assert_int_equal(host.interface_count + host.address_count, 0);
    host_addresses_free(&host); /* a second time does no harm */
}

/* Loopback is there on every machine; its address is too when the kernel has it. */
static void test_real_loopback(void **state)
{
    const unsigned index = if_nametoindex("lo");
    const struct host_interface *loopback;
    struct host_addresses host;
    struct failure failure = {""};

    (void)state;
    if (index == 0)
        skip();
    assert_true(host_addresses_read(&host, &failure));
    loopback = host_interface_by_index(&host, index);
    assert_non_null(loopback);
    assert_string_equal(loopback->name, "lo");
    assert_true((loopback->flags & IFF_LOOPBACK) != 0);
    for (size_t i = 0; i < host.address_count; i++) {
        const struct host_address *address = &host.addresses[i];

        if (strcmp(address->text, "127.0.0.1") == 0) {
            assert_int_equal(address->family, AF_INET);
            assert_int_equal(address->interface_index, index);
            assert_int_equal(address->prefix_length, 8);
        } else if (strcmp(address->text, "::1") == 0) {
            assert_int_equal(address->family, AF_INET6);
            assert_int_equal(address->interface_index, index);
            assert_int_equal(address->prefix_length, 128);
        }
    }
    host_addresses_free(&host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found),
        cmocka_unit_test(test_not_found),
        cmocka_unit_test(test_failure_texts),
        cmocka_unit_test(test_empty_machine),
        cmocka_unit_test(test_interface_by_index),
        cmocka_unit_test(test_real_machine),
        cmocka_unit_test(test_real_loopback),
    };

    return cmocka_run_group_tests_name("host_address", tests, make_machine, NULL);
}
