/*
 * VLAN tags in front of the IP header: every number of them, both types mixed, cut at every byte,
 * with a TCI like the first bytes of a header, and headers like tags.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <linux/if_ether.h>
#include <stdlib.h>

#include "ip_checksum.h"
#include "vlan_tag.h"

enum {
    NONE = -1,
    ROOM = 4096,
    TAGS_TRIED = 10,
    OLD_TAG = 0x9100, /* a tag to some switches, not to the kernel */
};

static uint16_t tag_type(unsigned number)
{
    return number % 2 ? ETH_P_8021AD : ETH_P_8021Q;
}

static void put_u16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* A packet of `length` bytes with nothing behind its header. Returns its end. */
static uint8_t *put_ip(uint8_t *at, uint16_t ethertype, unsigned length)
{
    memset(at, 0, length);
    if (ethertype == ETH_P_IPV6) {
        at[0] = 0x60;
        put_u16(at + 4, length - 40);
        at[6] = 59;
    } else {
        at[0] = 0x45;
        put_u16(at + 2, length);
        at[8] = 64;
        at[9] = 253;
        put_u16(at + 10, 0xFFFF ^ ip_checksum_sum(at, 20));
    }
    return at + length;
}

/* So many tags with this TCI, and a packet behind. Returns the length of all. */
static uint32_t make(uint8_t *bytes, unsigned tags, unsigned tci, uint16_t ethertype,
                     unsigned length)
{
    for (unsigned i = 0; i < tags; i++) {
        put_u16(bytes + VLAN_TAG_LENGTH * i, tci);
        put_u16(bytes + VLAN_TAG_LENGTH * i + 2, i + 1 < tags ? tag_type(i) : ethertype);
    }
    return (uint32_t)(put_ip(bytes + VLAN_TAG_LENGTH * tags, ethertype, length) - bytes);
}

/* On bytes of exactly that size, for the sanitizers. */
static int tags_of(const uint8_t *bytes, uint32_t captured_length, uint32_t wire_length,
                   uint16_t protocol, bool sent)
{
    uint8_t *copy = malloc(captured_length + 1);
    int length;

    assert_non_null(copy);
    memmove(copy + 1, bytes, captured_length);
    length = vlan_tags_length(&(struct vlan_packet){.bytes = copy + 1,
                                                    .captured_length = captured_length,
                                                    .wire_length = wire_length,
                                                    .protocol = protocol,
                                                    .sent = sent});
    free(copy);
    return length;
}

static const unsigned tcis[] = {
    0,      5,      0x2FFF, /* priority 1 */
    0x4500,                 /* priority 2, as an IPv4 header begins */
    0x4FFF, 0x6000,         /* priority 3, as an IPv6 header begins */
    0x6ABC, 0xE005, 0xFFFF,
};

static const uint16_t versions[] = {ETH_P_IP, ETH_P_IPV6};

/* The kernel's protocol of a packet: since Linux 6.11, when it finds nothing, and before. */
static void test_every_number_of_tags(void **state)
{
    (void)state;
    for (unsigned tags = 0; tags <= TAGS_TRIED; tags++) {
        for (size_t v = 0; v < ROWS(versions); v++) {
            for (size_t t = 0; t < ROWS(tcis); t++) {
                const int all = (int)tags * VLAN_TAG_LENGTH;
                uint8_t bytes[ROOM];
                const uint32_t length = make(bytes, tags, tcis[t], versions[v], 100);
                const uint16_t before = tags == 0 ? versions[v] : tag_type(0);

                /* One more was taken off those that were received. */
                row_equal("received", tags_of(bytes, length, length, versions[v], false),
                          tags < VLAN_TAGS_MAX ? all : 0);
                row_equal("received, not found", tags_of(bytes, length, length, 0, false),
                          tags != 0 && tags < VLAN_TAGS_MAX ? all : NONE);
                row_equal("received, before", tags_of(bytes, length, length, before, false),
                          tags < VLAN_TAGS_MAX ? all : NONE);
                row_equal("sent", tags_of(bytes, length, length, versions[v], true),
                          tags <= VLAN_TAGS_MAX ? all : 0);
            }
        }
    }
}

