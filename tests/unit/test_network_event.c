/*
 * The rules that find network events: the rows of the tables, what a cut by the snapshot length
 * must not add, and random bytes before a page that cannot be read.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "event_rows.h"
#include "found_events.h"
#include "icmp_message.h"
#include "network_event.h"

enum {
    RANDOM_ROUNDS = 50000,
    CUT_MAX = 300, /* bytes of a packet that is cut at every byte */
};

static const char *event_name(size_t id)
{
    return network_event_of((enum network_event_id)id)->name;
}

/* The events of the header at the start of the bytes, which hold what holds for every search. */
static size_t find(const char *row, const uint8_t *bytes, uint32_t captured, uint32_t wire,
                   enum situation situation, struct network_event_found *found)
{
    const struct network_event_context context = event_context_of(situation);
    struct ip_packet packet;
    size_t count;

    ip_packet_decode(&packet, bytes, captured, wire);
    count = network_events_find(&packet, &context, found);
    row_text(row, found_events_fault(found, count, captured), NULL);
    return count;
}

static size_t find_in(const char *row, const struct recipe_packet *made, enum situation situation,
                      struct network_event_found *found)
{
    return find(row, made->bytes, made->length, made->wire, situation, found);
}

static void print_found(const char *row, const struct network_event_found *found, size_t count)
{
    print_error("%s raises:", row);
    for (size_t i = 0; i < count; i++)
        print_error(" %s", event_name(found[i].id));
    print_error("\n");
}

static bool is_as_listed(const struct network_event_found *found, size_t count,
                         const enum network_event_id *listed)
{
    static const enum network_event_id none[] = {EVENT_RAISED};

    listed = listed ? listed : none;
    for (size_t i = 0; i < count; i++)
        if (found[i].id != *listed++) /* EVENT_RAISED, which ends the list, is never found */
            return false;
    return *listed == EVENT_RAISED;
}

static void test_rows(void **state)
{
    static struct recipe_packet made;

    (void)state;
    for (size_t i = 0; i < event_row_count(); i++) {
        const struct event_row *row = event_row_at(i);
        struct network_event_found found[EVENT_RAISED];
        size_t count;

        recipe_make(&made, &row->packet);
        count = find_in(row->name, &made, row->situation, found);
        if (is_as_listed(found, count, row->raises))
            continue;
        print_found(row->name, found, count);
        fail();
    }
}

/* A name that is printed names one row. */
static void test_row_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < event_row_count(); i++)
        for (size_t k = 0; k < i; k++)
            row_true(event_row_at(i)->name,
                     strcmp(event_row_at(i)->name, event_row_at(k)->name) != 0);
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

/* The tables leave no event out, in any version that it is of. */
static void test_every_event_has_a_row(void **state)
{
    bool raised[EVENT_RAISED][7] = {{false}};

    (void)state;
    for (size_t i = 0; i < event_row_count(); i++) {
        const struct event_row *row = event_row_at(i);

        for (const enum network_event_id *id = row->raises; id && *id != EVENT_RAISED; id++)
            raised[*id][row->packet.version] = true;
    }
    for (size_t id = 0; id < EVENT_RAISED; id++) {
        row_equal(event_name(id), raised[id][4], only_version(id) != 6);
        row_equal(event_name(id), raised[id][6], only_version(id) != 4);
    }
}

/* Of a packet cut by the snapshot length no event is found that the whole packet does not have. */
static void check_cut(const char *row, const uint8_t *bytes, uint32_t captured, uint32_t wire,
                      enum situation situation, const struct network_event_found *whole,
                      size_t whole_count)
{
    struct network_event_found found[EVENT_RAISED];
    const size_t count = find(row, bytes, captured, wire, situation, found);

    for (size_t i = 0; i < count; i++) {
        if (found_events_contain(whole, whole_count, found[i].id))
            continue;
        print_error("%" PRIu32 " bytes captured: ", captured);
        print_found(row, found, count);
        fail();
    }
}

