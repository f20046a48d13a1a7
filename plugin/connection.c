/*
 * What the packets of a frame change in their connections, and the verdicts on them. How a packet
 * changes a connection is up to tcp_connection and sctp_association of common.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "connection.h"

#include "bytes.h"
#include "connection_life.h"
#include "connection_table.h"
#include "error_facts.h"
#include "frame_context.h"
#include "icmp_quote.h"
#include "probes.h"
#include "sctp_association.h"
#include "sender.h"
#include "sent_packets.h"
#include "tcp_connection.h"
#include "timeout_watch.h"

static bool report_end_of_stream;

void connection_register(void)
{
    connection_table_register();
}

void connection_report_end_of_stream(bool report)
{
    report_end_of_stream = report;
}

static struct ends ends_of(const packet_info *pinfo, const struct header_place *place)
{
    const struct ip_packet *packet = &place->packet;

    return (struct ends){
        .addresses = {packet->bytes + packet->source_offset,
                      packet->bytes + packet->destination_offset},
        .ports = {packet->source_port, packet->destination_port},
        .vlan = (uint16_t)pinfo->vlan_id,
        .protocol = packet->protocol,
        .size = (uint8_t)ip_address_length(packet->version),
        .tunnel = place->tunnel,
    };
}

/* Keeps a verdict when the frame, or for a timeout a later one, is dissected first. */
static struct error_facts *keep_verdict(guint32 frame, unsigned layer,
                                        const struct connection_verdict *verdict)
{
    struct error_facts *facts = error_facts_make(frame, layer);

    facts->has_verdict = true;
    facts->situation = (guint8)verdict->situation;
    facts->likely = verdict->likely;
    facts->errno_value = verdict->errno_value;
    return facts;
}

static void keep_timeout(unsigned layer, const struct tcp_timeout *timeout)
{
    const guint32 failed = sent_packets_are_renumbered() ? 0 : timeout->failed;
    struct error_facts *facts = keep_verdict(timeout->frame, layer, &timeout->verdict);

    if (failed == 0 || failed >= timeout->frame)
        return;
    facts->failed = failed;
    facts->failed_layer = (guint8)layer;
    error_facts_make(failed, layer)->answered_in = timeout->frame;
}

static uint32_t milliseconds(const packet_info *pinfo)
{
    return (uint32_t)pinfo->abs_ts.secs * 1000U + (uint32_t)(pinfo->abs_ts.nsecs / 1000000);
}

/* What the packets of one direction of a connection are kept under. */
static uint32_t conversation_of(const struct connection *connection, unsigned side)
{
    return connection->hash + side;
}

/* The last segment of a side; 0: there is none. */
static guint32 last_frame(const packet_info *pinfo, const struct connection *connection,
                          unsigned side)
{
    struct sent_packet last;

    if (!sent_packets_are_renumbered())
        return tcp_last_frame(&connection->tcp, side);
    return sent_packets_find_segment(&last, pinfo, conversation_of(connection, side), NULL)
               ? last.frame
               : 0;
}

/* Of data that is repeated, the segment that failed is the first one with these bytes. */
static void note_repetition(const packet_info *pinfo, struct connection *connection, unsigned side,
                            const struct tcp_segment *segment)
{
    const struct packet_identity repeated = {.number = segment->sequence};
    struct sent_packet first;

    if (sent_packets_find_segment(&first, pinfo, conversation_of(connection, side), &repeated))
        connection->tcp.sides[side].last_sent = first.frame;
}

static bool begins_repetition(const packet_info *pinfo, const struct tcp_side *side)
{
    return side->retransmissions == 1 && side->last_retransmission == pinfo->num;
}

/* Has the connection take a segment, and those who watch it. */
static struct connection_verdict take(const packet_info *pinfo, unsigned layer,
                                      struct connection *connection, unsigned side,
                                      const struct tcp_segment *segment,
                                      struct tcp_timeout *timeout)
{
    struct timeout_snapshot before;
    struct connection_verdict verdict;

