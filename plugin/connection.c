/*
 * The history of TCP connections. Only SYN, FIN and RST matter here, so that most segments cost no
 * more than a look at their flags.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "connection.h"

#include <epan/conversation.h>
#include <epan/dissectors/packet-tcp.h>
#include <epan/proto_data.h>
#include <epan/tvbuff-int.h>

#include "bytes.h"
#include "frame_context.h"
#include "frame_data.h"
#include "sender.h"
#include "tcp_segment.h"

/* Bits of tcp.completeness: what Wireshark has seen of a connection. */
enum {
    SEEN_SYN_ACK = 1 << 1,
    SEEN_ACK = 1 << 2,
    SEEN_DATA = 1 << 3,
    SEEN_FIN = 1 << 4,
};

enum {
    /*
     * A SYN is sent again six times (tcp_syn_retries of Linux) before connect() fails. While the
     * file is read for the first time nothing else tells that none will follow.
     */
    SYN_RETRIES = 6,
};

struct connection {
    bool has_syn;
    int syn_side;         /* that sent the first SYN */
    guint32 syn_count;    /* SYNs from that side */
    guint32 last_syn;     /* frame number */
    bool crossed;         /* the other side sent a SYN, too */
    guint32 first_fin[2]; /* frame number for each side; 0: none */
    bool closed_last[2];  /* the FIN of that side acknowledged the other one's */
    bool dead;            /* reset, or refused by an ICMP error */
};

static int proto_tcp = -1;
static int proto_ipmon = -1;
static bool tell_end_of_stream;

void connection_prepare(void)
{
    proto_tcp = proto_get_id_by_filter_name("tcp");
    proto_ipmon = proto_get_id_by_filter_name("ipmon");
}

void connection_tell_end_of_stream(bool tell)
{
    tell_end_of_stream = tell;
}

/* 0 or 1 for the side that sent the frame, the same for all frames of a connection. */
static int side_of(const packet_info *pinfo)
{
    const int order = cmp_address(&pinfo->src, &pinfo->dst);

    return order != 0 ? order > 0 : pinfo->srcport > pinfo->destport;
}

static conversation_t *conversation_of(const packet_info *pinfo)
{
    return find_conversation(pinfo->num, &pinfo->src, &pinfo->dst, CONVERSATION_TCP, pinfo->srcport,
                             pinfo->destport, 0);
}

static const struct tcp_analysis *analysis_of(conversation_t *conversation)
{
    return conversation_get_proto_data(conversation, proto_tcp);
}

static bool is_address(const address *address, const struct ip_packet *packet, uint32_t offset)
{
    const int length = packet->version == 4 ? IPV4_ADDRESS_LENGTH : IPV6_ADDRESS_LENGTH;

    return address->len == length && memcmp(address->data, packet->bytes + offset, length) == 0;
}

/* Whether the packet is the one that Wireshark's TCP dissector saw last in the frame. */
static bool is_segment_of(const packet_info *pinfo, const struct ip_packet *packet)
{
    return pinfo->ptype == PT_TCP && tcp_segment_flags(packet) != 0 &&
           packet->source_port == pinfo->srcport && packet->destination_port == pinfo->destport &&
           is_address(&pinfo->src, packet, packet->source_offset) &&
           is_address(&pinfo->dst, packet, packet->destination_offset);
}

static bool is_icmp(const struct ip_packet *packet)
{
    return packet->protocol == (packet->version == 4 ? IP_PROTOCOL_ICMP : IP_PROTOCOL_ICMPV6);
}

/* What is known beside the situation. */
static struct packet_error_context context_of(packet_info *pinfo, const struct header_place *place)
{
    const struct ip_packet *packet = &place->packet;

    return (struct packet_error_context){
        .header_checksum_due =
            packet->version == 4 && packet->checksum == 0 && frame_header_checksum_due(pinfo, place),
        .sums_left_to_card = sender_leaves_sums(pinfo, place),
    };
}

void connection_look_at_header(struct connection_segment *segment, packet_info *pinfo,
                               const struct header_place *place)
{
    const struct ip_packet *packet = &place->packet;
    struct packet_error error;
    struct packet_error_context context;

    if (!is_icmp(packet) && !is_segment_of(pinfo, packet))
        return;
    context = context_of(pinfo, place);
    if (is_icmp(packet) && packet_error_find(&error, packet, &context) && !error.ignored &&
        error.fatal && error.socket.protocol == IP_PROTOCOL_TCP)
        segment->refused = error.socket;
    if (is_segment_of(pinfo, packet) && !packet_error_is_discarded(packet, &context))
        segment->flags = tcp_segment_flags(packet);
}

