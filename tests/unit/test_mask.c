/*
 * Masking: addresses, and what resembles one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <stdio.h>

#include "mask.h"

static void test_off(void **state)
{
    char text[64] = "from 192.0.2.10";

    (void)state;
    mask_text(text, sizeof text);
    assert_string_equal(text, "from 192.0.2.10");
}

static void test_on(void **state)
{
    static const struct {
        const char *text;
        const char *masked;
    } rows[] = {
        {"", ""},
        {"nothing to hide: 12 packets, 1.5 s, interface 2", NULL},
        {"192.0.2.10", "192.0.2.x"},
        {"from 192.0.2.10.", "from 192.0.2.x."},
        {"ipmon:10.9.0.2, mode", "ipmon:10.9.0.x, mode"},
        {"192.0.2.10:80 and 198.51.100.255/24", "192.0.2.x:80 and 198.51.100.x/24"},
        {"2001:db8::10", "2001:db8::x"},
        {"fe80::1%eth0", "fe80::x%eth0"},
        {"ipmon:2001:db8:1:2:3:4:5:6", "ipmon:2001:db8:1:2::x"},
        {"[::1]", "[::x]"},
        {"02:00:5e:10:00:01", "02:00:5e:x"},
        {"at 2:0:5E:10:0:1.", "at 2:0:5E:x."},
        {"12:34:56, and 1:2:3:4:5", NULL},
        {"ip[12:4] = 0xc0000201", "ip[12:4] = 0xc00002x"},
        {"0XC0000201x", "0XC0000201x"}, /* as it is when masked already */
        {"0xc0000b", "0xc000x"},
        {"ether proto 0x86dd", NULL},
        {"1234567890 packets", NULL},
        {"version 4.0.17", NULL},
    };

    (void)state;
    mask_enable();
    for (size_t i = 0; i < ROWS(rows); i++) {
        char text[128];

        snprintf(text, sizeof text, "%s", rows[i].text);
        mask_text(text, sizeof text);
        row_text(rows[i].text, text, rows[i].masked ? rows[i].masked : rows[i].text);
    }
}

