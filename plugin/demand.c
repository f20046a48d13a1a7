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

/* The fields of each group, and the expert items. */
static GPtrArray *sets[DEMAND_GROUPS + 1]; /* of const header_field_info */

enum {
    EXPERT_ITEMS = DEMAND_GROUPS, /* their set */
};

void demand_register(int proto, const struct demand_taps *registered)
{
    protocol = proto_registrar_get_nth((guint)proto);
    taps = *registered;
}

static void add_field(unsigned set, const header_field_info *field)
{
    if (!sets[set])
        sets[set] = g_ptr_array_new();
    g_ptr_array_add(sets[set], (gpointer)field);
}

void demand_add_fields(enum demand_group group, const hf_register_info *fields, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        add_field(group, &fields[i].hfinfo);
}

void demand_add_expert(const expert_field *field)
{
    add_field(EXPERT_ITEMS, proto_registrar_get_nth((guint)field->hf));
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

/* Most sets have no mark, so all marks are looked at, four in a step: this runs for each frame. */
static bool is_any_referenced(unsigned set)
{
    const header_field_info *const *field = (const void *)sets[set]->pdata;
    const header_field_info *const *end = field + sets[set]->len;
    unsigned marks = HF_REF_TYPE_NONE;

    for (; end - field >= 4; field += 4)
        marks |= (unsigned)field[0]->ref_type | (unsigned)field[1]->ref_type |
                 (unsigned)field[2]->ref_type | (unsigned)field[3]->ref_type;
    for (; field != end; field++)
        marks |= (unsigned)(*field)->ref_type;
    return marks != HF_REF_TYPE_NONE;
}

/* In a visible tree all fields are wanted. */
static bool is_group_referenced(proto_tree *tree, enum demand_group group)
{
    return PTREE_DATA(tree)->visible || is_any_referenced(group);
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
    const bool connections = have_tap_listener(taps.connections);

    return (struct demand){
        .headers = experts || connections,
        .events = experts,
        .errors = experts,
        .connection_tap = connections,
    };
}

static struct demand with_tree(proto_tree *tree)
{
    const bool referenced = is_protocol_referenced(tree, protocol);
    const bool experts =
        are_experts_wanted(tree) || (referenced && is_any_referenced(EXPERT_ITEMS));
    struct demand demand = {
        .header_tap = have_tap_listener(taps.headers),
        .event_tap = have_tap_listener(taps.events),
        .error_tap = have_tap_listener(taps.errors),
        .process_tap = have_tap_listener(taps.processes),
        .connection_tap = have_tap_listener(taps.connections),
        .summary = summary_wanted,
    };

    demand.events =
        experts || demand.event_tap || (referenced && is_group_referenced(tree, DEMAND_EVENTS));
    demand.errors = experts || demand.error_tap || demand.process_tap ||
                    (referenced && is_group_referenced(tree, DEMAND_ERRORS));
    demand.processes = demand.process_tap || demand.summary ||
                       (referenced && is_group_referenced(tree, DEMAND_PROCESSES));
    demand.annotation = demand.events || demand.errors || referenced;
    demand.addresses = is_group_referenced(tree, DEMAND_ADDRESSES);
    demand.type_of_service = is_group_referenced(tree, DEMAND_TYPE_OF_SERVICE);
    demand.fragmentation = is_group_referenced(tree, DEMAND_FRAGMENTATION);
    demand.header = demand.addresses || demand.type_of_service || demand.fragmentation ||
                    is_group_referenced(tree, DEMAND_HEADER);
    demand.payload = is_group_referenced(tree, DEMAND_PAYLOAD);
    demand.headers =
        demand.annotation || demand.header_tap || demand.connection_tap || demand.summary;
    return demand;
}

struct demand demand_of(proto_tree *tree)
{
    return tree ? with_tree(tree) : without_tree();
}
