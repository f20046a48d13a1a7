/*
 * Network events as fields and expert items; one expert item is registered for each row of the
 * dictionary that can be raised, so that each can be filtered and given another severity by name.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "event_tree.h"

#include "demand.h"
#include "error_link.h"
#include "event_filter.h"
#include "frame_context.h"
#include "neighbour.h"
#include "open_subtree.h"
#include "sender.h"

static int hf_event_count = -1;
static int hf_event = -1;
static int hf_event_level = -1;
static int hf_event_class = -1;

static gint ett_events = -1;
static gint ett_event = -1;

static expert_field ei_events[EVENT_RAISED];

/* Filled in from common's names; a value_string ends with an empty row. */
static value_string level_values[NETWORK_EVENT_VERBOSE + 1];

/* A fault counts once: the socket error of the packet has its severity. */
static int severity_of(const struct network_event *event)
{
    enum network_event_level level = event->level;

    if (event->is_socket_error && level < NETWORK_EVENT_NOTICE)
        level = NETWORK_EVENT_NOTICE;
    if (level <= NETWORK_EVENT_ERROR)
        return PI_ERROR;
    if (level == NETWORK_EVENT_WARNING)
        return PI_WARN;
    return level == NETWORK_EVENT_NOTICE ? PI_NOTE : PI_CHAT;
}

/* What the frame itself states, and what earlier frames show. */
static struct network_event_context context_of(packet_info *pinfo, const struct header_place *place)
{
    struct network_event_context context = frame_context_of(pinfo, place);

    if (place->layer == 0 && neighbour_resolution_failed(pinfo))
        context.given_up = NETWORK_YES;
    if (error_link_is_traceroute(pinfo, place))
        context.traceroute = NETWORK_YES;
    return context;
}

void event_tree_find(struct header_events *events, packet_info *pinfo,
                     const struct header_place *place)
{
    const struct network_event_context context = context_of(pinfo, place);
    size_t found = network_events_find(&place->packet, &context, events->found);

    events->count = 0;
    for (size_t i = 0; i < found; i++)
        if (event_filter_passes(network_event_of(events->found[i].id), &place->packet))
            events->found[events->count++] = events->found[i];
}

static bool is_message_checksum(enum network_event_id id)
{
    return id == EVENT_TCP_INPUT_BADSUM || id == EVENT_UDP_INPUT_BADSUM ||
           id == EVENT_ICMP_INPUT_BADSUM || id == EVENT_IGMP_INPUT_BADSUM;
}

/* The meaning in the dictionary, and a cause that may explain it. */
static const char *meaning_of(packet_info *pinfo, const struct header_place *place,
                              const struct network_event *event, enum network_event_id id)
{
    if (!is_message_checksum(id) || !sender_is_always_wrong(pinfo, place))
        return event->meaning;
    return wmem_strdup_printf(pinfo->pool, "%s (perhaps checksum offload)", event->meaning);
}

const char *event_tree_title(wmem_allocator_t *pool, const struct header_events *events)
{
    const struct network_event *worst = NULL;

    for (size_t i = 0; i < events->count; i++) {
        const struct network_event *event = network_event_of(events->found[i].id);

        if (!worst || event->level < worst->level)
            worst = event;
    }
    if (events->count < 2)
        return worst ? worst->name : NULL;
    return wmem_strdup_printf(pool, "%s and %zu more", worst->name, events->count - 1);
}

/* Name, level and class; the meaning is the text of the expert item below. */
static proto_item *add_item(proto_tree *tree, const struct header_place *place,
                            const struct network_event_found *found)
{
    const struct network_event *event = network_event_of(found->id);
    const char *class = network_event_class_name(event->class);
    const gint start = (gint)(place->start + found->offset);
    const gint length = (gint)found->length;
    proto_item *item;
    proto_tree *subtree;

    item = proto_tree_add_string_format_value(
        tree, hf_event, place->source, start, length, event->name, "%s, level %d %s, class %s",
        event->name, (int)event->level, network_event_level_name(event->level), class);
    if (found->count > 1)
        proto_item_append_text(item, " (%u times)", found->count);
    proto_item_set_generated(item);
    subtree = proto_item_add_subtree(item, ett_event);
    proto_item_set_generated(
        proto_tree_add_uint(subtree, hf_event_level, place->source, start, length, event->level));
    proto_item_set_generated(
        proto_tree_add_string(subtree, hf_event_class, place->source, start, length, class));
    return item;
}

