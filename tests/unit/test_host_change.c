/*
 * The kernel's messages about links and addresses, applied to what is known; cut ones do no harm.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host_address.h"
#include "route_netlink.h"

struct message {
    struct nlmsghdr header;
    uint8_t body[256];
};

static void start(struct message *message, uint16_t type, const void *fixed, size_t length)
{
    memset(message, 0, sizeof *message);
    message->header.nlmsg_type = type;
    message->header.nlmsg_len = NLMSG_LENGTH((uint32_t)length);
    memcpy(message->body, fixed, length);
}

static void add(struct message *message, uint16_t type, const void *value, size_t length)
{
    struct rtattr *attribute =
        (void *)((uint8_t *)message + NLMSG_ALIGN(message->header.nlmsg_len));

    attribute->rta_type = type;
    attribute->rta_len = (uint16_t)RTA_LENGTH(length);
    memcpy(RTA_DATA(attribute), value, length);
    message->header.nlmsg_len =
        NLMSG_ALIGN(message->header.nlmsg_len) + (uint32_t)RTA_SPACE(length);
}

static enum host_change_kind link_message(struct host_addresses *host, uint16_t type, int index,
                                          const char *name, unsigned flags,
                                          struct host_change *change)
{
    static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
    const struct ifinfomsg link = {.ifi_index = index, .ifi_flags = flags, .ifi_type = 1};
    struct message message;

    start(&message, type, &link, sizeof link);
    add(&message, IFLA_IFNAME, name, strlen(name) + 1);
    add(&message, IFLA_ADDRESS, mac, sizeof mac);
    host_addresses_apply(host, &message.header, change);
    return change->kind;
}

static enum host_change_kind address_message(struct host_addresses *host, uint16_t type,
                                             unsigned index, const char *text,
                                             struct host_change *change)
{
    const int family = strchr(text, ':') ? AF_INET6 : AF_INET;
    const struct ifaddrmsg address = {
        .ifa_family = (uint8_t)family, .ifa_prefixlen = 24, .ifa_index = index};
    uint8_t bytes[16];
    struct message message;

    assert_int_equal(inet_pton(family, text, bytes), 1);
    start(&message, type, &address, sizeof address);
    add(&message, IFA_LABEL, "label", sizeof "label");
    add(&message, IFA_LOCAL, bytes, family == AF_INET ? 4 : 16);
    host_addresses_apply(host, &message.header, change);
    return change->kind;
}

static void test_links(void **state)
{
    struct host_addresses host = {0};
    struct host_change change;

    (void)state;
    assert_int_equal(link_message(&host, RTM_NEWLINK, 5, "eth5", 0, &change), HOST_INTERFACE_NEW);
    assert_int_equal(link_message(&host, RTM_NEWLINK, 2, "eth2", 0, &change), HOST_INTERFACE_NEW);
    assert_int_equal(link_message(&host, RTM_NEWLINK, 2, "eth2", 0, &change), HOST_UNCHANGED);
    assert_int_equal(link_message(&host, RTM_NEWLINK, 2, "eth2", IFF_UP, &change),
                     HOST_INTERFACE_CHANGED);
    assert_int_equal(change.flags_before, 0);
    assert_int_equal(change.interface.flags, IFF_UP);
    assert_int_equal(host.interface_count, 2);
    assert_int_equal(host.interfaces[0].index, 2);
    assert_int_equal(host.interfaces[0].hardware_length, 6);
    assert_int_equal(link_message(&host, RTM_DELLINK, 9, "eth9", 0, &change), HOST_UNCHANGED);
    assert_int_equal(link_message(&host, RTM_DELLINK, 2, "eth2", 0, &change), HOST_INTERFACE_GONE);
    assert_string_equal(change.interface.name, "eth2");
    assert_int_equal(host.interface_count, 1);
    assert_int_equal(host.interfaces[0].index, 5);
    host_addresses_free(&host);
}

/* Whatever else the message changes; addresses are called by the new name at once. */
static void test_another_name(void **state)
{
    struct host_addresses host = {0};
    struct host_change change;

    (void)state;
    link_message(&host, RTM_NEWLINK, 2, "eth0", IFF_UP, &change);
    assert_string_equal(change.shown_before, "");
    address_message(&host, RTM_NEWADDR, 2, "fe80::1", &change);
    address_message(&host, RTM_NEWADDR, 2, "10.0.0.1", &change);
    assert_int_equal(link_message(&host, RTM_NEWLINK, 2, "lan0", IFF_UP, &change),
                     HOST_INTERFACE_CHANGED);
    assert_string_equal(change.shown_before, "eth0");
    assert_string_equal(change.interface.name, "lan0");
    assert_int_equal(change.flags_before, IFF_UP);
    assert_string_equal(host.addresses[0].text, "fe80::1%lan0");
    assert_string_equal(host.addresses[1].text, "10.0.0.1");
    assert_int_equal(link_message(&host, RTM_NEWLINK, 2, "lan0", 0, &change),
                     HOST_INTERFACE_CHANGED);
    assert_string_equal(change.shown_before, "");
    assert_int_equal(link_message(&host, RTM_NEWLINK, 2, "eth\x1B[2J", IFF_UP, &change),
                     HOST_INTERFACE_CHANGED);
    assert_string_equal(change.shown_before, "lan0");
    assert_string_equal(change.interface.shown, "eth?[2J");
    assert_string_equal(change.interface.name, "eth\x1B[2J");
    assert_string_equal(host.addresses[0].text, "fe80::1%2");
    host_addresses_free(&host);
}

