/*
 * Link headers: where the IP header begins behind each, what they announce and say of the frame.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <stdio.h>

#include "link_header.h"

enum { NONE = -1, BYTES_MAX = 40 };

/* A link header as digits, behind which there is an IP header or what is taken for one. */
static const struct {
    const char *name;
    const char *bytes;
    int length; /* NONE: it carries no IP */
    uint16_t link_type;
    uint8_t announced;
    enum network_known outgoing;
    enum frame_reception reception;
    enum network_known loopback;
} rows[] = {
    {"Ethernet, IPv4", "020000000001020000000002 0800 45", 14, LINK_TYPE_ETHERNET, 4,
     .loopback = NETWORK_NO},
    {"Ethernet, IPv6", "020000000001020000000002 86dd 60", 14, LINK_TYPE_ETHERNET, 6,
     .loopback = NETWORK_NO},
    {"Ethernet, announced as IPv4", "020000000001020000000002 0800 60", 14, LINK_TYPE_ETHERNET, 4,
     .loopback = NETWORK_NO},
    {"Ethernet, ARP", "020000000001020000000002 0806 0001", NONE, LINK_TYPE_ETHERNET},
    {"Ethernet, a length", "020000000001020000000002 0100 45", NONE, LINK_TYPE_ETHERNET},
    {"Ethernet, cut", "0200000000010200000000", NONE, LINK_TYPE_ETHERNET},
    {"802.1Q", "020000000001020000000002 8100 0005 0800 45", 18, LINK_TYPE_ETHERNET, 4,
     .loopback = NETWORK_NO},
    {"802.1Q, cut", "020000000001020000000002 8100 0005", NONE, LINK_TYPE_ETHERNET},
    {"802.1ad", "020000000001020000000002 88a8 0005 8100 0006 86dd 60", 22, LINK_TYPE_ETHERNET, 6,
     .loopback = NETWORK_NO},
    {"QinQ of old", "020000000001020000000002 9100 0005 8100 0006 0800 45", 22, LINK_TYPE_ETHERNET,
     4, .loopback = NETWORK_NO},
    {"no tag", "020000000001020000000002 9200 0005 0800 45", NONE, LINK_TYPE_ETHERNET},
    {"loopback of Linux", "000000000000000000000000 0800 45", 14, LINK_TYPE_ETHERNET, 4,
     .loopback = NETWORK_YES},
    {"only the source is zero", "020000000001000000000000 0800 45", 14, LINK_TYPE_ETHERNET, 4,
     .loopback = NETWORK_UNKNOWN},
    {"SLL, received", "0000 0001 0006 0000000000000000 0800 45", 16, LINK_TYPE_SLL, 4, NETWORK_NO,
     FRAME_UNICAST, NETWORK_NO},
    {"SLL, broadcast", "0001 0001 0006 0000000000000000 0800 45", 16, LINK_TYPE_SLL, 4, NETWORK_NO,
     FRAME_BROADCAST, NETWORK_NO},
    {"SLL, another host", "0003 0001 0006 0000000000000000 86dd 60", 16, LINK_TYPE_SLL, 6,
     NETWORK_NO, FRAME_PROMISCUOUS, NETWORK_NO},
    {"SLL, sent", "0004 0304 0006 0000000000000000 0800 45", 16, LINK_TYPE_SLL, 4, NETWORK_YES,
     FRAME_RECEPTION_UNKNOWN, NETWORK_YES},
    {"SLL, unknown type", "0005 0001 0006 0000000000000000 0800 45", 16, LINK_TYPE_SLL, 4,
     .loopback = NETWORK_NO},
    {"SLL, tagged", "0000 0001 0006 0000000000000000 8100 0005 0800 45", 20, LINK_TYPE_SLL, 4,
     NETWORK_NO, FRAME_UNICAST, NETWORK_NO},
    {"SLL, cut", "0000 0001 0006 0000000000000000 08", NONE, LINK_TYPE_SLL},
    {"SLL2, multicast", "0800 0000 00000003 0001 02 06 0000000000000000 45", 20, LINK_TYPE_SLL2, 4,
     NETWORK_NO, FRAME_MULTICAST, NETWORK_NO},
    {"SLL2, sent, loopback", "86dd 0000 00000001 0304 04 06 0000000000000000 60", 20,
     LINK_TYPE_SLL2, 6, NETWORK_YES, FRAME_RECEPTION_UNKNOWN, NETWORK_YES},
    {"SLL2, cut", "0800 0000 00000003 0001 02 06 00000000000000", NONE, LINK_TYPE_SLL2},
    {"NULL, little-endian", "02000000 45", 4, LINK_TYPE_NULL, 4},
    {"NULL, big-endian", "00000002 45", 4, LINK_TYPE_NULL, 4},
    {"NULL, 16 bits", "00020000 45", 4, LINK_TYPE_NULL, 4},
    {"NULL, 16 bits, little-endian", "00000200 45", 4, LINK_TYPE_NULL, 4},
    {"NULL, NetBSD", "18000000 60", 4, LINK_TYPE_NULL, 6},
    {"NULL, FreeBSD", "1c000000 60", 4, LINK_TYPE_NULL, 6},
    {"NULL, macOS", "0000001e 60", 4, LINK_TYPE_NULL, 6},
    {"NULL, an Ethertype", "00080000 45", 4, LINK_TYPE_NULL, 4},
    {"NULL, another family", "07000000 45", NONE, LINK_TYPE_NULL},
    {"NULL, cut", "020000", NONE, LINK_TYPE_NULL},
    {"LOOP", "00000018 60", 4, LINK_TYPE_LOOP, 6},
    {"LOOP, little-endian", "02000000 45", NONE, LINK_TYPE_LOOP},
    {"LOOP, an Ethertype", "00000800 45", NONE, LINK_TYPE_LOOP},
    {"LOOP, cut", "000000", NONE, LINK_TYPE_LOOP},
    {"PPP", "ff03 0021 45", 4, LINK_TYPE_PPP, 4},
    {"PPP, compressed protocol", "ff03 57 60", 3, LINK_TYPE_PPP, 6},
    {"PPP, no address", "0021 45", 2, LINK_TYPE_PPP_HDLC, 4},
    {"PPP, neither", "21 45", 1, LINK_TYPE_PPP_PPPD, 4},
    {"PPP, LCP", "ff03 c021 01", NONE, LINK_TYPE_PPP},
    {"PPP, cut", "ff03 00", NONE, LINK_TYPE_PPP},
    {"raw IPv4", "45", 0, LINK_TYPE_RAW, 4},
    {"raw IPv6", "60", 0, LINK_TYPE_RAW, 6},
    {"raw, neither", "75", NONE, LINK_TYPE_RAW},
    {"raw, nothing", "", NONE, LINK_TYPE_RAW},
    {"IPv4 alone", "45", 0, LINK_TYPE_IPV4, 4},
    {"IPv4 alone, but IPv6", "60", 0, LINK_TYPE_IPV4, 6},
    {"IPv4 alone, neither", "75", 0, LINK_TYPE_IPV4, 0},
    {"IPv6 alone, but IPv4", "45", 0, LINK_TYPE_IPV6, 6},
    {"IPv6 alone, nothing", "", NONE, LINK_TYPE_IPV6},
    {"IEEE 802.11", "0800 45", NONE, 105},
};

