/*
 * The rules that find network events: for each event the smallest packet that raises it beside the
 * nearest one that does not, packets that raise nothing, what a cut by the snapshot length must not
 * add, and bytes at random before a page that cannot be read.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ip_checksum.h"
#include "network_event.h"

enum {
    ICMP = 1,
    IGMP = 2,
    TCP = IP_PROTOCOL_TCP,
    UDP = IP_PROTOCOL_UDP,
    ICMPV6 = 58,
    PACKET_MAX = 70000,
    EXPECTED_MAX = 4,
    RANDOM_ROUNDS = 50000,
};

/* Where a checksum field stands in what the sender left to the network card. */
enum offload {
    NOT_OFFLOADED,
    PARTIAL_SUM,           /* the pseudo-header's sum */
    PARTIAL_WITHOUT_LENGTH /* the same with a length of 0 */
};

/*
 * How to make a packet. Numbers are hexadecimal digits, blanks do not count. `set` and `spoil` are
 * lists of "offset=digits", from the packet's start, before and after checksums are filled in.
 */
struct recipe {
    uint8_t version;
    uint8_t protocol;    /* of the payload */
    const char *payload; /* its checksum is filled in */
    const char *chain;   /* IPv4: options; IPv6: extension headers, the first one's type in set */
    const char *set;
    const char *spoil;
    uint32_t zeros; /* bytes behind the payload that belong to it */
    int wire;       /* bytes that the frame has more or fewer than the packet says */
    enum offload offload;
};

/* What is known beside the bytes; all other things are unknown. */
enum situation {
    NOTHING_KNOWN,
    ON_WIRE, /* not the loopback interface */
    ON_LOOPBACK,
    OUTGOING,
    INCOMING,
    INCOMING_UNFILLED, /* over a link whose sender never fills in header checksums */
    GROUP_FRAME,       /* the frame went to a group address */
    HOST_FRAME,
    TO_US, /* the frame was received and went to this host */
    TO_US_UNKNOWN_DIRECTION,
    GIVEN_UP,  /* the last of a row of solicitations */
    VERSION_4, /* announced by what is around */
    VERSION_6,
    CHECKSUMS_IGNORED,
};

struct row {
    const char *name;
    struct recipe recipe;
    enum situation situation;
    size_t count;
    enum network_event_id events[EXPECTED_MAX];
};

struct built {
    uint8_t bytes[PACKET_MAX];
    uint32_t length;
    uint32_t wire;
};

static struct network_event_context context_of(enum situation situation)
{
    static const struct network_event_context contexts[] = {
        [NOTHING_KNOWN] = {.verify_checksums = true},
        [ON_WIRE] = {.verify_checksums = true, .loopback = NETWORK_NO},
        [ON_LOOPBACK] = {.verify_checksums = true, .loopback = NETWORK_YES},
        [OUTGOING] = {.verify_checksums = true, .outgoing = NETWORK_YES},
        [INCOMING] = {.verify_checksums = true,
                      .outgoing = NETWORK_NO,
                      .header_checksum_due = true},
        [INCOMING_UNFILLED] = {.verify_checksums = true, .outgoing = NETWORK_NO},
        [GROUP_FRAME] = {.verify_checksums = true, .group_addressed = NETWORK_YES},
        [HOST_FRAME] = {.verify_checksums = true, .group_addressed = NETWORK_NO},
        [TO_US] = {.verify_checksums = true, .outgoing = NETWORK_NO, .to_this_host = NETWORK_YES},
        [TO_US_UNKNOWN_DIRECTION] = {.verify_checksums = true, .to_this_host = NETWORK_YES},
        [GIVEN_UP] = {.verify_checksums = true, .given_up = NETWORK_YES},
        [VERSION_4] = {.verify_checksums = true, .expected_version = 4},
        [VERSION_6] = {.verify_checksums = true, .expected_version = 6},
        [CHECKSUMS_IGNORED] = {.verify_checksums = false},
    };

    return contexts[situation];
}

static uint8_t digit(char c)
{
    return (uint8_t)(c <= '9' ? c - '0' : c - 'A' + 10);
}

/* Writes the digits up to the end or, for a list of places, to a blank. */
static uint32_t put_hex(uint8_t *bytes, const char *hex, bool to_blank)
{
    uint32_t length = 0;

    for (; hex && *hex && !(to_blank && *hex == ' '); hex++) {
        if (*hex == ' ')
            continue;
        bytes[length++] = (uint8_t)(digit(hex[0]) << 4 | digit(hex[1]));
        hex++;
    }
    return length;
}

static void put_places(uint8_t *bytes, const char *places)
{
    while (places && *places) {
        char *digits;
        const unsigned long offset = strtoul(places, &digits, 10);

        assert_true(*digits == '=');
        put_hex(bytes + offset, digits + 1, true);
        places = strchr(places, ' ');
        places += places != NULL;
    }
}