    timeout_watch_before(&before, &connection->tcp);
    verdict = tcp_connection_segment(&connection->tcp, side, segment, pinfo->num,
                                     milliseconds(pinfo), timeout);
    if (timeout->outcome.end != CONNECTION_END_NONE)
        connection_life_replace(&connection->life, pinfo->num, &timeout->outcome);
    timeout_watch_after(&before, &connection->tcp, timeout->frame, layer);
    return verdict;
}

/* A reset, whose receiver's last segment failed. */
static void take_reset(packet_info *pinfo, unsigned layer, struct connection *connection,
                       unsigned side, const struct tcp_segment *segment)
{
    const struct tcp_signs signs = tcp_signs_of_reset(&connection->tcp, side, milliseconds(pinfo));
    struct tcp_timeout timeout;
    const struct connection_verdict verdict =
        take(pinfo, layer, connection, side, segment, &timeout);
    struct error_facts *facts = keep_verdict(pinfo->num, layer, &verdict);

    facts->idle = signs.idle;
    facts->time_to_live = signs.time_to_live;
    facts->lacks_beginning = signs.lacks_beginning;
    facts->failed = last_frame(pinfo, connection, !side);
    facts->failed_layer = (guint8)layer;
}

/*
 * A segment that the receiver's stack accepts. place: of its header; NULL: the only one of the
 * frame. addresses: source and destination in it.
 */
static void take_segment(packet_info *pinfo, const struct header_place *place,
                         const uint8_t *addresses, struct connection *connection, unsigned side,
                         const struct tcp_segment *segment)
{
    const unsigned layer = place ? place->layer : 0;
    struct connection_verdict verdict;
    struct tcp_timeout timeout;

    if (segment->flags & TCP_FLAG_RST) {
        take_reset(pinfo, layer, connection, side, segment);
        return;
    }
    verdict = take(pinfo, layer, connection, side, segment, &timeout);
    if (timeout.frame != 0)
        keep_timeout(layer, &timeout);
    if (report_end_of_stream && verdict.situation == SITUATION_FIRST_FIN)
        keep_verdict(pinfo->num, layer, &verdict);
    if (segment->flags & TCP_FLAG_SYN)
        probes_add(pinfo, place ? place->tunnel : 0,
                   connection->size == IPV4_ADDRESS_LENGTH ? 4 : 6, addresses,
                   segment->time_to_live);
    else if (begins_repetition(pinfo, &connection->tcp.sides[side]))
        note_repetition(pinfo, connection, side, segment);
    sent_packets_add_segment(pinfo, conversation_of(connection, side), layer, segment);
}

static void update_by_segment(packet_info *pinfo, const struct header_place *place)
{
    const struct ends ends = ends_of(pinfo, place);
    struct tcp_segment segment;
    struct connection *connection;
    unsigned side;
    bool is_right;

    if (!tcp_segment_read(&segment, &place->packet))
        return;
    connection = connection_table_get(&ends, &side);
    is_right = (connection->right_sums >> side & 1) != 0;
    if (!sender_update(pinfo, place, &is_right))
        return;
    connection->right_sums |= (uint8_t)(is_right << side);
    take_segment(pinfo, place, ends.addresses[0], connection, side, &segment);
}

static void update_by_sctp(packet_info *pinfo, const struct header_place *place)
{
    const struct ends ends = ends_of(pinfo, place);
    struct connection_verdict verdict;
    struct connection *association;
    unsigned side;

    if (!ip_packet_has(&place->packet, IP_FIELD_DESTINATION_PORT))
        return;
    association = connection_table_get(&ends, &side);
    verdict = sctp_association_packet(&association->sctp, side, &place->packet);
    if (sctp_abort_offset(&place->packet) != 0)
        keep_verdict(pinfo->num, place->layer, &verdict);
}