static uint32_t make_bytes(uint8_t bytes[BYTES_MAX], const char *digits)
{
    uint32_t length = 0;

    for (unsigned byte, used = 0; sscanf(digits, " %2x", &byte) == 1; digits += used) {
        used = (unsigned)strspn(digits, " ") + 2;
        bytes[length++] = (uint8_t)byte;
    }
    return length;
}

static void test_headers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const char *name = rows[i].name;
        uint8_t bytes[BYTES_MAX];
        struct link_header header;
        const uint32_t length = make_bytes(bytes, rows[i].bytes);
        const bool found = link_header_read(&header, rows[i].link_type, bytes, length);

        row_equal(name, found, rows[i].length != NONE);
        if (!found)
            continue;
        row_equal(name, header.length, (uint32_t)rows[i].length);
        row_equal(name, header.announced_version, rows[i].announced);
        row_equal(name, header.passage.outgoing, rows[i].outgoing);
        row_equal(name, header.passage.reception, rows[i].reception);
        row_equal(name, header.loopback, rows[i].loopback);
    }
}

static void test_traits(void **state)
{
    static const uint8_t family[] = {0, 0, 0, 2, 0x45};
    static const uint8_t ppp[] = {0x21, 0x45};
    struct link_header header;

    (void)state;
    assert_true(link_header_read(&header, LINK_TYPE_LOOP, family, sizeof family));
    assert_true(header.checksum_never_filled && header.has_trailer);
    assert_true(link_header_read(&header, LINK_TYPE_NULL, family, sizeof family));
    assert_true(header.checksum_never_filled);
    assert_true(link_header_read(&header, LINK_TYPE_PPP, ppp, sizeof ppp));
    assert_true(!header.checksum_never_filled && !header.has_trailer);
    assert_true(link_type_is_known(LINK_TYPE_ETHERNET));
    assert_false(link_type_is_known(105));
}

/* What the headers say holds for frames without IP, too. */
static void test_without_ip(void **state)
{
    static const uint8_t arp[] = {0, 4, 3, 4, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 8, 6, 0};
    static const uint8_t family[] = {7, 0, 0, 0};
    struct link_header header;

    (void)state;
    assert_false(link_header_read(&header, LINK_TYPE_SLL, arp, sizeof arp));
    assert_int_equal(header.passage.outgoing, NETWORK_YES);
    assert_int_equal(header.loopback, NETWORK_YES);
    assert_false(link_header_read(&header, LINK_TYPE_NULL, family, sizeof family));
    assert_true(header.checksum_never_filled);
}

