/*
 * Socket errors found in packets: every row of the mapping, the socket that is named, and what a
 * connection's situation changes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <errno.h>

#include "packet_error.h"
#include "socket_error.h"

enum { ROOM = 256 };

/* A packet under construction. */
struct bytes {
    uint8_t at[ROOM];
    uint32_t length;
};

static void append(struct bytes *bytes, const void *more, uint32_t length)
{
    assert_true(bytes->length + length <= ROOM);
    memcpy(bytes->at + bytes->length, more, length);
    bytes->length += length;
}

static void set_u16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* 10.0.0.1 or 2001:db8::1 sends to ...2. Lengths are set by finish. */
static void append_ip(struct bytes *bytes, int version, uint8_t protocol)
{
    const uint8_t v4[20] = {0x45, 0, 0,  0, 0, 1, 0,  0, 64, protocol,
                            0,    0, 10, 0, 0, 1, 10, 0, 0,  2};
    const uint8_t v6[40] = {0x60, 0, 0, 0, 0, 0, protocol, 64, 0x20, 0x01, 0x0d, 0xb8, 0,    0,
                            0,    0, 0, 0, 0, 0, 0,        0,  0,    1,    0x20, 0x01, 0x0d, 0xb8,
                            0,    0, 0, 0, 0, 0, 0,        0,  0,    0,    0,    2};

    append(bytes, version == 4 ? v4 : v6, version == 4 ? sizeof v4 : sizeof v6);
}

static void finish(struct bytes *bytes)
{
    if (bytes->at[0] >> 4 == 4)
        set_u16(bytes->at + 2, bytes->length);
    else
        set_u16(bytes->at + 4, bytes->length - 40);
}