static void put_u16(uint8_t *bytes, uint32_t value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static uint32_t read_u16(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 8 | bytes[1];
}

/* One's complement sums, folded. */
static uint32_t add(uint32_t a, uint32_t b)
{
    return (a + b) % 0xFFFF == 0 && a + b != 0 ? 0xFFFF : (a + b) % 0xFFFF;
}

static uint32_t checksum_field(uint8_t protocol)
{
    switch (protocol) {
    case TCP:
        return 16;
    case UDP:
        return 6;
    default:
        return 2;
    }
}

static void put_checksum(uint8_t *bytes, const struct recipe *recipe, uint32_t start,
                         uint32_t length)
{
    const uint32_t field = checksum_field(recipe->protocol);
    const uint32_t udp = recipe->protocol == UDP && length >= 8 ? read_u16(bytes + start + 4) : 0;
    uint32_t pseudo = 0;

    if (recipe->protocol != ICMP && recipe->protocol != IGMP && recipe->protocol != TCP &&
        recipe->protocol != UDP && recipe->protocol != ICMPV6)
        return;
    if (length < field + 2)
        return;
    length = udp >= 8 && udp < length ? udp : length;
    if (recipe->protocol != ICMP && recipe->protocol != IGMP) {
        pseudo =
            recipe->version == 4 ? ip_checksum_sum(bytes + 12, 8) : ip_checksum_sum(bytes + 8, 32);
        pseudo = add(pseudo, recipe->protocol);
        if (recipe->offload != PARTIAL_WITHOUT_LENGTH)
            pseudo = add(pseudo, (length >> 16) + (length & 0xFFFF));
    }
    put_u16(bytes + start + field, 0);
    put_u16(bytes + start + field,
            recipe->offload != NOT_OFFLOADED
                ? pseudo
                : ~add(pseudo, ip_checksum_sum(bytes + start, length)) & 0xFFFF);
}

static uint32_t put_ipv4_header(uint8_t *bytes, const struct recipe *recipe)
{
    uint32_t length;

    put_hex(bytes, "45000000 00010000 40000000 C000020A C6336407", false);
    bytes[9] = recipe->protocol;
    length = 20 + put_hex(bytes + 20, recipe->chain, false);
    bytes[0] = (uint8_t)(0x40 | length / 4);
    return length;
}

static uint32_t put_ipv6_header(uint8_t *bytes, const struct recipe *recipe)
{
    put_hex(bytes,
            "60000000 00000040 20010DB8000000000000000000000010 20010DB8000000000000000000000007",
            false);
    bytes[6] = recipe->protocol;
    return 40 + put_hex(bytes + 40, recipe->chain, false);
}

static void build(struct built *built, const struct recipe *recipe)
{
    uint8_t *bytes = built->bytes;
    const bool ipv4 = recipe->version == 4;
    uint32_t start;

    memset(bytes, 0, 512);
    memset(bytes + 512, 0, recipe->zeros);
    start = ipv4 ? put_ipv4_header(bytes, recipe) : put_ipv6_header(bytes, recipe);
    built->length = start + put_hex(bytes + start, recipe->payload, false) + recipe->zeros;
    assert_true(built->length <= 512 + recipe->zeros);
    put_u16(bytes + (ipv4 ? 2 : 4), ipv4 ? built->length : built->length - 40);
    put_places(bytes, recipe->set);
    if (ipv4)
        put_u16(bytes + 10, ~(uint32_t)ip_checksum_sum(bytes, start) & 0xFFFF);
    put_checksum(bytes, recipe, start, built->length - start);
    put_places(bytes, recipe->spoil);
    built->wire = (uint32_t)((int)built->length + recipe->wire);
    if (built->length > built->wire)
        built->length = built->wire;
}

/* What the header of the first bytes raises, held against what every search promises. */
static size_t find(const char *row, const uint8_t *bytes, uint32_t captured, uint32_t wire,
                   enum situation situation, struct network_event_found *found)
{
    const struct network_event_context context = context_of(situation);
    struct ip_packet packet;
    size_t count;

    ip_packet_decode(&packet, bytes, captured, wire);
    count = network_events_find(&packet, &context, found);
    row_true(row, count <= EVENT_RAISED);
    for (size_t i = 0; i < count; i++) {
        row_true(row, found[i].id < EVENT_RAISED && found[i].count > 0);
        row_true(row, (uint64_t)found[i].offset + found[i].length <= captured);
        for (size_t k = 0; k < i; k++)
            row_true(row, found[k].id != found[i].id);
    }
    return count;
}

static void print_found(const char *row, const struct network_event_found *found, size_t count)
{
    size_t rows;
    const struct network_event *events = network_events(&rows);

    print_error("%s raises:", row);
    for (size_t i = 0; i < count; i++)
        print_error(" %s", events[found[i].id].name);
    print_error("\n");
}

#define UDP_HEADER "13881389 00080000"
#define TCP_HEADER "13881389 00000001 00000001 5010FFFF 00000000"
#define TCP_WITH(offset) "13881389 00000001 00000001 " offset "10FFFF 00000000"
#define ECHO "08000000 00010001"
#define ECHO6 "80000000 00010001"
/* A datagram from the packet's destination to 192.0.2.99, as an error quotes it. */
#define QUOTE "4500001C 00010000 40110000 C6336407 C0000263 13881389 00080000"
#define ADDRESS6 "20010DB8000000000000000000000007"
#define OTHER6 "20010DB8000000000000000000000099"
#define QUOTE6 "60000000 00081140" ADDRESS6 OTHER6 "13881389 00080000"
/* The start of a quoted packet whose options, of 2048 bytes, reach beyond any message here. */
#define CUT_QUOTE6 "60000000 08003C40" ADDRESS6 OTHER6 "11FF010401010100"
#define LOCAL6 "FE800000000000000000000000000001"
#define GROUP6 "FF020000000000000000000000000016"
#define ZERO6 "00000000000000000000000000000000"
#define LOOP6 "00000000000000000000000000000001"

/* An MPLS label behind an error's quote (RFC 4950), with version and checksum, here DDB5. */
#define EXTENSIONS(header) header "00080101 00010140"
#define TCP_FLAGS(flags) "13881389 00000001 00000000 50" flags "FFFF 00000000"
/* The rest of a destination options header behind its type: a tunnel limit and padding. */
#define OPTIONS_REST "00040104010100"
#define FRAGMENT_REST(flags) "00" flags "00000001"
#define ROUTING_REST(type, left) "00" type left "00000000"
#define EIGHT "0102030405060708"
#define NEIGHBOUR "87000000 00000000" ADDRESS6
#define MLD "83000000 00000000" GROUP6

static const struct row rows[] = {
    {"source quench", {4, ICMP, "04000000 00000000" QUOTE}, 0, 1, {EVENT_ICMP_ERROR_START_QUENCH}},
    {"type 6", {4, ICMP, "06000000 00000000" QUOTE}},
    {"unreachable port", {4, ICMP, "03030000 00000000" QUOTE}, 0, 1, {EVENT_ICMP_ERROR_START}},
    {"redirect", {4, ICMP, "05000000 C0000201" QUOTE}, 0, 1, {EVENT_ICMP_ERROR_START}},
    {"time exceeded", {4, ICMP, "0B000000 00000000" QUOTE}, 0, 1, {EVENT_ICMP_ERROR_START}},
    {"parameter problem", {4, ICMP, "0C000000 00000000" QUOTE}, 0, 1, {EVENT_ICMP_ERROR_START}},
    {"timestamp", {4, ICMP, "0D000000 00000000" QUOTE}},
    {"unreachable port 6", {6, ICMPV6, "01040000 00000000" QUOTE6}, 0, 1, {EVENT_ICMP_ERROR_START}},
    {"time exceeded 6", {6, ICMPV6, "03000000 00000000" QUOTE6}, 0, 1, {EVENT_ICMP_ERROR_START}},
    {"parameter problem 6",
     {6, ICMPV6, "04000000 00000000" QUOTE6},
     0,
     1,
     {EVENT_ICMP_ERROR_START}},
    {"echo with a quote's bytes 6", {6, ICMPV6, "80000000 00000000" QUOTE6}},

    {"no route, we say",
     {4, ICMP, "03000000 00000000" QUOTE},
     OUTGOING,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_ETHER_OUTPUT_NOROUTE}},
    {"no host, we say",
     {4, ICMP, "03010000 00000000" QUOTE},
     OUTGOING,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_ETHER_OUTPUT_NOROUTE}},
    {"no protocol, we say",
     {4, ICMP, "03020000 00000000" QUOTE},
     OUTGOING,
     1,
     {EVENT_ICMP_ERROR_START}},
    {"no route, they say",
     {4, ICMP, "03000000 00000000" QUOTE},
     INCOMING,
     1,
     {EVENT_ICMP_ERROR_START}},
    {"no route, somebody says",
     {4, ICMP, "03000000 00000000" QUOTE},
     NOTHING_KNOWN,
     1,
     {EVENT_ICMP_ERROR_START}},
    {"no route, we say 6",
     {6, ICMPV6, "01000000 00000000" QUOTE6},
     OUTGOING,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_ETHER_OUTPUT_NOROUTE}},
    {"no host, we say 6",
     {6, ICMPV6, "01030000 00000000" QUOTE6},
     OUTGOING,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_ETHER_OUTPUT_NOROUTE}},
    {"forbidden, we say 6",
     {6, ICMPV6, "01010000 00000000" QUOTE6},
     OUTGOING,
     1,
     {EVENT_ICMP_ERROR_START}},
    {"no route, somebody says 6",
     {6, ICMPV6, "01000000 00000000" QUOTE6},
     NOTHING_KNOWN,
     1,
     {EVENT_ICMP_ERROR_START}},

    {"no host, told ourselves",
     {4, ICMP, "03010000 00000000" QUOTE, .set = "12=C6336407"},
     ON_LOOPBACK,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_ETHER_OUTPUT_RTREJECT}},
    {"no network, told ourselves",
     {4, ICMP, "03000000 00000000" QUOTE, .set = "12=C6336407"},
     ON_LOOPBACK,
     1,
     {EVENT_ICMP_ERROR_START}},
    {"no host, told the neighbour address",
     {4, ICMP, "03010000 00000000" QUOTE, .set = "12=C6336406"},
     ON_LOOPBACK,
     1,
     {EVENT_ICMP_ERROR_START}},
    {"no host, interface unknown",
     {4, ICMP, "03010000 00000000" QUOTE, .set = "12=C6336407"},
     NOTHING_KNOWN,
     1,
     {EVENT_ICMP_ERROR_START}},
    {"neighbour given up 6",
     {6, ICMPV6, NEIGHBOUR, .set = "7=FF"},
     GIVEN_UP,
     1,
     {EVENT_ETHER_OUTPUT_RTREJECT}},
    {"advertisement in its place 6",
     {6, ICMPV6, "88000000 00000000" ADDRESS6, .set = "7=FF"},
     GIVEN_UP},
    {"no host, told ourselves 6",
     {6, ICMPV6, "01030000 00000000" QUOTE6, .set = "8=" ADDRESS6},
     ON_LOOPBACK,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_ETHER_OUTPUT_RTREJECT}},
    {"no port, told ourselves 6",
     {6, ICMPV6, "01040000 00000000" QUOTE6, .set = "8=" ADDRESS6},
     ON_LOOPBACK,
     1,
     {EVENT_ICMP_ERROR_START}},

    {"IGMP of 7 bytes", {4, IGMP, "16000000 E00001"}, 0, 1, {EVENT_IGMP_INPUT_SHORTMSG}},
    {"IGMP of 8 bytes", {4, IGMP, "16000000 E0000101"}},
    {"IGMP of no bytes", {4, IGMP, ""}, 0, 1, {EVENT_IGMP_INPUT_SHORTMSG}},
    {"router solicitation of 4 bytes", {4, IGMP, "31000000"}},
    {"router termination of 4 bytes", {4, IGMP, "32000000"}},
    {"router solicitation of 3 bytes", {4, IGMP, "310000"}, 0, 1, {EVENT_IGMP_INPUT_SHORTMSG}},
    {"router advertisement of 4 bytes", {4, IGMP, "30000000"}, 0, 1, {EVENT_IGMP_INPUT_SHORTMSG}},
    {"IGMPv3 report", {4, IGMP, "22000000 00000001 01000000 E0000101"}},
    {"IGMPv3 report without records", {4, IGMP, "22000000 00000000"}},
    {"IGMPv3 record cut",
     {4, IGMP, "22000000 00000001 01000000 E00001"},
     0,
     1,
     {EVENT_IGMP_INPUT_SHORTMSG}},
    {"IGMPv3 record too many",
     {4, IGMP, "22000000 00000002 01000000 E0000101"},
     0,
     1,
     {EVENT_IGMP_INPUT_SHORTMSG}},
    {"IGMPv3 source too many",
     {4, IGMP, "22000000 00000001 01000001 E0000101"},
     0,
     1,
     {EVENT_IGMP_INPUT_SHORTMSG}},
    {"IGMPv3 auxiliary data too many",
     {4, IGMP, "22000000 00000001 01010000 E0000101"},
     0,
     1,
     {EVENT_IGMP_INPUT_SHORTMSG}},
    {"IGMPv3 query", {4, IGMP, "11000000 E0000101 00000001 C0000201"}},
    {"IGMPv3 query source too many",
     {4, IGMP, "11000000 E0000101 00000002 C0000201"},
     0,
     1,
     {EVENT_IGMP_INPUT_SHORTMSG}},
    {"IGMPv2 query", {4, IGMP, "11640000 00000000"}},
    {"MLD of 23 bytes",
     {6, ICMPV6, "83000000 00000000 FF0200000000000000000000000000", .set = "7=01"},
     0,
     1,
     {EVENT_IGMP_INPUT_SHORTMSG}},
    {"MLD of 24 bytes", {6, ICMPV6, MLD, .set = "7=01"}},
    {"MLD of 1 byte", {6, ICMPV6, "83", .set = "7=01"}, 0, 1, {EVENT_IGMP_INPUT_SHORTMSG}},
    {"MLDv2 report of 7 bytes",
     {6, ICMPV6, "8F000000 000000", .set = "7=01"},
     0,
     1,
     {EVENT_IGMP_INPUT_SHORTMSG}},
    {"MLDv2 report", {6, ICMPV6, "8F000000 00000001 04000000" GROUP6, .set = "7=01"}},
    {"MLDv2 report record too many",
     {6, ICMPV6, "8F000000 00000002 04000000" GROUP6, .set = "7=01"},
     0,
     1,
     {EVENT_IGMP_INPUT_SHORTMSG}},
    {"MLDv2 query", {6, ICMPV6, "82000000 00000000" GROUP6 "00000001" ADDRESS6, .set = "7=01"}},
    {"MLDv2 query source too many",
     {6, ICMPV6, "82000000 00000000" GROUP6 "00000002" ADDRESS6, .set = "7=01"},
     0,
     1,
     {EVENT_IGMP_INPUT_SHORTMSG}},
    {"multicast router solicitation 6", {6, ICMPV6, "98000000", .set = "7=01"}},

    {"IGMP sum",
     {4, IGMP, "16000000 E0000101", .spoil = "22=0001"},
     0,
     1,
     {EVENT_IGMP_INPUT_BADSUM}},
    {"IGMP sum in a fragment", {4, IGMP, "16000000 E0000101", .set = "6=2000", .spoil = "22=0001"}},
    {"IGMP sum, ignored", {4, IGMP, "16000000 E0000101", .spoil = "22=0001"}, CHECKSUMS_IGNORED},
    {"MLD sum",
     {6, ICMPV6, MLD, .set = "7=01", .spoil = "42=0001"},
     0,
     1,
     {EVENT_IGMP_INPUT_BADSUM}},

    {"ICMP of 7 bytes", {4, ICMP, "08000000 000100"}, 0, 1, {EVENT_ICMP_INPUT_SHORTMSG}},
    {"ICMP of 8 bytes", {4, ICMP, ECHO}},
    {"ICMP of no bytes", {4, ICMP, ""}, 0, 1, {EVENT_ICMP_INPUT_SHORTMSG}},
    {"ICMPv6 of 7 bytes", {6, ICMPV6, "80000000 000100"}, 0, 1, {EVENT_ICMP_INPUT_SHORTMSG}},
    {"ICMPv6 of 8 bytes", {6, ICMPV6, ECHO6}},
    {"ICMPv6 of no bytes", {6, ICMPV6, ""}, 0, 1, {EVENT_ICMP_INPUT_SHORTMSG}},
    {"neighbour solicitation of 23 bytes",
     {6, ICMPV6, "87000000 00000000 20010DB80000000000000000000000", .set = "7=FF"},
     0,
     1,
     {EVENT_ICMP_INPUT_SHORTMSG}},
    {"neighbour solicitation", {6, ICMPV6, NEIGHBOUR, .set = "7=FF"}},
    {"router advertisement of 15 bytes",
     {6, ICMPV6, "86000000 40000708 00000000 000000", .set = "7=FF"},
     0,
     1,
     {EVENT_ICMP_INPUT_SHORTMSG}},
    {"router advertisement", {6, ICMPV6, "86000000 40000708 00000000 00000000", .set = "7=FF"}},

    {"ICMP sum", {4, ICMP, ECHO, .spoil = "22=0000"}, 0, 1, {EVENT_ICMP_INPUT_BADSUM}},
    {"ICMP sum, ignored", {4, ICMP, ECHO, .spoil = "22=0000"}, CHECKSUMS_IGNORED},
    {"ICMP sum in a first fragment", {4, ICMP, ECHO, .set = "6=2000", .spoil = "22=0000"}},
    {"ICMP sum in a last fragment", {4, ICMP, ECHO, .set = "6=0001", .spoil = "22=0000"}},
    {"ICMPv6 sum", {6, ICMPV6, ECHO6, .spoil = "42=0000"}, 0, 1, {EVENT_ICMP_INPUT_BADSUM}},

    {"ICMP error of 35 bytes",
     {4, ICMP, "0B000000 00000000 4500001C 00010000 40110000 C6336407 C0000263 13881389 000800"},
     0,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_ICMP_INPUT_BADLEN}},
    {"ICMP error of 35 bytes and a fragment to come, 32 here",
     {4, ICMP, "0B000000 00000000 4500001C 00010000 40110000 C6336407 C0000263 13881389",
      .set = "6=2000"},
     0,
     1,
     {EVENT_ICMP_ERROR_START}},
    {"ICMP error, quoted header of 16 bytes",
     {4, ICMP, "0B000000 00000000" QUOTE, .set = "28=44"},
     0,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_ICMP_INPUT_BADLEN}},
    {"ICMP error, quoted header of 24 bytes",
     {4, ICMP, "0B000000 00000000" QUOTE, .set = "28=46"},
     0,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_ICMP_INPUT_BADLEN}},
    {"ICMP error, quoted header of 24 bytes and enough behind",
     {4, ICMP, "0B000000 00000000" QUOTE "00000000", .set = "28=46"},
     0,
     1,
     {EVENT_ICMP_ERROR_START}},
    {"ICMPv6 error of 47 bytes",
     {6, ICMPV6, "03000000 00000000 60000000 00081140" ADDRESS6 "20010DB80000000000000000000000"},
     0,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_ICMP_INPUT_BADLEN}},
    {"ICMPv6 error of 48 bytes",
     {6, ICMPV6, "03000000 00000000 60000000 00081140" ADDRESS6 OTHER6},
     0,
     1,
     {EVENT_ICMP_ERROR_START}},
    {"ICMPv6 error, quoted chain overruns",
     {6, ICMPV6, "03000000 00000000 60000000 00083C40" ADDRESS6 OTHER6 "1101040104010100"},
     0,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_ICMP_INPUT_BADLEN}},
    {"ICMPv6 error, quoted chain",
     {6, ICMPV6, "03000000 00000000 60000000 00083C40" ADDRESS6 OTHER6 "3B" OPTIONS_REST},
     0,
     1,
     {EVENT_ICMP_ERROR_START}},

    {"ICMPv6 error of 1279 bytes, quoted chain overruns",
     {6, ICMPV6, "03000000 00000000" CUT_QUOTE6, .zeros = 1279 - 96},
     0,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_ICMP_INPUT_BADLEN}},
    {"ICMPv6 error of 1280 bytes, quoted chain overruns",
     {6, ICMPV6, "03000000 00000000" CUT_QUOTE6, .zeros = 1280 - 96},
     0,
     1,
     {EVENT_ICMP_ERROR_START}},
    {"ICMPv6 error of 1280 bytes with 47 bytes of message",
     {6, ICMPV6, "03000000 00000000 60000000 00081140" ADDRESS6 "20010DB80000000000000000000000",
      .wire = 1280 - 87},
     0,
     3,
     {EVENT_IPINTR_TRAILER, EVENT_ICMP_ERROR_START, EVENT_ICMP_INPUT_BADLEN}},
    {"time exceeded 6, quoted chain ends at the extensions",
     {6, ICMPV6,
      "03000000 06000000 60000000 00083C40" ADDRESS6 OTHER6
      "1101040104010100" EXTENSIONS("2000DDB5")},
     0,
     1,
     {EVENT_ICMP_ERROR_START}},
    {"unreachable 6, quoted chain ends at the extensions",
     {6, ICMPV6,
      "01040000 06000000 60000000 00083C40" ADDRESS6 OTHER6
      "1101040104010100" EXTENSIONS("2000DDB5")},
     0,
     1,
     {EVENT_ICMP_ERROR_START}},
    {"parameter problem 6, which has no extensions, quoted chain overruns",
     {6, ICMPV6,
      "04000000 06000000 60000000 00083C40" ADDRESS6 OTHER6
      "1101040104010100" EXTENSIONS("2000DDB5")},
     0,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_ICMP_INPUT_BADLEN}},

    {"19 bytes", {4, 253, "", .wire = -1}, 0, 1, {EVENT_IPINTR_SHORTMSG}},
    {"20 bytes", {4, 253, ""}},
    {"1 byte of version 5",
     {4, 253, "", .spoil = "0=55", .wire = -19},
     0,
     1,
     {EVENT_IPINTR_SHORTMSG}},
    {"39 bytes 6", {6, IP_PROTOCOL_NO_NEXT, "", .wire = -1}, 0, 1, {EVENT_IPINTR_SHORTMSG}},
    {"40 bytes 6", {6, IP_PROTOCOL_NO_NEXT, ""}},

    {"19 bytes of version 4 where 6 is announced",
     {4, 253, "", .wire = -1},
     VERSION_6,
     1,
     {EVENT_IPINTR_SHORTMSG}},
    {"version 5", {4, UDP, UDP_HEADER, .spoil = "0=55"}, 0, 1, {EVENT_IPINTR_BADVERS}},
    {"version 4 where 6 is announced", {4, UDP, UDP_HEADER}, VERSION_6, 1, {EVENT_IPINTR_BADVERS}},
    {"version 4 where 4 is announced", {4, UDP, UDP_HEADER}, VERSION_4},
    {"version 7", {6, UDP, UDP_HEADER, .spoil = "0=70"}, 0, 1, {EVENT_IPINTR_BADVERS}},
    {"version 6 where 4 is announced", {6, UDP, UDP_HEADER}, VERSION_4, 1, {EVENT_IPINTR_BADVERS}},
    {"version 6 where 6 is announced", {6, UDP, UDP_HEADER}, VERSION_6},

    {"header of 16 bytes", {4, 253, "", .spoil = "0=44"}, 0, 1, {EVENT_IPINTR_BADHLEN}},
    {"header of 24 bytes in 20", {4, 253, "", .spoil = "0=46"}, 0, 1, {EVENT_IPINTR_BADHLEN}},
    {"header of 24 bytes in 24", {4, 253, "", "01010100"}},
    {"extension of 16 bytes in 8 6",
     {6, 253, "", "FD01040104010100", .set = "6=3C"},
     0,
     1,
     {EVENT_IPINTR_BADHLEN}},
    {"extension of 8 bytes in 8 6", {6, 253, "", "FD" OPTIONS_REST, .set = "6=3C"}},
    {"extension of 16 bytes, the end is the frame's 6",
     {6, 253, "", "FD01040104010100", .set = "6=3C", .wire = 8},
     0,
     1,
     {EVENT_IPINTR_BADHLEN}},

    {"header sum", {4, UDP, UDP_HEADER, .spoil = "10=0001"}, 0, 1, {EVENT_IPINTR_BADSUM}},
    {"header sum 0, incoming",
     {4, UDP, UDP_HEADER, .spoil = "10=0000"},
     INCOMING,
     1,
     {EVENT_IPINTR_BADSUM}},
    {"header sum 0, incoming over a link without",
     {4, UDP, UDP_HEADER, .spoil = "10=0000"},
     INCOMING_UNFILLED},
    {"header sum 0, unknown direction", {4, UDP, UDP_HEADER, .spoil = "10=0000"}},
    {"header sum 1, incoming over a link without",
     {4, UDP, UDP_HEADER, .spoil = "10=0001"},
     INCOMING_UNFILLED,
     1,
     {EVENT_IPINTR_BADSUM}},
    {"header sum 0 of a packet that has 0, incoming",
     {4, UDP, UDP_HEADER, .set = "4=8E8C", .spoil = "10=0000"},
     INCOMING},
    {"header sum 0, unknown direction, TTL 0",
     {4, UDP, UDP_HEADER, .set = "8=00", .spoil = "10=0000"},
     0,
     1,
     {EVENT_IPINTR_BADTTL}},
    {"header sum 0, incoming, TTL 0",
     {4, UDP, UDP_HEADER, .set = "8=00", .spoil = "10=0000"},
     INCOMING,
     2,
     {EVENT_IPINTR_BADSUM, EVENT_IPINTR_BADTTL}},
    {"header sum 0, unknown direction, UDP sum",
     {4, UDP, UDP_HEADER, .spoil = "10=0000 26=0001"},
     0,
     1,
     {EVENT_UDP_INPUT_BADSUM}},
    {"header sum 0, incoming, UDP sum",
     {4, UDP, UDP_HEADER, .spoil = "10=0000 26=0001"},
     INCOMING,
     2,
     {EVENT_IPINTR_BADSUM, EVENT_UDP_INPUT_BADSUM}},
    {"header sum 0, outgoing", {4, UDP, UDP_HEADER, .spoil = "10=0000"}, OUTGOING},
    {"header sum 1, outgoing",
     {4, UDP, UDP_HEADER, .spoil = "10=0001"},
     OUTGOING,
     1,
     {EVENT_IPINTR_BADSUM}},

    {"header sum and TCP flags",
     {4, TCP, TCP_FLAGS("03"), .spoil = "10=0001"},
     0,
     2,
     {EVENT_IPINTR_BADSUM, EVENT_TCP_INPUT_BADFLAGS}},
    {"header sum and TCP header of 16 bytes",
     {4, TCP, TCP_WITH("40"), .spoil = "10=0001"},
     0,
     2,
     {EVENT_IPINTR_BADSUM, EVENT_TCP_INPUT_BADHLEN}},
    {"header sum and TCP header of 24 bytes in 20",
     {4, TCP, TCP_WITH("60"), .spoil = "10=0001"},
     0,
     1,
     {EVENT_IPINTR_BADSUM}},
    {"header sum and segment size of 3 bytes",
     {4, TCP, TCP_WITH("60") "02030501", .spoil = "10=0001"},
     0,
     2,
     {EVENT_IPINTR_BADSUM, EVENT_TCP_INPUT_BADOPT}},
    {"header sum and TCP of 19 bytes",
     {4, TCP, "13881389 00000001 00000001 5010FFFF 000000", .spoil = "10=0001"},
     0,
     1,
     {EVENT_IPINTR_BADSUM}},
    {"header sum and TCP to a group",
     {4, TCP, TCP_HEADER, .set = "16=E0000001", .spoil = "10=0001"},
     0,
     1,
     {EVENT_IPINTR_BADSUM}},
    {"header sum and TCP sum",
     {4, TCP, TCP_HEADER, .spoil = "10=0001 36=0001"},
     0,
     1,
     {EVENT_IPINTR_BADSUM}},
    {"header sum and UDP sum",
     {4, UDP, UDP_HEADER, .spoil = "10=0001 26=0001"},
     0,
     1,
     {EVENT_IPINTR_BADSUM}},
    {"header sum and UDP of 7 bytes",
     {4, UDP, "13881389 000800", .spoil = "10=0001"},
     0,
     1,
     {EVENT_IPINTR_BADSUM}},
    {"header sum and UDP length 9 in 8",
     {4, UDP, "13881389 00090000", .spoil = "10=0001"},
     0,
     1,
     {EVENT_IPINTR_BADSUM}},
    {"header sum and UDP length 7",
     {4, UDP, "13881389 00070000", .spoil = "10=0001"},
     0,
     2,
     {EVENT_IPINTR_BADSUM, EVENT_UDP_INPUT_BADLEN}},
    {"header sum and ICMP type 1",
     {4, ICMP, "01000000 00010001", .spoil = "10=0001"},
     0,
     2,
     {EVENT_IPINTR_BADSUM, EVENT_ICMP_INPUT_BADTYPE}},
    {"header sum and ICMP code 1 of echo",
     {4, ICMP, "08010000 00010001", .spoil = "10=0001"},
     0,
     2,
     {EVENT_IPINTR_BADSUM, EVENT_ICMP_INPUT_BADCODE}},
    {"header sum and ICMP sum",
     {4, ICMP, ECHO, .spoil = "10=0001 22=0000"},
     0,
     1,
     {EVENT_IPINTR_BADSUM}},
    {"header sum and ICMP of 7 bytes",
     {4, ICMP, "08000000 000100", .spoil = "10=0001"},
     0,
     1,
     {EVENT_IPINTR_BADSUM}},
    {"header sum and ICMP error of 35 bytes",
     {4, ICMP, "0B000000 00000000 4500001C 00010000 40110000 C6336407 C0000263 13881389 000800",
      .spoil = "10=0001"},
     0,
     2,
     {EVENT_IPINTR_BADSUM, EVENT_ICMP_ERROR_START}},
    {"header sum and quoted header of 16 bytes",
     {4, ICMP, "0B000000 00000000" QUOTE, .set = "28=44", .spoil = "10=0001"},
     0,
     3,
     {EVENT_IPINTR_BADSUM, EVENT_ICMP_ERROR_START, EVENT_ICMP_INPUT_BADLEN}},
    {"header sum and quoted header of 24 bytes",
     {4, ICMP, "0B000000 00000000" QUOTE, .set = "28=46", .spoil = "10=0001"},
     0,
     2,
     {EVENT_IPINTR_BADSUM, EVENT_ICMP_ERROR_START}},
    {"header sum and quote of version 6",
     {4, ICMP, "0B000000 00000000" QUOTE, .set = "28=65", .spoil = "10=0001"},
     0,
     3,
     {EVENT_IPINTR_BADSUM, EVENT_ICMP_ERROR_START, EVENT_ICMP_INPUT_BADQUOTE}},
    {"header sum and no route, we say",
     {4, ICMP, "03000000 00000000" QUOTE, .spoil = "10=0001"},
     OUTGOING,
     2,
     {EVENT_IPINTR_BADSUM, EVENT_ICMP_ERROR_START}},
    {"header sum and IGMP of 7 bytes",
     {4, IGMP, "16000000 E00001", .spoil = "10=0001"},
     0,
     1,
     {EVENT_IPINTR_BADSUM}},
    {"header sum and IGMP sum",
     {4, IGMP, "16000000 E0000101", .spoil = "10=0001 22=0001"},
     0,
     1,
     {EVENT_IPINTR_BADSUM}},
    {"header sum and TTL 0",
     {4, UDP, UDP_HEADER, .set = "8=00", .spoil = "10=0001"},
     0,
     1,
     {EVENT_IPINTR_BADSUM}},
    {"header sum and reserved flag",
     {4, UDP, UDP_HEADER, .set = "6=80", .spoil = "10=0001"},
     0,
     1,
     {EVENT_IPINTR_BADSUM}},
    {"header sum and total length 19",
     {4, 253, "", .set = "2=0013", .spoil = "10=0001"},
     0,
     1,
     {EVENT_IPINTR_BADSUM}},
    {"header sum and total length above the frame",
     {4, UDP, UDP_HEADER, .spoil = "10=0001", .wire = -1},
     0,
     1,
     {EVENT_IPINTR_BADSUM}},
    {"header sum and a trailer",
     {4, UDP, UDP_HEADER, .spoil = "10=0001", .wire = 61},
     0,
     1,
     {EVENT_IPINTR_BADSUM}},
    {"header sum and option of 1 byte",
     {4, 253, "", "1E010000", .spoil = "10=0001"},
     0,
     1,
     {EVENT_IPINTR_BADSUM}},
    {"header sum and protocol 252", {4, 252, "", .spoil = "10=0001"}, 0, 1, {EVENT_IPINTR_BADSUM}},
    {"header sum and from a group",
     {4, UDP, UDP_HEADER, .set = "12=E0000000", .spoil = "10=0001"},
     0,
     1,
     {EVENT_IPINTR_BADSUM}},
    {"header sum and to itself",
     {4, UDP, UDP_HEADER, .set = "12=C6336407", .spoil = "10=0001"},
     ON_WIRE,
     1,
     {EVENT_IPINTR_BADSUM}},
    {"header sum and don't fragment in a fragment",
     {4, 253, EIGHT, .set = "6=6000", .spoil = "10=0001"},
     0,
     1,
     {EVENT_IPINTR_BADSUM}},
    {"header sum and header of 24 bytes in 20",
     {4, 253, "", .spoil = "0=46 10=0001"},
     0,
     1,
     {EVENT_IPINTR_BADHLEN}},

    {"total length 19", {4, 253, "", .set = "2=0013"}, 0, 1, {EVENT_IPINTR_BADLEN}},
    {"total length 20", {4, 253, "", .set = "2=0014"}},
    {"total length 0", {4, 253, "", .set = "2=0000"}, 0, 1, {EVENT_IPINTR_BADLEN}},
    {"total length 0, data behind", {4, UDP, UDP_HEADER, .set = "2=0000"}},
    {"total length 20 with 24 bytes of header",
     {4, 253, "", "01010100", .set = "2=0014"},
     0,
     1,
     {EVENT_IPINTR_BADLEN}},
    {"payload length 0 with an extension header 6",
     {6, 253, "", "FD" OPTIONS_REST, .set = "4=0000 6=3C"},
     0,
     1,
     {EVENT_IPINTR_BADLEN}},
    {"payload length 1 with an extension header 6",
     {6, 253, "", "FD" OPTIONS_REST, .set = "4=0001 6=3C"},
     0,
     1,
     {EVENT_IPINTR_BADLEN}},
    {"payload length 0 with hop-by-hop options and no jumbo length 6",
     {6, 253, "", "FD00050200000100", .set = "4=0000 6=00"},
     0,
     1,
     {EVENT_IPINTR_BADLEN}},
    {"jumbo length 65535 6",
     {6, 253, "", "FD00C2040000FFFF", .set = "4=0000 6=00", .zeros = 65527},
     0,
     1,
     {EVENT_IPINTR_BADLEN}},
    {"jumbo length 65536 6",
     {6, 253, "", "FD00C20400010000", .set = "4=0000 6=00", .zeros = 65528}},

    {"total length above the frame",
     {4, UDP, UDP_HEADER, .wire = -1},
     0,
     1,
     {EVENT_IPINTR_BADMBLK}},
    {"padded frame", {4, UDP, UDP_HEADER, .wire = 18}},
    {"payload length above the frame 6",
     {6, UDP, UDP_HEADER, .wire = -1},
     0,
     1,
     {EVENT_IPINTR_BADMBLK}},
    {"padded frame 6", {6, UDP, UDP_HEADER, .wire = 18}},
    {"jumbo length above the frame 6",
     {6, 253, "", "FD00C20400010000", .set = "4=0000 6=00", .zeros = 65528, .wire = -1},
     0,
     1,
     {EVENT_IPINTR_BADMBLK}},

    {"60 bytes behind the datagram", {4, UDP, UDP_HEADER, .wire = 60}},
    {"61 bytes behind the datagram",
     {4, UDP, UDP_HEADER, .wire = 61},
     0,
     1,
     {EVENT_IPINTR_TRAILER}},
    {"61 bytes behind a fragment",
     {4, UDP, EIGHT, .set = "6=0010", .wire = 61},
     0,
     1,
     {EVENT_IPINTR_TRAILER}},
    {"total length 0, 61 bytes behind the header",
     {4, UDP, UDP_HEADER, .set = "2=0000", .zeros = 53}},
    {"60 bytes behind the datagram 6", {6, UDP, UDP_HEADER, .wire = 60}},
    {"61 bytes behind the datagram 6",
     {6, UDP, UDP_HEADER, .wire = 61},
     0,
     1,
     {EVENT_IPINTR_TRAILER}},

    {"option of 1 byte", {4, 253, "", "1E010000"}, 0, 1, {EVENT_IP_DOOPTIONS_BADOPT}},
    {"option of 2 bytes", {4, 253, "", "1E020000"}},
    {"option of 4 bytes", {4, 253, "", "1E040000"}},
    {"option of 5 bytes in 4", {4, 253, "", "1E050000"}, 0, 1, {EVENT_IP_DOOPTIONS_BADOPT}},
    {"option without a length", {4, 253, "", "0101011E"}, 0, 1, {EVENT_IP_DOOPTIONS_BADOPT}},
    {"loose route of 2 bytes", {4, 253, "", "83020401"}, 0, 1, {EVENT_IP_DOOPTIONS_BADOPT}},
    {"loose route of 3 bytes", {4, 253, "", "83030401"}},
    {"loose route, pointer 0", {4, 253, "", "83030001"}, 0, 1, {EVENT_IP_DOOPTIONS_BADOPT}},
    {"strict route, pointer 5", {4, 253, "", "89030501"}, 0, 1, {EVENT_IP_DOOPTIONS_BADOPT}},
    {"strict route, pointer 4", {4, 253, "", "89030401"}},
    {"record route, pointer 3", {4, 253, "", "07030301"}, 0, 1, {EVENT_IP_DOOPTIONS_BADOPT}},
    {"record route, pointer 8", {4, 253, "", "07070800 00000001"}},
    {"timestamp of 3 bytes", {4, 253, "", "44030500"}, 0, 1, {EVENT_IP_DOOPTIONS_BADOPT}},
    {"timestamp of 4 bytes", {4, 253, "", "44040500"}},
    {"timestamp, pointer 4", {4, 253, "", "44040400"}, 0, 1, {EVENT_IP_DOOPTIONS_BADOPT}},
    {"timestamp, flag 1", {4, 253, "", "44040501"}},
    {"timestamp, flag 2", {4, 253, "", "44040502"}, 0, 1, {EVENT_IP_DOOPTIONS_BADOPT}},
    {"timestamp, flag 3", {4, 253, "", "44040503"}},
    {"timestamp, flag 4", {4, 253, "", "44040504"}, 0, 1, {EVENT_IP_DOOPTIONS_BADOPT}},
    {"timestamp, overflow 14", {4, 253, "", "440405E0"}},
    {"timestamp, overflow 15", {4, 253, "", "440405F0"}, 0, 1, {EVENT_IP_DOOPTIONS_BADOPT}},
    {"router alert", {4, 253, "", "94040000"}},
    {"router alert of 3 bytes", {4, 253, "", "94030000"}, 0, 1, {EVENT_IP_DOOPTIONS_BADOPT}},
    {"option of 5 bytes in 4 6",
     {6, 253, "", "FD003E0500000000", .set = "6=00"},
     0,
     1,
     {EVENT_IP_DOOPTIONS_BADOPT}},
    {"option of 4 bytes in 4 6", {6, 253, "", "FD003E0400000000", .set = "6=00"}},
    {"option without a length 6",
     {6, 253, "", "FD0000000000003E", .set = "6=00"},
     0,
     1,
     {EVENT_IP_DOOPTIONS_BADOPT}},
    {"unknown option, to be refused 6",
     {6, 253, "", "FD00420400000000", .set = "6=3C"},
     0,
     1,
     {EVENT_IP_DOOPTIONS_BADOPT}},
    {"router alert 6", {6, 253, "", "FD00050200000100", .set = "6=00"}},
    {"router alert of 1 byte 6",
     {6, 253, "", "FD00050100010100", .set = "6=00"},
     0,
     1,
     {EVENT_IP_DOOPTIONS_BADOPT}},
    {"hop-by-hop options second 6",
     {6, 253, "", "00" OPTIONS_REST "FD00050200000100", .set = "6=3C"},
     0,
     1,
     {EVENT_IP_DOOPTIONS_BADOPT}},
    {"hop-by-hop options first 6", {6, 253, "", "3C00050200000100 FD" OPTIONS_REST, .set = "6=00"}},
    {"jumbo length beside a payload length 6",
     {6, 253, "", "FD00C20400010000", .set = "6=00"},
     0,
     1,
     {EVENT_IP_DOOPTIONS_BADOPT}},
    {"jumbo length in destination options 6",
     {6, 253, "", "FD00C20400010000", .set = "6=3C"},
     0,
     1,
     {EVENT_IP_DOOPTIONS_BADOPT}},
    {"jumbo length in a fragment 6",
     {6, 253, "", "2C00C20400010000 FD" FRAGMENT_REST("0001"), .set = "4=0000 6=00",
      .zeros = 65520},
     0,
     1,
     {EVENT_IP_DOOPTIONS_BADOPT}},

    {"to 0.0.0.1", {4, UDP, UDP_HEADER, .set = "16=00000001"}, 0, 1, {EVENT_IP_FORWARD_BADADDR}},
    {"to 1.0.0.1", {4, UDP, UDP_HEADER, .set = "16=01000001"}},
    {"to 127.0.0.1 on the wire",
     {4, UDP, UDP_HEADER, .set = "16=7F000001"},
     ON_WIRE,
     1,
     {EVENT_IP_FORWARD_BADADDR}},
    {"to 127.0.0.1 on the loopback", {4, UDP, UDP_HEADER, .set = "16=7F000001"}, ON_LOOPBACK},
    {"to 127.0.0.1 somewhere", {4, UDP, UDP_HEADER, .set = "16=7F000001"}},
    {"to 128.0.0.1 on the wire", {4, UDP, UDP_HEADER, .set = "16=80000001"}, ON_WIRE},
    {"to 239.255.255.255", {4, UDP, UDP_HEADER, .set = "16=EFFFFFFF"}},
    {"to 240.0.0.0", {4, UDP, UDP_HEADER, .set = "16=F0000000"}, 0, 1, {EVENT_IP_FORWARD_BADADDR}},
    {"to 255.255.255.254",
     {4, UDP, UDP_HEADER, .set = "16=FFFFFFFE"},
     0,
     1,
     {EVENT_IP_FORWARD_BADADDR}},
    {"to 255.255.255.255", {4, UDP, UDP_HEADER, .set = "16=FFFFFFFF"}},
    {"route over 240.0.0.0", {4, 253, "", "830704F000000001"}, 0, 1, {EVENT_IP_FORWARD_BADADDR}},
    {"route over 223.0.0.0", {4, 253, "", "830704DF00000001"}},
    {"recorded route over 240.0.0.0", {4, 253, "", "070708F000000001"}},
    {"one host in a frame for all",
     {4, UDP, UDP_HEADER, .set = "16=C6336406"},
     GROUP_FRAME,
     1,
     {EVENT_IP_FORWARD_BADADDR}},
    {"one host in a frame of unknown kind", {4, UDP, UDP_HEADER, .set = "16=C6336406"}},
    {"one host in a frame for it", {4, UDP, UDP_HEADER, .set = "16=C6336406"}, HOST_FRAME},
    {"a group in a frame for it", {4, UDP, UDP_HEADER, .set = "16=E0000002"}, GROUP_FRAME},
    {"perhaps a subnet in a frame for all",
     {4, UDP, UDP_HEADER, .set = "16=C6336403"},
     GROUP_FRAME},
    {"to :: 6", {6, UDP, UDP_HEADER, .set = "24=" ZERO6}, 0, 1, {EVENT_IP_FORWARD_BADADDR}},
    {"to ::1 on the wire 6",
     {6, UDP, UDP_HEADER, .set = "24=" LOOP6},
     ON_WIRE,
     1,
     {EVENT_IP_FORWARD_BADADDR}},
    {"to ::1 on the loopback 6", {6, UDP, UDP_HEADER, .set = "24=" LOOP6}, ON_LOOPBACK},
    {"to ::1 somewhere 6", {6, UDP, UDP_HEADER, .set = "24=" LOOP6}},
    {"to ff00::1 6", {6, UDP, UDP_HEADER, .set = "24=FF00"}, 0, 1, {EVENT_IP_FORWARD_BADADDR}},
    {"to ff01::1 on the wire 6",
     {6, UDP, UDP_HEADER, .set = "24=FF01"},
     ON_WIRE,
     1,
     {EVENT_IP_FORWARD_BADADDR}},
    {"to ff01::1 somewhere 6", {6, UDP, UDP_HEADER, .set = "24=FF01"}},
    {"to ff02::1 on the wire 6", {6, UDP, UDP_HEADER, .set = "24=FF02"}, ON_WIRE},

    {"our packet, code 0",
     {4, ICMP, "03000000 00000000" QUOTE},
     TO_US,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_IP_OUTPUT_BADADDR}},
    {"our packet, code 6",
     {4, ICMP, "03060000 00000000" QUOTE},
     TO_US,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_IP_OUTPUT_BADADDR}},
    {"our packet, code 12",
     {4, ICMP, "030C0000 00000000" QUOTE},
     TO_US,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_IP_OUTPUT_BADADDR}},
    {"our packet, code 13",
     {4, ICMP, "030D0000 00000000" QUOTE},
     TO_US,
     1,
     {EVENT_ICMP_ERROR_START}},
    {"another's packet, code 0",
     {4, ICMP, "03000000 00000000" QUOTE, .set = "43=08"},
     TO_US,
     1,
     {EVENT_ICMP_ERROR_START}},
    {"our packet, code 0, unknown direction",
     {4, ICMP, "03000000 00000000" QUOTE},
     TO_US_UNKNOWN_DIRECTION,
     1,
     {EVENT_ICMP_ERROR_START}},
    {"our packet, code 0 6",
     {6, ICMPV6, "01000000 00000000" QUOTE6},
     TO_US,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_IP_OUTPUT_BADADDR}},
    {"our packet, code 3 6",
     {6, ICMPV6, "01030000 00000000" QUOTE6},
     TO_US,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_IP_OUTPUT_BADADDR}},
    {"our packet, code 4 6",
     {6, ICMPV6, "01040000 00000000" QUOTE6},
     TO_US,
     1,
     {EVENT_ICMP_ERROR_START}},

    {"TCP to a group",
     {4, TCP, TCP_HEADER, .set = "16=E0000000"},
     0,
     1,
     {EVENT_IP_OUTPUT_BADADDRTYPE}},
    {"TCP to the highest host", {4, TCP, TCP_HEADER, .set = "16=DFFFFFFF"}},
    {"TCP to all", {4, TCP, TCP_HEADER, .set = "16=FFFFFFFF"}, 0, 1, {EVENT_IP_OUTPUT_BADADDRTYPE}},
    {"TCP to a group 6",
     {6, TCP, TCP_HEADER, .set = "24=FF02"},
     0,
     1,
     {EVENT_IP_OUTPUT_BADADDRTYPE}},
    {"TCP to fe02:: 6", {6, TCP, TCP_HEADER, .set = "24=FE02"}},

    {"too big, MTU 68",
     {4, ICMP, "03040000 00000044" QUOTE},
     0,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_IP_OUTPUT_BADSIZE}},
    {"too big, MTU 67",
     {4, ICMP, "03040000 00000043" QUOTE},
     0,
     3,
     {EVENT_ICMP_ERROR_START, EVENT_IP_OUTPUT_BADSIZE, EVENT_IP_OUTPUT_BADMTU}},
    {"too big, MTU 28",
     {4, ICMP, "03040000 0000001C" QUOTE},
     0,
     3,
     {EVENT_ICMP_ERROR_START, EVENT_IP_OUTPUT_BADSIZE, EVENT_IP_OUTPUT_BADMTU}},
    {"too big, MTU 27",
     {4, ICMP, "03040000 0000001B" QUOTE},
     0,
     3,
     {EVENT_ICMP_ERROR_START, EVENT_IP_OUTPUT_BADSIZE, EVENT_IP_OUTPUT_SHORTMSG}},
    {"too big, MTU not told",
     {4, ICMP, "03040000 00000000" QUOTE},
     0,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_IP_OUTPUT_BADSIZE}},
    {"source route failed", {4, ICMP, "03050000 00000044" QUOTE}, 0, 1, {EVENT_ICMP_ERROR_START}},
    {"too big, MTU 1280 6",
     {6, ICMPV6, "02000000 00000500" QUOTE6},
     0,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_IP_OUTPUT_BADSIZE}},
    {"too big, MTU 1279 6",
     {6, ICMPV6, "02000000 000004FF" QUOTE6},
     0,
     3,
     {EVENT_ICMP_ERROR_START, EVENT_IP_OUTPUT_BADSIZE, EVENT_IP_OUTPUT_SHORTMSG}},
    {"fragment of 0 bytes", {4, 253, "", .set = "6=2000"}, 0, 1, {EVENT_IP_OUTPUT_SHORTMSG}},
    {"fragment of 7 bytes",
     {4, 253, "01020304050607", .set = "6=2000"},
     0,
     2,
     {EVENT_IP_OUTPUT_SHORTMSG, EVENT_IP_REASS_BADLEN}},
    {"fragment of 8 bytes", {4, 253, EIGHT, .set = "6=2000"}},
    {"last fragment of 7 bytes", {4, 253, "01020304050607", .set = "6=0010"}},
    {"fragment of 7 bytes 6",
     {6, 253, "01020304050607", "FD" FRAGMENT_REST("0001"), .set = "6=2C"},
     0,
     2,
     {EVENT_IP_OUTPUT_SHORTMSG, EVENT_IP_REASS_BADLEN}},
    {"fragment of 8 bytes 6", {6, 253, EIGHT, "FD" FRAGMENT_REST("0001"), .set = "6=2C"}},
    {"fragment of 8 bytes of options 6",
     {6, 253, "", "3C" FRAGMENT_REST("0001") "FD" OPTIONS_REST, .set = "6=2C"}},
    {"last fragment of 7 bytes 6",
     {6, 253, "01020304050607", "FD" FRAGMENT_REST("0080"), .set = "6=2C"}},

    {"redirect to 0.0.0.0",
     {4, ICMP, "05000000 00000000" QUOTE},
     0,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_RTREDIRECT_ERROR}},
    {"redirect to 127.0.0.1",
     {4, ICMP, "05000000 7F000001" QUOTE},
     0,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_RTREDIRECT_ERROR}},
    {"redirect to a group",
     {4, ICMP, "05000000 E0000001" QUOTE},
     0,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_RTREDIRECT_ERROR}},
    {"redirect to all",
     {4, ICMP, "05000000 FFFFFFFF" QUOTE},
     0,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_RTREDIRECT_ERROR}},
    {"redirect to the sender",
     {4, ICMP, "05000000 C6336407" QUOTE},
     0,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_RTREDIRECT_ERROR}},
    {"redirect beside the sender",
     {4, ICMP, "05000000 C6336406" QUOTE},
     0,
     1,
     {EVENT_ICMP_ERROR_START}},
    {"redirect 6", {6, ICMPV6, "89000000 00000000" LOCAL6 ADDRESS6, .set = "7=FF 8=" LOCAL6}},
    {"redirect to the destination 6",
     {6, ICMPV6, "89000000 00000000" ADDRESS6 ADDRESS6, .set = "7=FF 8=" LOCAL6}},
    {"redirect, hop limit 254 6",
     {6, ICMPV6, "89000000 00000000" LOCAL6 ADDRESS6, .set = "7=FE 8=" LOCAL6},
     0,
     1,
     {EVENT_RTREDIRECT_ERROR}},
    {"redirect from afar 6",
     {6, ICMPV6, "89000000 00000000" LOCAL6 ADDRESS6, .set = "7=FF"},
     0,
     1,
     {EVENT_RTREDIRECT_ERROR}},
    {"redirect to another host 6",
     {6, ICMPV6, "89000000 00000000" OTHER6 ADDRESS6, .set = "7=FF 8=" LOCAL6},
     0,
     1,
     {EVENT_RTREDIRECT_ERROR}},

    {"TCP sum", {4, TCP, TCP_HEADER, .spoil = "36=0001"}, 0, 1, {EVENT_TCP_INPUT_BADSUM}},
    {"TCP sum, ignored", {4, TCP, TCP_HEADER, .spoil = "36=0001"}, CHECKSUMS_IGNORED},
    {"TCP sum left to the card", {4, TCP, TCP_HEADER, .offload = PARTIAL_SUM}, INCOMING},
    {"TCP sum left to the card, total length 0",
     {4, TCP, TCP_HEADER, .set = "2=0000", .offload = PARTIAL_SUM}},
    {"TCP sum without length left to the card, total length 0",
     {4, TCP, TCP_HEADER, .set = "2=0000", .offload = PARTIAL_WITHOUT_LENGTH}},
    {"TCP sum without length left to the card",
     {4, TCP, TCP_HEADER, .offload = PARTIAL_WITHOUT_LENGTH}},
    {"TCP sum in a fragment", {4, TCP, TCP_HEADER "00000000", .set = "6=2000", .spoil = "36=0001"}},
    {"TCP sum behind a source route",
     {4, TCP, TCP_HEADER, "83070401020304 01", .spoil = "44=0001"}},
    {"TCP sum 6", {6, TCP, TCP_HEADER, .spoil = "56=0001"}, 0, 1, {EVENT_TCP_INPUT_BADSUM}},
    {"TCP sum left to the card 6", {6, TCP, TCP_HEADER, .offload = PARTIAL_SUM}, OUTGOING},
    {"TCP sum without length left to the card, payload length 0 6",
     {6, TCP, TCP_HEADER, .set = "4=0000", .offload = PARTIAL_WITHOUT_LENGTH}},
    {"TCP sum on a segment route 6",
     {6, TCP, TCP_HEADER, "06" ROUTING_REST("04", "01"), .set = "6=2B", .spoil = "64=0001"}},
    {"TCP sum at a segment route's end 6",
     {6, TCP, TCP_HEADER, "06" ROUTING_REST("04", "00"), .set = "6=2B", .spoil = "64=0001"},
     0,
     1,
     {EVENT_TCP_INPUT_BADSUM}},
    {"TCP sum of the next destination instead of the last 6",
     {6, TCP, TCP_HEADER, "0602020100000000" OTHER6, .set = "6=2B"},
     0,
     1,
     {EVENT_TCP_INPUT_BADSUM}},
    {"TCP sum of the last destination at the route's end 6",
     {6, TCP, TCP_HEADER, "0602020000000000" OTHER6, .set = "6=2B"}},
    {"TCP sum of the source instead of the home address 6",
     {6, TCP, TCP_HEADER, "060201020000C910" OTHER6, .set = "6=3C"},
     0,
     1,
     {EVENT_TCP_INPUT_BADSUM}},
    {"TCP sum of a home address that is the source 6",
     {6, TCP, TCP_HEADER, "060201020000C910" ADDRESS6, .set = "6=3C 8=" ADDRESS6}},

    {"TCP header of 16 bytes", {4, TCP, TCP_WITH("40")}, 0, 1, {EVENT_TCP_INPUT_BADHLEN}},
    {"TCP header of 24 bytes in 20", {4, TCP, TCP_WITH("60")}, 0, 1, {EVENT_TCP_INPUT_BADHLEN}},
    {"TCP header of 24 bytes in 24", {4, TCP, TCP_WITH("60") "01010100"}},
    {"TCP header of 28 bytes, the rest in another fragment",
     {4, TCP, TCP_WITH("70") "01010100", .set = "6=2000"}},
    {"TCP header of 16 bytes 6", {6, TCP, TCP_WITH("40")}, 0, 1, {EVENT_TCP_INPUT_BADHLEN}},

    {"UDP of 7 bytes", {4, UDP, "13881389 000800"}, 0, 1, {EVENT_UDP_INPUT_BADLEN}},
    {"UDP of 8 bytes", {4, UDP, UDP_HEADER}},
    {"UDP length 7", {4, UDP, "13881389 00070000"}, 0, 1, {EVENT_UDP_INPUT_BADLEN}},
    {"UDP length 9 in 8", {4, UDP, "13881389 00090000"}, 0, 1, {EVENT_UDP_INPUT_BADLEN}},
    {"UDP length 9 in 9", {4, UDP, "13881389 0009000000"}},
    {"UDP length 8 in 9", {4, UDP, "13881389 0008000000"}},
    {"UDP length 9 in a fragment of 8", {4, UDP, "13881389 00090000", .set = "6=2000"}},
    {"UDP length 0", {4, UDP, "13881389 00000000"}, 0, 1, {EVENT_UDP_INPUT_BADLEN}},
    {"UDP length 0, total length 0", {4, UDP, "13881389 00000000", .set = "2=0000"}},
    {"UDP of 7 bytes 6", {6, UDP, "13881389 000800"}, 0, 1, {EVENT_UDP_INPUT_BADLEN}},
    {"UDP length 9 in 8 6", {6, UDP, "13881389 00090000"}, 0, 1, {EVENT_UDP_INPUT_BADLEN}},
    {"UDP length 0 6", {6, UDP, "13881389 00000000"}, 0, 1, {EVENT_UDP_INPUT_BADLEN}},
    {"UDP jumbogram 6",
     {6, UDP, "13881389 00000000", "1100C20400010000", .set = "4=0000 6=00", .zeros = 65520}},

    {"UDP sum", {4, UDP, UDP_HEADER, .spoil = "26=0001"}, 0, 1, {EVENT_UDP_INPUT_BADSUM}},
    {"UDP sum 0", {4, UDP, UDP_HEADER, .spoil = "26=0000"}},
    {"UDP sum left to the card", {4, UDP, UDP_HEADER, .offload = PARTIAL_SUM}},
    {"UDP sum, ignored", {4, UDP, UDP_HEADER, .spoil = "26=0001"}, CHECKSUMS_IGNORED},
    {"UDP sum 6", {6, UDP, UDP_HEADER, .spoil = "46=0001"}, 0, 1, {EVENT_UDP_INPUT_BADSUM}},
    {"UDP sum 0 6", {6, UDP, UDP_HEADER, .spoil = "46=0000"}, 0, 1, {EVENT_UDP_INPUT_BADSUM}},
    {"UDP sum 0 6, ignored", {6, UDP, UDP_HEADER, .spoil = "46=0000"}, CHECKSUMS_IGNORED},
    {"UDP sum 0 in a first fragment 6",
     {6, UDP, UDP_HEADER, "11" FRAGMENT_REST("0001"), .set = "6=2C", .spoil = "54=0000"},
     0,
     1,
     {EVENT_UDP_INPUT_BADSUM}},
    {"UDP sum in a first fragment 6",
     {6, UDP, UDP_HEADER, "11" FRAGMENT_REST("0001"), .set = "6=2C", .spoil = "54=0001"}},
    {"UDP sum 0 of a tunnel 6", {6, UDP, "138812B5 00080000", .spoil = "46=0000"}},

    {"TCP of 19 bytes",
     {4, TCP, "13881389 00000001 00000001 5010FFFF 000000"},
     0,
     1,
     {EVENT_TCP_INPUT_SHORTMSG}},
    {"TCP of 20 bytes", {4, TCP, TCP_HEADER}},
    {"TCP of 19 bytes 6",
     {6, TCP, "13881389 00000001 00000001 5010FFFF 000000"},
     0,
     1,
     {EVENT_TCP_INPUT_SHORTMSG}},

    {"TCP without flags", {4, TCP, TCP_FLAGS("00")}, 0, 1, {EVENT_TCP_INPUT_BADFLAGS}},
    {"TCP with flags of ECN only", {4, TCP, TCP_FLAGS("C0")}, 0, 1, {EVENT_TCP_INPUT_BADFLAGS}},
    {"TCP SYN", {4, TCP, TCP_FLAGS("02")}},
    {"TCP SYN with ECN", {4, TCP, TCP_FLAGS("C2")}},
    {"TCP SYN FIN", {4, TCP, TCP_FLAGS("03")}, 0, 1, {EVENT_TCP_INPUT_BADFLAGS}},
    {"TCP SYN RST", {4, TCP, TCP_FLAGS("06")}, 0, 1, {EVENT_TCP_INPUT_BADFLAGS}},
    {"TCP RST", {4, TCP, TCP_FLAGS("04")}},
    {"TCP FIN ACK", {4, TCP, TCP_FLAGS("11")}},
    {"TCP all flags", {4, TCP, TCP_FLAGS("3F")}, 0, 1, {EVENT_TCP_INPUT_BADFLAGS}},
    {"TCP all flags but SYN", {4, TCP, TCP_FLAGS("3D")}},
    {"TCP SYN with an acknowledgment number",
     {4, TCP, "13881389 00000001 00000001 5002FFFF 00000000"},
     0,
     1,
     {EVENT_TCP_INPUT_BADACK}},
    {"TCP SYN with an acknowledgment number 6",
     {6, TCP, "13881389 00000001 01000000 5002FFFF 00000000"},
     0,
     1,
     {EVENT_TCP_INPUT_BADACK}},
    {"TCP with an urgent pointer",
     {4, TCP, "13881389 00000001 00000001 5010FFFF 00000001"},
     0,
     1,
     {EVENT_TCP_INPUT_BADURP}},
    {"TCP with an urgent pointer 6",
     {6, TCP, "13881389 00000001 00000001 5010FFFF 00000100"},
     0,
     1,
     {EVENT_TCP_INPUT_BADURP}},
    {"TCP URG", {4, TCP, "13881389 00000001 00000001 5030FFFF 00000001"}},
    {"TCP window scale 14", {4, TCP, TCP_WITH("60") "0103030E"}},
    {"TCP window scale 15", {4, TCP, TCP_WITH("60") "0103030F"}, 0, 1, {EVENT_TCP_INPUT_BADSCALE}},
    {"TCP window scale 255 6",
     {6, TCP, TCP_WITH("60") "0103 03FF"},
     0,
     1,
     {EVENT_TCP_INPUT_BADSCALE}},
    {"zeros behind the end of TCP options", {4, TCP, TCP_WITH("60") "01000000"}},
    {"bytes behind the end of TCP options",
     {4, TCP, TCP_WITH("60") "01000001"},
     0,
     1,
     {EVENT_TCP_INPUT_NOEOL}},
    {"bytes behind the end of TCP options 6",
     {6, TCP, TCP_WITH("60") "00010000"},
     0,
     1,
     {EVENT_TCP_INPUT_NOEOL}},
    {"TCP without flags 6", {6, TCP, TCP_FLAGS("00")}, 0, 1, {EVENT_TCP_INPUT_BADFLAGS}},

    {"segment size of 3 bytes",
     {4, TCP, TCP_WITH("60") "02030501"},
     0,
     1,
     {EVENT_TCP_INPUT_BADOPT}},
    {"segment size of 4 bytes", {4, TCP, TCP_WITH("60") "020405B4"}},
    {"TCP option of 1 byte", {4, TCP, TCP_WITH("60") "FC010000"}, 0, 1, {EVENT_TCP_INPUT_BADOPT}},
    {"TCP option of 5 bytes in 4",
     {4, TCP, TCP_WITH("60") "FC050000"},
     0,
     1,
     {EVENT_TCP_INPUT_BADOPT}},
    {"TCP option without a length",
     {4, TCP, TCP_WITH("60") "010101FC"},
     0,
     1,
     {EVENT_TCP_INPUT_BADOPT}},
    {"selective acknowledgement", {4, TCP, TCP_WITH("80") "0101050A 00000002 00000003"}},
    {"selective acknowledgement of 9 bytes",
     {4, TCP, TCP_WITH("80") "01010509 00000002 00000001"},
     0,
     1,
     {EVENT_TCP_INPUT_BADOPT}},
    {"selective acknowledgement of 17 bytes",
     {4, TCP, TCP_WITH("A0") "0511000000000000000000000000000000 010101"},
     0,
     1,
     {EVENT_TCP_INPUT_BADOPT}},
    {"empty selective acknowledgement", {4, TCP, TCP_WITH("60") "05020101"}},
    {"selective acknowledgement of 3 bytes",
     {4, TCP, TCP_WITH("60") "05030001"},
     0,
     1,
     {EVENT_TCP_INPUT_BADOPT}},
    {"authentication option of 3 bytes",
     {4, TCP, TCP_WITH("60") "1D030101"},
     0,
     1,
     {EVENT_TCP_INPUT_BADOPT}},
    {"authentication option of 4 bytes", {4, TCP, TCP_WITH("60") "1D040101"}},
    {"usual options of a SYN",
     {4, TCP, TCP_WITH("A0") "020405B4 0402080A 00000001 00000000 01030307"}},
    {"segment size of 3 bytes 6",
     {6, TCP, TCP_WITH("60") "02030501"},
     0,
     1,
     {EVENT_TCP_INPUT_BADOPT}},

    {"segment size twice",
     {4, TCP, TCP_WITH("70") "020405B4 020405B4"},
     0,
     1,
     {EVENT_TCP_INPUT_DUPOPT}},
    {"segment size once", {4, TCP, TCP_WITH("70") "020405B4 01010101"}},
    {"multipath options", {4, TCP, TCP_WITH("70") "1E045000 1E042000"}},
    {"experiments", {4, TCP, TCP_WITH("70") "FE040001 FE040002"}},
    {"segment size twice 6",
     {6, TCP, TCP_WITH("70") "020405B4 020405B4"},
     0,
     1,
     {EVENT_TCP_INPUT_DUPOPT}},

    {"ICMP type 1", {4, ICMP, "01000000 00010001"}, 0, 1, {EVENT_ICMP_INPUT_BADTYPE}},
    {"ICMP type 0", {4, ICMP, "00000000 00010001"}},
    {"ICMP type 253", {4, ICMP, "FD000000 00010001"}, 0, 1, {EVENT_ICMP_INPUT_BADTYPE}},
    {"ICMPv6 type 127", {6, ICMPV6, "7F000000 00010001"}, 0, 1, {EVENT_ICMP_INPUT_BADTYPE}},
    {"ICMPv6 type 200", {6, ICMPV6, "C8000000 00010001"}, 0, 1, {EVENT_ICMP_INPUT_BADTYPE}},
    {"ICMP code 1 of echo", {4, ICMP, "08010000 00010001"}, 0, 1, {EVENT_ICMP_INPUT_BADCODE}},
    {"ICMP code 15 of unreachable",
     {4, ICMP, "030F0000 00000000" QUOTE},
     0,
     1,
     {EVENT_ICMP_ERROR_START}},
    {"ICMP code 16 of unreachable",
     {4, ICMP, "03100000 00000000" QUOTE},
     0,
     2,
     {EVENT_ICMP_INPUT_BADCODE, EVENT_ICMP_ERROR_START}},
    {"ICMPv6 code 1 of echo", {6, ICMPV6, "80010000 00010001"}, 0, 1, {EVENT_ICMP_INPUT_BADCODE}},
    {"neighbour solicitation, hop limit 254 6",
     {6, ICMPV6, NEIGHBOUR, .set = "7=FE"},
     0,
     1,
     {EVENT_ICMP_INPUT_BADHLIM}},
    {"MLD, hop limit 2 6", {6, ICMPV6, MLD, .set = "7=02"}, 0, 1, {EVENT_ICMP_INPUT_BADHLIM}},
    {"extensions",
     {4, ICMP, "0B000000 00070000" QUOTE EXTENSIONS("2000DDB5")},
     0,
     1,
     {EVENT_ICMP_ERROR_START}},
    {"extensions, wrong checksum",
     {4, ICMP, "0B000000 00070000" QUOTE EXTENSIONS("2000DDB4")},
     0,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_ICMP_INPUT_BADEXTSUM}},
    {"extensions without a checksum",
     {4, ICMP, "0B000000 00070000" QUOTE EXTENSIONS("20000000")},
     0,
     1,
     {EVENT_ICMP_ERROR_START}},
    {"extensions of another version",
     {4, ICMP, "0B000000 00070000" QUOTE EXTENSIONS("1000DDB4")},
     0,
     1,
     {EVENT_ICMP_ERROR_START}},
    {"extensions, wrong checksum, none wanted",
     {4, ICMP, "0B000000 00070000" QUOTE EXTENSIONS("2000DDB4")},
     CHECKSUMS_IGNORED,
     1,
     {EVENT_ICMP_ERROR_START}},
    {"what may be extensions or quoted data",
     {4, ICMP, "0B000000 00000000" QUOTE EXTENSIONS("2000DDB4")},
     0,
     1,
     {EVENT_ICMP_ERROR_START}},
    {"a length beyond the message",
     {4, ICMP, "0B000000 00FF0000" QUOTE EXTENSIONS("2000DDB4")},
     0,
     1,
     {EVENT_ICMP_ERROR_START}},
    {"extensions of a redirect, which has none",
     {4, ICMP, "05000000 C0070001" QUOTE EXTENSIONS("2000DDB4")},
     0,
     1,
     {EVENT_ICMP_ERROR_START}},
    {"extensions 6",
     {6, ICMPV6, "03000000 06000000" QUOTE6 EXTENSIONS("2000DDB5")},
     0,
     1,
     {EVENT_ICMP_ERROR_START}},
    {"extensions, wrong checksum 6",
     {6, ICMPV6, "03000000 06000000" QUOTE6 EXTENSIONS("2000DDB4")},
     0,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_ICMP_INPUT_BADEXTSUM}},
    {"quote of version 6",
     {4, ICMP, "0B000000 00000000" QUOTE, .set = "28=65"},
     0,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_ICMP_INPUT_BADQUOTE}},
    {"quote of version 4 6",
     {6, ICMPV6, "03000000 00000000" QUOTE6, .set = "48=40"},
     0,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_ICMP_INPUT_BADQUOTE}},

    {"from a group", {4, UDP, UDP_HEADER, .set = "12=E0000000"}, 0, 1, {EVENT_IPINTR_BADSRC}},
    {"from the highest host", {4, UDP, UDP_HEADER, .set = "12=DFFFFFFF"}},
    {"from all", {4, UDP, UDP_HEADER, .set = "12=FFFFFFFF"}, 0, 1, {EVENT_IPINTR_BADSRC}},
    {"from class E", {4, UDP, UDP_HEADER, .set = "12=F0000000"}, 0, 1, {EVENT_IPINTR_BADSRC}},
    {"from a group 6", {6, UDP, UDP_HEADER, .set = "8=FF02"}, 0, 1, {EVENT_IPINTR_BADSRC}},
    {"from fe02:: 6", {6, UDP, UDP_HEADER, .set = "8=FE02"}},

    {"to itself", {4, UDP, UDP_HEADER, .set = "12=C6336407"}, ON_WIRE, 1, {EVENT_IPINTR_LAND}},
    {"to the next host", {4, UDP, UDP_HEADER, .set = "12=C6336406"}, ON_WIRE},
    {"to itself on the loopback", {4, UDP, UDP_HEADER, .set = "12=C6336407"}, ON_LOOPBACK},
    {"to itself somewhere", {4, UDP, UDP_HEADER, .set = "12=C6336407"}},
    {"to itself 6", {6, UDP, UDP_HEADER, .set = "8=" ADDRESS6}, ON_WIRE, 1, {EVENT_IPINTR_LAND}},
    {"to itself somewhere 6", {6, UDP, UDP_HEADER, .set = "8=" ADDRESS6}},

    {"TTL 0", {4, UDP, UDP_HEADER, .set = "8=00"}, 0, 1, {EVENT_IPINTR_BADTTL}},
    {"TTL 1", {4, UDP, UDP_HEADER, .set = "8=01"}},
    {"hop limit 0 6", {6, UDP, UDP_HEADER, .set = "7=00"}, 0, 1, {EVENT_IPINTR_BADTTL}},
    {"hop limit 1 6", {6, UDP, UDP_HEADER, .set = "7=01"}},

    {"reserved flag", {4, UDP, UDP_HEADER, .set = "6=80"}, 0, 1, {EVENT_IPINTR_BADFLAG}},
    {"don't fragment", {4, UDP, UDP_HEADER, .set = "6=40"}},

    {"protocol 147", {4, 147, ""}},
    {"protocol 148", {4, 148, ""}, 0, 1, {EVENT_IPINTR_BADPROTO}},
    {"protocol 252", {4, 252, ""}, 0, 1, {EVENT_IPINTR_BADPROTO}},
    {"protocol 253", {4, 253, ""}},
    {"protocol 254", {4, 254, ""}},
    {"protocol 255", {4, 255, ""}, 0, 1, {EVENT_IPINTR_BADPROTO}},
    {"ICMPv6 in IPv4", {4, ICMPV6, ECHO6}, 0, 1, {EVENT_IPINTR_BADPROTO}},
    {"ICMP in IPv6", {6, ICMP, ECHO}, 0, 1, {EVENT_IPINTR_BADPROTO}},
    {"next header 148 6", {6, 148, ""}, 0, 1, {EVENT_IPINTR_BADPROTO}},
    {"next header 252 6", {6, 252, ""}, 0, 1, {EVENT_IPINTR_BADPROTO}},
    {"next header 253 6", {6, 253, ""}},
    {"next header 254 6", {6, 254, ""}},
    {"next header 255 6", {6, 255, ""}, 0, 1, {EVENT_IPINTR_BADPROTO}},

    {"fragment to 65536", {4, 253, "01020304", .set = "6=1FFD"}, 0, 1, {EVENT_IP_REASS_TOOBIG}},
    {"fragment to 65535", {4, 253, "010203", .set = "6=1FFD"}},
    {"fragment to 65536 6",
     {6, 253, EIGHT, "FD" FRAGMENT_REST("FFF8"), .set = "6=2C"},
     0,
     1,
     {EVENT_IP_REASS_TOOBIG}},
    {"fragment to 65535 6", {6, 253, "01020304050607", "FD" FRAGMENT_REST("FFF8"), .set = "6=2C"}},
    {"fragment to 65536 with the options before it 6",
     {6, 253, EIGHT, "2C" OPTIONS_REST "FD" FRAGMENT_REST("FFF0"), .set = "6=3C"},
     0,
     1,
     {EVENT_IP_REASS_TOOBIG}},

    {"fragment of 9 bytes", {4, 253, EIGHT "09", .set = "6=2000"}, 0, 1, {EVENT_IP_REASS_BADLEN}},
    {"fragment of 16 bytes", {4, 253, EIGHT EIGHT, .set = "6=2000"}},
    {"fragment of 9 bytes 6",
     {6, 253, EIGHT "09", "FD" FRAGMENT_REST("0001"), .set = "6=2C"},
     0,
     1,
     {EVENT_IP_REASS_BADLEN}},

    {"TCP fragment of 16 bytes",
     {4, TCP, "13881389 00000001 00000001 5010FFFF", .set = "6=2000"},
     0,
     1,
     {EVENT_IP_REASS_TINYFRAG}},
    {"TCP fragment of 24 bytes", {4, TCP, TCP_HEADER "00000000", .set = "6=2000"}},
    {"TCP fragment of 16 bytes 6",
     {6, TCP, "13881389 00000001 00000001 5010FFFF", "06" FRAGMENT_REST("0001"), .set = "6=2C"},
     0,
     1,
     {EVENT_IP_REASS_TINYFRAG}},
    {"TCP fragment at 8", {4, TCP, EIGHT, .set = "6=0001"}, 0, 1, {EVENT_IP_REASS_OVERLAP}},
    {"TCP fragment at 16", {4, TCP, EIGHT, .set = "6=0002"}},
    {"UDP fragment at 8", {4, UDP, EIGHT, .set = "6=0001"}},
    {"TCP fragment at 8 6",
     {6, TCP, EIGHT, "06" FRAGMENT_REST("0008"), .set = "6=2C"},
     0,
     1,
     {EVENT_IP_REASS_OVERLAP}},
    {"TCP fragment at 16 6", {6, TCP, EIGHT, "06" FRAGMENT_REST("0010"), .set = "6=2C"}},

    {"don't fragment in a fragment", {4, 253, EIGHT, .set = "6=6000"}, 0, 1, {EVENT_IP_REASS_DF}},
    {"don't fragment in a last fragment",
     {4, 253, EIGHT, .set = "6=4001"},
     0,
     1,
     {EVENT_IP_REASS_DF}},

    {"option 31", {4, 253, "", "1F040000"}, 0, 1, {EVENT_IP_DOOPTIONS_UNKNOWNOPT}},
    {"option 30", {4, 253, "", "1E040000"}},
    {"router alert twice", {4, 253, "", "94040000 94040000"}, 0, 1, {EVENT_IP_DOOPTIONS_DUPOPT}},
    {"router alert and a route", {4, 253, "", "94040000 07030400"}},
    {"bytes behind the end of options", {4, 253, "", "00000001"}, 0, 1, {EVENT_IP_DOOPTIONS_NOEOL}},
    {"zeros behind the end of options", {4, 253, "", "00000000"}},
    {"an aligned word of no operations", {4, 253, "", "01010101"}, 0, 1, {EVENT_IP_DOOPTIONS_NOPS}},
    {"two of them", {4, 253, "", "01010101 01010101"}, 0, 1, {EVENT_IP_DOOPTIONS_NOPS}},
    {"no operations that align", {4, 253, "", "0707040A000001 01010101 00"}},

    {"three destination options 6",
     {6, 253, "", "3C" OPTIONS_REST "3C" OPTIONS_REST "FD" OPTIONS_REST, .set = "6=3C"},
     0,
     1,
     {EVENT_IP6_INPUT_DUPHDR}},
    {"two destination options 6", {6, 253, "", "3C" OPTIONS_REST "FD" OPTIONS_REST, .set = "6=3C"}},
    {"two routing headers 6",
     {6, 253, "", "2B" ROUTING_REST("04", "00") "FD" ROUTING_REST("04", "00"), .set = "6=2B"},
     0,
     1,
     {EVENT_IP6_INPUT_DUPHDR}},
    {"two hop-by-hop options 6",
     {6, 253, "", "0000050200000100 FD00050200000100", .set = "6=00"},
     0,
     2,
     {EVENT_IP6_INPUT_DUPHDR, EVENT_IP_DOOPTIONS_BADOPT}},
    {"routing header behind a fragment header 6",
     {6, 253, "", "2B" FRAGMENT_REST("0001") "FD" ROUTING_REST("04", "00"), .set = "6=2C"},
     0,
     1,
     {EVENT_IP6_INPUT_HDRORDER}},
    {"routing header before a fragment header 6",
     {6, 253, EIGHT, "2C" ROUTING_REST("04", "00") "FD" FRAGMENT_REST("0001"), .set = "6=2B"}},
    {"fragment header without need 6",
     {6, 253, "", "FD" FRAGMENT_REST("0000"), .set = "6=2C"},
     0,
     1,
     {EVENT_IP6_INPUT_USELESSFRAG}},
    {"fragment header, reserved byte 6",
     {6, 253, EIGHT, "FD01000100000001", .set = "6=2C"},
     0,
     1,
     {EVENT_IP6_INPUT_BADRESERVED}},
    {"fragment header, reserved bit 6",
     {6, 253, EIGHT, "FD" FRAGMENT_REST("0003"), .set = "6=2C"},
     0,
     1,
     {EVENT_IP6_INPUT_BADRESERVED}},
    {"authentication header, reserved byte 6",
     {6, 253, "", "FD0200010000000100000001 00000000", .set = "6=33"},
     0,
     1,
     {EVENT_IP6_INPUT_BADRESERVED}},
    {"authentication header 6", {6, 253, "", "FD0200000000000100000001 00000000", .set = "6=33"}},
    {"routing header type 0 6",
     {6, 253, "", "FD" ROUTING_REST("00", "00"), .set = "6=2B"},
     0,
     1,
     {EVENT_IP6_INPUT_RH0}},
    {"routing header type 4 6", {6, 253, "", "FD" ROUTING_REST("04", "00"), .set = "6=2B"}},
    {"data behind the last header 6",
     {6, IP_PROTOCOL_NO_NEXT, "00"},
     0,
     1,
     {EVENT_IP6_INPUT_NONEXTDATA}},
    {"padding behind the last header 6", {6, IP_PROTOCOL_NO_NEXT, "", .wire = 6}},
    {"unknown option, to be passed over 6",
     {6, 253, "", "FD00020400000000", .set = "6=3C"},
     0,
     1,
     {EVENT_IP6_INPUT_UNKNOWNOPT}},
    {"options of padding 6",
     {6, 253, "", "FD00010400000000", .set = "6=3C"},
     0,
     1,
     {EVENT_IP6_INPUT_ONLYPAD}},
    {"padding of 7 bytes 6", {6, 253, "", "FD01040104 01050000000000 01020000", .set = "6=3C"}},
    {"padding of 8 bytes 6",
     {6, 253, "", "FD01040104 0106000000000000 010100", .set = "6=3C"},
     0,
     1,
     {EVENT_IP6_INPUT_BADPAD}},
    {"padding that is not zero 6",
     {6, 253, "", "FD00040104010101", .set = "6=3C"},
     0,
     1,
     {EVENT_IP6_INPUT_BADPAD}},

    {"DHCP from nobody to all",
     {4, UDP, "00440043 00080000", .set = "12=00000000 16=FFFFFFFF"},
     ON_WIRE},
    {"routing protocol to a group", {4, 89, EIGHT, .set = "8=01 16=E0000005"}, GROUP_FRAME},
    {"IGMPv3 report as hosts send it",
     {4, IGMP, "22000000 00000001 04000000 EFFFFFFA", "94040000", .set = "6=40 8=01 16=E0000016"},
     GROUP_FRAME},
    {"MLDv2 report as hosts send it 6",
     {6, ICMPV6, "8F000000 00000001 04000000" GROUP6, "3A00050200000100",
      .set = "6=00 7=01 8=" LOCAL6 " 24=" GROUP6},
     GROUP_FRAME},
    {"duplicate address detection 6",
     {6, ICMPV6, NEIGHBOUR, .set = "7=FF 8=" ZERO6 " 24=" GROUP6},
     GROUP_FRAME},
    {"encapsulated IPv4 6", {6, 4, "45000014 00000000 40FD0000 C000020A C6336407"}},
    {"VXLAN",
     {4, UDP,
      "C00012B5 002C0000 08000000 00000100 FFFFFFFFFFFF 020000000001 0800"
      "45000000 00000000 00000000 00000000"}},
    {"first fatal one ends the search",
     {4, UDP, UDP_HEADER, .set = "2=0013 8=00"},
     0,
     1,
     {EVENT_IPINTR_BADLEN}},
    {"bad options end the search",
     {4, UDP, "13881389 00070000", "1E010000", .set = "8=00"},
     0,
     1,
     {EVENT_IP_DOOPTIONS_BADOPT}},
    {"as a stack meets them",
     {4, TCP, TCP_FLAGS("00"), .set = "6=80 8=00 12=E0000001"},
     0,
     4,
     {EVENT_IPINTR_BADFLAG, EVENT_IPINTR_BADTTL, EVENT_IPINTR_BADSRC, EVENT_TCP_INPUT_BADFLAGS}},
    {"bad options before an overrun of what follows 6",
     {6, 253, "", "8701040104010100 4204000000000000", .set = "6=3C"},
     0,
     1,
     {EVENT_IP_DOOPTIONS_BADOPT}},
    {"bad options before an overrun 6",
     {6, 253, "", "3C003E0500000000 FD01000000000000", .set = "6=00"},
     0,
     1,
     {EVENT_IP_DOOPTIONS_BADOPT}},
    {"our packet, code 7",
     {4, ICMP, "03070000 00000000" QUOTE},
     TO_US,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_IP_OUTPUT_BADADDR}},
    {"our packet, code 11",
     {4, ICMP, "030B0000 00000000" QUOTE},
     TO_US,
     2,
     {EVENT_ICMP_ERROR_START, EVENT_IP_OUTPUT_BADADDR}},
    {"no host, to 127.0.0.1 itself",
     {4, ICMP, "03010000 00000000" QUOTE, .set = "12=7F000001 16=7F000001"},
     ON_LOOPBACK,
     1,
     {EVENT_ICMP_ERROR_START}},
    {"router renumbering, code 255 6", {6, ICMPV6, "8AFF0000 00000000"}},
    {"SACK of 35 bytes",
     {4, TCP, TCP_WITH("F0") "0523", .zeros = 38},
     0,
     1,
     {EVENT_TCP_INPUT_BADOPT}},
    {"window scale of 4 bytes",
     {4, TCP, TCP_WITH("60") "03041000"},
     0,
     1,
     {EVENT_TCP_INPUT_BADOPT}},
    {"from nowhere to nowhere on the wire",
     {4, UDP, UDP_HEADER, .set = "12=00000000 16=00000000"},
     ON_WIRE,
     1,
     {EVENT_IP_FORWARD_BADADDR}},
    {"first fragment of a wrong checksum 6",
     {6, ICMPV6, ECHO6, "3A" FRAGMENT_REST("0001"), .set = "6=2C", .spoil = "50=DEAD"}},
    {"first fragment with half a message",
     {4, ICMP, "08000000", .set = "6=2000"},
     0,
     2,
     {EVENT_IP_OUTPUT_SHORTMSG, EVENT_IP_REASS_BADLEN}},
};