static void test_cut_rows(void **state)
{
    static struct recipe_packet made;

    (void)state;
    for (size_t i = 0; i < event_row_count(); i++) {
        const struct event_row *row = event_row_at(i);
        struct network_event_found whole[EVENT_RAISED];
        size_t count;

        recipe_make(&made, &row->packet);
        count = find_in(row->name, &made, row->situation, whole);
        for (uint32_t captured = 0; captured < made.length && captured < CUT_MAX; captured++) {
            /* A block of just that size lets a sanitizer report any read behind it. */
            uint8_t *copy = malloc(captured + 1);

            assert_non_null(copy);
            memcpy(copy + 1, made.bytes, captured);
            check_cut(row->name, copy + 1, captured, made.wire, row->situation, whole, count);
            free(copy);
        }
    }
}

/* Events that need a context are not raised without one. */
static void test_nothing_known(void **state)
{
    static const enum network_event_id of_context[] = {
        EVENT_ETHER_OUTPUT_NOROUTE,
        EVENT_ETHER_OUTPUT_RTREJECT,
        EVENT_IP_OUTPUT_BADADDR,
        EVENT_IPINTR_LAND,
    };
    static struct recipe_packet made;

    (void)state;
    for (size_t i = 0; i < event_row_count(); i++) {
        const struct event_row *row = event_row_at(i);
        struct network_event_found found[EVENT_RAISED];
        size_t count;

        recipe_make(&made, &row->packet);
        count = find_in(row->name, &made, NOTHING_KNOWN, found);
        for (size_t k = 0; k < ROWS(of_context); k++)
            row_true(row->name, !found_events_contain(found, count, of_context[k]));
    }
}

static void check_found(const char *row, const struct network_event_found *found,
                        const struct network_event_found *expected)
{
    row_text(row, event_name(found->id), event_name(expected->id));
    row_equal(row, found->offset, expected->offset);
    row_equal(row, found->length, expected->length);
    row_equal(row, found->count, expected->count);
}

/* The bytes that show an event. */
static void test_places(void **state)
{
    static const struct {
        struct packet_recipe packet;
        struct network_event_found found;
    } places[] = {
        {.packet = {.version = 4, .protocol = UDP, .payload = UDP_HEADER, .damage = "10=0001"},
         .found = {.id = EVENT_IPINTR_BADSUM, .offset = 10, .length = 2, .count = 1}},
        {.packet = {.version = 4, .protocol = 253, .payload = "", .set = "2=0013"},
         .found = {.id = EVENT_IPINTR_BADLEN, .offset = 2, .length = 2, .count = 1}},
        {.packet = {.version = 4, .protocol = UDP, .payload = UDP_HEADER, .extra = 61},
         .found = {.id = EVENT_IPINTR_TRAILER, .offset = 28, .length = 0, .count = 1}},
        {.packet =
             {.version = 4, .protocol = UDP, .payload = UDP_HEADER, .set = "2=001C", .zeros = 62},
         .found = {.id = EVENT_IPINTR_TRAILER, .offset = 28, .length = 62, .count = 1}},
        {.packet = {.version = 4, .protocol = UDP, .payload = UDP_HEADER, .set = "8=00"},
         .found = {.id = EVENT_IPINTR_BADTTL, .offset = 8, .length = 1, .count = 1}},
        {.packet = {.version = 6, .protocol = UDP, .payload = UDP_HEADER, .set = "7=00"},
         .found = {.id = EVENT_IPINTR_BADTTL, .offset = 7, .length = 1, .count = 1}},
        {.packet = {.version = 4,
                    .protocol = UDP,
                    .payload = UDP_HEADER,
                    .extension = "01010100",
                    .damage = "30=0001"},
         .found = {.id = EVENT_UDP_INPUT_BADSUM, .offset = 30, .length = 2, .count = 1}},
        {.packet = {.version = 6,
                    .protocol = 253,
                    .payload = "",
                    .extension = "FD00040104010101",
                    .set = "6=3C"},
         .found = {.id = EVENT_IP6_INPUT_BADPAD, .offset = 45, .length = 3, .count = 1}},
        {.packet = {.version = 4, .protocol = 253, .payload = "", .extension = "01011E09"},
         .found = {.id = EVENT_IP_DOOPTIONS_BADOPT, .offset = 22, .length = 2, .count = 1}},
        {.packet = {.version = 6, .protocol = UDP, .payload = UDP_HEADER, .set = "8=FF02"},
         .found = {.id = EVENT_IPINTR_BADSRC, .offset = 8, .length = 16, .count = 1}},
        {.packet = {.version = 4, .protocol = TCP, .payload = TCP_FLAGS("00")},
         .found = {.id = EVENT_TCP_INPUT_BADFLAGS, .offset = 33, .length = 1, .count = 1}},
        {.packet = {.version = 6, .protocol = 148, .payload = ""},
         .found = {.id = EVENT_IPINTR_BADPROTO, .offset = 6, .length = 1, .count = 1}},
    };
    static struct recipe_packet made;

    (void)state;
    for (size_t i = 0; i < ROWS(places); i++) {
        const char *name = event_name(places[i].found.id);
        struct network_event_found found[EVENT_RAISED];

        recipe_make(&made, &places[i].packet);
        row_equal(name, find_in(name, &made, NOTHING_KNOWN, found), 1);
        check_found(name, found, &places[i].found);
    }
}

