/*
 * Which record names the process of a packet.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <string.h>
#include <sys/socket.h>

#include "ip_header.h"
#include "socket_search.h"

enum {
    NETWORK = 1,
    ELSEWHERE = 2,
    PORT = 1000,
    PEER_PORT = 2000,
    FIRST = 11, /* processes */
    SECOND = 22,
    BEFORE = 1000, /* times, nanoseconds */
    PACKET = 2000,
    AFTER = 3000,
    LONG_AFTER = 1000 * 1000 * 1000,
    NUMBER = 100, /* of the packet's first byte */
    DEVICE = 7,   /* of its interface */
    FEW_TURNS = 100,
    MANY_TURNS = 100000,
    MANY = 800000, /* more records than the table has entries */
    AHEAD = 5000,  /* records that are read before the packet of the first of them */
};

static const uint8_t own[4] = {192, 0, 2, 1};
static const uint8_t peer[4] = {192, 0, 2, 9};

/* A record; addresses are those of the packet unless `any`. */
struct row {
    enum process_event_kind kind;
    uint32_t process;
    uint64_t time;
    uint64_t socket;  /* 0: 1 */
    uint32_t network; /* 0: NETWORK */
    bool connected;
    bool any;
    uint32_t flags;
    uint32_t sequence;
    uint32_t device;
    int family; /* 0: AF_INET */
};

struct given {
    struct row rows[4];
    uint8_t protocol; /* 0: UDP */
    enum process_role role;
    bool without_data;
    bool to_group;
    bool is_loopback;
    bool is_foreign;
    bool is_request;
    bool is_reply;
    enum process_certainty certainty;
    uint32_t process;
};

static struct host_addresses host_with_own(struct host_address *address)
{
    *address = (struct host_address){.family = AF_INET};
    memcpy(address->bytes, own, sizeof own);
    return (struct host_addresses){.addresses = address, .address_count = 1};
}

static struct process_event event_of(const struct row *row, uint8_t protocol)
{
    struct process_event event = {
        .time = row->time,
        .socket = row->socket != 0 ? row->socket : 1,
        .kind = row->kind,
        .network = row->network != 0 ? row->network : NETWORK,
        .process = row->process,
        .thread = row->process,
        .family = row->family != 0 ? (uint16_t)row->family : AF_INET,
        .protocol = protocol,
        .local_port = PORT,
        .remote_port = row->connected ? PEER_PORT : 0,
        .flags = row->flags,
        .sequence = row->sequence,
        .device = row->device,
    };

    if (!row->any)
        memcpy(event.local, own, sizeof own);
    if (row->connected)
        memcpy(event.remote, peer, sizeof peer);
    return event;
}

static struct packet_end end_of(uint8_t protocol)
{
    struct packet_end end = {
        .version = 4, .protocol = protocol, .local_port = PORT, .remote_port = PEER_PORT};

    memcpy(end.local, own, sizeof own);
    memcpy(end.remote, peer, sizeof peer);
    return end;
}

static void check(const char *name, const struct given *given)
{
    const uint8_t protocol = given->protocol != 0 ? given->protocol : IP_PROTOCOL_UDP;
    const struct packet_end end = end_of(protocol);
    const struct socket_query query = {
        .end = &end,
        .role = given->role,
        .time = PACKET,
        .has_data = !given->without_data,
        .to_group = given->to_group,
        .is_loopback = given->is_loopback,
        .is_foreign = given->is_foreign,
        .is_request = given->is_request,
        .is_reply = given->is_reply,
        .has_sequence = true,
        .sequence = NUMBER,
        .device = DEVICE,
    };
    struct host_address address;
    const struct host_addresses host = host_with_own(&address);
    struct socket_table table;
    struct process_answer answer;

    assert_true(socket_table_init(&table, NETWORK, &host));
    for (size_t i = 0; i < ROWS(given->rows) && given->rows[i].time != 0; i++) {
        const struct process_event event = event_of(&given->rows[i], protocol);

        socket_table_add(&table, &event);
    }
    socket_search(&table, &query, &answer);
    row_equal(name, answer.certainty, given->certainty);
    row_equal(name, answer.process, given->process);
    socket_table_free(&table);
}