/* As the log shows them, which masks the text that the filter stands in. */
static void test_filters(void **state)
{
    static const struct {
        const char *filter;
        const char *masked;
    } rows[] = {
        {"", NULL},
        /* addresses as words */
        {"host 192.0.2.1 or ip6 host 2001:db8::7", "host 192.0.2.x or ip6 host 2001:db8::x"},
        {"net 192.168.1 or net 10 or net 10.1", NULL},
        {"net 192.0.2.0/24", "net 192.0.2.x/24"},
        {"host 0xc0.0.2.1", "host x"},
        {"host 192.0.2.010", "host x"},
        {"ether host 00:11:22:33:44:55", "ether host 00:11:22:x"},
        {"ether src aa:b:cc:d:e:f", "ether src aa:b:cc:x"},
        {"ether host 00-11-22-33-44-55", "ether host x"},
        {"ether host aa-bb-cc-dd-ee-ff", "ether host x"},
        {"ether host 0.11.22.33.44.55", "ether host x"},
        {"ether host 0011.2233.4455", "ether host x"},
        {"ether host aabb.ccdd.eeff", "ether host x"},
        {"ether host 001122334455", "ether host x"},
        {"ether host aabbccddeeff", "ether host x"},
        /* as numbers */
        {"host 0xc0000201", "host 0xc00002x"},
        {"host 3221225985 and port 80", "host x and port 80"},
        {"net 0xc0000200", "net 0xc00002x"},
        {"net 3221225984", "net x"},
        {"src 0xc0000201 or 0xc0000202", "src 0xc00002x or 0xc00002x"},
        {"not dst 3221225985", "not dst x"},
        {"port 80 and 3221225985", "port 80 and x"},
        {"port 80 and src 5", "port 80 and src x"},
        /* as bytes of a packet */
        {"ip[12:4] = 0xc0000201", "ip[12:4] = 0xc00002x"},
        {"ip[12:4]=3221225985", "ip[12:4]=x"},
        {"ip [ 16 : 4 ] & 0xffffff00 = 0xc0000200", "ip [ 16 : 4 ] & 0xffffffx = 0xc00002x"},
        {"ip[12:2] = 0xc000 and ip[14:2] = 0x0201", "ip[12:2] = 0xc000 and ip[14:2] = x"},
        {"ip[12] = 192 && ip[15] = 1", "ip[12] = 192 && ip[15] = x"},
        {"3221225985 = ip[12:4]", "x = ip[12:4]"},
        {"port 80 and 513 = ip[18:2]", "port 80 and x = ip[18:2]"},
        {"ip6[8:4] = 0x2001 and ip6[20:4] = 0x00000007", "ip6[8:4] = 0x2001 and ip6[20:4] = x"},
        {"ip6[36:4] = 7", "ip6[36:4] = x"},
        {"ether[0:4] = 0x00112233", "ether[0:4] = x"},
        {"ether[6:2] = 0x0011 || ether[10:2] = 5", "ether[6:2] = 0x0011 || ether[10:2] = x"},
        {"arp[14:4] = 3221225985", "arp[14:4] = x"},
        {"icmp[4:4] = 3221225985", "icmp[4:4] = x"},
        {"udp[8:4] = 3221225985", "udp[8:4] = x"},
        {"ip[12 + 0:4] = 3221225985", "ip[12 + 0:4] = x"},
        {"ip[0x0c:4] = 3221225985", "ip[0x0c:4] = x"},
        {"len - ip[12:4] = 5", "len - ip[12:4] = x"},
        {"tcp[((tcp[12] & 0xf0) >> 2):4] = 5", "tcp[((tcp[12] & 0xf0) >> 2):4] = x"},
        /* what is none */
        {"tcp port 80 or 443 and not udp portrange 1000-65535", NULL},
        {"ip proto 17 or ip6 protochain 6 or ether proto 0x86dd", NULL},
        {"len > 100 and less 1500 and greater 60", NULL},
        {"vlan 5 and mpls 100000", NULL},
        {"ip[2:2] > 576 and ip[8] < 5 and ip[6:2] & 0x1fff != 0", NULL},
        {"tcp[tcpflags] & (tcp-syn|tcp-fin) != 0 and tcp[13] = 2", NULL},
        {"icmp[icmptype] = 8 and icmp6[icmp6type] = 128", NULL},
        {"ip6[4:2] > 1000 or udp[4:2] = 20", NULL},
        {"inbound", NULL},
        /* what is no filter */
        {"ip[12:4", NULL},
        {"]]-&&-|[", NULL},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        char text[128];

        mask_filter(text, sizeof text, rows[i].filter);
        mask_text(text, sizeof text);
        row_text(rows[i].filter, text, rows[i].masked ? rows[i].masked : rows[i].filter);
    }
}

static void test_filter_off(void **state)
{
    char text[64];

    (void)state;
    assert_ptr_equal(mask_filter(text, sizeof text, "host 3221225985"), text);
    assert_string_equal(text, "host 3221225985");
    mask_filter(text, 6, "host 3221225985");
    assert_string_equal(text, "host ");
}

/* Whatever the filter, nothing is written behind the copy. */
static void test_any_filter(void **state)
{
    static const char parts[] = "ip[]:-.&|=0x123456789abcdefhost net  ";
    uint32_t seed = 1;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        char filter[64];
        char copy[33];
        size_t length = unit_random(&seed) % sizeof filter;

        for (size_t j = 0; j < length; j++)
            filter[j] = parts[unit_random(&seed) % (sizeof parts - 1)];
        filter[length] = '\0';
        copy[32] = '#';
        mask_filter(copy, 32, filter);
        row_true(filter, copy[32] == '#' && strnlen(copy, 32) < 32);
    }
}

static void test_cut(void **state)
{
    char text[8] = "a::b:c:";
    static char longest[5000];

    (void)state;
    mask_text(text, sizeof text);
    assert_true(strlen(text) < sizeof text);
    memset(longest, '1', sizeof longest - 1);
    mask_text(longest, sizeof longest);
    assert_true(strlen(longest) > 1000 && strlen(longest) < sizeof longest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_off),        cmocka_unit_test(test_filter_off),
        cmocka_unit_test(test_on),         cmocka_unit_test(test_filters),
        cmocka_unit_test(test_any_filter), cmocka_unit_test(test_cut),
    };

    return cmocka_run_group_tests_name("mask", tests, NULL, NULL);
}