static void test_rows(void **state)
{
    static struct built built;

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct network_event_found found[EVENT_RAISED];
        const char *name = rows[i].name;
        size_t count;
        bool same;

        build(&built, &rows[i].recipe);
        count = find(name, built.bytes, built.length, built.wire, rows[i].situation, found);
        same = count == rows[i].count;
        for (size_t k = 0; k < count && same; k++)
            same = found[k].id == rows[i].events[k];
        if (!same)
            print_found(name, found, count);
        row_true(name, same);
    }
}

/* Which versions an event is of, where it is not of both. */
static uint8_t only_version(size_t id)
{
    switch (id) {
    case EVENT_ICMP_ERROR_START_QUENCH:
    case EVENT_IPINTR_BADSUM:
    case EVENT_IP_OUTPUT_BADMTU:
    case EVENT_IPINTR_BADFLAG:
    case EVENT_IP_REASS_DF:
    case EVENT_IP_DOOPTIONS_UNKNOWNOPT:
    case EVENT_IP_DOOPTIONS_DUPOPT:
    case EVENT_IP_DOOPTIONS_NOEOL:
    case EVENT_IP_DOOPTIONS_NOPS:
        return 4;
    case EVENT_ICMP_INPUT_BADHLIM:
        return 6;
    default:
        return id >= EVENT_IP6_INPUT_DUPHDR ? 6 : 0;
    }
}