/* A frame that is sent with so many begins with its tags, whatever is in them. */
static void test_sent_with_too_many(void **state)
{
    (void)state;
    for (size_t t = 0; t < ROWS(tcis); t++) {
        uint8_t bytes[ROOM];
        const uint32_t length = make(bytes, VLAN_TAGS_MAX + 1, tcis[t], ETH_P_IP, 100);

        row_equal("not found", tags_of(bytes, length, length, 0, true), NONE);
        row_equal("before", tags_of(bytes, length, length, ETH_P_8021Q, true), NONE);
    }
}

/* Nor does the kernel walk eight; the header is first when a VLAN device put them there. */
static void test_sent_not_found(void **state)
{
    (void)state;
    for (size_t v = 0; v < ROWS(versions); v++) {
        for (size_t t = 0; t < ROWS(tcis); t++) {
            uint8_t bytes[ROOM];
            uint32_t length = make(bytes, VLAN_TAGS_MAX, tcis[t], versions[v], 100);

            row_equal("tags", tags_of(bytes, length, length, 0, true), VLAN_TAGS_LENGTH);
            put_u16(bytes + VLAN_TAGS_LENGTH - 2, ETH_P_ARP);
            row_equal("ARP", tags_of(bytes, length, length, 0, true), NONE);
            row_equal("cut", tags_of(bytes, 2, 2, 0, true), NONE);
            length = make(bytes, 0, 0, versions[v], 100);
            row_equal("header", tags_of(bytes, length, length, 0, true), 0);
        }
    }
}

/* Where a tag is cut no header can follow; behind the last tag any part of one may. */
static void test_cut(void **state)
{
    (void)state;
    for (size_t v = 0; v < ROWS(versions); v++) {
        for (unsigned tags = 1; tags < VLAN_TAGS_MAX; tags++) {
            for (size_t t = 0; t < ROWS(tcis); t++) {
                uint8_t bytes[ROOM];
                const uint32_t length = make(bytes, tags, tcis[t], versions[v], 100);
                const uint32_t end = tags * VLAN_TAG_LENGTH;

                for (uint32_t cut = 0; cut < length; cut++) {
                    row_equal("in the frame", tags_of(bytes, cut, cut, 0, false),
                              cut < end ? NONE : (int)end);
                    row_equal("in the capture", tags_of(bytes, cut, length, tag_type(0), false),
                              cut < end ? NONE : (int)end);
                }
            }
        }
    }
}

static void test_other_protocols(void **state)
{
    static const uint16_t others[] = {ETH_P_ARP, ETH_P_PPP_SES, ETH_P_MPLS_UC, OLD_TAG, 0, 46};

    (void)state;
    for (size_t i = 0; i < ROWS(others); i++) {
        for (unsigned tags = 1; tags < VLAN_TAGS_MAX; tags++) {
            uint8_t bytes[ROOM];
            const uint32_t length = make(bytes, tags, 5, ETH_P_IP, 100);

            put_u16(bytes + VLAN_TAG_LENGTH * tags - 2, others[i]);
            row_equal("not found", tags_of(bytes, length, length, 0, false), NONE);
            row_equal("before", tags_of(bytes, length, length, ETH_P_8021Q, false), NONE);
            row_equal("sent", tags_of(bytes, length, length, ETH_P_8021Q, true), NONE);
            if (others[i] != 0)
                row_equal("named", tags_of(bytes, length, length, others[i], false), NONE);
        }
    }
}

/* ARP's own header: hardware type 1, which may be a TCI, and protocol type IPv4. */
static void test_arp(void **state)
{
    static const uint8_t arp[28] = {0, 1, 0x08, 0, 6, 4, 0, 1};

    (void)state;
    row_equal("before", tags_of(arp, sizeof arp, sizeof arp, ETH_P_8021Q, true), NONE);
    row_equal("named", tags_of(arp, sizeof arp, sizeof arp, ETH_P_ARP, true), NONE);
}

