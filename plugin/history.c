/*
 * Most frames concern nobody, so whom they concern is asked before their headers are looked for.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "history.h"

#include "connection.h"
#include "header_walk.h"
#include "neighbour.h"
#include "sender.h"

static int proto_ip = -1;
static int proto_ipv6 = -1;
static int proto_icmp = -1;
static int proto_icmpv6 = -1;

/* One walk, and whom it is for. */
struct gathering {
    packet_info *pinfo;
    bool connections;
    bool neighbours;
    struct connection_segment segment;
};

/* What the list of dissectors that were called tells of a frame. */
struct layers {
    unsigned ip; /* headers */
    bool icmp;
    bool icmpv6;
};

void history_register(int proto)
{
    neighbour_register(proto);
    sender_register(proto);
}

void history_prepare(void)
{
    proto_ip = proto_get_id_by_filter_name("ip");
    proto_ipv6 = proto_get_id_by_filter_name("ipv6");
    proto_icmp = proto_get_id_by_filter_name("icmp");
    proto_icmpv6 = proto_get_id_by_filter_name("icmpv6");
    connection_prepare();
}

static struct layers layers_of(const packet_info *pinfo)
{
    struct layers layers = {0};

    for (wmem_list_frame_t *layer = wmem_list_head(pinfo->layers); layer;
         layer = wmem_list_frame_next(layer)) {
        const int id = GPOINTER_TO_INT(wmem_list_frame_data(layer));

        layers.ip += id == proto_ip || id == proto_ipv6;
        layers.icmp |= id == proto_icmp;
        layers.icmpv6 |= id == proto_icmpv6;
    }
    return layers;
}

/* The protocol of the innermost message, of those that senders are known by; 0: another. */
static uint8_t message_protocol(const packet_info *pinfo, const struct layers *layers)
{
    if (layers->icmp || layers->icmpv6) /* what it quotes leaves its mark, too */
        return layers->icmp ? IP_PROTOCOL_ICMP : IP_PROTOCOL_ICMPV6;
    if (pinfo->ptype == PT_TCP)
        return IP_PROTOCOL_TCP;
    return pinfo->ptype == PT_UDP ? IP_PROTOCOL_UDP : 0;
}

static void look_at_header(const struct header_place *place, void *data)
{
    struct gathering *gathering = data;

    sender_gather(gathering->pinfo, place);
    if (gathering->connections)
        connection_look_at_header(&gathering->segment, gathering->pinfo, place);
    if (gathering->neighbours)
        neighbour_gather(gathering->pinfo, place);
}

void history_gather(packet_info *pinfo)
{
    struct gathering gathering = {.pinfo = pinfo};
    struct layers layers;
    uint8_t protocol;

    if (PINFO_FD_VISITED(pinfo))
        return;
    layers = layers_of(pinfo);
    protocol = message_protocol(pinfo, &layers);
    gathering.connections = connection_is_concerned(pinfo);
    gathering.neighbours = layers.icmpv6 && layers.ip == 1; /* in a tunnel it is not of this link */
    if (!gathering.connections && !gathering.neighbours &&
        (protocol == 0 || !sender_is_concerned(pinfo, protocol)))
        return;
    header_walk_without_tree(pinfo, look_at_header, &gathering);
    if (gathering.connections)
        connection_gather(pinfo, &gathering.segment);
}