/* The table leaves no event out, in any version that it is of. */
static void test_every_event_has_a_row(void **state)
{
    bool raised[EVENT_RAISED][7] = {{false}};
    size_t count;
    const struct network_event *events = network_events(&count);

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        for (size_t k = 0; k < rows[i].count; k++)
            raised[rows[i].events[k]][rows[i].recipe.version] = true;
    for (size_t id = 0; id < EVENT_RAISED; id++) {
        row_equal(events[id].name, raised[id][4], only_version(id) != 6);
        row_equal(events[id].name, raised[id][6], only_version(id) != 4);
    }
}

static bool is_among(enum network_event_id id, const struct network_event_found *found,
                     size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (found[i].id == id)
            return true;
    return false;
}

/* Of a packet cut by the snapshot length nothing is said that the whole packet does not show. */
static void check_cut(const char *row, const uint8_t *bytes, uint32_t captured, uint32_t wire,
                      enum situation situation, const struct network_event_found *whole,
                      size_t whole_count)
{
    struct network_event_found found[EVENT_RAISED];
    const size_t count = find(row, bytes, captured, wire, situation, found);

    for (size_t i = 0; i < count; i++) {
        if (is_among(found[i].id, whole, whole_count))
            continue;
        print_error("%" PRIu32 " bytes captured: ", captured);
        print_found(row, found, count);
        fail();
    }
}