bool connection_update_plain(packet_info *pinfo, const uint8_t *header, uint32_t captured)
{
    const bool ipv4 = header[0] >> 4 == 4;
    const uint8_t size = ipv4 ? IPV4_ADDRESS_LENGTH : IPV6_ADDRESS_LENGTH;
    const uint8_t *ports = header + (ipv4 ? IPV4_HEADER_MIN : IPV6_HEADER_LENGTH);
    struct connection *connection;
    struct tcp_segment segment;
    struct ends ends;
    unsigned side;

    /* The socket error of a reset is counted, for which the whole packet is decoded. */
    if (!tcp_segment_read_plain(&segment, header, captured) || segment.flags & TCP_FLAG_RST)
        return false;
    ends = (struct ends){
        .addresses = {ports - 2 * (size_t)size, ports - size},
        .ports = {bytes_u16(ports), bytes_u16(ports + 2)},
        .vlan = (uint16_t)pinfo->vlan_id,
        .protocol = IP_PROTOCOL_TCP,
        .size = size,
    };
    connection = connection_table_get(&ends, &side);
    if ((connection->right_sums >> side & 1) == 0) {
        sender_add_right(IP_PROTOCOL_TCP, ends.addresses[0], size);
        connection->right_sums |= (uint8_t)(1U << side);
    }
    take_segment(pinfo, NULL, ends.addresses[0], connection, side, &segment);
    return true;
}

static struct ends ends_of_socket(const packet_info *pinfo, const struct header_place *place,
                                  const struct packet_error_socket *socket)
{
    return (struct ends){
        .addresses = {socket->local, socket->remote},
        .ports = {socket->local_port, socket->remote_port},
        .vlan = (uint16_t)pinfo->vlan_id,
        .protocol = socket->protocol,
        .size = (uint8_t)ip_address_length(socket->version),
        .tunnel = place->tunnel,
    };
}

/* The segment that the error is about, by what it quotes of it, or the SYN that is unanswered. */
static void find_quoted(struct error_facts *facts, packet_info *pinfo,
                        const struct header_place *place, const struct connection *connection,
                        unsigned side)
{
    struct packet_identity quoted;
    struct sent_packet found;
    struct ip_packet quote;

    icmp_quote_decode(&quote, &place->packet);
    if (packet_identity_read(&quoted, &quote) &&
        sent_packets_find_segment(&found, pinfo, conversation_of(connection, side), &quoted)) {
        facts->failed = found.frame;
        facts->failed_layer = found.layer;
        facts->failed_time_to_live = found.time_to_live;
    } else if (facts->situation == SITUATION_CONNECTING) {
        facts->failed = last_frame(pinfo, connection, side);
        facts->failed_layer = (guint8)place->layer;
        facts->failed_time_to_live = connection->tcp.times_to_live[side];
    }
}

/*
 * A SYN that never left the capturing host, which refused it itself, by its firewall or for want of
 * a neighbour: the error, over the loopback, is all that is captured of the connection.
 */
static void add_unsent(packet_info *pinfo, const struct header_place *place,
                       const struct ends *ends, const struct tcp_quote *quote)
{
    const struct tcp_segment syn = {.sequence = quote->sequence, .flags = TCP_FLAG_SYN};
    struct connection *connection;
    struct tcp_timeout timeout;
    struct ip_packet quoted;
    unsigned side;

    icmp_quote_decode(&quoted, &place->packet);
    if (icmp_quote_tcp_flags(&quoted) != TCP_FLAG_SYN ||
        frame_context_of(pinfo, place).loopback != NETWORK_YES)
        return;
    connection = connection_table_get(ends, &side);
    tcp_connection_segment(&connection->tcp, side, &syn, pinfo->num, milliseconds(pinfo), &timeout);
    tcp_connection_error(&connection->tcp, side, quote);
}

