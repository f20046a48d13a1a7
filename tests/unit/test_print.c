/*
 * Records in their three forms, from the bytes of frames.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "link_header.h"
#include "print.h"

enum { BYTES_MAX = 256 };

static char buffer[PRINT_RECORD_MAX];

/* Headers of IPv4 and IPv6, 10.9.0.1 to 10.9.0.2 and 2001:db8::1 to 2001:db8::2. */
#define IPV4(tos, length, fragment, ttl, protocol, checksum)                                       \
    "45" tos length "1c46" fragment ttl protocol checksum "0a090001 0a090002"
#define IPV6(first, length, next)                                                                  \
    first length next "40 20010db8000000000000000000000001"                                        \
                      "20010db8000000000000000000000002"
#define UDP_20 "0fa0 0009 0014 0000 000102030405060708090a0b"

/* A raw IP packet as digits, and its line behind the time. */
static const struct {
    const char *bytes;
    const char *line;
} lines[] = {
    {IPV4("28", "0028", "4000", "40", "11", "0a43") UDP_20,
     "IP 10.9.0.1.4000 > 10.9.0.2.9: UDP, length 12 (tos 0x28 AF11 (Priority), ttl "
     "64, id 7238, flags [DF], length 40)"},
    {IPV4("01", "0028", "0000", "40", "11", "4a6a") UDP_20,
     "IP 10.9.0.1.4000 > 10.9.0.2.9: UDP, length 12 (tos 0x1 Routine ECT(1), ttl 64, id 7238, "
     "flags [none], length 40)"},
    {IPV4("00", "0028", "4000", "40", "11", "1234") UDP_20,
     "IP 10.9.0.1.4000 > 10.9.0.2.9: UDP, length 12 (tos 0x0 Routine, ttl 64, id 7238, flags [DF], "
     "length 40, bad cksum 1234 (->0a6b)!); events: ipintr-badsum"},
    {IPV4("00", "0028", "4000", "40", "11", "0000") UDP_20,
     "IP 10.9.0.1.4000 > 10.9.0.2.9: UDP, length 12 (tos 0x0 Routine, ttl 64, id 7238, flags [DF], "
     "length 40, cksum Offloaded)"},
    {IPV4("00", "0028", "2000", "40", "11", "2a6b") UDP_20,
     "IP 10.9.0.1.4000 > 10.9.0.2.9: UDP, length 12 (tos 0x0 Routine, ttl 64, id 7238, offset 0, "
     "flags [MF], length 40); events: ip_reass-badlen"},
    {IPV4("00", "0028", "0003", "40", "11", "4a68") UDP_20,
     "IP 10.9.0.1 > 10.9.0.2: UDP, length 20 (tos 0x0 Routine, ttl 64, id 7238, offset 24, flags "
     "[none], length 40)"},
    {IPV4("00", "0029", "4000", "40", "06", "0a75") "0fa0 0050 00000064 000000c8 5018 01f6 27a5 "
                                                    "0000 61",
     "IP 10.9.0.1.4000 > 10.9.0.2.80: Flags [P.], seq 100:101, ack 200, win 502, length 1 (tos 0x0 "
     "Routine, ttl 64, id 7238, flags [DF], length 41)"},
    {IPV4("00", "0028", "4000", "40", "06", "0a76") "0050 0fa0 00000000 00000065 5014 0000 8b67 "
                                                    "0000",
     "IP 10.9.0.1.80 > 10.9.0.2.4000: Flags [R.], seq 0, ack 101, win 0, length 0 (tos 0x0 "
     "Routine, "
     "ttl 64, id 7238, flags [DF], length 40); error: likely ECONNREFUSED for 10.9.0.1.80 (from "
     "target 10.9.0.1)"},
    {IPV4("c0", "0038", "0000", "40", "01",
          "49ab") "0303 2d3c 00000000"
                  "45000028 00070000 401126ae 0a090002 0a090001 0009 0fa0 0014 0000",
     "IP 10.9.0.1 > 10.9.0.2: ICMP destination unreachable (port unreachable), length 36 (tos 0xc0 "
     "Internetwork Control, ttl 64, id 7238, flags [none], length 56); events: icmp_error-start; "
     "error: ECONNREFUSED for 10.9.0.1.4000 (from target 10.9.0.1)"},
    {IPV4("00", "001c", "0000", "40", "01", "4a87") "0800 f7ff 0000 0000",
     "IP 10.9.0.1 > 10.9.0.2: ICMP echo request, length 8 (tos 0x0 Routine, ttl 64, id 7238, flags "
     "[none], length 28)"},
    {IPV4("00", "0020", "0000", "40", "2f", "4a55") "0000 0800 00000000 00000000",
     "IP 10.9.0.1 > 10.9.0.2: Generic Routing Encapsulation, length 12 (tos 0x0 Routine, ttl 64, "
     "id "
     "7238, flags [none], length 32)"},
    {IPV6("61100000", "0014", "11") "0fa0 0009 0014 7684 000102030405060708090a0b",
     "IP6 2001:db8::1.4000 > 2001:db8::2.9: UDP, length 12 (class 0x11 DSCP 4 (Routine, low delay) "
     "ECT(1), hlim 64, length 60)"},
    {IPV6("60000000", "0010", "2c") "3b00 0001 00000007 0000000000000000",
     "IP6 2001:db8::1 > 2001:db8::2: No Next Header for IPv6, length 8 (class 0x0 Routine, hlim "
     "64, "
     "id 7, offset 0, flags [MF], headers [Fragment], length 56); events: ip6_input-nonextdata"},
    {"4500002800", "IP ? > ?: unknown protocol (tos 0x0 Routine, length 40, incomplete: the header "
                   "is longer than the packet); events: ipintr-shortmsg"},
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

/* The text of a frame from 1970-01-01 12:34:56.789012 UTC; NULL: there is no record. */
/* What the next frames have. */
static const char *comments[2];
static size_t comment_count;
static struct print_history history; /* not initialized: of no frame before */

static const char *print(print_function *function, uint16_t link_type, const char *digits)
{
    const struct print_interface interface = {.link_type = link_type, .ticks_exponent = 9};
    uint8_t bytes[BYTES_MAX];
    const uint32_t length = make_bytes(bytes, digits);
    struct print_clock clock = {0};
    struct print_record record;
    struct text text = {buffer};

    if (!print_record_read(&record,
                           &(struct print_frame){
                               .interface = &interface,
                               .bytes = bytes,
                               .captured_length = length,
                               .wire_length = length,
                               .timestamp = UINT64_C(45296789012345),
                               .number = 7,
                               .has_time = true,
                               .comments = comments,
                               .comment_count = comment_count,
                           },
                           &history))
        return NULL;
    function(&text, &record, &clock);
    *text.end = '\0';
    return buffer;
}

static void test_lines(void **state)
{
    static const char time[] = "12:34:56.789012 ";

    (void)state;
    for (size_t i = 0; i < ROWS(lines); i++) {
        const char *line = print(print_line, LINK_TYPE_RAW, lines[i].bytes);
        const size_t end = strlen(line) - 1;

        row_equal(lines[i].line, line[end], '\n');
        buffer[end] = '\0';
        row_equal(lines[i].line, strncmp(line, time, strlen(time)), 0);
        row_text(lines[i].line, line + strlen(time), lines[i].line);
    }
}

static void test_json(void **state)
{
    (void)state;
    assert_string_equal(
        print(print_json, LINK_TYPE_RAW, IPV4("b8", "0028", "4000", "40", "11", "1234") UDP_20),
        "{\"frame.number\":7,\"ipmon.event.count\":1,\"ipmon.event\":[\"ipintr-badsum\"],"
        "\"ipmon.event.level\":[3],\"ipmon.event.class\":[\"core\"],"
        "\"ipmon.src\":\"10.9.0.1\",\"ipmon.src.text\":\"10.9.0.1\",\"ipmon.dst\":\"10.9.0.2\","
        "\"ipmon.dst.text\":\"10.9.0.2\",\"ipmon.addr\":[\"10.9.0.1\",\"10.9.0.2\"],"
        "\"ipmon.srcport\":4000,\"ipmon.dstport\":9,\"ipmon.port\":[4000,9],\"ipmon.version\":4,"
        "\"ipmon.tos\":184,\"ipmon.tos.precedence\":5,\"ipmon.tos.delay\":true,"
        "\"ipmon.tos.throughput\":true,\"ipmon.tos.reliability\":false,\"ipmon.tos.dscp\":46,"
        "\"ipmon.tos.ecn\":0,\"ipmon.header_length\":20,\"ipmon.total_length\":40,"
        "\"ipmon.id\":7238,\"ipmon.flags\":2,\"ipmon.flags.reserved\":false,"
        "\"ipmon.flags.df\":true,\"ipmon.flags.mf\":false,\"ipmon.offset\":0,\"ipmon.ttl\":64,"
        "\"ipmon.checksum\":4660,\"ipmon.checksum.status\":0,\"ipmon.protocol\":17,"
        "\"ipmon.timestamp\":45296789012,\"ipmon.layer\":0,"
        "\"ipmon.payload\":\"0fa0000900140000000102030405060708090a0b\","
        "\"ipmon.payload_length\":20}\n");
    assert_string_equal(
        print(print_json, LINK_TYPE_RAW, "4500"),
        "{\"frame.number\":7,\"ipmon.event.count\":1,\"ipmon.event\":[\"ipintr-shortmsg\"],"
        "\"ipmon.event.level\":[3],\"ipmon.event.class\":[\"core\"],\"ipmon.version\":4,"
        "\"ipmon.tos\":0,\"ipmon.tos.precedence\":0,\"ipmon.tos.delay\":false,"
        "\"ipmon.tos.throughput\":false,\"ipmon.tos.reliability\":false,\"ipmon.tos.dscp\":0,"
        "\"ipmon.tos.ecn\":0,\"ipmon.header_length\":20,\"ipmon.timestamp\":45296789012,"
        "\"ipmon.layer\":0,\"ipmon.missing\":\"total length, time to live, protocol, source "
        "address, destination address, payload\"}\n");
}

static void test_details(void **state)
{
    static const char *const parts[] = {
        "Frame 7: 12:34:56.789012\nIP Monitor: ECONNREFUSED for 10.9.0.1:4000 (from target "
        "10.9.0.1)\n    Socket Error: ECONNREFUSED (111), WSAECONNRESET (10054): port "
        "unreachable\n        Error Number: 111\n",
        "        Socket: UDP 10.9.0.2:9 → 10.9.0.1:4000\n",
        "        Fatal: Yes\n",
        "    Network Events: 1\n        icmp_error-start: ",
        "    IP Header: 10.9.0.1 → 10.9.0.2, ICMP, Internetwork Control, TTL 64\n"
        "        Source Address: 10.9.0.1\n",
        "        Type of Service: 0xc0 (Internetwork Control)\n"
        "            Precedence: Internetwork Control (6)\n",
        "        Identification: 0x1c46\n        Flags: 0x0 (None)\n            Reserved: Not "
        "set\n",
        "        Header Checksum: 0x49ab\n        Header Checksum Status: Good\n",
        "        Protocol: ICMP (1)\n        Timestamp: 45296789012\n        Layer: 0\n"
        "    Payload: 03032d3c00000000450000280007000040",
        "        Payload Length: 36\n\n",
    };
    const char *text =
        print(print_details, LINK_TYPE_RAW,
              IPV4("c0", "0038", "0000", "40", "01",
                   "49ab") "0303 2d3c 00000000"
                           "45000028 00070000 401126ae 0a090002 0a090001 0009 0fa0 0014 0000");

    (void)state;
    for (size_t i = 0; i < ROWS(parts); i++) {
        row_contains(parts[i], text, parts[i]);
        text = strstr(text, parts[i]); /* in this order */
    }
}

static void test_link_types(void **state)
{
    static const struct {
        uint16_t link_type;
        const char *header;
    } links[] = {
        {LINK_TYPE_ETHERNET, "020000000001 020000000002 8100 0005 0800"},
        {LINK_TYPE_SLL, "0000 0001 0006 0000000000000000 0800"},
        {LINK_TYPE_SLL2, "0800 0000 00000003 0001 00 06 0000000000000000"},
        {LINK_TYPE_NULL, "02000000"},
        {LINK_TYPE_LOOP, "00000002"},
        {LINK_TYPE_PPP, "ff03 0021"},
        {LINK_TYPE_RAW, ""},
        {LINK_TYPE_IPV4, ""},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(links); i++) {
        char digits[2 * BYTES_MAX];
        const char *line;

        snprintf(digits, sizeof digits, "%s %s", links[i].header, lines[0].bytes);
        line = print(print_line, links[i].link_type, digits);
        row_true(links[i].header, line);
        row_contains(links[i].header, line, lines[0].line);
    }
    assert_null(print(print_line, LINK_TYPE_ETHERNET, "020000000001 020000000002 0806 0001"));
    assert_null(print(print_line, LINK_TYPE_ETHERNET, "020000000001 020000000002 0800"));
    assert_null(print(print_line, 105, lines[0].bytes));
}

/* A version other than the announced one makes the rest of the header meaningless. */
static void test_wrong_version(void **state)
{
    (void)state;
    assert_string_equal(
        print(print_line, LINK_TYPE_ETHERNET,
              "020000000001 020000000002 0800 6000000000003b40"
              "20010db800000000000000000000000120010db8000000000"
              "000000000000002"),
        "12:34:56.789012 IP6 ? > ?: unknown protocol (version 6, incomplete: the header is "
        "invalid); events: ipintr-badvers\n");
}

/* The check sequence of PPP is none of the packet's, but the trailer of Ethernet is the frame's. */
static void test_trailers(void **state)
{
    const char packet[] = IPV4("00", "0028", "4000", "40", "11", "0a6b") UDP_20;
    char digits[2 * BYTES_MAX];

    (void)state;
    snprintf(digits, sizeof digits, "0021 %s %0140d", packet, 0);
    assert_null(strstr(print(print_line, LINK_TYPE_PPP, digits), "ipintr-trailer"));
    snprintf(digits, sizeof digits, "020000000001 020000000002 0800 %s %0140d", packet, 0);
    assert_non_null(strstr(print(print_line, LINK_TYPE_ETHERNET, digits), "ipintr-trailer"));
}

static void test_times(void **state)
{
    struct print_clock clock = {0};
    struct print_record record = {.has_time = true};
    struct text text = {buffer};

    (void)state;
    record.microseconds = 45296000001;
    print_time(&text, &record, &clock);
    record.microseconds += 999999;
    print_time(&text, &record, &clock);
    record.has_time = false;
    print_time(&text, &record, &clock);
    *text.end = '\0';
    assert_string_equal(buffer, "12:34:56.00000112:34:57.000000--:--:--.------");
}

/* Resolutions of files other than nanoseconds. */
static void test_resolutions(void **state)
{
    static const struct {
        uint8_t exponent;
        uint64_t ticks;
        const char *time;
    } rows[] = {
        {6, 45296789012, "12:34:56.789012"},
        {3, 45296789, "12:34:56.789000"},
        {0, 45296, "12:34:56.000000"},
        {8, 4529678901234, "12:34:56.789012"},
    };
    static const uint8_t bytes[] = {0x45};

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct print_interface interface = {.link_type = LINK_TYPE_RAW,
                                                  .ticks_exponent = rows[i].exponent};
        struct print_clock clock = {0};
        struct print_record record;
        struct text text = {buffer};

        assert_true(print_record_read(&record,
                                      &(struct print_frame){.interface = &interface,
                                                            .bytes = bytes,
                                                            .captured_length = 1,
                                                            .timestamp = rows[i].ticks,
                                                            .has_time = true},
                                      &history));
        print_time(&text, &record, &clock);
        *text.end = '\0';
        row_text(rows[i].time, buffer, rows[i].time);
    }
}