static void test_cut_rows(void **state)
{
    static struct built built;

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct network_event_found whole[EVENT_RAISED];
        const char *name = rows[i].name;
        size_t count;

        build(&built, &rows[i].recipe);
        count = find(name, built.bytes, built.length, built.wire, rows[i].situation, whole);
        for (uint32_t captured = 0; captured < built.length && captured < 300; captured++) {
            /* A block of just that size lets a sanitizer see any read behind it. */
            uint8_t *copy = malloc(captured + 1);

            assert_non_null(copy);
            memcpy(copy + 1, built.bytes, captured);
            check_cut(name, copy + 1, captured, built.wire, rows[i].situation, whole, count);
            free(copy);
        }
    }
}

/* What only a context can show is not raised without one. */
static void test_nothing_known(void **state)
{
    static struct built built;

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct network_event_found found[EVENT_RAISED];
        size_t count;

        build(&built, &rows[i].recipe);
        count = find(rows[i].name, built.bytes, built.length, built.wire, NOTHING_KNOWN, found);
        row_true(rows[i].name, !is_among(EVENT_ETHER_OUTPUT_NOROUTE, found, count));
        row_true(rows[i].name, !is_among(EVENT_ETHER_OUTPUT_RTREJECT, found, count));
        row_true(rows[i].name, !is_among(EVENT_IP_OUTPUT_BADADDR, found, count));
        row_true(rows[i].name, !is_among(EVENT_IPINTR_LAND, found, count));
    }
}

