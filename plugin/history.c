/*
 * Most frames change none of the states, which is found out before their headers are searched.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "history.h"

#include "connection.h"
#include "error_link.h"
#include "error_sockets.h"
#include "error_tree.h"
#include "layer_walk.h"
#include "layers.h"
#include "neighbour.h"
#include "plain_frame.h"
#include "process_history.h"
#include "sender.h"
#include "sent_packets.h"
#include "tcp_segment.h"

void history_register(int proto)
{
    connection_register();
    error_link_register();
    error_sockets_register();
    neighbour_register(proto);
    process_history_register();
    sender_register(proto);
}

/* One walk over the headers of a frame. */
struct update {
    packet_info *pinfo;
    bool on_link;   /* the frame has one header: neighbour discovery in a tunnel does not count */
    bool discarded; /* a header was wrong, so that what it carries reaches no stack */
    bool settled;   /* the packets change nothing, but an ICMP error may quote one of them */
};

/* A socket error that the packet itself shows. Timeouts, which later frames show, do not count. */
static void count_error(packet_info *pinfo, const struct header_place *place)
{
    const struct ip_packet *packet = &place->packet;
    struct packet_error error;

    if (packet->protocol == IP_PROTOCOL_TCP && !(tcp_segment_flags(packet) & TCP_FLAG_RST))
        return;
    if (!error_tree_find(&error, pinfo, place, false) || error.ignored)
        return;
    error_sockets_count(&error.socket);
    connection_note_reporter(pinfo, place, &error);
    error_link_add(pinfo, place, &error);
}

static void visit_header(const struct header_place *place, void *data)
{
    struct update *update = data;
    bool right_sums = false;

    if (update->settled) {
        sent_packets_add(update->pinfo, place);
        return;
    }
    if (update->discarded)
        return;
    if (place->packet.protocol != IP_PROTOCOL_TCP &&
        !sender_update(update->pinfo, place, &right_sums)) {
        update->discarded = true;
        return;
    }
    connection_update(update->pinfo, place);
    if (place->packet.protocol != IP_PROTOCOL_TCP)
        sent_packets_add(update->pinfo, place);
    count_error(update->pinfo, place);
    if (update->on_link)
        neighbour_update(update->pinfo, place);
}

/* The protocol of the message that Wireshark dissected last, which may be one that ICMP quotes. */
static uint8_t last_protocol(const packet_info *pinfo)
{
    switch (pinfo->ptype) {
    case PT_TCP:
        return IP_PROTOCOL_TCP;
    case PT_UDP:
        return IP_PROTOCOL_UDP;
    case PT_SCTP:
        return IP_PROTOCOL_SCTP;
    default:
        return 0;
    }
}

/*
 * The packet of a frame whose message Wireshark did not dissect, or as that of a protocol above:
 * the first fragment of a datagram, which is dissected in the frame of the last one, or RoCE.
 */
static void add_other(packet_info *pinfo)
{
    struct plain_header header;
    struct header_place place;

    if (!plain_frame_first(&header, pinfo))
        return;
    plain_frame_decode(&place, &header);
    if (place.packet.protocol == IP_PROTOCOL_UDP || place.packet.protocol == IP_PROTOCOL_ICMP)
        sent_packets_add(pinfo, &place);
}

/* A frame with tunnels or quotes, or of an unusual link type. */
static void update_by_walk(packet_info *pinfo, uint8_t protocol)
{
    struct update update = {.pinfo = pinfo};
    const unsigned headers = layers_count(pinfo, LAYER_IP);

    if (protocol == 0 && headers != 0 && layers_count(pinfo, LAYER_ICMP) == 0) {
        add_other(pinfo);
        return;
    }
    update.on_link = headers <= 1;
    update.settled = protocol == IP_PROTOCOL_UDP && !sender_is_unsettled(pinfo, protocol) &&
                     layers_count(pinfo, LAYER_ICMP) == 0;
    layer_walk(pinfo, false, visit_header, &update);
}

void history_update(packet_info *pinfo)
{
    const uint8_t protocol = last_protocol(pinfo);
    struct update update = {.pinfo = pinfo, .on_link = true};
    struct plain_header header;
    struct header_place place;

    if (PINFO_FD_VISITED(pinfo))
        return;
    sent_packets_begin_frame(pinfo->num);
    process_history_add(pinfo);
    if (protocol == 0 || !plain_frame_find(&header, pinfo, protocol)) {
        update_by_walk(pinfo, protocol);
        return;
    }
    if (protocol == IP_PROTOCOL_UDP && !sender_is_unsettled(pinfo, protocol) &&
        sent_packets_add_plain(pinfo, header.bytes, header.captured))
        return;
    if (protocol == IP_PROTOCOL_TCP &&
        connection_update_plain(pinfo, header.bytes, header.captured))
        return;
    plain_frame_decode(&place, &header);
    visit_header(&place, &update);
}
