/*
 * At which end of a packet a process is, and which socket is there.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include "process_end.h"

enum {
    SOURCE_PORT = 0x1234,
    DESTINATION_PORT = 0x0050,
    FLAGS = 20 + 13, /* offset of the TCP flags */
    SYN = 2,
    ACK = 16,
    CAPTURED_TO_PORTS = 20, /* bytes, without the ports */
};

/* From 192.0.2.1 to 192.0.2.2. */
static const uint8_t segment[] = {
    0x45, 0,    0, 40,   0, 0, 0, 0, 64, 6, 0, 0, 192,  0,   2, 1, 192, 0, 2, 2,
    0x12, 0x34, 0, 0x50, 0, 0, 0, 1, 0,  0, 0, 0, 0x50, ACK, 0, 0, 0,   0, 0, 0,
};

static struct ip_packet decoded(const uint8_t *bytes, uint32_t captured)
{
    struct ip_packet packet;

    assert_true(ip_packet_decode(&packet, bytes, captured, sizeof segment));
    return packet;
}

static const struct {
    const char *name;
    enum process_role_value roles[2]; /* the first process is looked for */
    enum process_source_value source;
    enum network_known outgoing;
    enum process_end end;
} ends[] = {
    {"sender", {PROCESS_ROLE_SENDER}, .end = PROCESS_END_SOURCE},
    {"receiver", {PROCESS_ROLE_RECEIVER}, .end = PROCESS_END_DESTINATION},
    {"listener of an outgoing packet",
     {PROCESS_ROLE_LISTENER},
     .outgoing = NETWORK_YES,
     .end = PROCESS_END_SOURCE},
    {"listener of an incoming packet",
     {PROCESS_ROLE_LISTENER},
     .outgoing = NETWORK_NO,
     .end = PROCESS_END_DESTINATION},
    {"listener", {PROCESS_ROLE_LISTENER}, .end = PROCESS_END_UNKNOWN},
    {"listener and sender",
     {PROCESS_ROLE_LISTENER, PROCESS_ROLE_SENDER},
     .outgoing = NETWORK_YES,
     .end = PROCESS_END_DESTINATION},
    {"listener and receiver",
     {PROCESS_ROLE_LISTENER, PROCESS_ROLE_RECEIVER},
     .outgoing = NETWORK_NO,
     .end = PROCESS_END_SOURCE},
    {"no role, outgoing", .outgoing = NETWORK_YES, .end = PROCESS_END_SOURCE},
    {"no role, incoming", .outgoing = NETWORK_NO, .end = PROCESS_END_DESTINATION},
    {"etl2pcapng, outgoing", .source = PROCESS_SOURCE_ETL2PCAPNG, .outgoing = NETWORK_YES,
     .end = PROCESS_END_SOURCE},
    {"etl2pcapng, incoming", .source = PROCESS_SOURCE_ETL2PCAPNG, .outgoing = NETWORK_NO,
     .end = PROCESS_END_UNKNOWN},
};

static void test_ends(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(ends); i++) {
        struct process_list list = {.count = 2};

        for (size_t j = 0; j < list.count; j++)
            list.processes[j].words[PROCESS_ROLE] = ends[i].roles[j];
        list.processes[0].words[PROCESS_SOURCE] = ends[i].source;
        row_equal(ends[i].name, process_end_of(&list, &list.processes[0], ends[i].outgoing),
                  ends[i].end);
    }
}

static void test_sockets(void **state)
{
    const struct ip_packet packet = decoded(segment, sizeof segment);
    const struct ip_packet cut = decoded(segment, CAPTURED_TO_PORTS);
    struct packet_error_socket socket;

    (void)state;
    assert_true(process_end_socket(&socket, &packet, PROCESS_END_SOURCE));
    assert_ptr_equal(socket.local, packet.bytes + packet.source_offset);
    assert_ptr_equal(socket.remote, packet.bytes + packet.destination_offset);
    assert_int_equal(socket.local_port, SOURCE_PORT);
    assert_int_equal(socket.remote_port, DESTINATION_PORT);
    assert_int_equal(process_end_with(&socket, &packet), PROCESS_END_SOURCE);
    assert_true(process_end_socket(&socket, &packet, PROCESS_END_DESTINATION));
    assert_int_equal(socket.local_port, DESTINATION_PORT);
    assert_int_equal(socket.remote_port, SOURCE_PORT);
    assert_int_equal(process_end_with(&socket, &packet), PROCESS_END_DESTINATION);
    assert_false(process_end_socket(&socket, &cut, PROCESS_END_SOURCE));
}

static void test_other_addresses(void **state)
{
    static const uint8_t other[16] = {192, 0, 2, 3};
    struct packet_error_socket socket = {.version = 4, .local = other};
    const struct ip_packet packet = decoded(segment, sizeof segment);

    (void)state;
    assert_int_equal(process_end_with(&socket, &packet), PROCESS_END_UNKNOWN);
    socket.version = 6;
    assert_int_equal(process_end_with(&socket, &packet), PROCESS_END_UNKNOWN);
}

static void test_first_packets(void **state)
{
    uint8_t bytes[sizeof segment];
    struct ip_packet packet = decoded(segment, sizeof segment);

    (void)state;
    assert_false(process_end_may_be_first(&packet));
    packet.protocol = IP_PROTOCOL_UDP;
    assert_true(process_end_may_be_first(&packet));
    memcpy(bytes, segment, sizeof segment);
    bytes[FLAGS] = SYN;
    packet = decoded(bytes, sizeof bytes);
    assert_true(process_end_may_be_first(&packet));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_sockets),
        cmocka_unit_test(test_other_addresses),
        cmocka_unit_test(test_first_packets),
    };

    return cmocka_run_group_tests_name("process_end", tests, NULL, NULL);
}