static uint32_t sum(const uint8_t *at, uint32_t length, uint32_t sum)
{
    for (uint32_t i = 0; i < length; i++)
        sum += i % 2 ? at[i] : (uint32_t)at[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return sum;
}

/* An ICMP message of the type and code with a right checksum, before the bytes it quotes. */
static struct bytes icmp(int version, uint8_t type, uint8_t code, uint32_t mtu,
                         const struct bytes *quote)
{
    const uint32_t header = version == 4 ? 20 : 40;
    const uint8_t head[8] = {
        type,        code, 0, 0, (uint8_t)(mtu >> 24), (uint8_t)(mtu >> 16), (uint8_t)(mtu >> 8),
        (uint8_t)mtu};
    struct bytes bytes = {.length = 0};
    uint32_t pseudo = 0;

    append_ip(&bytes, version, version == 4 ? 1 : 58);
    append(&bytes, head, sizeof head);
    append(&bytes, quote->at, quote->length);
    finish(&bytes);
    if (version == 6)
        pseudo = sum(bytes.at + 8, 32, bytes.length - header + 58);
    set_u16(bytes.at + header + 2, ~sum(bytes.at + header, bytes.length - header, pseudo));
    return bytes;
}

static const uint8_t datagram[8] = {0x0f, 0xa0, 0, 9, 0, 8, 0, 0}; /* ports 4000 and 9 */

/* A packet to be quoted: an IP header and `length` bytes of what it carries. */
static struct bytes quoted(int version, uint8_t protocol, const uint8_t *payload, uint32_t length)
{
    struct bytes bytes = {.length = 0};

    append_ip(&bytes, version, protocol);
    append(&bytes, payload, length);
    finish(&bytes);
    return bytes;
}

/* The first bytes of a segment from port 4000 to 9. */
static struct bytes segment(int version, uint8_t flags, uint32_t sequence)
{
    const uint8_t tcp[20] = {0x0f,
                             0xa0,
                             0,
                             9,
                             (uint8_t)(sequence >> 24),
                             (uint8_t)(sequence >> 16),
                             (uint8_t)(sequence >> 8),
                             (uint8_t)sequence,
                             0,
                             0,
                             0,
                             1,
                             0x50,
                             flags};

    struct bytes bytes = quoted(version, 6, tcp, sizeof tcp);
    const uint32_t header = version == 4 ? 20 : 40;
    const uint32_t addresses = version == 4 ? 8 : 32;

    set_u16(bytes.at + header + 16,
            ~sum(bytes.at + header, sizeof tcp,
                 sum(bytes.at + header - addresses, addresses, 6 + sizeof tcp)));
    return bytes;
}

static bool find(struct packet_error *error, const struct bytes *bytes,
                 enum connection_situation situation)
{
    struct ip_packet packet;

    ip_packet_decode(&packet, bytes->at, bytes->length, bytes->length);
    return packet_error_find(error, &packet,
                             &(struct packet_error_context){.connection.situation = situation});
}

static bool find_icmp(struct packet_error *error, int version, unsigned type, unsigned code,
                      uint32_t mtu, const struct bytes *quote)
{
    static struct bytes bytes; /* the error points into them */

    bytes = icmp(version, (uint8_t)type, (uint8_t)code, mtu, quote);
    memset(error, 0xFF, sizeof *error);
    return find(error, &bytes, SITUATION_UNKNOWN);
}

/* Every message about a UDP packet; Linux's error, whether fatal, Winsock's. */
static void test_messages_about_udp(void **state)
{
    static const struct {
        const char *name;
        int version;
        unsigned type, code;
        const char *errno_name;
        int errno_value;
        bool fatal;
        int winsock;
    } rows[] = {
        {"network unreachable", 4, 3, 0, "ENETUNREACH", ENETUNREACH, false, 10051},
        {"host unreachable", 4, 3, 1, "EHOSTUNREACH", EHOSTUNREACH, false, 10065},
        {"protocol", 4, 3, 2, "ENOPROTOOPT", ENOPROTOOPT, true, 10042},
        {"port", 4, 3, 3, "ECONNREFUSED", ECONNREFUSED, true, 10054},
        {"too big", 4, 3, 4, "EMSGSIZE", EMSGSIZE, false, 10040},
        {"source route", 4, 3, 5, "EOPNOTSUPP", EOPNOTSUPP, false, 10045},
        {"network unknown", 4, 3, 6, "ENETUNREACH", ENETUNREACH, true, 10051},
        {"host unknown", 4, 3, 7, "EHOSTDOWN", EHOSTDOWN, true, 10064},
        {"isolated", 4, 3, 8, "ENONET", ENONET, true, 10065},
        {"network prohibited", 4, 3, 9, "ENETUNREACH", ENETUNREACH, true, 10051},
        {"host prohibited", 4, 3, 10, "EHOSTUNREACH", EHOSTUNREACH, true, 10065},
        {"network for TOS", 4, 3, 11, "ENETUNREACH", ENETUNREACH, false, 10051},
        {"host for TOS", 4, 3, 12, "EHOSTUNREACH", EHOSTUNREACH, false, 10065},
        {"filtered", 4, 3, 13, "EHOSTUNREACH", EHOSTUNREACH, true, 10065},
        {"precedence", 4, 3, 14, "EHOSTUNREACH", EHOSTUNREACH, true, 10065},
        {"cut-off", 4, 3, 15, "EHOSTUNREACH", EHOSTUNREACH, true, 10065},
        {"TTL", 4, 11, 0, "EHOSTUNREACH", EHOSTUNREACH, false, 10052},
        {"parameter", 4, 12, 0, "EPROTO", EPROTO, true, 10042},
        {"parameter, option", 4, 12, 1, "EPROTO", EPROTO, true, 10042},
        {"v6 no route", 6, 1, 0, "ENETUNREACH", ENETUNREACH, false, 10051},
        {"v6 prohibited", 6, 1, 1, "EACCES", EACCES, true, 10013},
        {"v6 scope", 6, 1, 2, "EHOSTUNREACH", EHOSTUNREACH, false, 10065},
        {"v6 address", 6, 1, 3, "EHOSTUNREACH", EHOSTUNREACH, false, 10065},
        {"v6 port", 6, 1, 4, "ECONNREFUSED", ECONNREFUSED, true, 10054},
        {"v6 policy", 6, 1, 5, "EACCES", EACCES, true, 10013},
        {"v6 reject", 6, 1, 6, "EACCES", EACCES, true, 10013},
        {"v6 source route", 6, 1, 7, "EPROTO", EPROTO, true, 0},
        {"v6 unknown", 6, 1, 255, "EPROTO", EPROTO, true, 0},
        {"v6 too big", 6, 2, 0, "EMSGSIZE", EMSGSIZE, false, 10040},
        {"v6 hop limit", 6, 3, 0, "EHOSTUNREACH", EHOSTUNREACH, false, 10052},
        {"v6 reassembly", 6, 3, 1, "EHOSTUNREACH", EHOSTUNREACH, false, 10052},
        {"v6 parameter", 6, 4, 0, "EPROTO", EPROTO, true, 0},
        {"v6 parameter, option", 6, 4, 2, "EPROTO", EPROTO, true, 0},
        {"v6 reserved type", 6, 0, 0, "EPROTO", EPROTO, false, 0},
        {"v6 first type of none", 6, 5, 1, "EPROTO", EPROTO, false, 0},
        {"v6 last type of an error", 6, 127, 255, "EPROTO", EPROTO, false, 0},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct bytes quote = quoted(rows[i].version, 17, datagram, sizeof datagram);
        struct packet_error error;

        row_true(rows[i].name,
                 find_icmp(&error, rows[i].version, rows[i].type, rows[i].code, 0, &quote));
        row_true(rows[i].name, !error.ignored);
        row_text(rows[i].name, error.errno_name, rows[i].errno_name);
        row_equal(rows[i].name, error.errno_value, rows[i].errno_value);
        row_equal(rows[i].name, error.winsock, rows[i].winsock);
        row_equal(rows[i].name, error.fatal, rows[i].fatal);
        row_true(rows[i].name, error.winsock == 0 || socket_error_by_code(error.winsock));
        row_true(rows[i].name, error.text && error.reported_to && error.hint);
        row_equal(rows[i].name, error.offset, rows[i].version == 4 ? 20 : 40);
        row_equal(rows[i].name, error.length, 2);
        row_contains(rows[i].name, error.reported_to,
                     error.fatal || error.errno_value == EMSGSIZE ? "a connected socket"
                                                                  : "only a socket");
    }
}

static void test_who_is_told_of_the_path_mtu(void **state)
{
    static const struct {
        const char *name;
        int version;
        uint8_t protocol;
        const char *told;
    } rows[] = {
        {"UDP", 4, 17, "a connected socket"},       {"ping", 4, 1, "a connected socket"},
        {"v6 UDP", 6, 17, "a connected socket"},    {"v6 ping", 6, 58, "only a socket"},
        {"v6 experiment", 6, 253, "only a socket"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const int version = rows[i].version;
        const struct bytes quote = quoted(version, rows[i].protocol, datagram, sizeof datagram);
        struct packet_error error;

        row_true(rows[i].name, find_icmp(&error, version, version == 4 ? 3 : 2,
                                         version == 4 ? 4 : 0, 1400, &quote));
        row_contains(rows[i].name, error.reported_to, rows[i].told);
    }
}

static void test_messages_without_an_error(void **state)
{
    static const struct {
        const char *name;
        int version;
        unsigned type, code;
        bool found;
        const char *reason;
    } rows[] = {
        {"unknown code", 4, 3, 16, true, "not defined"},
        {"source quench", 4, 4, 0, true, "RFC 6633"},
        {"redirect", 4, 5, 1, true, "redirect"},
        {"reassembly", 4, 11, 1, true, "reassembly"},
        {"v6 redirect", 6, 137, 0, true, "redirect"},
        {"echo", 4, 8, 0, false, NULL},
        {"v6 echo", 6, 128, 0, false, NULL},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct bytes quote = quoted(rows[i].version, 17, datagram, sizeof datagram);
        struct packet_error error;

        row_equal(rows[i].name,
                  find_icmp(&error, rows[i].version, rows[i].type, rows[i].code, 0, &quote),
                  rows[i].found);
        if (rows[i].found)
            row_contains(rows[i].name, error.ignored, rows[i].reason);
    }
}

static void test_socket_is_the_quoted_sender(void **state)
{
    static const uint8_t v4[8] = {10, 0, 0, 1, 10, 0, 0, 2};
    struct bytes quote = quoted(4, 17, datagram, sizeof datagram);
    struct packet_error error;

    (void)state;
    assert_true(find_icmp(&error, 4, 3, 3, 0, &quote));
    assert_true(error.socket.known);
    assert_true(error.socket.has_ports);
    assert_int_equal(error.socket.version, 4);
    assert_int_equal(error.socket.protocol, 17);
    assert_memory_equal(error.socket.local, v4, 4);
    assert_memory_equal(error.socket.remote, v4 + 4, 4);
    assert_int_equal(error.socket.local_port, 4000);
    assert_int_equal(error.socket.remote_port, 9);

    quote = quoted(4, 1, datagram, sizeof datagram);
    assert_true(find_icmp(&error, 4, 3, 1, 0, &quote));
    assert_true(error.socket.known);
    assert_false(error.socket.has_ports);
    assert_int_equal(error.winsock, 10065);
}

static void test_quote_too_short(void **state)
{
    static const int versions[] = {4, 6};

    (void)state;
    for (size_t i = 0; i < ROWS(versions); i++) {
        struct bytes quote = quoted(versions[i], 17, datagram, sizeof datagram - 1);
        struct packet_error error;

        assert_true(find_icmp(&error, versions[i], versions[i] == 4 ? 3 : 1, 1, 0, &quote));
        assert_false(error.socket.known);
        assert_non_null(strstr(error.ignored, "too little"));
        quote.length = 0;
        assert_true(find_icmp(&error, versions[i], versions[i] == 4 ? 3 : 1, 1, 0, &quote));
        assert_false(error.socket.known);
    }
}

/* Stacks have been seen to quote a length that they had changed already. */
static void test_quoted_length_does_not_matter(void **state)
{
    struct bytes quote = quoted(4, 17, datagram, sizeof datagram);
    struct packet_error error;

    (void)state;
    set_u16(quote.at + 2, 7);
    assert_true(find_icmp(&error, 4, 3, 3, 0, &quote));
    assert_true(error.socket.known);
    assert_int_equal(error.socket.remote_port, 9);
}

static void test_quoted_later_fragment(void **state)
{
    struct bytes quote = quoted(4, 17, datagram, sizeof datagram);
    struct packet_error error;

    (void)state;
    set_u16(quote.at + 6, 1);
    assert_true(find_icmp(&error, 4, 3, 3, 0, &quote));
    assert_false(error.socket.known);
}

static void test_quote_of_another_version(void **state)
{
    const struct bytes quote = quoted(6, 17, datagram, sizeof datagram);
    struct packet_error error;

    (void)state;
    assert_true(find_icmp(&error, 4, 3, 3, 0, &quote));
    assert_false(error.socket.known);
}

static void test_socket_behind_extension_headers(void **state)
{
    static const uint8_t chain[24] = {60,   0,    1, 4, 0, 0, 0, 0, /* hop-by-hop */
                                      17,   0,    1, 4, 0, 0, 0, 0, /* destination options */
                                      0x0f, 0xa0, 0, 9, 0, 8, 0, 0};
    const struct bytes quote = quoted(6, 0, chain, sizeof chain);
    struct packet_error error;

    (void)state;
    assert_true(find_icmp(&error, 6, 1, 4, 0, &quote));
    assert_true(error.socket.known);
    assert_int_equal(error.socket.protocol, 17);
    assert_int_equal(error.socket.local_port, 4000);
}

static void test_socket_inside_a_tunnel(void **state)
{
    static const uint8_t gre[8] = {0x20, 0, 0x86, 0xDD, 1, 2, 3, 4}; /* with a key */
    const struct bytes inner4 = quoted(4, 17, datagram, sizeof datagram);
    const struct bytes inner6 = quoted(6, 17, datagram, sizeof datagram);
    struct bytes quote = quoted(4, 4, inner4.at, inner4.length);
    struct packet_error error;

    (void)state;
    assert_true(find_icmp(&error, 4, 3, 1, 0, &quote));
    assert_true(error.socket.known);
    assert_int_equal(error.socket.protocol, 17);
    assert_int_equal(error.socket.version, 4);

    quote = quoted(4, 41, inner6.at, inner6.length);
    assert_true(find_icmp(&error, 4, 3, 1, 0, &quote));
    assert_int_equal(error.socket.version, 6);
    assert_int_equal(error.socket.remote_port, 9);

    quote = quoted(4, 47, gre, sizeof gre);
    append(&quote, inner6.at, inner6.length);
    assert_true(find_icmp(&error, 4, 3, 1, 0, &quote));
    assert_int_equal(error.socket.version, 6);
    assert_int_equal(error.socket.local_port, 4000);

    quote = quoted(4, 4, inner4.at, 27); /* the usual 8 bytes behind the outer header, and more */
    assert_true(find_icmp(&error, 4, 3, 1, 0, &quote));
    assert_false(error.socket.known);
    quote = quoted(4, 47, gre, sizeof gre);
    assert_true(find_icmp(&error, 4, 3, 1, 0, &quote));
    assert_false(error.socket.known);
}

static void test_mtu(void **state)
{
    struct bytes quote = quoted(4, 17, datagram, sizeof datagram);
    struct packet_error error;

    (void)state;
    assert_true(find_icmp(&error, 4, 3, 4, 1400, &quote));
    assert_int_equal(error.mtu, 1400);
    assert_true(find_icmp(&error, 4, 3, 3, 1400, &quote));
    assert_int_equal(error.mtu, 0);
    quote = quoted(6, 17, datagram, sizeof datagram);
    assert_true(find_icmp(&error, 6, 2, 0, 70000, &quote));
    assert_int_equal(error.mtu, 70000);
}

/* A TCP socket that is connecting gives up with the error; one that is connected does not. */
static void test_messages_about_tcp(void **state)
{
    static const struct {
        const char *name;
        uint8_t flags;
        uint32_t quoted; /* bytes of the segment */
        unsigned code;
        bool fatal;
        const char *told;
        const char *ignored;
    } rows[] = {
        {"connecting", 0x02, 20, 1, true, "connect() fails with it", NULL},
        {"connected", 0x18, 20, 2, false, "the connection lives on", NULL},
        {"8 bytes, host", 0x02, 8, 1, false, "an established connection", NULL},
        {"8 bytes, port", 0x02, 8, 3, true, "an established connection", NULL},
        {"SYN-ACK", 0x12, 20, 1, false, NULL, "not accepted"},
        {"too big", 0x18, 20, 4, false, NULL, "path MTU discovery"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct bytes quote = segment(4, rows[i].flags, 1);
        struct packet_error error;

        quote.length = 20 + rows[i].quoted;
        row_true(rows[i].name, find_icmp(&error, 4, 3, rows[i].code, 1400, &quote));
        if (rows[i].ignored) {
            row_contains(rows[i].name, error.ignored, rows[i].ignored);
            continue;
        }
        row_true(rows[i].name, !error.ignored);
        row_equal(rows[i].name, error.fatal, rows[i].fatal);
        row_contains(rows[i].name, error.reported_to, rows[i].told);
        row_true(rows[i].name, rows[i].code != 3 || error.winsock == 10061);
    }
}

/* A packet that the receiving stack discards causes no error. */
static void test_wrong_checksums(void **state)
{
    enum { RST_ACK = 0x14, MESSAGE = 1, HEADER = 2, HEADER_ZERO = 4 };
    static const struct {
        const char *name;
        int version;
        bool icmp;
        int wrong; /* which checksums */
        bool due;
        bool left_to_card;
        bool likely;
        const char *ignored;
    } rows[] = {
        {"ICMP", 4, true, 0, true, false, false, NULL},
        {"ICMP, message", 4, true, MESSAGE, true, false, false, "checksum of the message"},
        {"ICMP, message, left to card", 4, true, MESSAGE, true, true, true, NULL},
        {"ICMP, header", 4, true, HEADER, true, false, false, "header checksum"},
        {"ICMP, header, left to card", 4, true, HEADER, false, true, false, "header checksum"},
        {"ICMP, header and message", 4, true, HEADER | MESSAGE, true, false, false,
         "header checksum"},
        {"ICMP, header 0, due", 4, true, HEADER_ZERO, true, false, false, "header checksum"},
        {"ICMP, header 0", 4, true, HEADER_ZERO, false, false, false, NULL},
        {"ICMP, header 0, message", 4, true, HEADER_ZERO | MESSAGE, false, false, false,
         "checksum of the message"},
        {"reset", 4, false, 0, true, false, false, NULL},
        {"reset, message", 4, false, MESSAGE, true, false, false, "checksum of the message"},
        {"reset, message, left to card", 4, false, MESSAGE, true, true, true, NULL},
        {"reset, left to card but right", 4, false, 0, true, true, false, NULL},
        {"reset, header", 4, false, HEADER, true, false, false, "header checksum"},
        {"reset, header 0, due", 4, false, HEADER_ZERO, true, false, false, "header checksum"},
        {"reset, header 0", 4, false, HEADER_ZERO, false, false, false, NULL},
        {"ICMPv6", 6, true, 0, true, false, false, NULL},
        {"ICMPv6, message", 6, true, MESSAGE, true, false, false, "checksum of the message"},
        {"ICMPv6, message, left to card", 6, true, MESSAGE, true, true, true, NULL},
        {"reset 6", 6, false, 0, true, false, false, NULL},
        {"reset 6, message", 6, false, MESSAGE, true, false, false, "checksum of the message"},
        {"reset 6, message, left to card", 6, false, MESSAGE, true, true, true, NULL},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct bytes quote = quoted(rows[i].version, 17, datagram, sizeof datagram);
        struct bytes bytes = rows[i].icmp ? icmp(rows[i].version, rows[i].version == 4 ? 3 : 1,
                                                 rows[i].version == 4 ? 3 : 4, 0, &quote)
                                          : segment(rows[i].version, RST_ACK, 0);
        const struct packet_error_context context = {
            .header_checksum_due = rows[i].due,
            .sums_left_to_card = rows[i].left_to_card,
        };
        struct packet_error error;
        struct ip_packet packet;

        if (rows[i].version == 4 && !(rows[i].wrong & HEADER_ZERO))
            set_u16(bytes.at + 10, ~sum(bytes.at, 20, 0) ^ ((rows[i].wrong & HEADER) != 0));
        if (rows[i].wrong & MESSAGE)
            bytes.at[(rows[i].version == 4 ? 20 : 40) + (rows[i].icmp ? 3 : 17)] ^= 1;
        ip_packet_decode(&packet, bytes.at, bytes.length, bytes.length);
        row_true(rows[i].name, packet_error_find(&error, &packet, &context));
        row_text(rows[i].name, error.errno_name, "ECONNREFUSED");
        row_equal(rows[i].name, error.likely, rows[i].likely);
        row_equal(rows[i].name, error.ignored != NULL, rows[i].ignored != NULL);
        if (rows[i].ignored)
            row_contains(rows[i].name, error.ignored, rows[i].ignored);
    }
}

/* A SYN that nobody answers is its sender's error, the more so when everybody discards it. */
static void test_wrong_checksum_of_an_unanswered_syn(void **state)
{
    struct bytes bytes = segment(4, 0x02, 5);
    struct packet_error error;

    (void)state;
    bytes.at[37] ^= 1;
    assert_true(find(&error, &bytes, SITUATION_UNANSWERED));
    assert_null(error.ignored);
    assert_true(error.likely);
}

/* Which call returns it differs between systems, so the text names the system. */
static void test_told_names_the_system(void **state)
{
    static const struct {
        const char *name;
        int version;
        unsigned type, code;
        uint8_t protocol;
        const char *linux_part;
        const char *windows_part; /* NULL: nothing is said of it */
    } rows[] = {
        {"no port", 4, 3, 3, 17, "Linux: a connected socket",
         "; Windows: the next recvfrom() fails with 10054"},
        {"v6 no port", 6, 1, 4, 17, "Linux: a connected socket", "SIO_UDP_CONNRESET"},
        {"expired", 4, 11, 0, 17, "Linux: only a socket that asked for the error queue",
         "; Windows: the next recvfrom() fails with 10052"},
        {"v6 expired", 6, 3, 0, 17, "Linux: only a socket that asked for the error queue",
         "SIO_UDP_NETRESET"},
        {"no host", 4, 3, 1, 17, "Linux: only a socket that asked for the error queue", NULL},
        {"forbidden", 4, 3, 13, 17, "Linux: a connected socket", NULL},
        {"ping expired", 4, 11, 0, 1, "Linux: only a socket", NULL},
        {"SYN", 4, 3, 1, 6, "Linux: connect() fails with it", NULL},
        {"v6 SYN", 6, 1, 4, 6, "Linux: connect() fails with it", NULL},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct bytes quote = rows[i].protocol == 6 ? segment(rows[i].version, 0x02, 1)
                                                         : quoted(rows[i].version, rows[i].protocol,
                                                                  datagram, sizeof datagram);
        struct packet_error error;

        row_true(rows[i].name,
                 find_icmp(&error, rows[i].version, rows[i].type, rows[i].code, 0, &quote));
        row_true(rows[i].name, strstr(error.reported_to, rows[i].linux_part) == error.reported_to);
        if (rows[i].windows_part)
            row_contains(rows[i].name, error.reported_to, rows[i].windows_part);
        else
            row_true(rows[i].name, !strstr(error.reported_to, "Windows"));
    }
}

static void test_told_of_resets_names_the_system(void **state)
{
    enum { SYN = 0x02, RST = 0x04, FIN_ACK = 0x11, RST_ACK = 0x14 };
    static const struct {
        const char *name;
        uint8_t flags;
        enum connection_situation situation;
        const char *told;
    } rows[] = {
        {"to SYN", RST_ACK, SITUATION_CONNECTING, "Linux and Windows: connect() fails"},
        {"established", RST, SITUATION_UNKNOWN, "Linux and Windows: the next call"},
        {"after FIN", RST, SITUATION_PEER_CLOSED, "Linux: the next send(), with SIGPIPE"},
        {"after FIN", RST, SITUATION_PEER_CLOSED, "; Windows: the next send() fails with 10054"},
        {"both closed", RST, SITUATION_BOTH_CLOSED, "Linux and Windows: both sides had closed"},
        {"no answer", SYN, SITUATION_UNANSWERED, "Linux and Windows: connect() fails"},
        {"end of stream", FIN_ACK, SITUATION_FIRST_FIN, "Linux and Windows: recv() returns 0"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct bytes bytes = segment(4, rows[i].flags, 7);
        struct packet_error error;

        row_true(rows[i].name, find(&error, &bytes, rows[i].situation));
        row_contains(rows[i].name, error.reported_to, rows[i].told);
    }
}

static void test_a_socket_fails_once(void **state)
{
    const struct bytes udp = quoted(4, 17, datagram, sizeof datagram);
    const struct bytes syn = segment(4, 0x02, 1);
    struct bytes bytes = icmp(4, 3, 1, 0, &syn);
    struct packet_error error;

    (void)state;
    assert_true(find(&error, &bytes, SITUATION_DEAD));
    assert_non_null(strstr(error.ignored, "refused before"));
    bytes = icmp(4, 3, 1, 0, &udp);
    assert_true(find(&error, &bytes, SITUATION_DEAD));
    assert_null(error.ignored);
}

/* What was cut off may be missing, but never makes an error of its own. */
static void test_snapshot_length(void **state)
{
    const struct bytes quote = quoted(4, 17, datagram, sizeof datagram);
    const struct bytes bytes = icmp(4, 3, 3, 0, &quote);

    (void)state;
    for (uint32_t captured = 0; captured <= bytes.length; captured++) {
        struct packet_error error;
        struct ip_packet packet;
        bool found;

        ip_packet_decode(&packet, bytes.at, captured, bytes.length);
        found = packet_error_find(&error, &packet, &(struct packet_error_context){0});
        assert_int_equal(found, captured >= 22);
        if (!found)
            continue;
        assert_null(error.ignored);
        assert_int_equal(error.socket.known, captured == bytes.length);
    }
}

static void test_resets(void **state)
{
    enum { RST = 0x04, RST_ACK = 0x14 };
    static const struct {
        const char *name;
        uint8_t flags;
        uint32_t sequence;
        enum connection_situation situation;
        const char *errno_name;
        int errno_value;
        int winsock;
        const char *ignored;
    } rows[] = {
        {"answer to SYN", RST_ACK, 0, SITUATION_UNKNOWN, "ECONNREFUSED", ECONNREFUSED, 10061, NULL},
        {"no ACK", RST, 0, SITUATION_UNKNOWN, "ECONNRESET", ECONNRESET, 10054, NULL},
        {"established", RST_ACK, 1, SITUATION_UNKNOWN, "ECONNRESET", ECONNRESET, 10054, NULL},
        {"to SYN, odd sequence", RST_ACK, 7, SITUATION_CONNECTING, "ECONNREFUSED", ECONNREFUSED,
         10061, NULL},
        {"to SYN, no ACK", RST, 7, SITUATION_NO_ACK, NULL, 0, 0, "ACK flag"},
        {"to SYN, wrong ACK", RST_ACK, 7, SITUATION_WRONG_ACK, NULL, 0, 0, "not sent"},
        {"to SYN, wrong echo", RST_ACK, 7, SITUATION_WRONG_ECHO, NULL, 0, 0, "timestamp"},
        {"old", RST, 7, SITUATION_BELOW_WINDOW, NULL, 0, 0, "outside the receiver's window"},
        {"inexact", RST, 7, SITUATION_IN_WINDOW, NULL, 0, 0, "challenge ACK"},
        {"too new", RST, 7, SITUATION_ABOVE_WINDOW, NULL, 0, 0, "outside the receiver's window"},
        {"after FIN", RST, 7, SITUATION_PEER_CLOSED, "EPIPE", EPIPE, 10054, NULL},
        {"both closed", RST, 7, SITUATION_BOTH_CLOSED, "ECONNRESET", ECONNRESET, 10054, NULL},
        {"TIME-WAIT", RST, 7, SITUATION_TIME_WAIT, NULL, 0, 0, "had closed"},
        {"half open", RST, 7, SITUATION_HALF_OPEN, NULL, 0, 0, "not accepted"},
        {"again", RST, 7, SITUATION_DEAD, NULL, 0, 0, "refused before"},
    };
    static const uint8_t local[4] = {10, 0, 0, 2};

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct bytes bytes = segment(4, rows[i].flags, rows[i].sequence);
        struct packet_error error;

        row_true(rows[i].name, find(&error, &bytes, rows[i].situation));
        if (rows[i].ignored) {
            row_contains(rows[i].name, error.ignored, rows[i].ignored);
            continue;
        }
        row_true(rows[i].name, !error.ignored);
        row_text(rows[i].name, error.errno_name, rows[i].errno_name);
        row_equal(rows[i].name, error.errno_value, rows[i].errno_value);
        row_equal(rows[i].name, error.winsock, rows[i].winsock);
        row_true(rows[i].name, error.fatal && !error.likely && error.hint);
        row_true(rows[i].name, memcmp(error.socket.local, local, 4) == 0);
        row_equal(rows[i].name, error.socket.local_port, 9);
        row_equal(rows[i].name, error.socket.remote_port, 4000);
        row_equal(rows[i].name, error.offset, 33);
    }
}

static void test_unanswered_syn(void **state)
{
    const struct bytes bytes = segment(6, 0x02, 5);
    struct packet_error error;

    (void)state;
    assert_false(find(&error, &bytes, SITUATION_UNKNOWN));
    assert_true(find(&error, &bytes, SITUATION_UNANSWERED));
    assert_string_equal(error.errno_name, "ETIMEDOUT");
    assert_int_equal(error.winsock, 10060);
    assert_true(error.likely);
    assert_true(error.fatal);
    assert_int_equal(error.socket.local_port, 4000);
    assert_int_equal(error.socket.local[15], 1);
    assert_int_equal(error.socket.remote[15], 2);
}

static void test_end_of_stream(void **state)
{
    const struct bytes bytes = segment(4, 0x11, 5);
    struct packet_error error;

    (void)state;
    assert_false(find(&error, &bytes, SITUATION_UNKNOWN));
    assert_true(find(&error, &bytes, SITUATION_FIRST_FIN));
    assert_null(error.errno_name);
    assert_int_equal(error.errno_value, 0);
    assert_int_equal(error.winsock, 10101);
    assert_false(error.fatal);
    assert_int_equal(error.socket.local_port, 9);
}

/* No bytes make it read outside of them, or return something half filled. */
static void test_any_bytes(void **state)
{
    uint32_t seed = 1;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        uint8_t *bytes = test_malloc(ROOM);
        const uint32_t length = unit_random(&seed) % ROOM;
        struct packet_error_context context = {0};
        struct packet_error error;
        struct ip_packet packet;

        for (uint32_t k = 0; k < length; k++)
            bytes[k] = (uint8_t)unit_random(&seed);
        bytes[0] = (uint8_t)(i % 2 ? 0x45 : 0x60);
        bytes[i % 2 ? 9 : 6] = (uint8_t)(i % 3 == 0 ? 6 : i % 2 ? 1 : 58);
        if (i % 2)
            memset(bytes + 6, 0, 2);
        if (length > 60) { /* an error that quotes a packet of some kind */
            bytes[i % 2 ? 20 : 40] %= 13;
            bytes[i % 2 ? 28 : 48] = (uint8_t)(unit_random(&seed) % 2 ? 0x45 : 0x60);
        }
        ip_packet_decode(&packet, bytes, length, length);
        memset(&error, 0, sizeof error);
        context.connection.situation = (enum connection_situation)(i % (SITUATION_FIRST_FIN + 1));
        context.sums_left_to_card = i % 5 == 0;
        if (packet_error_find(&error, &packet, &context)) {
            assert_true(error.offset + error.length <= length);
            assert_true(error.ignored || (error.text && error.reported_to && error.hint));
        }
        test_free(bytes);
    }
}

/* A timeout is reported as the ICMP error that came before, if that is one of an ICMP message. */
static void test_timeout_after_an_error(void **state)
{
    static const struct {
        uint8_t errno_value;
        int reported;
        const char *name;
    } rows[] = {
        {0, ETIMEDOUT, "ETIMEDOUT"},
        {EHOSTUNREACH, EHOSTUNREACH, "EHOSTUNREACH"},
        {ENETUNREACH, ENETUNREACH, "ENETUNREACH"},
        {EPIPE, ETIMEDOUT, "ETIMEDOUT"},
    };
    const struct bytes bytes = segment(4, 0x02, 5);
    struct ip_packet packet;

    (void)state;
    ip_packet_decode(&packet, bytes.at, bytes.length, bytes.length);
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct packet_error_context context = {
            .connection = {.situation = SITUATION_UNANSWERED, .errno_value = rows[i].errno_value}};
        struct packet_error error;

        assert_true(packet_error_find(&error, &packet, &context));
        assert_int_equal(error.errno_value, rows[i].reported);
        assert_string_equal(error.errno_name, rows[i].name);
        assert_int_equal(error.winsock, 10060);
    }
}

static void test_carrier_discarded(void **state)
{
    const struct packet_error_context context = {.carrier_discarded = true};
    const struct bytes bytes = segment(4, 0x04, 5);
    struct packet_error error;
    struct ip_packet packet;

    (void)state;
    ip_packet_decode(&packet, bytes.at, bytes.length, bytes.length);
    assert_true(packet_error_find(&error, &packet, &context));
    assert_non_null(strstr(error.ignored, "tunnel"));
}

/* Who quotes an ACK while the connection is being opened has accepted nothing yet. */
static void test_connecting_with_an_ack(void **state)
{
    const struct bytes quote = segment(4, 0x10, 5);
    const struct bytes bytes = icmp(4, 3, 1, 0, &quote);
    struct packet_error error;

    (void)state;
    assert_true(find(&error, &bytes, SITUATION_CONNECTING));
    assert_true(error.fatal);
    assert_null(strstr(error.reported_to, "connect() fails"));
}

static void test_sctp_abort(void **state)
{
    static const struct {
        const char *name;
        uint8_t chunk;
        enum connection_situation situation;
        const char *errno_name; /* NULL: there is no error */
    } rows[] = {
        {"INIT", 1, SITUATION_UNKNOWN, NULL},
        {"ABORT", 6, SITUATION_UNKNOWN, "ECONNRESET"},
        {"answer to INIT", 6, SITUATION_CONNECTING, "ECONNREFUSED"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const uint8_t sctp[16] = {0x0f, 0xa0, 0, 9, 1, 2, 3, 4, 0, 0, 0, 0, rows[i].chunk, 0, 0, 4};
        const struct bytes bytes = quoted(4, 132, sctp, sizeof sctp);
        struct packet_error error;
        const bool found = find(&error, &bytes, rows[i].situation);

        row_equal(rows[i].name, found, rows[i].errno_name != NULL);
        if (!found)
            continue;
        row_text(rows[i].name, error.errno_name, rows[i].errno_name);
        row_true(rows[i].name, error.likely && error.fatal);
        row_equal(rows[i].name, error.socket.local_port, 9);
    }
}

/* Of a message that was cut off it is only known whether enough of it was sent. */
static void test_cut_off_message(void **state)
{
    struct bytes quote = quoted(4, 17, datagram, sizeof datagram);
    struct packet_error error;
    struct ip_packet packet;
    struct bytes bytes;

    (void)state;
    quote.length = 27;
    bytes = icmp(4, 3, 3, 0, &quote);
    ip_packet_decode(&packet, bytes.at, 40, bytes.length);
    assert_true(packet_error_find(&error, &packet, &(struct packet_error_context){0}));
    assert_non_null(strstr(error.ignored, "too little"));
}

/* The MTU is behind the first four bytes of the message. */
static void test_cut_off_mtu(void **state)
{
    const struct bytes quote = quoted(4, 17, datagram, sizeof datagram);
    const struct bytes bytes = icmp(4, 3, 4, 1400, &quote);

    (void)state;
    for (uint32_t captured = 22; captured <= bytes.length; captured++) {
        struct packet_error error;
        struct ip_packet packet;

        ip_packet_decode(&packet, bytes.at, captured, bytes.length);
        assert_true(packet_error_find(&error, &packet, &(struct packet_error_context){0}));
        assert_int_equal(error.mtu, captured >= 28 ? 1400 : 0);
    }
}

/* The socket of what GRE carries beside IP is not known, nor that behind a cut header of GRE. */
static void test_no_socket_inside_gre(void **state)
{
    static const struct {
        const char *name;
        uint8_t gre[16];
        uint32_t length;
    } rows[] = {
        {"half a header", {0, 0, 8}, 3},
        {"PPTP", {0x30, 1, 0x88, 0x0B, 0, 0, 0, 7}, 16},
        {"Ethernet", {0, 0, 0x65, 0x58}, 16},
        {"cut in front of the key", {0x20, 0, 8, 0}, 4},
        {"cut behind the checksum", {0xB0, 0, 8, 0}, 8},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct bytes quote = quoted(4, 47, rows[i].gre, rows[i].length);
        struct packet_error error;

        row_true(rows[i].name, find_icmp(&error, 4, 3, 1, 0, &quote));
        row_true(rows[i].name, !error.socket.known);
    }
}

/* Whose segment a message is about, and what it does to the sockets it may be for. */
static void test_quotes(void **state)
{
    enum { SYN = 0x02 };
    static const struct {
        const char *name;
        int version;
        uint8_t type, code;
        uint8_t errno_value;
        bool ends_connecting;
        bool ends_request;
    } rows[] = {
        {"network", 4, 3, 0, ENETUNREACH, true, true},
        {"host", 4, 3, 1, EHOSTUNREACH, true, true},
        {"port", 4, 3, 3, ECONNREFUSED, true, false},
        {"too big", 4, 3, 4, EMSGSIZE, false, false},
        {"expired", 4, 11, 0, EHOSTUNREACH, true, true},
        {"parameter", 4, 12, 0, EPROTO, true, true},
        {"quench", 4, 4, 0, 0, false, false},
        {"v6 no route", 6, 1, 0, ENETUNREACH, true, false},
        {"v6 port", 6, 1, 4, ECONNREFUSED, true, true},
        {"v6 too big", 6, 2, 0, EMSGSIZE, false, false},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct bytes quote = segment(rows[i].version, SYN, 0x01020304);
        const struct bytes bytes = icmp(rows[i].version, rows[i].type, rows[i].code, 1400, &quote);
        struct packet_error_socket socket;
        struct tcp_quote read;
        struct ip_packet packet;

        ip_packet_decode(&packet, bytes.at, bytes.length, bytes.length);
        row_true(rows[i].name, packet_error_read_quote(&socket, &read, &packet));
        row_equal(rows[i].name, read.sequence, 0x01020304);
        row_equal(rows[i].name, read.errno_value, rows[i].errno_value);
        row_equal(rows[i].name, read.ends_connecting, rows[i].ends_connecting);
        row_equal(rows[i].name, read.ends_request, rows[i].ends_request);
        row_equal(rows[i].name, socket.local_port, 4000);
        row_equal(rows[i].name, socket.remote_port, 9);
    }
}

static bool has_quote(const struct bytes *bytes)
{
    struct packet_error_socket socket;
    struct tcp_quote quote;
    struct ip_packet packet;

    ip_packet_decode(&packet, bytes->at, bytes->length, bytes->length);
    return packet_error_read_quote(&socket, &quote, &packet);
}

static void test_no_quotes(void **state)
{
    const struct bytes udp = quoted(4, 17, datagram, sizeof datagram);
    const struct bytes syn = segment(4, 0x02, 1);
    struct bytes bytes = icmp(4, 3, 1, 0, &syn);

    (void)state;
    assert_true(has_quote(&bytes));
    assert_false(has_quote(&syn)); /* no ICMP message */
    set_u16(bytes.at + 6, 1);      /* not its beginning */
    assert_false(has_quote(&bytes));
    bytes = icmp(4, 3, 1, 0, &syn);
    bytes.at[0] = 0x44; /* a header of 16 bytes */
    assert_false(has_quote(&bytes));
    bytes = icmp(4, 8, 0, 0, &syn); /* a question */
    assert_false(has_quote(&bytes));
    bytes = icmp(4, 3, 1, 0, &udp);
    assert_false(has_quote(&bytes));
    bytes = icmp(4, 3, 1, 0, &(struct bytes){.length = 0});
    assert_false(has_quote(&bytes));
}

/* An ICMP error from `source`, the last byte of its address, to ...1 about a datagram to ...2. */
static struct bytes icmp_from(int version, uint8_t type, uint8_t code, uint8_t source)
{
    const struct bytes quote = quoted(version, 17, datagram, sizeof datagram);
    struct bytes bytes = icmp(version, type, code, 0, &quote);
    const uint32_t header = version == 4 ? 20 : 40;

    bytes.at[header == 20 ? 15 : 23] = source;
    bytes.at[header == 20 ? 19 : 39] = 1;
    set_u16(bytes.at + header + 2, 0);
    set_u16(bytes.at + header + 2,
            ~sum(bytes.at + header, bytes.length - header,
                 version == 6 ? sum(bytes.at + 8, 32, bytes.length - header + 58) : 0));
    return bytes;
}

static void test_reporters_and_causes(void **state)
{
    enum { OWN = 1, TARGET = 2, OTHER = 9 };
    static const struct {
        const char *name;
        int version;
        uint8_t type, code, source;
        struct packet_error_context context;
        enum packet_error_reporter reporter;
        enum packet_error_cause cause;
    } rows[] = {
        {"port, target",
         4,
         3,
         3,
         TARGET,
         {.traceroute = false},
         PACKET_ERROR_REPORTER_TARGET,
         PACKET_ERROR_CAUSE_UNKNOWN},
        {"port, target that captures",
         4,
         3,
         3,
         TARGET,
         {.outgoing = NETWORK_YES},
         PACKET_ERROR_REPORTER_TARGET,
         PACKET_ERROR_CAUSE_UNKNOWN},
        {"port, router",
         4,
         3,
         3,
         OTHER,
         {.traceroute = false},
         PACKET_ERROR_REPORTER_ROUTER,
         PACKET_ERROR_CAUSE_REFUSED_ON_THE_WAY},
        {"port, received",
         4,
         3,
         3,
         OTHER,
         {.outgoing = NETWORK_NO},
         PACKET_ERROR_REPORTER_ROUTER,
         PACKET_ERROR_CAUSE_REFUSED_ON_THE_WAY},
        {"port, router that captures",
         4,
         3,
         3,
         OTHER,
         {.outgoing = NETWORK_YES},
         PACKET_ERROR_REPORTER_CAPTURING_HOST,
         PACKET_ERROR_CAUSE_REFUSED_HERE},
        {"port, own firewall",
         4,
         3,
         3,
         OWN,
         {.loopback = NETWORK_YES},
         PACKET_ERROR_REPORTER_CAPTURING_HOST,
         PACKET_ERROR_CAUSE_REFUSED_HERE},
        {"protocol, router",
         4,
         3,
         2,
         OTHER,
         {.traceroute = false},
         PACKET_ERROR_REPORTER_ROUTER,
         PACKET_ERROR_CAUSE_REFUSED_ON_THE_WAY},
        {"host, router",
         4,
         3,
         1,
         OTHER,
         {.traceroute = false},
         PACKET_ERROR_REPORTER_ROUTER,
         PACKET_ERROR_CAUSE_UNKNOWN},
        {"no neighbour",
         4,
         3,
         1,
         OWN,
         {.loopback = NETWORK_YES},
         PACKET_ERROR_REPORTER_NEIGHBOUR_TABLE,
         PACKET_ERROR_CAUSE_NO_NEIGHBOUR},
        {"host, from itself, no loopback",
         4,
         3,
         1,
         OWN,
         {.loopback = NETWORK_NO},
         PACKET_ERROR_REPORTER_ROUTER,
         PACKET_ERROR_CAUSE_UNKNOWN},
        {"network, from itself",
         4,
         3,
         0,
         OWN,
         {.loopback = NETWORK_YES},
         PACKET_ERROR_REPORTER_CAPTURING_HOST,
         PACKET_ERROR_CAUSE_UNKNOWN},
        {"prohibited",
         4,
         3,
         13,
         OTHER,
         {.traceroute = false},
         PACKET_ERROR_REPORTER_ROUTER,
         PACKET_ERROR_CAUSE_PROHIBITED},
        {"prohibited by the target",
         4,
         3,
         10,
         TARGET,
         {.traceroute = false},
         PACKET_ERROR_REPORTER_TARGET,
         PACKET_ERROR_CAUSE_PROHIBITED},
        {"network prohibited",
         4,
         3,
         9,
         OTHER,
         {.traceroute = false},
         PACKET_ERROR_REPORTER_ROUTER,
         PACKET_ERROR_CAUSE_PROHIBITED},
        {"expired",
         4,
         11,
         0,
         OTHER,
         {.traceroute = false},
         PACKET_ERROR_REPORTER_ROUTER,
         PACKET_ERROR_CAUSE_UNKNOWN},
        {"traceroute",
         4,
         11,
         0,
         OTHER,
         {.traceroute = true},
         PACKET_ERROR_REPORTER_ROUTER,
         PACKET_ERROR_CAUSE_TRACEROUTE},
        {"end of a traceroute",
         4,
         3,
         3,
         TARGET,
         {.traceroute = true},
         PACKET_ERROR_REPORTER_TARGET,
         PACKET_ERROR_CAUSE_UNKNOWN},
        {"port, router 6",
         6,
         1,
         4,
         OTHER,
         {.traceroute = false},
         PACKET_ERROR_REPORTER_ROUTER,
         PACKET_ERROR_CAUSE_REFUSED_ON_THE_WAY},
        {"port, target 6",
         6,
         1,
         4,
         TARGET,
         {.traceroute = false},
         PACKET_ERROR_REPORTER_TARGET,
         PACKET_ERROR_CAUSE_UNKNOWN},
        {"no neighbour 6",
         6,
         1,
         3,
         OWN,
         {.loopback = NETWORK_YES},
         PACKET_ERROR_REPORTER_NEIGHBOUR_TABLE,
         PACKET_ERROR_CAUSE_NO_NEIGHBOUR},
        {"prohibited 6",
         6,
         1,
         1,
         OTHER,
         {.traceroute = false},
         PACKET_ERROR_REPORTER_ROUTER,
         PACKET_ERROR_CAUSE_PROHIBITED},
        {"policy 6",
         6,
         1,
         5,
         OTHER,
         {.traceroute = false},
         PACKET_ERROR_REPORTER_ROUTER,
         PACKET_ERROR_CAUSE_PROHIBITED},
        {"reject 6",
         6,
         1,
         6,
         OTHER,
         {.traceroute = false},
         PACKET_ERROR_REPORTER_ROUTER,
         PACKET_ERROR_CAUSE_PROHIBITED},
        {"traceroute 6",
         6,
         3,
         0,
         OTHER,
         {.traceroute = true},
         PACKET_ERROR_REPORTER_ROUTER,
         PACKET_ERROR_CAUSE_TRACEROUTE},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct bytes bytes =
            icmp_from(rows[i].version, rows[i].type, rows[i].code, rows[i].source);
        struct packet_error error;
        struct ip_packet packet;

        ip_packet_decode(&packet, bytes.at, bytes.length, bytes.length);
        row_true(rows[i].name, packet_error_find(&error, &packet, &rows[i].context));
        row_true(rows[i].name, !error.ignored);
        row_equal(rows[i].name, error.reporter, rows[i].reporter);
        row_equal(rows[i].name, error.cause, rows[i].cause);
        row_equal(rows[i].name, error.reporter_version, rows[i].version);
    }
}

/* Of a socket that is not known nobody can be the target, and nobody acts in its place. */
static void test_reporter_of_an_unknown_socket(void **state)
{
    struct bytes bytes = icmp_from(4, 3, 3, 2);
    struct packet_error error;
    struct ip_packet packet;

    (void)state;
    ip_packet_decode(&packet, bytes.at, bytes.length - 1, bytes.length);
    assert_true(packet_error_find(&error, &packet, &(struct packet_error_context){0}));
    assert_false(error.socket.known);
    assert_int_equal(error.reporter, PACKET_ERROR_REPORTER_ROUTER);
    assert_int_equal(error.cause, PACKET_ERROR_CAUSE_UNKNOWN);
}

/* The target of a datagram inside a tunnel may have another version than the reporter. */
static void test_reporter_of_another_version(void **state)
{
    const struct bytes inner = quoted(6, 17, datagram, sizeof datagram);
    const struct bytes tunnelled = quoted(4, 41, inner.at, inner.length);
    struct packet_error error;

    (void)state;
    assert_true(find_icmp(&error, 4, 3, 3, 0, &tunnelled));
    assert_int_equal(error.socket.version, 6);
    assert_int_equal(error.reporter, PACKET_ERROR_REPORTER_ROUTER);
}

static void test_signs_of_a_reset(void **state)
{
    const struct packet_error_context context = {
        .connection.situation = SITUATION_ESTABLISHED,
        .signs = {.idle = 5000, .time_to_live = 58, .lacks_beginning = true},
    };
    const struct bytes bytes = segment(4, 0x04, 5);
    struct packet_error error;
    struct ip_packet packet;

    (void)state;
    ip_packet_decode(&packet, bytes.at, bytes.length, bytes.length);
    assert_true(packet_error_find(&error, &packet, &context));
    assert_int_equal(error.cause, PACKET_ERROR_CAUSE_RESET);
    assert_int_equal(error.reporter, PACKET_ERROR_REPORTER_TARGET);
    assert_int_equal(error.time_to_live, 64);
    assert_int_equal(error.signs.idle, 5000);
    assert_int_equal(error.signs.time_to_live, 58);
    assert_true(error.signs.lacks_beginning);
}

/* The loopback interface carries the reset that refuses a SYN, but not the SYN. */
static void test_resets_of_the_own_firewall(void **state)
{
    static const struct {
        const char *name;
        enum network_known loopback;
        enum connection_situation situation;
        uint8_t flags; /* a reset with ACK and sequence number 0 refuses a SYN */
        enum packet_error_reporter reporter;
        enum packet_error_cause cause;
    } rows[] = {
        {"loopback", NETWORK_YES, SITUATION_UNKNOWN, 0x14, PACKET_ERROR_REPORTER_CAPTURING_HOST,
         PACKET_ERROR_CAUSE_REFUSED_HERE},
        {"loopback, the SYN was captured", NETWORK_YES, SITUATION_CONNECTING, 0x14,
         PACKET_ERROR_REPORTER_TARGET, PACKET_ERROR_CAUSE_RESET},
        {"loopback, no refusal", NETWORK_YES, SITUATION_UNKNOWN, 0x04, PACKET_ERROR_REPORTER_TARGET,
         PACKET_ERROR_CAUSE_RESET},
        {"another interface", NETWORK_NO, SITUATION_UNKNOWN, 0x14, PACKET_ERROR_REPORTER_TARGET,
         PACKET_ERROR_CAUSE_RESET},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct packet_error_context context = {
            .connection.situation = rows[i].situation,
            .loopback = rows[i].loopback,
        };
        const struct bytes bytes = segment(4, rows[i].flags, 0);
        struct packet_error error;
        struct ip_packet packet;

        ip_packet_decode(&packet, bytes.at, bytes.length, bytes.length);
        row_true(rows[i].name, packet_error_find(&error, &packet, &context));
        row_equal(rows[i].name, error.reporter, rows[i].reporter);
        row_equal(rows[i].name, error.cause, rows[i].cause);
    }
}

static void test_nobody_reports_a_timeout(void **state)
{
    const struct bytes bytes = segment(4, 0x02, 5);
    struct packet_error error;

    (void)state;
    assert_true(find(&error, &bytes, SITUATION_UNANSWERED));
    assert_int_equal(error.reporter, PACKET_ERROR_REPORTER_NONE);
    assert_null(error.reporter_address);
    assert_int_equal(error.cause, PACKET_ERROR_CAUSE_UNKNOWN);
}

/* Only ICMP, TCP and SCTP carry errors. */
static void test_other_protocols(void **state)
{
    const struct bytes bytes = quoted(4, 17, datagram, sizeof datagram);
    struct packet_error error;

    (void)state;
    assert_false(find(&error, &bytes, SITUATION_ESTABLISHED));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_about_udp),
        cmocka_unit_test(test_who_is_told_of_the_path_mtu),
        cmocka_unit_test(test_messages_without_an_error),
        cmocka_unit_test(test_socket_is_the_quoted_sender),
        cmocka_unit_test(test_quote_too_short),
        cmocka_unit_test(test_quoted_length_does_not_matter),
        cmocka_unit_test(test_quoted_later_fragment),
        cmocka_unit_test(test_quote_of_another_version),
        cmocka_unit_test(test_socket_behind_extension_headers),
        cmocka_unit_test(test_socket_inside_a_tunnel),
        cmocka_unit_test(test_mtu),
        cmocka_unit_test(test_messages_about_tcp),
        cmocka_unit_test(test_wrong_checksums),
        cmocka_unit_test(test_wrong_checksum_of_an_unanswered_syn),
        cmocka_unit_test(test_told_names_the_system),
        cmocka_unit_test(test_told_of_resets_names_the_system),
        cmocka_unit_test(test_a_socket_fails_once),
        cmocka_unit_test(test_snapshot_length),
        cmocka_unit_test(test_resets),
        cmocka_unit_test(test_unanswered_syn),
        cmocka_unit_test(test_end_of_stream),
        cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_timeout_after_an_error),
        cmocka_unit_test(test_carrier_discarded),
        cmocka_unit_test(test_connecting_with_an_ack),
        cmocka_unit_test(test_sctp_abort),
        cmocka_unit_test(test_cut_off_message),
        cmocka_unit_test(test_cut_off_mtu),
        cmocka_unit_test(test_no_socket_inside_gre),
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_no_quotes),
        cmocka_unit_test(test_reporters_and_causes),
        cmocka_unit_test(test_reporter_of_an_unknown_socket),
        cmocka_unit_test(test_reporter_of_another_version),
        cmocka_unit_test(test_signs_of_a_reset),
        cmocka_unit_test(test_resets_of_the_own_firewall),
        cmocka_unit_test(test_nobody_reports_a_timeout),
        cmocka_unit_test(test_other_protocols),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
