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

#include "header_walk.h"
#include "packet_tree.h"

WS_DLL_PUBLIC_DEF const gchar plugin_version[] = IPMON_VERSION;
WS_DLL_PUBLIC_DEF const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
WS_DLL_PUBLIC_DEF const int plugin_want_minor = WIRESHARK_VERSION_MINOR;
WS_DLL_PUBLIC void plugin_register(void);

static int proto_ipmon = -1;

/* What a visited header needs to be annotated. */
struct frame {
    proto_tree *root;
    packet_info *pinfo;
};

static void annotate(const struct header_place *place, void *data)
{
    const struct frame *frame = data;

    packet_tree_add(frame->root, frame->pinfo, proto_ipmon, place);
}

static int dissect_ipmon(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    struct frame frame = {.root = tree, .pinfo = pinfo};

    if (tree && proto_field_is_referenced(tree, proto_ipmon))
        header_walk(tree, pinfo, annotate, &frame);
    return (int)tvb_captured_length(tvb);
}

static void proto_register_ipmon(void)
{
    proto_ipmon = proto_register_protocol("IP Monitor", "IP Monitor", "ipmon");
    packet_tree_register(proto_ipmon);
    register_postdissector(create_dissector_handle(dissect_ipmon, proto_ipmon));
}

void plugin_register(void)
{
    static const proto_plugin plugin = {
        .register_protoinfo = proto_register_ipmon,
        .register_handoff = header_walk_prepare,
    };

    proto_register_plugin(&plugin);
}