/* Headers that begin as tags do: IPv4's total length, or IPv6's flow label, is an Ethertype. */
static void test_headers_like_tags(void **state)
{
    static const struct {
        const char *name;
        uint16_t ethertype;
        unsigned like; /* the second pair of bytes */
    } rows[] = {
        {"IPv4 of 2048 bytes", ETH_P_IP, ETH_P_IP},
        {"IPv6, flow label IPv6", ETH_P_IPV6, ETH_P_IPV6},
        {"IPv6, flow label IPv4", ETH_P_IPV6, ETH_P_IP},
        {"IPv6, flow label 802.1Q", ETH_P_IPV6, ETH_P_8021Q},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        uint8_t bytes[ROOM];
        const uint32_t length = make(bytes, 0, 0, rows[i].ethertype, 2048);

        put_u16(bytes + 2, rows[i].like);
        for (unsigned inner = 0x40; inner < 0x70; inner += 0x10) {
            if (rows[i].ethertype == ETH_P_IP) { /* an identification like a version */
                bytes[4] = (uint8_t)(inner | 5);
                put_u16(bytes + 10, 0);
                put_u16(bytes + 10, 0xFFFF ^ ip_checksum_sum(bytes, 20));
            }
            row_equal(rows[i].name, tags_of(bytes, length, length, rows[i].ethertype, false), 0);
            row_equal(rows[i].name, tags_of(bytes, length, length, rows[i].ethertype, true), 0);
            row_equal(rows[i].name, tags_of(bytes, length, length, ETH_P_8021AD, true), 0);
            /* cut as the kernel does it */
            row_equal(rows[i].name, tags_of(bytes, 40, length, rows[i].ethertype, false), 0);
        }
    }
}

/* Tags that begin as a header does stay tags, also before a large packet and a damaged one. */
static void test_tags_like_headers(void **state)
{
    static const unsigned lengths[] = {40, 100, 2044, 2048, 3000};

    (void)state;
    for (size_t v = 0; v < ROWS(versions); v++) {
        for (size_t t = 0; t < ROWS(tcis); t++) {
            for (size_t l = 0; l < ROWS(lengths); l++) {
                uint8_t bytes[ROOM];
                const uint32_t length = make(bytes, 1, tcis[t], versions[v], lengths[l]);

                row_equal("whole", tags_of(bytes, length, length, versions[v], false),
                          VLAN_TAG_LENGTH);
                bytes[VLAN_TAG_LENGTH + 10] ^= 0x10; /* IPv4: checksum */
                bytes[VLAN_TAG_LENGTH + 5] ^= 0x10;  /* IPv6: length */
                row_equal("damaged", tags_of(bytes, length, length, versions[v], false),
                          VLAN_TAG_LENGTH);
                bytes[VLAN_TAG_LENGTH] = 0x15;
                row_equal("version 1", tags_of(bytes, length, length, versions[v], false),
                          VLAN_TAG_LENGTH);
            }
        }
    }
}

/* One tag, taken off: whatever the header is, it is where the bytes begin. */
static void test_damaged_headers(void **state)
{
    uint8_t bytes[ROOM];
    uint32_t length = make(bytes, 0, 0, ETH_P_IP, 100);

    (void)state;
    bytes[0] = 0x15;
    row_equal("version 1", tags_of(bytes, length, length, ETH_P_IP, false), 0);
    row_equal("version 1, sent", tags_of(bytes, length, length, ETH_P_IP, true), 0);
    row_equal("empty", tags_of(bytes, 0, 0, ETH_P_IP, false), 0);
}

/* Whatever the bytes are, what is found lies within them. */
static void test_random_bytes(void **state)
{
    uint32_t seed = 20;

    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        static const uint16_t types[] = {0, ETH_P_IP, ETH_P_IPV6, ETH_P_8021Q, ETH_P_8021AD};
        uint32_t length = unit_random(&seed) % 48;
        uint8_t bytes[48];
        int found;

        for (uint32_t i = 0; i < length; i++)
            bytes[i] = (uint8_t)unit_random(&seed);
        for (uint32_t i = 2; i + 1 < length; i += VLAN_TAG_LENGTH)
            put_u16(bytes + i, types[1 + unit_random(&seed) % 4]);
        found = tags_of(bytes, length, length + unit_random(&seed) % 9,
                        types[unit_random(&seed) % 5], unit_random(&seed) % 2);
        row_true("within", found == NONE || (found >= 0 && (uint32_t)found <= length &&
                                             found % VLAN_TAG_LENGTH == 0));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_number_of_tags), cmocka_unit_test(test_sent_with_too_many),
        cmocka_unit_test(test_sent_not_found),       cmocka_unit_test(test_cut),
        cmocka_unit_test(test_other_protocols),      cmocka_unit_test(test_arp),
        cmocka_unit_test(test_headers_like_tags),    cmocka_unit_test(test_tags_like_headers),
        cmocka_unit_test(test_damaged_headers),      cmocka_unit_test(test_random_bytes),
    };

    return cmocka_run_group_tests_name("vlan_tag", tests, NULL, NULL);
}