/* A header that was refused for its version raises no other event, whatever else is wrong. */
static void test_refused_version(void **state)
{
    static const struct packet_recipe recipes[] = {
        {.version = 4,
         .protocol = TCP,
         .payload = TCP_FLAGS("03"),
         .set = "8=00 16=00000001",
         .damage = "10=0001"},
        {.version = 6, .protocol = TCP, .payload = TCP_FLAGS("03"), .set = "7=00 24=" ZERO6},
    };
    static struct recipe_packet made;

    (void)state;
    for (size_t i = 0; i < ROWS(recipes); i++) {
        const struct network_event_context context =
            event_context_of(recipes[i].version == 4 ? VERSION_6 : VERSION_4);
        struct network_event_found found[EVENT_RAISED];
        struct ip_packet packet;

        recipe_make(&made, &recipes[i]);
        ip_packet_decode(&packet, made.bytes, made.length, made.wire);
        assert_false(network_events_find(&packet, &context, found) > 1);
        ip_packet_refuse_version(&packet);
        assert_int_equal(network_events_find(&packet, &context, found), 1);
        check_found("refused", found,
                    &(struct network_event_found){
                        .id = EVENT_IPINTR_BADVERS, .offset = 0, .length = 1, .count = 1});
    }
}

/* However often an event repeats, it is found once, with its count, and hides no other. */
static void test_repeated(void **state)
{
    static const struct {
        struct packet_recipe packet;
        struct network_event_found found[3]; /* in this order, and no more */
    } repeated[] = {
        {.packet = {.version = 4,
                    .protocol = TCP,
                    .payload = TCP_FLAGS("03"),
                    .extension = "1F021F021F021F021F021F021F021F021F021F02 "
                                 "1F021F021F021F021F021F021F021F021F021F02"},
         .found = {{.id = EVENT_IP_DOOPTIONS_UNKNOWNOPT, .offset = 20, .length = 2, .count = 20},
                   {.id = EVENT_IP_DOOPTIONS_DUPOPT, .offset = 22, .length = 2, .count = 19},
                   {.id = EVENT_TCP_INPUT_BADFLAGS, .offset = 73, .length = 1, .count = 1}}},
        {.packet =
             {.version = 6,
              .protocol = TCP,
              .payload = TCP_FLAGS("03"),
              .extension =
                  "0608 010101 010101 010101 010101 010101 010101 010101 010101 010101 010101 "
                  "010101 010101"
                  "010101 010101 010101 010101 010101 010101 010101 010101 010101 010101 01020000",
              .set = "6=3C"},
         .found = {{.id = EVENT_IP6_INPUT_BADPAD, .offset = 42, .length = 3, .count = 22},
                   {.id = EVENT_IP6_INPUT_ONLYPAD, .offset = 40, .length = 72, .count = 1},
                   {.id = EVENT_TCP_INPUT_BADFLAGS, .offset = 125, .length = 1, .count = 1}}},
    };
    static struct recipe_packet made;

    (void)state;
    for (size_t i = 0; i < ROWS(repeated); i++) {
        struct network_event_found found[EVENT_RAISED];

        recipe_make(&made, &repeated[i].packet);
        assert_int_equal(find_in("repeated", &made, NOTHING_KNOWN, found), 3);
        for (size_t k = 0; k < 3; k++)
            check_found("repeated", &found[k], &repeated[i].found[k]);
    }
}