static struct connection *connection_of(conversation_t *conversation)
{
    struct connection *connection = conversation_get_proto_data(conversation, proto_ipmon);

    if (!connection) {
        connection = wmem_new0(wmem_file_scope(), struct connection);
        conversation_add_proto_data(conversation, proto_ipmon, connection);
    }
    return connection;
}

/* Wireshark's analysis of what a side sent, or NULL when that is turned off. */
static const tcp_analyze_seq_flow_info_t *flow_of(const struct tcp_analysis *analysis, int side)
{
    /* Wireshark orders the sides alike. */
    return side == 1 ? analysis->flow1.tcp_analyze_seq_info : analysis->flow2.tcp_analyze_seq_info;
}

/*
 * Whether a side has acknowledged nothing yet. Without Wireshark's analysis of sequence numbers
 * that is not known, and taken for no.
 */
static bool has_acknowledged_nothing(const struct tcp_analysis *analysis, int side)
{
    const tcp_analyze_seq_flow_info_t *flow = flow_of(analysis, side);

    return flow && flow->lastack == 0;
}

/* Whether a side has acknowledged all that the other one sent; taken for yes when not known. */
static bool has_acknowledged_all(const struct tcp_analysis *analysis, int side)
{
    const tcp_analyze_seq_flow_info_t *flow = flow_of(analysis, side);
    const tcp_analyze_seq_flow_info_t *other = flow_of(analysis, !side);

    return !flow || !other || flow->lastack == other->nextseq;
}

/* What a reset from a side means to the other one. */
static enum tcp_situation situation_of_reset(const struct connection *connection,
                                             const struct tcp_analysis *analysis, int side)
{
    const bool receiver_began = connection->has_syn && connection->syn_side != side;
    const unsigned seen = analysis->conversation_completeness;

    if (connection->dead)
        return TCP_DEAD;
    if (receiver_began && !connection->crossed && !(seen & SEEN_SYN_ACK) &&
        has_acknowledged_nothing(analysis, !side))
        return TCP_CONNECTING;
    /* The reset's own ACK counts as one, so only a reset without it can be told apart. */
    if (connection->has_syn && !receiver_began &&
        (seen & (SEEN_SYN_ACK | SEEN_ACK | SEEN_DATA | SEEN_FIN)) == SEEN_SYN_ACK)
        return TCP_HALF_OPEN;
    if (connection->first_fin[side] == 0)
        return TCP_NOTHING_KNOWN;
    if (connection->first_fin[!side] == 0)
        return TCP_PEER_CLOSED;
    return connection->closed_last[side] ? TCP_TIME_WAIT : TCP_BOTH_CLOSED;
}

static void note_syn(struct connection *connection, guint32 frame, int side)
{
    if (!connection->has_syn) {
        connection->has_syn = true;
        connection->syn_side = side;
    }
    if (side == connection->syn_side) {
        connection->syn_count++;
        connection->last_syn = frame;
        connection->dead = false; /* Windows tries again what was refused */
    } else {
        connection->crossed = true;
    }
}

static void note_reset(struct connection *connection, const struct tcp_analysis *analysis,
                       packet_info *pinfo, int side)
{
    const enum tcp_situation situation = situation_of_reset(connection, analysis, side);

    p_add_proto_data(wmem_file_scope(), pinfo, proto_ipmon, FRAME_DATA_SITUATION,
                     GUINT_TO_POINTER(situation));
    connection->dead = true;
}

static void note_fin(struct connection *connection, const struct tcp_analysis *analysis,
                     guint32 frame, int side)
{
    if (connection->first_fin[side] == 0)
        connection->first_fin[side] = frame;
    if (connection->first_fin[!side] != 0 && has_acknowledged_all(analysis, side))
        connection->closed_last[side] = true;
}

static void note(struct connection *connection, const struct tcp_analysis *analysis,
                 packet_info *pinfo, uint8_t flags)
{
    const int side = side_of(pinfo);

    if (flags & TCP_FLAG_RST)
        note_reset(connection, analysis, pinfo, side);
    else if ((flags & (TCP_FLAG_SYN | TCP_FLAG_ACK)) == TCP_FLAG_SYN)
        note_syn(connection, pinfo->num, side);
    else if (flags & TCP_FLAG_FIN)
        note_fin(connection, analysis, pinfo->num, side);
}

/*
 * The flags of the frame's segment by its ports, which Wireshark noted: each dissector got a tvb of
 * its own, and all are chained. 0: none found.
 */