/* An ICMP error about a TCP segment is judged by the connection of the segment's sender. */
static void update_by_error(packet_info *pinfo, const struct header_place *place)
{
    struct connection_verdict verdict = {.situation = SITUATION_UNKNOWN, .likely = true};
    struct packet_error_socket socket;
    struct tcp_quote quote;
    struct connection *connection;
    struct error_facts *facts;
    struct ends ends;
    unsigned side;

    if (!packet_error_read_quote(&socket, &quote, &place->packet))
        return;
    ends = ends_of_socket(pinfo, place, &socket);
    connection = connection_table_find(&ends, &side);
    if (connection)
        verdict = tcp_connection_error(&connection->tcp, side, &quote);
    facts = keep_verdict(pinfo->num, place->layer, &verdict);
    if (connection)
        find_quoted(facts, pinfo, place, connection, side);
    else
        add_unsent(pinfo, place, &ends, &quote);
}

void connection_update(packet_info *pinfo, const struct header_place *place)
{
    switch (place->packet.protocol) {
    case IP_PROTOCOL_TCP:
        update_by_segment(pinfo, place);
        break;
    case IP_PROTOCOL_SCTP:
        update_by_sctp(pinfo, place);
        break;
    case IP_PROTOCOL_ICMP:
    case IP_PROTOCOL_ICMPV6:
        update_by_error(pinfo, place);
        break;
    default:
        break;
    }
}

/* A reset is its sender's word, which the connection notes. */
void connection_note_reporter(const packet_info *pinfo, const struct header_place *place,
                              const struct packet_error *error)
{
    struct connection *connection;
    struct ends ends;
    unsigned side;

    if (place->packet.protocol == IP_PROTOCOL_TCP || !error->socket.known ||
        error->socket.protocol != IP_PROTOCOL_TCP)
        return;
    ends = ends_of_socket(pinfo, place, &error->socket);
    connection = connection_table_find(&ends, &side);
    if (connection)
        connection_life_report(&connection->life, error);
}

/* False when the header names no ends of a connection. */
static bool find_ends(struct ends *ends, const packet_info *pinfo, const struct header_place *place)
{
    const uint8_t protocol = place->packet.protocol;
    struct packet_error_socket socket;
    struct tcp_quote quote;

    if (protocol == IP_PROTOCOL_TCP || protocol == IP_PROTOCOL_SCTP) {
        *ends = ends_of(pinfo, place);
        return ip_packet_has(&place->packet, IP_FIELD_DESTINATION_PORT);
    }
    if (!packet_error_read_quote(&socket, &quote, &place->packet))
        return false;
    *ends = ends_of_socket(pinfo, place, &socket);
    return true;
}

bool connection_find(struct connection_view *view, const packet_info *pinfo,
                     const struct header_place *place)
{
    const struct connection *connection;
    struct ends ends;
    unsigned side;

    if (!find_ends(&ends, pinfo, place))
        return false;
    connection = connection_table_find(&ends, &side);
    if (!connection)
        return false;
    *view = (struct connection_view){
        .life = &connection->life,
        .tcp = connection->protocol == IP_PROTOCOL_TCP ? &connection->tcp : NULL,
        .sctp = connection->protocol == IP_PROTOCOL_SCTP ? &connection->sctp : NULL,
        .protocol = connection->protocol,
        .version = connection->size == IPV4_ADDRESS_LENGTH ? 4 : 6,
        .addresses = {connection->addresses, connection->addresses + connection->size},
        .ports = {connection->ports[0], connection->ports[1]},
    };
    return true;
}

/* The connection of a header with a TCP segment other than a reset, or NULL. */
static const struct connection *connection_at(const packet_info *pinfo,
                                              const struct header_place *place, unsigned *side)
{
    const struct ip_packet *packet = &place->packet;
    struct ends ends;

    if (packet->protocol != IP_PROTOCOL_TCP || tcp_segment_flags(packet) & TCP_FLAG_RST ||
        !ip_packet_has(packet, IP_FIELD_DESTINATION_PORT))
        return NULL;
    ends = ends_of(pinfo, place);
    return connection_table_find(&ends, side);
}