static void add_event(proto_tree *tree, packet_info *pinfo, const struct header_place *place,
                      const struct network_event_found *found)
{
    const struct network_event *event = network_event_of(found->id);
    proto_item *item = tree ? add_item(tree, place, found) : NULL;

    expert_add_info_format(pinfo, item, &ei_events[found->id], "%s: %s", event->name,
                           meaning_of(pinfo, place, event, found->id));
    open_subtree_again(item, ett_event);
}

static proto_tree *add_subtree(proto_tree *tree, const struct header_place *place, size_t count)
{
    proto_item *item = proto_tree_add_uint(tree, hf_event_count, place->source, (gint)place->start,
                                           header_place_length(place), (uint32_t)count);

    proto_item_set_generated(item);
    return proto_item_add_subtree(item, ett_events);
}

void event_tree_add(proto_tree *tree, packet_info *pinfo, const struct header_place *place,
                    const struct header_events *events)
{
    if (tree && events->count != 0)
        tree = add_subtree(tree, place, events->count);
    for (size_t i = 0; i < events->count; i++)
        add_event(tree, pinfo, place, &events->found[i]);
}

/* One expert item for each event; of events with the same name all but one get a suffix. */
static void register_experts(expert_module_t *experts)
{
    static const char *const suffixes[] = {
        [EVENT_ICMP_ERROR_START_QUENCH] = ".quench",
        [EVENT_ICMP_ERROR_START] = "",
        [EVENT_ICMP_ERROR_START_TRACEROUTE] = ".traceroute",
    };
    static ei_register_info ei[EVENT_RAISED];

    for (size_t i = 0; i < EVENT_RAISED; i++) {
        const struct network_event *event = network_event_of((enum network_event_id)i);
        ei_events[i] = (expert_field)EI_INIT;
        ei[i].ids = &ei_events[i];
        ei[i].eiinfo.name = wmem_strdup_printf(wmem_epan_scope(), "ipmon.expert.%s%s", event->name,
                                               i < G_N_ELEMENTS(suffixes) ? suffixes[i] : "");
        ei[i].eiinfo.group = PI_PROTOCOL;
        ei[i].eiinfo.severity = severity_of(event);
        ei[i].eiinfo.summary =
            wmem_strdup_printf(wmem_epan_scope(), "%s: %s", event->name, event->meaning);
    }
    expert_register_field_array(experts, ei, EVENT_RAISED);
    for (size_t i = 0; i < EVENT_RAISED; i++)
        demand_add_expert(&ei_events[i]);
}

void event_tree_register(int proto, expert_module_t *experts)
{
    static hf_register_info hf[] = {
        {&hf_event_count,
         {"Network Events", "ipmon.event.count", FT_UINT32, BASE_DEC, NULL, 0,
          "How many different events the header has", HFILL}},
        {&hf_event, {"Network Event", "ipmon.event", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_event_level,
         {"Level", "ipmon.event.level", FT_UINT8, BASE_DEC, VALS(level_values), 0,
          "1 is the most important, 8 the least", HFILL}},
        {&hf_event_class,
         {"Class", "ipmon.event.class", FT_STRING, BASE_NONE, NULL, 0,
          "core: data transfer, aux: everything else", HFILL}},
    };
    static gint *ett[] = {&ett_events, &ett_event};

    for (unsigned level = NETWORK_EVENT_EMERGENCY; level <= NETWORK_EVENT_VERBOSE; level++) {
        level_values[level - 1].value = level;
        level_values[level - 1].strptr = network_event_level_name((enum network_event_level)level);
    }
    proto_register_field_array(proto, hf, array_length(hf));
    demand_add_fields(DEMAND_EVENTS, hf, array_length(hf));
    proto_register_subtree_array(ett, array_length(ett));
    open_subtree(&ett_events);
    open_subtree(&ett_event);
    register_experts(experts);
}
