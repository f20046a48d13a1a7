/*
 * Most frames concern nobody, so whom they concern is asked before their headers are looked for.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "history.h"

#include "connection.h"
#include "error_sockets.h"
#include "error_tree.h"
#include "layer_walk.h"
#include "layers.h"
#include "neighbour.h"
#include "plain_frame.h"
#include "sender.h"
#include "tcp_segment.h"

void history_register(int proto)
{
    connection_register();
    error_sockets_register();
    neighbour_register(proto);
    sender_register(proto);
}

/* One walk over the headers of a frame. */
struct gathering {
    packet_info *pinfo;
    bool on_link;   /* the frame has but one header: neighbour discovery in a tunnel is another's */
    bool discarded; /* a header was wrong, so that what it carries reaches nobody */
};

/* A socket error that shows in the packet itself, and not only in what follows or does not. */
static void count_error(packet_info *pinfo, const struct header_place *place)
{
    const struct ip_packet *packet = &place->packet;
    struct packet_error error;

    if (packet->protocol == IP_PROTOCOL_TCP && !(tcp_segment_flags(packet) & TCP_FLAG_RST))
        return;
    if (error_tree_find(&error, pinfo, place, false) && !error.ignored)
        error_sockets_count(&error.socket);
}

static void look_at_header(const struct header_place *place, void *data)
{
    struct gathering *gathering = data;
    bool noted = false;

    if (gathering->discarded)
        return;
    if (place->packet.protocol != IP_PROTOCOL_TCP &&
        !sender_gather(gathering->pinfo, place, &noted)) {
        gathering->discarded = true;
        return;
    }
    connection_gather(gathering->pinfo, place);
    count_error(gathering->pinfo, place);
    if (gathering->on_link)
        neighbour_gather(gathering->pinfo, place);
}

/* The protocol of the message that Wireshark dissected last; an ICMP error's quote counts, too. */
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

/* A frame with tunnels or quotes, or of an unusual link type. */
static void gather_all(packet_info *pinfo, uint8_t protocol)
{
    struct gathering gathering = {.pinfo = pinfo};

    if (protocol != IP_PROTOCOL_TCP && protocol != IP_PROTOCOL_SCTP &&
        !(protocol == IP_PROTOCOL_UDP && sender_is_concerned(pinfo, protocol)) &&
        layers_count(pinfo, LAYER_ICMP) == 0)
        return;
    gathering.on_link = layers_count(pinfo, LAYER_IP) == 1;
    layer_walk(pinfo, false, look_at_header, &gathering);
}

void history_gather(packet_info *pinfo)
{
    const uint8_t protocol = last_protocol(pinfo);
    struct gathering gathering = {.pinfo = pinfo, .on_link = true};
    struct plain_header header;
    struct header_place place;

    if (PINFO_FD_VISITED(pinfo))
        return;
    if (protocol == 0 || !plain_frame_find(&header, pinfo, protocol)) {
        gather_all(pinfo, protocol);
        return;
    }
    if (protocol == IP_PROTOCOL_UDP && !sender_is_concerned(pinfo, protocol))
        return;
    if (protocol == IP_PROTOCOL_TCP &&
        connection_gather_plain(pinfo, header.bytes, header.captured))
        return;
    plain_frame_decode(&place, &header);
    look_at_header(&place, &gathering);
}
