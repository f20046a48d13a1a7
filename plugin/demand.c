/*
 * Asks Wireshark's expert protocol and its tap, both of which are there only after all dissectors
 * were registered.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "demand.h"

#include <epan/packet.h>
#include <epan/tap.h>

#include "field_demand.h"

static GPtrArray *own_fields; /* of header_field_info */

void expert_demand_add(const expert_field *field)
{
    if (!own_fields)
        own_fields = g_ptr_array_new();
    g_ptr_array_add(own_fields, proto_registrar_get_nth((guint)field->hf));
}

bool expert_is_listened_to(void)
{
    static int tap = 0; /* looking it up by name for each packet would be felt */

    if (tap <= 0) /* not known yet while plugins are registered */
        tap = find_tap_id("expert");
    return tap > 0 && have_tap_listener(tap);
}

static bool is_referenced(proto_tree *tree)
{
    static const header_field_info *ws_expert = NULL;

    if (!ws_expert)
        ws_expert = proto_registrar_get_byname("_ws.expert");
    return ws_expert && is_protocol_wanted(tree, ws_expert);
}

/* Asking Wireshark for each of them would be felt. */
static bool is_own_referenced(void)
{
    const header_field_info *const *field = (const void *)own_fields->pdata;
    const header_field_info *const *end = field + own_fields->len;

    for (; field != end; field++)
        if ((*field)->ref_type != HF_REF_TYPE_NONE)
            return true;
    return false;
}

bool expert_is_wanted(proto_tree *tree, bool ours)
{
    return is_referenced(tree) || expert_is_listened_to() || (ours && is_own_referenced());
}