static int use_utc(void **state)
{
    (void)state;
    setenv("TZ", "UTC0", 1);
    tzset();
    return 0;
}

/* Those of both ends, the second one with what JSON escapes. */
static void test_processes(void **state)
{
    static const char *const packet = IPV4("28", "0028", "4000", "40", "11", "0a43") UDP_20;
    static const char *const details[] = {
        ", TTL 64, from \"a\\x5c\" (pid 6, user 0), to nginx (pid 5)\n",
        "    Process: \"a\\x5c\" (pid 6, user 0)\n        Process ID: 6\n        Thread ID: 7\n",
        "        Executable: /bin/x\n        User ID: 0\n        Role: sender\n",
        "        Source: ipmon\n    Process: nginx (pid 5)\n        Process ID: 5\n",
        "        Certainty: listener\n        Source: ipmon\n    IP Header: 10.9.0.1",
    };
    const char *text;

    (void)state;
    comments[0] = "PID: 5\nThreadId: 5\nName: nginx\nRole: receiver\nCertainty: listener";
    comments[1] = "PID: 6\nThreadId: 7\nCmd: /bin/x\nUserId: 0\nName: \"a\\x5c\"\nRole: sender\n"
                  "How: use\nCertainty: exact";
    comment_count = 2;
    row_contains("line", print(print_line, LINK_TYPE_RAW, packet),
                 ", length 40); from \"a\\x5c\" (pid 6, user 0), to nginx (pid 5)\n");
    row_contains("JSON", print(print_json, LINK_TYPE_RAW, packet),
                 "{\"frame.number\":7,"
                 "\"ipmon.process\":[\"\\\"a\\\\x5c\\\" (pid 6, user 0)\",\"nginx (pid 5)\"],"
                 "\"ipmon.process.id\":[6,5],\"ipmon.process.thread\":[7,5],"
                 "\"ipmon.process.name\":[\"\\\"a\\\\x5c\\\"\",\"nginx\"],"
                 "\"ipmon.process.executable\":[\"/bin/x\"],\"ipmon.process.user\":[0],"
                 "\"ipmon.process.role\":[\"sender\",\"receiver\"],\"ipmon.process.how\":[\"use\"],"
                 "\"ipmon.process.certainty\":[\"exact\",\"listener\"],"
                 "\"ipmon.process.source\":[\"ipmon\",\"ipmon\"],\"ipmon.src\":");
    text = print(print_details, LINK_TYPE_RAW, packet);
    for (size_t i = 0; i < ROWS(details); i++) {
        row_contains(details[i], text, details[i]);
        text = strstr(text, details[i]); /* in this order */
    }
    comment_count = 0;
}