/* Where an event stands: the bytes that show it. */
static void test_places(void **state)
{
    static const struct {
        struct recipe recipe;
        enum network_event_id id;
        uint32_t offset;
        uint32_t length;
    } places[] = {
        {{4, UDP, UDP_HEADER, .spoil = "10=0001"}, EVENT_IPINTR_BADSUM, 10, 2},
        {{4, 253, "", .set = "2=0013"}, EVENT_IPINTR_BADLEN, 2, 2},
        {{4, UDP, UDP_HEADER, .wire = 61}, EVENT_IPINTR_TRAILER, 28, 0},
        {{4, UDP, UDP_HEADER, .set = "2=001C", .zeros = 62}, EVENT_IPINTR_TRAILER, 28, 62},
        {{4, UDP, UDP_HEADER, .set = "8=00"}, EVENT_IPINTR_BADTTL, 8, 1},
        {{6, UDP, UDP_HEADER, .set = "7=00"}, EVENT_IPINTR_BADTTL, 7, 1},
        {{4, UDP, UDP_HEADER, "01010100", .spoil = "30=0001"}, EVENT_UDP_INPUT_BADSUM, 30, 2},
        {{6, 253, "", "FD00040104010101", .set = "6=3C"}, EVENT_IP6_INPUT_BADPAD, 45, 3},
        {{4, 253, "", "01011E09"}, EVENT_IP_DOOPTIONS_BADOPT, 22, 2},
        {{6, UDP, UDP_HEADER, .set = "8=FF02"}, EVENT_IPINTR_BADSRC, 8, 16},
        {{4, TCP, TCP_FLAGS("00")}, EVENT_TCP_INPUT_BADFLAGS, 33, 1},
        {{6, 148, ""}, EVENT_IPINTR_BADPROTO, 6, 1},
    };
    static struct built built;
    size_t count;
    const struct network_event *events = network_events(&count);

    (void)state;
    for (size_t i = 0; i < ROWS(places); i++) {
        struct network_event_found found[EVENT_RAISED];
        const char *name = events[places[i].id].name;

        build(&built, &places[i].recipe);
        row_equal(name, find(name, built.bytes, built.length, built.wire, NOTHING_KNOWN, found), 1);
        row_equal(name, found[0].id, places[i].id);
        row_equal(name, found[0].offset, places[i].offset);
        row_equal(name, found[0].length, places[i].length);
    }
}