/* Whether the frame has the last of unanswered segments, as far as the connection shows by now. */
static struct connection_verdict timeout_of(const packet_info *pinfo,
                                            const struct header_place *place)
{
    const struct connection_verdict nothing = {.situation = SITUATION_UNKNOWN};
    unsigned side;
    const struct connection *connection = connection_at(pinfo, place, &side);

    return connection
               ? tcp_connection_timeout(&connection->tcp, side, pinfo->num, pinfo->fd->visited != 0)
               : nothing;
}

/* The same, NULL also when the numbers that it keeps may be those of other frames. */
static const struct connection *
numbered_connection_at(const packet_info *pinfo, const struct header_place *place, unsigned *side)
{
    return sent_packets_are_renumbered() ? NULL : connection_at(pinfo, place, side);
}

guint32 connection_unanswered(const packet_info *pinfo, const struct header_place *place)
{
    unsigned side;
    const struct connection *connection = numbered_connection_at(pinfo, place, &side);
    const struct tcp_side *own;

    if (!connection)
        return 0;
    own = &connection->tcp.sides[side];
    return own->last_retransmission == pinfo->num && own->last_sent < pinfo->num ? own->last_sent
                                                                                 : 0;
}

guint32 connection_timeout_frame(const packet_info *pinfo, const struct header_place *place)
{
    unsigned side;
    const struct connection *connection = numbered_connection_at(pinfo, place, &side);
    const struct tcp_side *own;

    if (!connection)
        return 0;
    own = &connection->tcp.sides[side];
    if (own->last_sent != pinfo->num || own->last_retransmission <= pinfo->num ||
        tcp_connection_timeout(&connection->tcp, side, own->last_retransmission, true).situation ==
            SITUATION_UNKNOWN)
        return 0;
    return own->last_retransmission;
}

/* What the first pass found out about the header's packet. */
static void add_facts(struct packet_error_context *context, const struct error_facts *facts)
{
    context->connection = (struct connection_verdict){
        .situation = (enum connection_situation)facts->situation,
        .likely = facts->likely,
        .errno_value = facts->errno_value,
    };
    context->signs = (struct tcp_signs){
        .idle = facts->idle,
        .time_to_live = facts->time_to_live,
        .lacks_beginning = facts->lacks_beginning,
    };
}

static void add_frame_context(struct packet_error_context *context, packet_info *pinfo,
                              const struct header_place *place)
{
    const struct network_event_context frame = frame_context_of(pinfo, place);

    context->outgoing = frame.outgoing;
    context->loopback = frame.loopback;
}

/* Whether the error of a packet depends on its checksums. A timeout, its sender's, does not. */
static bool is_checked(const struct ip_packet *packet)
{
    switch (packet->protocol) {
    case IP_PROTOCOL_TCP:
        return (tcp_segment_flags(packet) & (TCP_FLAG_RST | TCP_FLAG_FIN)) != 0;
    case IP_PROTOCOL_SCTP:
    case IP_PROTOCOL_ICMP:
    case IP_PROTOCOL_ICMPV6:
        return true;
    default:
        return false;
    }
}

struct packet_error_context connection_error_context(packet_info *pinfo,
                                                     const struct header_place *place)
{
    const struct error_facts *facts = error_facts_find(pinfo->num, place->layer);
    const uint8_t protocol = place->packet.protocol;
    struct packet_error_context context = {.carrier_discarded = false};

    if (facts && facts->has_verdict)
        add_facts(&context, facts);
    else
        context.connection = timeout_of(pinfo, place);
    if (protocol == IP_PROTOCOL_ICMP || protocol == IP_PROTOCOL_ICMPV6 ||
        tcp_segment_flags(&place->packet) & TCP_FLAG_RST)
        add_frame_context(&context, pinfo, place);
    if (is_checked(&place->packet)) {
        context.header_checksum_due = frame_header_checksum_due(pinfo, place);
        context.sums_left_to_card = sender_offloads_checksum(pinfo, place);
    }
    return context;
}