static uint8_t probable_flags(const packet_info *pinfo)
{
    const uint32_t ports = pinfo->srcport << 16 | pinfo->destport;

    if (!pinfo->data_src)
        return 0;
    for (const tvbuff_t *tvb = get_data_source_tvb(pinfo->data_src->data); tvb; tvb = tvb->next)
        if (tvb->real_data && tvb->length > TCP_FLAGS_FIELD && bytes_u32(tvb->real_data) == ports)
            return tvb->real_data[TCP_FLAGS_FIELD];
    return 0;
}

/* The conversation that the quoted SYN belongs to, or NULL. */
static conversation_t *conversation_of_socket(const packet_info *pinfo,
                                              const struct packet_error_socket *socket)
{
    const bool ipv4 = socket->version == 4;
    const int type = ipv4 ? AT_IPv4 : AT_IPv6;
    const int length = ipv4 ? IPV4_ADDRESS_LENGTH : IPV6_ADDRESS_LENGTH;
    address local, remote;

    set_address(&local, type, length, socket->local);
    set_address(&remote, type, length, socket->remote);
    return find_conversation(pinfo->num, &local, &remote, CONVERSATION_TCP, socket->local_port,
                             socket->remote_port, 0);
}

/* An ICMP error ends connect(); what comes after it until the next SYN finds no socket. */
static void note_refusal(packet_info *pinfo, const struct packet_error_socket *socket)
{
    conversation_t *conversation = conversation_of_socket(pinfo, socket);
    struct connection *connection =
        conversation ? conversation_get_proto_data(conversation, proto_ipmon) : NULL;

    if (!connection)
        return;
    if (connection->dead)
        p_add_proto_data(wmem_file_scope(), pinfo, proto_ipmon, FRAME_DATA_SITUATION,
                         GUINT_TO_POINTER(TCP_DEAD));
    connection->dead = true;
}

bool connection_is_concerned(const packet_info *pinfo)
{
    return pinfo->ptype == PT_TCP &&
           (probable_flags(pinfo) & (TCP_FLAG_SYN | TCP_FLAG_FIN | TCP_FLAG_RST)) != 0;
}

void connection_gather(packet_info *pinfo, const struct connection_segment *segment)
{
    const struct tcp_analysis *analysis = NULL;
    conversation_t *conversation;

    if (segment->refused.known)
        note_refusal(pinfo, &segment->refused);
    conversation = segment->flags != 0 ? conversation_of(pinfo) : NULL;
    if (conversation)
        analysis = analysis_of(conversation);
    if (analysis)
        note(connection_of(conversation), analysis, pinfo, segment->flags);
}

/* Whether the frame has the last SYN of a connection that never got an answer. */
static bool is_unanswered(const struct connection *connection, const packet_info *pinfo,
                          const struct tcp_analysis *analysis)
{
    const unsigned seen = analysis->conversation_completeness;

    return !(seen & (SEEN_SYN_ACK | SEEN_ACK | SEEN_FIN)) && !connection->crossed &&
           !connection->dead && connection->last_syn == pinfo->num &&
           connection->syn_count > (pinfo->fd->visited ? 1 : SYN_RETRIES);
}

/* In what situation the segment of a decoded packet of the frame was sent. */
static enum tcp_situation situation_of(packet_info *pinfo, const struct ip_packet *packet)
{
    const uint8_t flags = tcp_segment_flags(packet);
    const struct connection *connection = NULL;
    conversation_t *conversation;

    if (!is_icmp(packet) &&
        (!(flags & (TCP_FLAG_SYN | TCP_FLAG_FIN | TCP_FLAG_RST)) || !is_segment_of(pinfo, packet)))
        return TCP_NOTHING_KNOWN;
    if (is_icmp(packet) || (flags & TCP_FLAG_RST))
        return GPOINTER_TO_UINT(
            p_get_proto_data(wmem_file_scope(), pinfo, proto_ipmon, FRAME_DATA_SITUATION));
    conversation = conversation_of(pinfo);
    if (conversation)
        connection = conversation_get_proto_data(conversation, proto_ipmon);
    if (!connection)
        return TCP_NOTHING_KNOWN;
    if (flags & TCP_FLAG_SYN)
        return is_unanswered(connection, pinfo, analysis_of(conversation)) ? TCP_UNANSWERED
                                                                           : TCP_NOTHING_KNOWN;
    return tell_end_of_stream && connection->first_fin[side_of(pinfo)] == pinfo->num
               ? TCP_FIRST_FIN
               : TCP_NOTHING_KNOWN;
}

struct packet_error_context connection_error_context(packet_info *pinfo,
                                                     const struct header_place *place)
{
    struct packet_error_context context = context_of(pinfo, place);

    context.situation = situation_of(pinfo, &place->packet);
    return context;
}