/* The longest that a comment can have fits into a record, whatever has to be escaped. */
static void test_long_processes(void **state)
{
    static const char *const packet = IPV4("28", "0028", "4000", "40", "11", "0a43") UDP_20;
    static const char start[] = "PID: 1\nThreadId: 1\nCmd: /";
    char *comment = malloc(UINT16_MAX);

    (void)state;
    assert_non_null(comment);
    memset(comment, '"', UINT16_MAX - 1);
    comment[UINT16_MAX - 1] = '\0';
    memcpy(comment, start, strlen(start));
    comments[0] = comments[1] = comment;
    comment_count = 2;
    row_contains("JSON", print(print_json, LINK_TYPE_RAW, packet), "...\",\"");
    assert_in_range(strlen(buffer), 8 * PROCESS_TEXT_SIZE - 1000, 8 * PROCESS_TEXT_SIZE + 4000);
    comment_count = 0;
    free(comment);
}

/* The error names the process that had the socket, unless another packet may be a new one's. */
static void test_the_process_of_an_error(void **state)
{
    static const char *const sent = IPV4("28", "0028", "4000", "40", "11", "0a43") UDP_20;
    static const char *const refused =
        "45c00038 1c460000 4001 49ab 0a090002 0a090001 0303 ed3f 00000000"
        "45280028 1c464000 4011 0a43 0a090001 0a090002 0fa00009 00140000";
    static const char *const details =
        "IP Monitor: ECONNREFUSED for curl (pid 6, alice) to 10.9.0.2:9 (from target 10.9.0.2)\n";
    const char *text;

    (void)state;
    assert_true(print_history_init(&history));
    row_contains("before", print(print_line, LINK_TYPE_RAW, refused),
                 "; error: ECONNREFUSED for 10.9.0.2.9 (from target 10.9.0.2)\n");
    comments[0] = "PID: 6\nThreadId: 7\nName: curl\nUser: alice\nRole: sender\nCertainty: exact";
    comment_count = 1;
    print(print_line, LINK_TYPE_RAW, sent);
    comment_count = 0;
    row_contains("line", print(print_line, LINK_TYPE_RAW, refused),
                 "; error: ECONNREFUSED for curl (pid 6, alice) to 10.9.0.2.9 (from target "
                 "10.9.0.2)\n");
    text = print(print_details, LINK_TYPE_RAW, refused);
    row_contains("details", text, details);
    row_contains("details", text,
                 "        Process: curl (pid 6, alice)\n        Process ID: 6\n"
                 "        Process Name: curl\n        Reporter: 10.9.0.2\n");
    row_contains("JSON", print(print_json, LINK_TYPE_RAW, refused),
                 ",\"ipmon.error.process\":\"curl (pid 6, alice)\",\"ipmon.error.process.id\":6,"
                 "\"ipmon.error.process.name\":\"curl\",");
    /* Sent by a process that is not certain, and its error. */
    comments[0] = "PID: 8\nThreadId: 8\nName: wget\nRole: sender\nCertainty: uncertain";
    comment_count = 1;
    print(print_line, LINK_TYPE_RAW, sent);
    comments[0] = "PID: 8\nThreadId: 8\nName: wget\nRole: receiver\nCertainty: uncertain";
    row_contains("uncertain", print(print_line, LINK_TYPE_RAW, refused),
                 "; error: ECONNREFUSED for 10.9.0.2.9 (from target 10.9.0.2); to wget (pid 8, "
                 "uncertain)\n");
    /* The packet with the error names it. */
    comments[0] = "PID: 9\nThreadId: 9\nName: dig\nRole: receiver\nCertainty: exact";
    row_contains("own", print(print_line, LINK_TYPE_RAW, refused),
                 "; error: ECONNREFUSED for dig (pid 9) to 10.9.0.2.9 (");
    comment_count = 0;
    print_history_free(&history);
    history = (struct print_history){.rows = NULL};
}

