/*
 * The mapping from packets to socket errors. Errors are those of Linux; the Winsock codes are those
 * of the same name, except where Windows is known to report another.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "packet_error.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "bytes.h"
#include "icmp_error.h"
#include "icmp_message.h"
#include "icmp_quote.h"
#include "ip_checksum.h"
#include "sctp_association.h"
#include "socket_error.h"
#include "tcp_segment.h"
#include "tcp_verdict.h"

/* Why no application gets the error, by situation; NULL: one does. */
static const char *const ignored_texts[] = {
    [SITUATION_HALF_OPEN] = "the connection was not accepted yet",
    [SITUATION_TIME_WAIT] = "the receiver had closed the connection, and the sender, too",
    [SITUATION_DEAD] = "the connection was reset or refused before",
    [SITUATION_NO_ACK] = "a SYN is only refused by a reset with the ACK flag",
    [SITUATION_WRONG_ACK] = "the reset acknowledges what was not sent, so it is discarded",
    [SITUATION_WRONG_ECHO] = "the reset echoes a timestamp that was not sent, so it is discarded",
    [SITUATION_BELOW_WINDOW] =
        "outside the receiver's window: its sequence number was received before",
    [SITUATION_IN_WINDOW] = "not the sequence number that the receiver expects: it answers with a "
                            "challenge ACK (RFC 5961)",
    [SITUATION_ABOVE_WINDOW] = "outside the receiver's window: its sequence number is above it",
    [SITUATION_NOT_SENT] = "the quoted sequence number is none that was sent, so it is discarded",
    [SITUATION_ACKNOWLEDGED] = "the quoted bytes were acknowledged before, so it is discarded",
    [SITUATION_WRONG_TAG] = "the verification tag is not that of the association",
    [SITUATION_FIRST_FIN] = NULL,
};

/* Which socket gets the error, and how. */
static const char to_connect_icmp[] = "Linux: connect() fails with it";
static const char to_next_call_icmp[] = "Linux: the next call on the socket";
static const char to_connect_reset[] = "Linux and Windows: connect() fails with it";
static const char to_established[] =
    "Linux: the connection lives on; SO_ERROR shows it, a call fails once with IP_RECVERR, and a "
    "later timeout is reported as it";
static const char to_tcp[] = "Linux: connect() fails with it; an established connection lives on";
static const char to_connected[] =
    "Linux: a connected socket at its next call; an unconnected one only with IP_RECVERR";
static const char to_refused[] =
    "Linux: a connected socket at its next call; an unconnected one only with IP_RECVERR; Windows: "
    "the next recvfrom() fails with 10054, of an unconnected socket, too, unless SIO_UDP_CONNRESET "
    "turns that off";
static const char to_queue[] = "Linux: only a socket that asked for the error queue (IP_RECVERR)";
static const char to_expired[] =
    "Linux: only a socket that asked for the error queue (IP_RECVERR); Windows: the next "
    "recvfrom() fails with 10052, of an unconnected socket, too, unless SIO_UDP_NETRESET turns "
    "that off";
static const char to_unseen[] =
    "the socket that the quoted packet names, of which the capture has too little";
static const char to_next_call[] = "Linux and Windows: the next call on the socket";
static const char to_unanswered[] =
    "Linux and Windows: connect() fails with it, unless an answer comes after all";
static const char to_unacknowledged[] =
    "Linux and Windows: the next call on the socket, once the last repetition has no answer";
static const char to_closed[] =
    "Linux and Windows: both sides had closed: only a program that still holds the socket";
static const char to_send[] =
    "Linux: the next send(), with SIGPIPE unless that is turned off; Windows: the next send() "
    "fails with 10054";
static const char to_receive[] =
    "Linux and Windows: recv() returns 0 when what came before has been read";

static bool is_datagram(uint8_t protocol)
{
    return protocol == IP_PROTOCOL_UDP || protocol == IP_PROTOCOL_UDPLITE;
}

/* winsock: see struct icmp_error. */
static void set_error(struct packet_error *error, int errno_value, int winsock, const char *text)
{
    const struct socket_error *row = socket_error_by_errno(errno_value);

    if (winsock == 0)
        winsock = row->code;
    error->errno_value = errno_value;
    error->errno_name = socket_error_errno_name(row, errno_value);
    error->winsock = winsock == ICMP_ERROR_NOT_ON_WINDOWS ? 0 : winsock;
    error->text = text;
    error->hint = row->hint;
}