#define SENT PROCESS_EVENT_SEND
#define RECEIVED PROCESS_EVENT_RECEIVE

static void test_senders(void **state)
{
    static const struct given rows[] = {
        {.certainty = PROCESS_UNKNOWN},
        {.rows = {{SENT, FIRST, BEFORE}}, .certainty = PROCESS_EXACT, .process = FIRST},
        {.rows = {{SENT, FIRST, AFTER}}, .certainty = PROCESS_UNKNOWN},
        /* the newest before the packet */
        {.rows = {{SENT, FIRST, BEFORE}, {SENT, SECOND, BEFORE + 1}},
         .certainty = PROCESS_EXACT,
         .process = SECOND},
        {.rows = {{SENT, FIRST, BEFORE}, {SENT, SECOND, AFTER}},
         .certainty = PROCESS_EXACT,
         .process = FIRST},
        /* a newer socket has the port of one that was connected; both have, if it is shared */
        {.rows = {{SENT, FIRST, BEFORE, .connected = true}, {SENT, SECOND, BEFORE + 1, 2}},
         .certainty = PROCESS_EXACT,
         .process = SECOND},
        {.rows = {{SENT, FIRST, BEFORE + 1, .connected = true}, {SENT, SECOND, BEFORE, 2}},
         .certainty = PROCESS_EXACT,
         .process = FIRST},
        {.rows = {{SENT, FIRST, BEFORE, .connected = true},
                  {RECEIVED, SECOND, BEFORE + 1, 2, .flags = PROCESS_EVENT_SHARED}},
         .certainty = PROCESS_UNCERTAIN,
         .process = SECOND},
        /* what another process has written may still be sent */
        {.rows = {{SENT, FIRST, BEFORE, .flags = PROCESS_EVENT_MIXED}},
         .certainty = PROCESS_UNCERTAIN,
         .process = FIRST},
        {.rows = {{SENT, FIRST, BEFORE, .flags = PROCESS_EVENT_SEQUENCE, .sequence = NUMBER + 1}},
         .certainty = PROCESS_UNCERTAIN,
         .process = FIRST},
        {.rows = {{SENT, FIRST, BEFORE, .flags = PROCESS_EVENT_SEQUENCE, .sequence = NUMBER}},
         .certainty = PROCESS_EXACT,
         .process = FIRST},
        {.rows = {{SENT, FIRST, BEFORE, .flags = PROCESS_EVENT_SEQUENCE, .sequence = NUMBER + 1}},
         .without_data = true,
         .certainty = PROCESS_EXACT,
         .process = FIRST},
        /* sockets that are bound to interfaces */
        {.rows = {{SENT, FIRST, BEFORE, .device = DEVICE},
                  {SENT, SECOND, BEFORE + 1, 2, .device = DEVICE + 1}},
         .certainty = PROCESS_EXACT,
         .process = FIRST},
        {.rows = {{SENT, FIRST, BEFORE, .any = true, .flags = PROCESS_EVENT_IPV6_ONLY}},
         .certainty = PROCESS_EXACT,
         .process = FIRST},
        {.rows = {{SENT, FIRST, BEFORE, .any = true, .family = AF_INET6}},
         .certainty = PROCESS_EXACT,
         .process = FIRST},
        {.rows = {{SENT, FIRST, BEFORE, .any = true, .family = AF_INET6,
                   .flags = PROCESS_EVENT_IPV6_ONLY}},
         .certainty = PROCESS_UNKNOWN},
        /* a packet that comes from elsewhere is of no socket here */
        {.rows = {{SENT, FIRST, BEFORE}}, .is_foreign = true, .certainty = PROCESS_UNKNOWN},
        /* who receives does not send */
        {.rows = {{SENT, FIRST, BEFORE}, {RECEIVED, SECOND, BEFORE + 1}},
         .certainty = PROCESS_EXACT,
         .process = FIRST},
        {.rows = {{PROCESS_EVENT_EXISTING, FIRST, 1}, {RECEIVED, SECOND, BEFORE}},
         .certainty = PROCESS_EXACT,
         .process = SECOND},
        /* several have the socket */
        {.rows = {{PROCESS_EVENT_EXISTING, FIRST, 1}, {PROCESS_EVENT_EXISTING, SECOND, 1}},
         .certainty = PROCESS_UNCERTAIN,
         .process = SECOND},
        {.rows = {{PROCESS_EVENT_KERNEL, 0, BEFORE}}, .certainty = PROCESS_KERNEL},
        /* of raw sockets each packet is reported, but not each segment of the connection */
        {.rows = {{PROCESS_EVENT_RAW, FIRST, BEFORE, .connected = true},
                  {PROCESS_EVENT_RAW, SECOND, BEFORE + 1, 2, .connected = true}},
         .protocol = IP_PROTOCOL_TCP,
         .certainty = PROCESS_EXACT,
         .process = SECOND},
        {.rows = {{SENT, FIRST, BEFORE, .connected = true},
                  {PROCESS_EVENT_RAW, SECOND, BEFORE + 1, 2, .connected = true}},
         .protocol = IP_PROTOCOL_TCP,
         .certainty = PROCESS_UNCERTAIN,
         .process = SECOND},
        /* a close does not make void what was sent before */
        {.rows = {{SENT, FIRST, BEFORE}, {PROCESS_EVENT_CLOSE, 0, BEFORE + 1}},
         .certainty = PROCESS_EXACT,
         .process = FIRST},
        {.rows = {{SENT, FIRST, BEFORE}, {PROCESS_EVENT_DELIVERY, 0, BEFORE + 1, 2}},
         .certainty = PROCESS_EXACT,
         .process = FIRST},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        check("sender", &rows[i]);
}

static void test_receivers(void **state)
{
    static const struct given rows[] = {
        {.rows = {{RECEIVED, FIRST, BEFORE}}, .certainty = PROCESS_EXACT, .process = FIRST},
        {.rows = {{SENT, FIRST, BEFORE}, {RECEIVED, FIRST, BEFORE + 1}},
         .certainty = PROCESS_EXACT,
         .process = FIRST},
        /* who has sent only may not be the one that reads; unless it does so soon */
        {.rows = {{SENT, FIRST, BEFORE}}, .certainty = PROCESS_UNCERTAIN, .process = FIRST},
        {.rows = {{SENT, FIRST, BEFORE}, {RECEIVED, SECOND, AFTER}},
         .certainty = PROCESS_EXACT,
         .process = SECOND},
        {.rows = {{SENT, FIRST, BEFORE}, {RECEIVED, SECOND, LONG_AFTER}},
         .certainty = PROCESS_UNCERTAIN,
         .process = FIRST},
        {.rows = {{RECEIVED, FIRST, BEFORE}, {RECEIVED, SECOND, AFTER}},
         .certainty = PROCESS_UNCERTAIN,
         .process = FIRST},
        /* another socket has the port now: that of a process not known, or none */
        {.rows = {{RECEIVED, FIRST, BEFORE}, {PROCESS_EVENT_DELIVERY, 0, AFTER, 2}},
         .certainty = PROCESS_UNKNOWN},
        {.rows = {{RECEIVED, FIRST, BEFORE},
                  {PROCESS_EVENT_DELIVERY, 0, AFTER, 2},
                  {RECEIVED, SECOND, AFTER + 1, 2}},
         .certainty = PROCESS_UNCERTAIN,
         .process = FIRST},
        {.rows = {{PROCESS_EVENT_DELIVERY, 0, BEFORE},
                  {PROCESS_EVENT_DELIVERY, 0, AFTER, 2},
                  {RECEIVED, SECOND, AFTER + 1, 2}},
         .certainty = PROCESS_UNKNOWN},
        {.rows = {{PROCESS_EVENT_DELIVERY, 0, AFTER, 2}, {RECEIVED, SECOND, AFTER + 1, 2}},
         .certainty = PROCESS_EXACT,
         .process = SECOND},
        {.rows = {{RECEIVED, FIRST, BEFORE}, {PROCESS_EVENT_NONE, 0, AFTER, 2, .connected = true}},
         .certainty = PROCESS_NOBODY},
        {.rows = {{RECEIVED, FIRST, BEFORE},
                  {PROCESS_EVENT_NONE, 0, BEFORE + 1, 2, .connected = true}},
         .certainty = PROCESS_EXACT,
         .process = FIRST},
        {.rows = {{RECEIVED, FIRST, BEFORE}, {PROCESS_EVENT_CLOSE, 0, BEFORE + 1}},
         .certainty = PROCESS_UNKNOWN},
        /* a reply to a raw packet; another process may have its port */
        {.rows = {{RECEIVED, FIRST, BEFORE},
                  {PROCESS_EVENT_RAW, SECOND, BEFORE + 1, 2, .connected = true}},
         .certainty = PROCESS_UNCERTAIN,
         .process = SECOND},
        /* several receivers */
        {.rows = {{RECEIVED, FIRST, BEFORE}},
         .to_group = true,
         .certainty = PROCESS_UNCERTAIN,
         .process = FIRST},
        {.rows = {{RECEIVED, FIRST, BEFORE, .flags = PROCESS_EVENT_SHARED},
                  {RECEIVED, SECOND, BEFORE + 1, 2, .flags = PROCESS_EVENT_SHARED}},
         .certainty = PROCESS_UNCERTAIN,
         .process = SECOND},
        {.rows = {{RECEIVED, FIRST, BEFORE, .flags = PROCESS_EVENT_SEVERAL}},
         .certainty = PROCESS_UNCERTAIN,
         .process = FIRST},
        /* a process that was made since may receive; unless the other one has done so again */
        {.rows = {{RECEIVED, FIRST, BEFORE}, {PROCESS_EVENT_FORK, FIRST, BEFORE + 1}},
         .certainty = PROCESS_UNCERTAIN,
         .process = FIRST},
        {.rows = {{PROCESS_EVENT_FORK, FIRST, BEFORE}, {RECEIVED, FIRST, BEFORE + 1}},
         .certainty = PROCESS_EXACT,
         .process = FIRST},
        {.rows = {{RECEIVED, FIRST, BEFORE}, {PROCESS_EVENT_FORK, FIRST, AFTER}},
         .certainty = PROCESS_EXACT,
         .process = FIRST},
        /* a socket that is connected, and one that is not */
        {.rows = {{RECEIVED, FIRST, BEFORE, .connected = true}, {RECEIVED, SECOND, BEFORE + 1, 2}},
         .certainty = PROCESS_EXACT,
         .process = SECOND},
        {.rows = {{RECEIVED, FIRST, BEFORE, .connected = true, .flags = PROCESS_EVENT_SHARED},
                  {RECEIVED, SECOND, BEFORE + 1, 2, .flags = PROCESS_EVENT_SHARED}},
         .certainty = PROCESS_UNCERTAIN,
         .process = SECOND},
        {.rows = {{RECEIVED, FIRST, BEFORE}, {RECEIVED, SECOND, AFTER, 2, .connected = true}},
         .certainty = PROCESS_UNCERTAIN,
         .process = SECOND},
        {.rows = {{RECEIVED, FIRST, BEFORE, .connected = true},
                  {PROCESS_EVENT_DELIVERY, 0, AFTER, 2}},
         .certainty = PROCESS_UNKNOWN},
        {.rows = {{RECEIVED, FIRST, BEFORE + 1, .connected = true},
                  {PROCESS_EVENT_DELIVERY, 0, BEFORE, 2}},
         .certainty = PROCESS_EXACT,
         .process = FIRST},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct given given = rows[i];

        given.role = PROCESS_RECEIVER;
        check("receiver", &given);
    }
}

static void test_listeners(void **state)
{
    static const struct given rows[] = {
        {.rows = {{PROCESS_EVENT_LISTEN, FIRST, BEFORE}},
         .certainty = PROCESS_LISTENER,
         .process = FIRST},
        {.rows = {{PROCESS_EVENT_LISTEN, FIRST, BEFORE}, {PROCESS_EVENT_CLOSE, 0, BEFORE + 1}},
         .certainty = PROCESS_UNKNOWN},
        {.rows = {{PROCESS_EVENT_LISTEN, FIRST, BEFORE},
                  {PROCESS_EVENT_ACCEPT, SECOND, BEFORE + 1, 2, .connected = true}},
         .without_data = true,
         .certainty = PROCESS_EXACT,
         .process = SECOND},
        {.rows = {{PROCESS_EVENT_LISTEN, FIRST, BEFORE},
                  {PROCESS_EVENT_LISTEN, FIRST, BEFORE + 1, 2, .connected = true}},
         .certainty = PROCESS_LISTENER,
         .process = FIRST},
        /* the connection before had the same addresses */
        {.rows = {{PROCESS_EVENT_LISTEN, FIRST, BEFORE},
                  {RECEIVED, SECOND, BEFORE + 1, 2, .connected = true}},
         .is_request = true,
         .certainty = PROCESS_LISTENER,
         .process = FIRST},
        {.rows = {{PROCESS_EVENT_LISTEN, FIRST, BEFORE},
                  {RECEIVED, SECOND, BEFORE + 1, 2, .connected = true},
                  {PROCESS_EVENT_BEGIN, 0, BEFORE + 2, 3, .connected = true}},
         .certainty = PROCESS_LISTENER,
         .process = FIRST},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct given given = rows[i];

        given.role = PROCESS_RECEIVER;
        given.protocol = IP_PROTOCOL_TCP;
        check("listener", &given);
    }
}

static void test_answers_to_a_syn(void **state)
{
    static const struct given rows[] = {
        {.rows = {{PROCESS_EVENT_LISTEN, FIRST, BEFORE},
                  {SENT, SECOND, BEFORE + 1, 2, .connected = true}},
         .certainty = PROCESS_LISTENER,
         .process = FIRST},
        {.rows = {{PROCESS_EVENT_LISTEN, FIRST, BEFORE},
                  {PROCESS_EVENT_LISTEN, SECOND, BEFORE + 1, 2, .connected = true}},
         .certainty = PROCESS_LISTENER,
         .process = SECOND},
        {.rows = {{PROCESS_EVENT_LISTEN, FIRST, BEFORE, .flags = PROCESS_EVENT_SHARED},
                  {PROCESS_EVENT_LISTEN, SECOND, BEFORE, 2, .flags = PROCESS_EVENT_SHARED}},
         .certainty = PROCESS_UNCERTAIN,
         .process = SECOND},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct given given = rows[i];

        given.is_reply = true;
        given.protocol = IP_PROTOCOL_TCP;
        check("reply", &given);
    }
}

static void test_networks(void **state)
{
    static const struct given rows[] = {
        {.rows = {{SENT, FIRST, BEFORE, .network = ELSEWHERE, .connected = true}},
         .certainty = PROCESS_EXACT,
         .process = FIRST},
        /* it may be the address of another machine */
        {.rows = {{SENT, FIRST, BEFORE, .network = ELSEWHERE}},
         .certainty = PROCESS_UNCERTAIN,
         .process = FIRST},
        {.rows = {{SENT, FIRST, BEFORE, .network = ELSEWHERE}},
         .is_loopback = true,
         .certainty = PROCESS_UNKNOWN},
        {.rows = {{SENT, FIRST, BEFORE}, {SENT, SECOND, BEFORE + 1, 2, ELSEWHERE}},
         .certainty = PROCESS_EXACT,
         .process = FIRST},
        {.rows = {{SENT, FIRST, BEFORE, 3, 3}, {SENT, SECOND, BEFORE + 1, 2, ELSEWHERE}},
         .certainty = PROCESS_UNCERTAIN,
         .process = SECOND},
        {.rows = {{SENT, FIRST, BEFORE, .network = ELSEWHERE, .any = true}},
         .certainty = PROCESS_UNCERTAIN,
         .process = FIRST},
        {.rows = {{SENT, FIRST, BEFORE, .any = true}},
         .certainty = PROCESS_EXACT,
         .process = FIRST},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        check("network", &rows[i]);
}

/* A socket that is bound to no address receives nothing that is not for this host. */
static void test_any_is_not_the_address_of_others(void **state)
{
    const struct host_addresses none = {.address_count = 0};
    const struct row row = {SENT, FIRST, BEFORE, .any = true};
    const struct process_event event = event_of(&row, IP_PROTOCOL_UDP);
    const struct packet_end end = end_of(IP_PROTOCOL_UDP);
    const struct socket_query query = {.end = &end, .time = PACKET, .has_data = true};
    struct socket_table table;
    struct process_answer answer;

    (void)state;
    assert_true(socket_table_init(&table, NETWORK, &none));
    socket_table_add(&table, &event);
    socket_search(&table, &query, &answer);
    assert_int_equal(answer.certainty, PROCESS_UNKNOWN);
    socket_table_free(&table);
}

static void test_mapped_addresses(void **state)
{
    struct host_address address;
    const struct host_addresses host = host_with_own(&address);
    const struct row row = {SENT, FIRST, BEFORE, .any = true};
    struct process_event event = event_of(&row, IP_PROTOCOL_UDP);
    const struct packet_end end = end_of(IP_PROTOCOL_UDP);
    const struct socket_query query = {.end = &end, .time = PACKET, .has_data = true};
    struct socket_table table;
    struct process_answer answer;

    (void)state;
    event.family = AF_INET6;
    event.local[10] = event.local[11] = 0xFF;
    memcpy(event.local + 12, own, sizeof own);
    assert_true(socket_table_init(&table, NETWORK, &host));
    socket_table_add(&table, &event);
    socket_search(&table, &query, &answer);
    assert_int_equal(answer.certainty, PROCESS_EXACT);
    socket_table_free(&table);
}

/* Records of one port: one of the first process, and then so many of both in turn. */
struct turns {
    struct row row;
    uint32_t count;
    enum process_role role;
    enum process_certainty certainty;
    uint32_t process;
};

static void check_turns(const struct turns *turns)
{
    const struct row first = {turns->row.kind, FIRST, BEFORE, .flags = turns->row.flags};
    struct process_event event = event_of(&first, IP_PROTOCOL_UDP);
    const struct packet_end end = end_of(IP_PROTOCOL_UDP);
    const struct socket_query query = {
        .end = &end, .role = turns->role, .time = PACKET, .has_data = true};
    struct host_address address;
    const struct host_addresses host = host_with_own(&address);
    struct socket_table table;
    struct process_answer answer;

    assert_true(socket_table_init(&table, NETWORK, &host));
    socket_table_add(&table, &event);
    event.time = turns->row.time;
    for (uint32_t i = 0; i < turns->count; i++) {
        event.socket = 2 + i % 2;
        event.process = i % 2 == 0 ? FIRST : SECOND;
        socket_table_add(&table, &event);
    }
    socket_search(&table, &query, &answer);
    assert_int_equal(answer.certainty, turns->certainty);
    assert_int_equal(answer.process, turns->process);
    socket_table_free(&table);
}

/*
 * Sockets take turns at one port faster than packets are read: the search ends after some records,
 * without an answer if all of them are later than the packet.
 */
static void test_many_records_of_a_port(void **state)
{
    static const struct turns rows[] = {
        {{SENT, .time = LONG_AFTER}, FEW_TURNS, PROCESS_SENDER, PROCESS_EXACT, FIRST},
        {{SENT, .time = LONG_AFTER}, MANY_TURNS, PROCESS_SENDER, PROCESS_UNKNOWN, 0},
        {{RECEIVED, .time = LONG_AFTER}, FEW_TURNS, PROCESS_RECEIVER, PROCESS_EXACT, FIRST},
        {{RECEIVED, .time = LONG_AFTER}, MANY_TURNS, PROCESS_RECEIVER, PROCESS_UNKNOWN, 0},
        {{SENT, .time = BEFORE, .flags = PROCESS_EVENT_SHARED},
         MANY_TURNS,
         PROCESS_SENDER,
         PROCESS_EXACT,
         SECOND},
        {{RECEIVED, .time = BEFORE, .flags = PROCESS_EVENT_SHARED},
         MANY_TURNS,
         PROCESS_RECEIVER,
         PROCESS_UNCERTAIN,
         SECOND},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        check_turns(&rows[i]);
}

/* A record that packets are found by stays; one that is forgotten takes the older ones with it. */
static void test_limited_memory(void **state)
{
    struct host_address address;
    const struct host_addresses host = host_with_own(&address);
    const struct row used = {SENT, FIRST, BEFORE};
    const struct process_event event = event_of(&used, IP_PROTOCOL_UDP);
    const struct packet_end end = end_of(IP_PROTOCOL_UDP);
    const struct socket_query query = {.end = &end, .time = PACKET, .has_data = true};
    struct socket_table table;
    struct process_answer answer;

    (void)state;
    assert_true(socket_table_init(&table, NETWORK, &host));
    socket_table_add(&table, &event);
    for (uint32_t i = 0; i < MANY; i++) {
        struct process_event other = event;

        other.protocol = IP_PROTOCOL_TCP;
        memcpy(other.remote, &i, sizeof i);
        socket_table_add(&table, &other);
        socket_search(&table, &query, &answer);
        assert_int_equal(answer.process, FIRST);
    }
    for (uint32_t i = 0; i < MANY; i++) {
        struct process_event other = event;

        other.protocol = IP_PROTOCOL_TCP;
        memcpy(other.remote, &i, sizeof i);
        socket_table_add(&table, &other);
    }
    socket_search(&table, &query, &answer);
    assert_int_equal(answer.certainty, PROCESS_UNKNOWN);
    socket_table_free(&table);
}

/* Records are read ahead of the packets: none is forgotten before its packet has come. */
static void test_records_ahead_of_packets(void **state)
{
    struct host_address address;
    const struct host_addresses host = host_with_own(&address);
    const struct row row = {SENT, FIRST, BEFORE, .connected = true};
    struct process_event event = event_of(&row, IP_PROTOCOL_UDP);
    struct packet_end end = end_of(IP_PROTOCOL_UDP);
    const struct socket_query query = {.end = &end, .time = PACKET, .has_data = true};
    struct socket_table table;
    struct process_answer answer;

    (void)state;
    assert_true(socket_table_init(&table, NETWORK, &host));
    for (uint32_t i = 0; i < MANY; i++) {
        const uint32_t packet = i - AHEAD;

        memcpy(event.remote, &i, sizeof i);
        socket_table_add(&table, &event);
        if (i < AHEAD)
            continue;
        memcpy(end.remote, &packet, sizeof packet);
        socket_search(&table, &query, &answer);
        assert_int_equal(answer.certainty, PROCESS_EXACT);
    }
    socket_table_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_senders),
        cmocka_unit_test(test_receivers),
        cmocka_unit_test(test_listeners),
        cmocka_unit_test(test_answers_to_a_syn),
        cmocka_unit_test(test_networks),
        cmocka_unit_test(test_any_is_not_the_address_of_others),
        cmocka_unit_test(test_mapped_addresses),
        cmocka_unit_test(test_many_records_of_a_port),
        cmocka_unit_test(test_limited_memory),
        cmocka_unit_test(test_records_ahead_of_packets),
    };

    return cmocka_run_group_tests_name("socket_table", tests, NULL, NULL);
}