/* Of a header with another version than announced nothing is left that could raise another event.
 */
static void test_refused_version(void **state)
{
    static const struct recipe recipes[] = {
        {4, TCP, TCP_FLAGS("03"), .set = "8=00 16=00000001", .spoil = "10=0001"},
        {6, TCP, TCP_FLAGS("03"), .set = "7=00 24=" ZERO6},
    };
    static struct built built;

    (void)state;
    for (size_t i = 0; i < ROWS(recipes); i++) {
        const struct network_event_context context =
            context_of(recipes[i].version == 4 ? VERSION_6 : VERSION_4);
        struct network_event_found found[EVENT_RAISED];
        struct ip_packet packet;

        build(&built, &recipes[i]);
        ip_packet_decode(&packet, built.bytes, built.length, built.wire);
        assert_false(network_events_find(&packet, &context, found) > 1);
        ip_packet_refuse_version(&packet);
        assert_int_equal(network_events_find(&packet, &context, found), 1);
        assert_int_equal(found[0].id, EVENT_IPINTR_BADVERS);
        assert_int_equal(found[0].offset, 0);
        assert_int_equal(found[0].length, 1);
    }
}

/* However often a sender repeats an event, it is told once, with its count, and hides no other. */
static void test_repeated(void **state)
{
    static const struct {
        struct recipe recipe;
        struct network_event_found found[3]; /* in this order, and no more */
    } rows_repeated[] = {
        {{4, TCP, TCP_FLAGS("03"),
          "1F021F021F021F021F021F021F021F021F021F02 1F021F021F021F021F021F021F021F021F021F02"},
         {{EVENT_IP_DOOPTIONS_UNKNOWNOPT, 20, 2, 20},
          {EVENT_IP_DOOPTIONS_DUPOPT, 22, 2, 19},
          {EVENT_TCP_INPUT_BADFLAGS, 73, 1, 1}}},
        {{6, TCP, TCP_FLAGS("03"),
          "0608 010101 010101 010101 010101 010101 010101 010101 010101 010101 010101 010101 010101"
          "010101 010101 010101 010101 010101 010101 010101 010101 010101 010101 01020000",
          .set = "6=3C"},
         {{EVENT_IP6_INPUT_BADPAD, 42, 3, 22},
          {EVENT_IP6_INPUT_ONLYPAD, 40, 72, 1},
          {EVENT_TCP_INPUT_BADFLAGS, 125, 1, 1}}},
    };
    static struct built built;

    (void)state;
    for (size_t i = 0; i < ROWS(rows_repeated); i++) {
        const struct network_event_found *wanted = rows_repeated[i].found;
        struct network_event_found found[EVENT_RAISED];

        build(&built, &rows_repeated[i].recipe);
        assert_int_equal(
            find("repeated", built.bytes, built.length, built.wire, NOTHING_KNOWN, found), 3);
        for (size_t k = 0; k < 3; k++) {
            assert_int_equal(found[k].id, wanted[k].id);
            assert_int_equal(found[k].offset, wanted[k].offset);
            assert_int_equal(found[k].length, wanted[k].length);
            assert_int_equal(found[k].count, wanted[k].count);
        }
    }
}

