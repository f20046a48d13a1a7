/*
 * Asks Wireshark's expert protocol and its tap, both of which are there only after all dissectors
 * were registered.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "expert_demand.h"

#include <epan/packet.h>
#include <epan/tap.h>

bool expert_is_listened_to(void)
{
    static int tap = 0; /* looking it up by name for each packet would be felt */

    if (tap <= 0) /* not known yet while plugins are registered */
        tap = find_tap_id("expert");
    return tap > 0 && have_tap_listener(tap);
}

static bool is_referenced(proto_tree *tree)
{
    static int proto_ws_expert = -1;

    if (proto_ws_expert == -1)
        proto_ws_expert = proto_get_id_by_filter_name("_ws.expert");
    return proto_ws_expert != -1 && proto_field_is_referenced(tree, proto_ws_expert);
}

bool expert_is_wanted(proto_tree *tree)
{
    return is_referenced(tree) || expert_is_listened_to();
}