/* Of more sockets than there are rows, some are not known, but none has another one's process. */
static void test_many_sockets(void **state)
{
    enum { SOCKETS = 20000, SECOND_OF_LONG_NAME = 3 };
    struct socket_process own;
    uint8_t bytes[] = {0x45, 0, 0,  28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 9,
                       0,    1, 10, 9,  0, 2, 0, 0, 0,  9,  0, 8, 0,  0};
    size_t known = 0;

    (void)state;
    assert_true(print_history_init(&history));
    for (uint32_t step = 0; step < 2 * SOCKETS; step++) {
        const uint32_t number = step % SOCKETS;
        char name[SOCKET_PROCESS_NAME_SIZE + 10];
        struct process process = {.known = 1 << PROCESS_ID,
                                  .numbers = {number},
                                  .words = {[PROCESS_ROLE] = PROCESS_ROLE_SENDER}};
        struct process_list list = {.count = step < SOCKETS, .processes = {process}};
        const struct socket_process *found;
        struct packet_error_socket socket;
        struct ip_packet packet;

        memset(name, 'a', sizeof name);
        memcpy(name + SOCKET_PROCESS_NAME_SIZE - SECOND_OF_LONG_NAME, "\xF0\x9F\x98\x80", 4);
        list.processes[0].strings[PROCESS_NAME] = (struct process_span){name, sizeof name};
        bytes[20] = (uint8_t)(number >> 8);
        bytes[21] = (uint8_t)number;
        ip_packet_decode(&packet, bytes, sizeof bytes, sizeof bytes);
        assert_true(process_end_socket(&socket, &packet, PROCESS_END_SOURCE));
        if (step < SOCKETS) {
            print_history_add(&history, &packet, &list, NETWORK_UNKNOWN);
            continue;
        }
        found = print_history_find(&history, &socket, &packet, &list, NETWORK_UNKNOWN, &own);
        known += found != NULL;
        assert_true(!found || found->id == number);
        assert_true(!found ||
                    strlen(found->name) == SOCKET_PROCESS_NAME_SIZE - SECOND_OF_LONG_NAME);
    }
    assert_in_range(known, SOCKETS / 8, SOCKETS);
    print_history_free(&history);
    history = (struct print_history){.rows = NULL};
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_details),
        cmocka_unit_test(test_link_types),
        cmocka_unit_test(test_wrong_version),
        cmocka_unit_test(test_trailers),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_resolutions),
        cmocka_unit_test(test_processes),
        cmocka_unit_test(test_long_processes),
        cmocka_unit_test(test_the_process_of_an_error),
        cmocka_unit_test(test_many_sockets),
    };

    return cmocka_run_group_tests(tests, use_utc, NULL);
}