/*
 * Identifies the socket that sent a packet, as far as it was captured. Lengths and checksum of a
 * quoted header may have been changed on the way, so only addresses and ports count.
 */
static void name_sender(struct packet_error_socket *socket, const struct ip_packet *packet)
{
    const uint32_t behind = packet->header_length;
    const uint8_t *ports = packet->bytes + behind;

    if (!ip_packet_has(packet, IP_FIELD_PROTOCOL) || !ip_packet_has(packet, IP_FIELD_DESTINATION) ||
        packet->extent != IP_HEADER_WHOLE || packet->later_fragment ||
        packet->captured_length < behind || packet->captured_length - behind < ICMP_QUOTED_DATA)
        return;
    socket->known = true;
    socket->version = packet->version;
    socket->protocol = packet->protocol;
    socket->local = packet->bytes + packet->source_offset;
    socket->remote = packet->bytes + packet->destination_offset;
    socket->has_ports = ip_protocol_has_ports(packet->protocol);
    if (!socket->has_ports)
        return;
    socket->local_port = bytes_u16(ports);
    socket->remote_port = bytes_u16(ports + 2);
}

/* The situation by the quoted flags, when the capture shows nothing else of the connection. */
static enum connection_situation situation_by_flags(uint8_t flags)
{
    if ((flags & (TCP_FLAG_SYN | TCP_FLAG_ACK)) == (TCP_FLAG_SYN | TCP_FLAG_ACK))
        return SITUATION_HALF_OPEN;
    if (flags & TCP_FLAG_SYN)
        return SITUATION_CONNECTING;
    return flags != 0 ? SITUATION_ESTABLISHED : SITUATION_UNKNOWN;
}

/* A TCP socket that is connecting gives up with any error, a connected one with none. */
static void report_to_tcp(struct packet_error *error, const struct ip_packet *quote,
                          const struct connection_verdict *connection)
{
    const uint8_t flags = icmp_quote_tcp_flags(quote);
    enum connection_situation situation = connection->situation;

    if (situation == SITUATION_UNKNOWN)
        situation = situation_by_flags(flags);
    error->likely = connection->likely;
    error->ignored = ignored_texts[situation];
    if (!error->ignored && error->errno_value == EMSGSIZE)
        error->ignored = "path MTU discovery sends the data again in smaller segments";
    if (situation == SITUATION_CONNECTING) {
        error->fatal = true;
        error->reported_to = flags & TCP_FLAG_ACK ? to_next_call_icmp : to_connect_icmp;
    } else if (situation == SITUATION_ESTABLISHED) {
        error->fatal = false;
        error->reported_to = to_established;
    } else {
        error->reported_to = to_tcp;
    }
}

/* Whether a connected socket gets the path MTU: with IPv6 Linux reports it to UDP only. */
static bool gets_mtu(const struct packet_error_socket *socket)
{
    return socket->version == 4 || is_datagram(socket->protocol);
}

/* Windows reports a reset when the port is unreachable, also to unconnected sockets. */
static void report_to_datagram(struct packet_error *error)
{
    const bool connected =
        error->fatal || (error->errno_value == EMSGSIZE && gets_mtu(&error->socket));

    if (is_datagram(error->socket.protocol) && error->errno_value == ECONNREFUSED) {
        error->winsock = WSAECONNRESET;
        error->reported_to = to_refused;
    } else if (is_datagram(error->socket.protocol) && error->winsock == WSAENETRESET) {
        error->reported_to = to_expired;
    } else {
        error->reported_to = connected ? to_connected : to_queue;
    }
}

/* Linux: icmp_socket_deliver() and icmpv6_notify() need 8 bytes behind the quoted header. */
static void report_to_unknown(struct packet_error *error, const struct ip_packet *packet)
{
    const uint32_t header = packet->version == 4 ? IPV4_HEADER_MIN : IPV6_HEADER_LENGTH;

    error->likely = packet->payload_captured < packet->payload_length &&
                    packet->payload_length >= ICMP_HEADER_LENGTH + header + ICMP_QUOTED_DATA;
    if (error->likely)
        error->reported_to = to_unseen;
    else
        error->ignored = "too little of the quoted packet is there to name a socket";
}

static void report(struct packet_error *error, const struct ip_packet *quote,
                   const struct connection_verdict *connection)
{
    if (error->socket.protocol == IP_PROTOCOL_TCP)
        report_to_tcp(error, quote, connection);
    else
        report_to_datagram(error);
}