/* Type and code are enough for an ICMP error, as they are for its socket error. */
static void test_cut_icmp_errors(void **state)
{
    enum { TYPE_AND_CODE = 2 };
    static const struct packet_recipe recipes[] = {
        {.version = 4,
         .protocol = ICMP,
         .payload = "03030000 00000000 45000014 00000000 40000000 C6336407 C000020A"},
        {.version = 6, .protocol = ICMPV6, .payload = "01040000 00000000 60000000 00003B40" ZERO6},
    };
    static struct recipe_packet made;

    (void)state;
    for (size_t i = 0; i < ROWS(recipes); i++) {
        const uint32_t header = recipes[i].version == 4 ? IPV4_HEADER_MIN : IPV6_HEADER_LENGTH;
        struct network_event_found found[EVENT_RAISED];

        recipe_make(&made, &recipes[i]);
        for (uint32_t message = 0; message < ICMP_HEADER_LENGTH; message++) {
            const size_t count =
                find("cut", made.bytes, header + message, made.wire, NOTHING_KNOWN, found);

            assert_int_equal(count, message >= TYPE_AND_CODE ? 1 : 0);
            assert_true(count == 0 || found[0].id == EVENT_ICMP_ERROR_START);
        }
    }
}

static uint32_t random_bytes(uint8_t *bytes, uint32_t *random)
{
    const uint32_t length = unit_random(random) % 200;

    for (uint32_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)unit_random(random);
    return length;
}

/* A packet of a row with some bytes changed, or random bytes alone. */
static uint32_t random_packet(uint8_t *bytes, uint32_t *random)
{
    static struct recipe_packet made;
    const struct event_row *row = event_row_at(unit_random(random) % event_row_count());

    if (unit_random(random) % 8 == 0 || row->packet.zeros > 0)
        return random_bytes(bytes, random);
    recipe_make(&made, &row->packet);
    memcpy(bytes, made.bytes, made.length);
    for (uint32_t changes = unit_random(random) % 6; changes > 0; changes--)
        bytes[unit_random(random) % made.length] = (uint8_t)unit_random(random);
    if (row->packet.version == 4 && made.length >= IPV4_HEADER_MIN &&
        unit_random(random) % 4 != 0) {
        const uint32_t header = (bytes[0] & 0xFU) * 4;

        /* Most rules conclude nothing from a header with a wrong checksum. */
        if (header >= IPV4_HEADER_MIN && header <= made.length)
            recipe_fill_ipv4_checksum(bytes, header);
    }
    return made.length;
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
        const enum situation situation = (enum situation)(unit_random(&random) % SITUATIONS);
        uint8_t bytes[RECIPE_HEADERS_MAX];
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
        cmocka_unit_test(test_row_names),
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