static void test_checksum_due(void **state)
{
    const struct link_header ethernet = {.loopback = NETWORK_NO};
    const struct link_header null = {.checksum_never_filled = true};
    struct ip_packet packet = {.version = 4};

    (void)state;
    assert_true(link_header_checksum_due(&ethernet, &packet, NETWORK_NO));
    assert_false(link_header_checksum_due(&ethernet, &packet, NETWORK_YES));
    assert_false(link_header_checksum_due(&ethernet, &packet, NETWORK_UNKNOWN));
    assert_false(link_header_checksum_due(&null, &packet, NETWORK_NO));
    packet.checksum = 1;
    assert_false(link_header_checksum_due(&ethernet, &packet, NETWORK_NO));
    packet = (struct ip_packet){.version = 6};
    assert_false(link_header_checksum_due(&ethernet, &packet, NETWORK_NO));
}

static void test_flags(void **state)
{
    static const struct {
        const char *name;
        uint32_t flags;
        struct frame_passage link, joined;
    } flags[] = {
        {"nothing", 0, {0}, {0}},
        {"inbound unicast", 1 | 1 << 2, {0}, {NETWORK_NO, FRAME_UNICAST}},
        {"outbound multicast", 2 | 2 << 2, {0}, {NETWORK_YES, FRAME_MULTICAST}},
        {"other bits", 1 << 5 | 1U << 31, {0}, {0}},
        {"the link header alone", 0, {NETWORK_NO, FRAME_BROADCAST}, {NETWORK_NO, FRAME_BROADCAST}},
        {"agreement", 1, {NETWORK_NO, FRAME_UNICAST}, {NETWORK_NO, FRAME_UNICAST}},
        {"the flags' reception",
         3 << 2,
         {NETWORK_NO, FRAME_UNICAST},
         {NETWORK_NO, FRAME_BROADCAST}},
        {"contradiction", 2 | 1 << 2, {NETWORK_NO, FRAME_UNICAST}, {0}},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(flags); i++) {
        const struct frame_passage joined =
            frame_passage_join(frame_passage_of_flags(flags[i].flags), flags[i].link);

        row_equal(flags[i].name, joined.outgoing, flags[i].joined.outgoing);
        row_equal(flags[i].name, joined.reception, flags[i].joined.reception);
    }
}

static void test_passage(void **state)
{
    static const struct {
        const char *name;
        struct frame_passage passage;
        enum network_known group, here;
    } passages[] = {
        {"nothing known", {0}, NETWORK_UNKNOWN, NETWORK_UNKNOWN},
        {"received", {NETWORK_NO, FRAME_UNICAST}, NETWORK_NO, NETWORK_YES},
        {"sent", {NETWORK_YES, FRAME_UNICAST}, NETWORK_NO, NETWORK_NO},
        {"to a group", {NETWORK_NO, FRAME_MULTICAST}, NETWORK_YES, NETWORK_NO},
        {"to all", {NETWORK_UNKNOWN, FRAME_BROADCAST}, NETWORK_YES, NETWORK_NO},
        {"to another host", {NETWORK_NO, FRAME_PROMISCUOUS}, NETWORK_NO, NETWORK_NO},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(passages); i++) {
        struct network_event_context context = {.loopback = NETWORK_YES};

        frame_passage_apply(&context, passages[i].passage);
        row_equal(passages[i].name, context.outgoing, passages[i].passage.outgoing);
        row_equal(passages[i].name, context.group_addressed, passages[i].group);
        row_equal(passages[i].name, context.to_this_host, passages[i].here);
        row_equal(passages[i].name, context.loopback, NETWORK_YES);
    }
}

static void test_names(void **state)
{
    (void)state;
    assert_int_equal(frame_loopback_by_name(NULL), NETWORK_UNKNOWN);
    assert_int_equal(frame_loopback_by_name(""), NETWORK_UNKNOWN);
    assert_int_equal(frame_loopback_by_name("alice@web1:lo"), NETWORK_YES);
    assert_int_equal(frame_loopback_by_name("lo:eth0"), NETWORK_NO);
    assert_int_equal(frame_loopback_by_name("lo"), NETWORK_YES);
    assert_int_equal(frame_loopback_by_name("lo0"), NETWORK_YES);
    assert_int_equal(frame_loopback_by_name("Adapter for loopback traffic capture"), NETWORK_YES);
    assert_int_equal(frame_loopback_by_name("lowpan0"), NETWORK_NO);
    assert_int_equal(frame_loopback_by_name("eth0"), NETWORK_NO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers),    cmocka_unit_test(test_traits),
        cmocka_unit_test(test_without_ip), cmocka_unit_test(test_checksum_due),
        cmocka_unit_test(test_flags),      cmocka_unit_test(test_passage),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