/* The row of the message in a decoded ICMP packet, or NULL. */
static const struct icmp_error *row_of(const struct ip_packet *packet)
{
    const uint8_t *message = packet->bytes + packet->payload_offset;

    if (packet->payload_length < ICMP_HEADER_LENGTH || packet->payload_captured <= ICMP_CODE_FIELD)
        return NULL;
    return icmp_error_of(packet->version, message[ICMP_TYPE_FIELD], message[ICMP_CODE_FIELD]);
}

static bool find_icmp(struct packet_error *error, const struct ip_packet *packet,
                      const struct connection_verdict *connection)
{
    const struct icmp_error *row = row_of(packet);
    struct ip_packet quote;

    if (!row)
        return false;
    error->offset = packet->payload_offset;
    error->length = ICMP_CODE_FIELD + 1;
    if (row->errno_value == 0) {
        error->ignored = row->text;
        return true;
    }
    set_error(error, row->errno_value, row->winsock, row->text);
    if (row->hint)
        error->hint = row->hint;
    error->fatal = row->fatal;
    if (row->errno_value == EMSGSIZE)
        error->mtu = icmp_quote_mtu(packet);
    icmp_quote_decode(&quote, packet);
    name_sender(&error->socket, &quote);
    if (error->socket.known)
        report(error, &quote, connection);
    else
        report_to_unknown(error, packet);
    return true;
}

/* Whether an error removes a half-open request: Linux, tcp_req_err(). */
static bool ends_request(const struct icmp_error *row, uint8_t code)
{
    if (row->version == 6)
        return row->fatal;
    return row->type != ICMP_TYPE_UNREACHABLE || code <= ICMP_CODE_HOST_UNREACHABLE;
}

static bool is_icmp(const struct ip_packet *packet)
{
    return packet->protocol == (packet->version == 4 ? IP_PROTOCOL_ICMP : IP_PROTOCOL_ICMPV6);
}

static bool has_message(const struct ip_packet *packet)
{
    return ip_packet_has(packet, IP_FIELD_PAYLOAD) && !packet->later_fragment &&
           packet->extent == IP_HEADER_WHOLE;
}

bool packet_error_read_quote(struct packet_error_socket *socket, struct tcp_quote *quote,
                             const struct ip_packet *packet)
{
    const struct icmp_error *row = NULL;
    struct ip_packet quoted;

    if (is_icmp(packet) && has_message(packet))
        row = row_of(packet);
    if (!row)
        return false;
    icmp_quote_decode(&quoted, packet);
    *socket = (struct packet_error_socket){0};
    name_sender(socket, &quoted);
    if (!socket->known || socket->protocol != IP_PROTOCOL_TCP)
        return false;
    *quote = (struct tcp_quote){
        .sequence = bytes_u32(quoted.bytes + quoted.header_length + TCP_SEQUENCE_FIELD),
        .errno_value = (uint8_t)row->errno_value,
        .ends_connecting = row->errno_value != 0 && row->errno_value != EMSGSIZE,
        .ends_request = row->errno_value != 0 &&
                        ends_request(row, packet->bytes[packet->payload_offset + ICMP_CODE_FIELD]),
    };
    return true;
}

/* The receiver's socket; a segment's sender is its remote side. */
static void name_receiver(struct packet_error_socket *socket, const struct ip_packet *packet)
{
    *socket = (struct packet_error_socket){
        .known = true,
        .has_ports = true,
        .version = packet->version,
        .protocol = packet->protocol,
        .local = packet->bytes + packet->destination_offset,
        .remote = packet->bytes + packet->source_offset,
        .local_port = packet->destination_port,
        .remote_port = packet->source_port,
    };
}

static void find_reset(struct packet_error *error, const struct ip_packet *packet, uint8_t flags,
                       const struct connection_verdict *connection)
{
    const uint8_t *segment = packet->bytes + packet->payload_offset;
    enum connection_situation situation = connection->situation;

    if (situation == SITUATION_UNKNOWN)
        situation = tcp_lone_reset_situation(flags, bytes_u32(segment + TCP_SEQUENCE_FIELD));
    name_receiver(&error->socket, packet);
    error->fatal = true;
    error->likely = connection->likely;
    error->ignored = ignored_texts[situation];
    error->reported_to = to_next_call;
    if (situation == SITUATION_CONNECTING) {
        set_error(error, ECONNREFUSED, 0, "connection refused");
        error->reported_to = to_connect_reset;
    } else if (situation == SITUATION_PEER_CLOSED) {
        set_error(error, EPIPE, WSAECONNRESET, "data sent to a side that had closed");
        error->reported_to = to_send;
        error->hint = "Stop sending when recv() returns 0, unless the other side only shut down "
                      "its sending direction.";
    } else {
        set_error(error, ECONNRESET, 0, "connection reset by the other side");
        if (situation == SITUATION_BOTH_CLOSED)
            error->reported_to = to_closed;
    }
}