/* Type and code are all that an ICMP error needs to be one, as they are for its socket error. */
static void test_cut_icmp_errors(void **state)
{
    static const struct recipe recipes[] = {
        {4, ICMP, "03030000 00000000 45000014 00000000 40000000 C6336407 C000020A"},
        {6, ICMPV6, "01040000 00000000 60000000 00003B40" ZERO6},
    };
    static struct built built;

    (void)state;
    for (size_t i = 0; i < ROWS(recipes); i++) {
        const uint32_t header = recipes[i].version == 4 ? 20 : 40;
        struct network_event_found found[EVENT_RAISED];

        build(&built, &recipes[i]);
        for (uint32_t captured = header; captured < header + 8; captured++) {
            const size_t count =
                find("cut", built.bytes, captured, built.wire, NOTHING_KNOWN, found);

            assert_int_equal(count, captured - header >= 2 ? 1 : 0);
            assert_true(count == 0 || found[0].id == EVENT_ICMP_ERROR_START);
        }
    }
}

/* A packet of the table with some bytes changed, or nothing but bytes at random. */
static uint32_t random_packet(uint8_t *bytes, uint32_t *random)
{
    static struct built built;
    const struct row *row = &rows[unit_random(random) % ROWS(rows)];

    if (unit_random(random) % 8 == 0 || row->recipe.zeros > 0) {
        const uint32_t length = unit_random(random) % 200;

        for (uint32_t i = 0; i < length; i++)
            bytes[i] = (uint8_t)unit_random(random);
        return length;
    }
    build(&built, &row->recipe);
    memcpy(bytes, built.bytes, built.length);
    for (uint32_t changes = unit_random(random) % 6; changes > 0; changes--)
        bytes[unit_random(random) % built.length] = (uint8_t)unit_random(random);
    if (built.bytes[0] >> 4 == 4 && built.length >= 20 && unit_random(random) % 4 != 0) {
        const uint32_t header = (bytes[0] & 0xFU) * 4;

        put_u16(bytes + 10, 0); /* else most rules would not be asked */
        if (header <= built.length)
            put_u16(bytes + 10, ~(uint32_t)ip_checksum_sum(bytes, header) & 0xFFFF);
    }
    return built.length;
}

static void test_nothing_outside_random(void **state)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *mapping = mmap(NULL, 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint32_t random = 0x0E7E275;
    size_t raised = 0;

    (void)state;
    assert_true(mapping != MAP_FAILED);
    assert_int_equal(mprotect(mapping, page, PROT_READ | PROT_WRITE), 0);
    for (unsigned round = 0; round < RANDOM_ROUNDS; round++) {
        struct network_event_found whole[EVENT_RAISED];
        const enum situation situation =
            (enum situation)(unit_random(&random) % (CHECKSUMS_IGNORED + 1));
        uint8_t bytes[512];
        const uint32_t length = random_packet(bytes, &random);
        const uint32_t wire = length + (round % 4 == 0 ? unit_random(&random) % 100 : 0);
        const uint32_t captured = length == 0 ? 0 : unit_random(&random) % length;
        uint8_t *place = mapping + page - length;
        char row[32];
        size_t count;

        snprintf(row, sizeof row, "random %u", round);
        memcpy(place, bytes, length);
        count = find(row, place, length, wire, situation, whole);
        raised += count > 0;
        place = mapping + page - captured;
        memmove(place, bytes, captured);
        check_cut(row, place, captured, wire, situation, whole, count);
    }
    assert_true(raised > RANDOM_ROUNDS / 4); /* else the rounds would prove little */
    munmap(mapping, 2 * page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_every_event_has_a_row),
        cmocka_unit_test(test_cut_rows),
        cmocka_unit_test(test_nothing_known),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_refused_version),
        cmocka_unit_test(test_repeated),
        cmocka_unit_test(test_cut_icmp_errors),
        cmocka_unit_test(test_nothing_outside_random),
    };

    return cmocka_run_group_tests_name("network_event", tests, NULL, NULL);
}
