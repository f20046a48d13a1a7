/*
 * The dissector plugin: a postdissector that finds the IP headers Wireshark dissected in a frame
 * and annotates each.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define WS_BUILD_DLL
#include <wireshark.h>
#include <epan/packet.h>
#include <ws_version.h>

#include "ip_packet.h"
#include "packet_tree.h"

WS_DLL_PUBLIC_DEF const gchar plugin_version[] = IPMON_VERSION;
WS_DLL_PUBLIC_DEF const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
WS_DLL_PUBLIC_DEF const int plugin_want_minor = WIRESHARK_VERSION_MINOR;
WS_DLL_PUBLIC void plugin_register(void);

static int proto_ipmon = -1;
static int proto_ip = -1;
static int proto_ipv6 = -1;

static bool is_ip_header(const field_info *finfo)
{
    return finfo && (finfo->hfinfo->id == proto_ip || finfo->hfinfo->id == proto_ipv6) &&
           finfo->ds_tvb && finfo->start >= 0;
}

/*
 * Bytes the packet had on the wire from `start` on: to the end of the data source, or of the IP
 * packet around it.
 */
static unsigned wire_length_at(const struct packet_place *place, const struct packet_place *outer,
                               const struct ip_packet *outer_packet)
{
    unsigned wire = tvb_reported_length(place->source);
    unsigned outer_end = outer->start + outer_packet->datagram_end;

    wire = wire > place->start ? wire - place->start : 0;
    if (outer->source == place->source && outer->start < place->start && outer_end > place->start &&
        ip_packet_has(outer_packet, IP_FIELD_PAYLOAD))
        wire = MIN(wire, outer_end - place->start);
    return wire;
}

static void annotate(proto_tree *root, packet_info *pinfo, const field_info *finfo,
                     struct packet_place *place, struct ip_packet *packet)
{
    const struct packet_place outer = *place;
    const struct ip_packet outer_packet = *packet;
    unsigned captured;
    unsigned wire;

    place->source = finfo->ds_tvb;
    place->start = (unsigned)finfo->start;
    captured = tvb_captured_length(place->source);
    captured = captured > place->start ? captured - place->start : 0;
    if (captured == 0)
        return;
    wire = wire_length_at(place, &outer, &outer_packet);
    ip_packet_decode(packet, tvb_get_ptr(place->source, (gint)place->start, (gint)captured),
                     MIN(captured, wire), wire);
    packet_tree_add(root, pinfo, proto_ipmon, place, packet);
    place->layer++;
}

static int dissect_ipmon(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    struct packet_place place = {0};
    struct ip_packet packet = {0};
    const proto_node *last;

    if (!tree || !proto_field_is_referenced(tree, proto_ipmon))
        return (int)tvb_captured_length(tvb);
    /* Items directly under the root are always there, also in an invisible tree; ours are added
     * behind the last of them. */
    last = tree->last_child;
    for (const proto_node *node = tree->first_child; node; node = node->next) {
        if (is_ip_header(PNODE_FINFO(node)))
            annotate(tree, pinfo, PNODE_FINFO(node), &place, &packet);
        if (node == last)
            break;
    }
    return (int)tvb_captured_length(tvb);
}

static void proto_register_ipmon(void)
{
    proto_ipmon = proto_register_protocol("IP Monitor", "IP Monitor", "ipmon");
    packet_tree_register(proto_ipmon);
    register_postdissector(create_dissector_handle(dissect_ipmon, proto_ipmon));
}

static void proto_reg_handoff_ipmon(void)
{
    proto_ip = proto_get_id_by_filter_name("ip");
    proto_ipv6 = proto_get_id_by_filter_name("ipv6");
}

void plugin_register(void)
{
    static const proto_plugin plugin = {
        .register_protoinfo = proto_register_ipmon,
        .register_handoff = proto_reg_handoff_ipmon,
    };

    proto_register_plugin(&plugin);
}