/*
 * Whether the capturing host itself refused a SYN: the loopback interface carries the reset, but
 * did not carry the SYN. Its firewall sends resets in the target's name.
 */
static bool is_own_reset(const struct packet_error *error, const struct ip_packet *packet,
                         const struct packet_error_context *context)
{
    return context->loopback == NETWORK_YES && packet->protocol == IP_PROTOCOL_TCP &&
           context->connection.situation == SITUATION_UNKNOWN && error->errno_value == ECONNREFUSED;
}

/* A host that is not the target of the socket's packets is a router, or captures them. */
static enum packet_error_reporter reporter_of(const struct packet_error *error,
                                              const struct ip_packet *packet,
                                              const struct packet_error_context *context)
{
    const struct packet_error_socket *socket = &error->socket;

    if (is_own_reset(error, packet, context))
        return PACKET_ERROR_REPORTER_CAPTURING_HOST;
    if (context->loopback == NETWORK_YES && is_icmp(packet) && icmp_error_is_to_itself(packet))
        return PACKET_ERROR_REPORTER_NEIGHBOUR_TABLE;
    if (socket->known && socket->version == packet->version &&
        ip_address_equal(packet->version, packet->bytes + packet->source_offset, socket->remote))
        return PACKET_ERROR_REPORTER_TARGET;
    if (is_icmp(packet) && (context->outgoing == NETWORK_YES || context->loopback == NETWORK_YES))
        return PACKET_ERROR_REPORTER_CAPTURING_HOST;
    return PACKET_ERROR_REPORTER_ROUTER;
}

static enum packet_error_cause cause_of_icmp(const struct packet_error *error,
                                             const struct ip_packet *packet,
                                             const struct packet_error_context *context)
{
    const enum icmp_error_kind kind = row_of(packet)->kind;

    if (error->reporter == PACKET_ERROR_REPORTER_NEIGHBOUR_TABLE)
        return PACKET_ERROR_CAUSE_NO_NEIGHBOUR;
    if (kind == ICMP_ERROR_PROHIBITED)
        return PACKET_ERROR_CAUSE_PROHIBITED;
    if (kind == ICMP_ERROR_EXPIRED && context->traceroute)
        return PACKET_ERROR_CAUSE_TRACEROUTE;
    if (kind != ICMP_ERROR_REFUSED || !error->socket.known ||
        error->reporter == PACKET_ERROR_REPORTER_TARGET)
        return PACKET_ERROR_CAUSE_UNKNOWN;
    return error->reporter == PACKET_ERROR_REPORTER_CAPTURING_HOST
               ? PACKET_ERROR_CAUSE_REFUSED_HERE
               : PACKET_ERROR_CAUSE_REFUSED_ON_THE_WAY;
}

static void name_reporter(struct packet_error *error, const struct ip_packet *packet,
                          const struct packet_error_context *context)
{
    error->reporter_address = packet->bytes + packet->source_offset;
    error->reporter_version = packet->version;
    error->reporter = reporter_of(error, packet, context);
    if (is_icmp(packet)) {
        error->cause = cause_of_icmp(error, packet, context);
    } else if (error->reporter == PACKET_ERROR_REPORTER_CAPTURING_HOST) {
        error->cause = PACKET_ERROR_CAUSE_REFUSED_HERE;
    } else if (tcp_segment_flags(packet) & TCP_FLAG_RST) {
        error->cause = PACKET_ERROR_CAUSE_RESET;
        error->signs = context->signs;
        error->time_to_live = packet->time_to_live;
    }
}

/*
 * Segments without an answer are an error of the side that sent them. Linux reports the ICMP error
 * that was received meanwhile, if any (sk_err_soft).
 */
