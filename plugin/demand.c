/*
 * Wireshark marks the fields and protocols that are referenced. proto_field_is_referenced() for
 * each field and each frame would take a noticeable time, so the marks are read here.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "demand.h"

#include <epan/packet.h>
#include <epan/tap.h>

static const header_field_info *protocol;
static struct demand_taps taps;
static bool summary_wanted;

static struct {
    const hf_register_info *fields;
    unsigned count;
} groups[DEMAND_GROUPS];

static GPtrArray *expert_items; /* of header_field_info */

void demand_register(int proto, const struct demand_taps *registered)
{
    protocol = proto_registrar_get_nth((guint)proto);
    taps = *registered;
}

void demand_add_fields(enum demand_group group, const hf_register_info *fields, unsigned count)
{
    groups[group].fields = fields;
    groups[group].count = count;
}

void demand_add_expert(const expert_field *field)
{
    if (!expert_items)
        expert_items = g_ptr_array_new();
    g_ptr_array_add(expert_items, proto_registrar_get_nth((guint)field->hf));
}

void demand_set_summary(bool wanted)
{
    summary_wanted = wanted;
}

/* Wireshark marks a protocol also for a reference to one of its fields. */
static bool is_protocol_referenced(proto_tree *tree, const header_field_info *info)
{
    return PTREE_DATA(tree)->visible || info->ref_type != HF_REF_TYPE_NONE ||
           !PTREE_DATA(tree)->fake_protocols;
}

/* In a visible tree all fields are wanted. */
static bool is_group_referenced(proto_tree *tree, enum demand_group group)
{
    const hf_register_info *field = groups[group].fields;
    const hf_register_info *end = field + groups[group].count;

    if (PTREE_DATA(tree)->visible)
        return true;
    for (; field != end; field++)
        if (field->hfinfo.ref_type != HF_REF_TYPE_NONE)
            return true;
    return false;
}

static bool is_expert_item_referenced(void)
{
    const header_field_info *const *item = (const void *)expert_items->pdata;
    const header_field_info *const *end = item + expert_items->len;

    for (; item != end; item++)
        if ((*item)->ref_type != HF_REF_TYPE_NONE)
            return true;
    return false;
}

static bool has_expert_listener(void)
{
    static int tap = 0; /* looked up once; not known yet while plugins are registered */

    if (tap <= 0)
        tap = find_tap_id("expert");
    return tap > 0 && have_tap_listener(tap);
}

/* Whether expert items in general are wanted: fields of all protocols' items, or their tap. */
static bool are_experts_wanted(proto_tree *tree)
{
    static const header_field_info *ws_expert = NULL; /* registered after plugins are */

    if (!ws_expert)
        ws_expert = proto_registrar_get_byname("_ws.expert");
    return (ws_expert && is_protocol_referenced(tree, ws_expert)) || has_expert_listener();
}

static struct demand without_tree(void)
{
    const bool experts = has_expert_listener();

    return (struct demand){.headers = experts, .events = experts, .errors = experts};
}

static struct demand with_tree(proto_tree *tree)
{
    const bool referenced = is_protocol_referenced(tree, protocol);
    const bool experts = are_experts_wanted(tree) || (referenced && is_expert_item_referenced());
    struct demand demand = {
        .header_tap = have_tap_listener(taps.headers),
        .event_tap = have_tap_listener(taps.events),
        .error_tap = have_tap_listener(taps.errors),
        .summary = summary_wanted,
    };

    demand.events =
        experts || demand.event_tap || (referenced && is_group_referenced(tree, DEMAND_EVENTS));
    demand.errors =
        experts || demand.error_tap || (referenced && is_group_referenced(tree, DEMAND_ERRORS));
    demand.annotation = demand.events || demand.errors || referenced;
    demand.header = is_group_referenced(tree, DEMAND_HEADER);
    demand.payload = is_group_referenced(tree, DEMAND_PAYLOAD);
    demand.headers = demand.annotation || demand.header_tap || demand.summary;
    return demand;
}

struct demand demand_of(proto_tree *tree)
{
    return tree ? with_tree(tree) : without_tree();
}