/* In an address, a name that Wireshark would misread is the interface's index. */
static void test_zones(void **state)
{
    static const struct {
        const char *name;
        const char *text;
    } rows[] = {
        {"eth0", "fe80::1%eth0"},
        {"we}ird", "fe80::1%7"},
        {"{x", "fe80::1%7"},
        {"a,b", "fe80::1%7"},
        {"a=b", "fe80::1%a=b"},
        {"a\"'b", "fe80::1%a\"'b"},
        {"\xC3\xA4", "fe80::1%\xC3\xA4"},
        {"bad\xFF", "fe80::1%7"},
        {"c\x01l", "fe80::1%7"},
        {"5", "fe80::1%5"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct host_addresses host = {0};
        struct host_change change;
        struct failure failure = {""};

        link_message(&host, RTM_NEWLINK, 7, rows[i].name, 0, &change);
        address_message(&host, RTM_NEWADDR, 7, "fe80::1", &change);
        row_text(rows[i].name, host.addresses[0].text, rows[i].text);
        /* Each can be given back, and so can the index. */
        row_true(rows[i].name, host_address_find(&host, rows[i].text, &failure) != NULL);
        row_true(rows[i].name, host_address_find(&host, "fe80::1%7", &failure) != NULL);
        host_addresses_free(&host);
    }
}

static void test_addresses(void **state)
{
    static const char *const order[] = {"10.0.0.1", "10.0.0.9", "fe80::1", "10.0.0.5"};
    struct host_addresses host = {0};
    struct host_change change;

    (void)state;
    link_message(&host, RTM_NEWLINK, 2, "eth2", 0, &change);
    link_message(&host, RTM_NEWLINK, 3, "eth3", 0, &change);
    address_message(&host, RTM_NEWADDR, 3, "10.0.0.5", &change);
    address_message(&host, RTM_NEWADDR, 2, "10.0.0.1", &change);
    address_message(&host, RTM_NEWADDR, 2, "10.0.0.9", &change);
    assert_int_equal(address_message(&host, RTM_NEWADDR, 2, "fe80::1", &change), HOST_ADDRESS_NEW);
    assert_string_equal(change.address.text, "fe80::1%eth2");
    assert_string_equal(change.interface.name, "eth2");
    assert_int_equal(address_message(&host, RTM_NEWADDR, 2, "fe80::1", &change), HOST_UNCHANGED);
    assert_int_equal(host.address_count, ROWS(order));
    for (size_t i = 0; i < ROWS(order); i++)
        row_equal(order[i], strncmp(host.addresses[i].text, order[i], strlen(order[i])), 0);
    assert_int_equal(host.addresses[0].netmask[2], 0xFF);
    assert_int_equal(host.addresses[0].netmask[3], 0);
    assert_int_equal(address_message(&host, RTM_DELADDR, 2, "10.0.0.9", &change),
                     HOST_ADDRESS_GONE);
    assert_int_equal(address_message(&host, RTM_DELADDR, 2, "10.0.0.9", &change), HOST_UNCHANGED);
    assert_int_equal(host.address_count, ROWS(order) - 1);
    host_addresses_free(&host);
}

/* Attributes cut off or of a wrong length are as good as absent. */
static void test_cut(void **state)
{
    const struct ifinfomsg link = {.ifi_index = 4};
    const struct ifaddrmsg address = {.ifa_family = AF_INET6, .ifa_prefixlen = 200, .ifa_index = 4};
    struct host_addresses host = {0};
    struct host_change change;
    struct message message;

    (void)state;
    start(&message, RTM_NEWLINK, &link, sizeof link);
    host_addresses_apply(&host, &message.header, &change);
    assert_int_equal(change.kind, HOST_UNCHANGED); /* no name */
    add(&message, IFLA_IFNAME, "a-name-that-is-longer-than-any", 31);
    host_addresses_apply(&host, &message.header, &change);
    assert_int_equal(strlen(host.interfaces[0].name), IF_NAMESIZE - 1);
    start(&message, RTM_NEWADDR, &address, sizeof address);
    add(&message, IFA_ADDRESS, "0123456789abcdef", 16); /* the prefix is longer than the address */
    host_addresses_apply(&host, &message.header, &change);
    assert_int_equal(change.kind, HOST_UNCHANGED);
    for (uint32_t length = message.header.nlmsg_len; length >= NLMSG_LENGTH(8); length--) {
        message.header.nlmsg_len = length;
        host_addresses_apply(&host, &message.header, &change);
        assert_int_equal(change.kind, HOST_UNCHANGED);
    }
    assert_int_equal(host.address_count, 0);
    host_addresses_free(&host);
}

/* A link's kind is nested, and none of a message that is cut off is read beyond its end. */
static void test_kind_of_a_link(void **state)
{
    const struct ifinfomsg link = {.ifi_index = 4};
    struct host_addresses host = {0};
    struct host_change change;
    struct message message;
    struct {
        struct rtattr attribute;
        char kind[20];
    } information = {.attribute = {RTA_LENGTH(sizeof "veth"), IFLA_INFO_KIND}, .kind = "veth"};

    (void)state;
    start(&message, RTM_NEWLINK, &link, sizeof link);
    add(&message, IFLA_IFNAME, "v1", sizeof "v1");
    add(&message, IFLA_LINKINFO, &information, sizeof information.attribute + sizeof "veth");
    host_addresses_apply(&host, &message.header, &change);
    assert_string_equal(host.interfaces[0].kind, "veth");
    memset(information.kind, 'k', sizeof information.kind);
    information.attribute.rta_len = sizeof information;
    start(&message, RTM_NEWLINK, &link, sizeof link);
    add(&message, IFLA_IFNAME, "v1", sizeof "v1");
    add(&message, IFLA_LINKINFO, &information, sizeof information);
    host_addresses_apply(&host, &message.header, &change);
    assert_string_equal(host.interfaces[0].kind, "kkkkkkkkkkkkkkk");
    start(&message, RTM_NEWLINK, &link, sizeof link);
    add(&message, IFLA_IFNAME, "v1", sizeof "v1");
    add(&message, IFLA_LINKINFO, &information, sizeof information - 1);
    host_addresses_apply(&host, &message.header, &change);
    assert_string_equal(host.interfaces[0].kind, "");
    host_addresses_free(&host);
}

static void count_message(void *context, const struct nlmsghdr *message)
{
    assert_int_equal(message->nlmsg_type, RTM_NEWLINK);
    (*(unsigned *)context)++;
}

/*
 * A last message whose length is no multiple of four: its padding lies behind the datagram, and
 * what an earlier one left in the buffer there is not read again.
 */
static void test_datagram_without_padding(void **state)
{
    const struct ifinfomsg link = {.ifi_index = 4};
    struct message messages[2];
    uint32_t length;
    unsigned count = 0;
    int ends[2];

    (void)state;
    start(&messages[0], RTM_NEWLINK, &link, sizeof link);
    start(&messages[1], RTM_NEWLINK, &link, sizeof link);
    messages[0].header.nlmsg_len = sizeof messages[0];
    length = messages[1].header.nlmsg_len;
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends), 0);
    assert_int_equal(send(ends[1], messages, sizeof messages[0] + length, 0),
                     sizeof messages[0] + length);
    messages[0].header.nlmsg_len -= 3;
    assert_int_equal(send(ends[1], messages, messages[0].header.nlmsg_len, 0),
                     messages[0].header.nlmsg_len);
    assert_true(route_monitor_read(ends[0], count_message, &count));
    assert_int_equal(count, 3);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_another_name),
        cmocka_unit_test(test_zones),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_kind_of_a_link),
        cmocka_unit_test(test_datagram_without_padding),
    };

    return cmocka_run_group_tests_name("host_change", tests, NULL, NULL);
}