static void find_timeout(struct packet_error *error, const struct ip_packet *packet,
                         const struct connection_verdict *connection, const char *text,
                         const char *reported_to)
{
    const bool has_errno = icmp_error_maps_to(connection->errno_value);
    struct packet_error_socket receiver;

    name_receiver(&receiver, packet);
    error->socket = receiver;
    error->socket.local = receiver.remote;
    error->socket.local_port = receiver.remote_port;
    error->socket.remote = receiver.local;
    error->socket.remote_port = receiver.local_port;
    set_error(error, has_errno ? connection->errno_value : ETIMEDOUT, WSAETIMEDOUT, text);
    error->fatal = true;
    error->likely = true;
    error->reported_to = reported_to;
}

static bool find_tcp(struct packet_error *error, const struct ip_packet *packet,
                     const struct connection_verdict *connection)
{
    const uint8_t flags = tcp_segment_flags(packet);

    if (packet->payload_captured <= TCP_FLAGS_FIELD)
        return false;
    error->offset = packet->payload_offset + TCP_FLAGS_FIELD;
    error->length = 1;
    if (flags & TCP_FLAG_RST) {
        find_reset(error, packet, flags, connection);
    } else if (connection->situation == SITUATION_UNANSWERED) {
        find_timeout(error, packet, connection, "no answer to the SYN", to_unanswered);
    } else if (connection->situation == SITUATION_UNACKNOWLEDGED) {
        find_timeout(error, packet, connection, "no answer to data or keep-alives",
                     to_unacknowledged);
    } else if ((flags & TCP_FLAG_FIN) && connection->situation == SITUATION_FIRST_FIN) {
        name_receiver(&error->socket, packet);
        error->winsock = WSAEDISCON;
        error->text = "end of the stream";
        error->reported_to = to_receive;
        error->hint = socket_error_by_code(WSAEDISCON)->hint;
    } else {
        return false;
    }
    return true;
}

/* An ABORT: RFC 9260 section 9.1. */
static bool find_sctp(struct packet_error *error, const struct ip_packet *packet,
                      const struct connection_verdict *association)
{
    const uint32_t offset = sctp_abort_offset(packet);

    if (offset == 0)
        return false;
    error->offset = packet->payload_offset + offset;
    error->length = 1;
    name_receiver(&error->socket, packet);
    error->fatal = true;
    error->likely = true; /* from the source of Linux, without tests */
    error->ignored = ignored_texts[association->situation];
    if (association->situation == SITUATION_CONNECTING) {
        set_error(error, ECONNREFUSED, 0, "association refused");
        error->reported_to = to_connect_reset;
    } else {
        set_error(error, ECONNRESET, 0, "association aborted by the other side");
        error->reported_to = to_next_call;
    }
    return true;
}

static bool has_bad_header_checksum(const struct ip_packet *packet,
                                    const struct packet_error_context *context)
{
    return packet->version == 4 &&
           ip_checksum_header(packet, context->header_checksum_due) == IP_CHECKSUM_BAD;
}

/* A packet with a wrong checksum is discarded, unless the network card was to complete it. */
static void check_checksums(struct packet_error *error, const struct ip_packet *packet,
                            const struct packet_error_context *context)
{
    if (context->carrier_discarded)
        error->ignored = "the packet of the tunnel around it is discarded";
    else if (has_bad_header_checksum(packet, context))
        error->ignored = "the header checksum is wrong, so the packet is discarded";
    else if (ip_checksum_message(packet) != IP_CHECKSUM_BAD)
        return;
    else if (context->sums_left_to_card)
        error->likely = true;
    else
        error->ignored = "the checksum of the message is wrong, so it is discarded";
}

static bool find_by_protocol(struct packet_error *error, const struct ip_packet *packet,
                             const struct connection_verdict *connection)
{
    if (is_icmp(packet))
        return find_icmp(error, packet, connection);
    if (packet->protocol == IP_PROTOCOL_TCP)
        return find_tcp(error, packet, connection);
    return find_sctp(error, packet, connection);
}

bool packet_error_find(struct packet_error *error, const struct ip_packet *packet,
                       const struct packet_error_context *context)
{
    const enum connection_situation situation = context->connection.situation;

    if (!is_icmp(packet) && packet->protocol != IP_PROTOCOL_TCP &&
        packet->protocol != IP_PROTOCOL_SCTP)
        return false;
    if (!has_message(packet))
        return false;
    memset(error, 0, sizeof *error);
    if (!find_by_protocol(error, packet, &context->connection))
        return false;
    /* A segment without an answer is its sender's error, also when it was discarded. */
    if (situation == SITUATION_UNANSWERED || situation == SITUATION_UNACKNOWLEDGED)
        return true;
    name_reporter(error, packet, context);
    check_checksums(error, packet, context);
    return true;
}
