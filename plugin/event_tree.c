/*
 * Network events as fields and expert items; one expert item is registered for each row of the
 * dictionary that can be raised, so that each can be filtered and given another severity by name.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "event_tree.h"

#include "compat.h"
#include "event_filter.h"
#include "expert_demand.h"
#include "neighbour.h"

static int hf_event = -1;
static int hf_event_level = -1;
static int hf_event_class = -1;

static gint ett_event = -1;

static expert_field ei_events[EVENT_RAISED];

/* The names live in common; Wireshark wants them as value_string, ended by an empty row. */
static value_string level_values[NETWORK_EVENT_VERBOSE + 1];

static int severity_of(enum network_event_level level)
{
    if (level <= NETWORK_EVENT_ERROR)
        return PI_ERROR;
    if (level == NETWORK_EVENT_WARNING)
        return PI_WARN;
    return level == NETWORK_EVENT_NOTICE ? PI_NOTE : PI_CHAT;
}

bool event_tree_is_wanted(proto_tree *tree)
{
    return proto_field_is_referenced(tree, hf_event) ||
           proto_field_is_referenced(tree, hf_event_level) ||
           proto_field_is_referenced(tree, hf_event_class);
}

static bool is_ethernet(const address *address)
{
    return address->type == AT_ETHER && address->len == FT_ETHER_LEN && address->data;
}

static bool is_zero(const address *address)
{
    static const guint8 zeros[FT_ETHER_LEN] = {0};

    return memcmp(address->data, zeros, sizeof zeros) == 0;
}

/*
 * Ethernet addresses tell, where there are any: Linux writes zeros for those of its loopback. A
 * "cooked" capture has only the source's.
 */
static enum network_known on_loopback_by_address(const packet_info *pinfo)
{
    if (!is_zero(&pinfo->dl_src))
        return NETWORK_NO;
    return is_ethernet(&pinfo->dl_dst) && is_zero(&pinfo->dl_dst) ? NETWORK_YES : NETWORK_UNKNOWN;
}

static enum network_known on_loopback(const packet_info *pinfo)
{
    const wtap_rec *rec = pinfo->rec;
    const char *name = NULL;

    if (is_ethernet(&pinfo->dl_src))
        return on_loopback_by_address(pinfo);
    if (rec && rec->presence_flags & WTAP_HAS_INTERFACE_ID)
        name = compat_interface_name(pinfo);
    if (!name || !*name || strcmp(name, "unknown") == 0)
        return NETWORK_UNKNOWN;
    if (strstr(name, "oopback") ||
        (g_str_has_prefix(name, "lo") && strspn(name + 2, "0123456789") == strlen(name + 2)))
        return NETWORK_YES;
    return NETWORK_NO;
}

/* Reception type of the capture file's packet flags: 1 unicast, 2 multicast, 3 broadcast. */
static guint32 reception_type(const packet_info *pinfo)
{
    guint32 flags = 0;

    if (!pinfo->rec || !pinfo->rec->block ||
        wtap_block_get_uint32_option_value(pinfo->rec->block, OPT_PKT_FLAGS, &flags) !=
            WTAP_OPTTYPE_SUCCESS)
        return 0;
    return flags >> 2 & 7;
}

static enum network_known known(bool is_known, bool value)
{
    if (!is_known)
        return NETWORK_UNKNOWN;
    return value ? NETWORK_YES : NETWORK_NO;
}

/* What the capture file says of the frame holds for its outermost header. */
static struct network_event_context context_of(packet_info *pinfo, const struct header_place *place)
{
    const guint32 reception = reception_type(pinfo);
    struct network_event_context context = {.verify_checksums = true};

    context.loopback = on_loopback(pinfo);
    if (place->layer != 0)
        return context;
    context.outgoing = known(pinfo->p2p_dir != P2P_DIR_UNKNOWN, pinfo->p2p_dir == P2P_DIR_SENT);
    context.group_addressed = known(reception != 0, reception == 2 || reception == 3);
    context.to_this_host = known(reception != 0, reception == 1 && pinfo->p2p_dir == P2P_DIR_RECV);
    context.given_up = neighbour_was_given_up(pinfo) ? NETWORK_YES : NETWORK_UNKNOWN;
    return context;
}

void event_tree_find(struct header_events *events, packet_info *pinfo,
                     const struct header_place *place)
{
    const struct network_event_context context = context_of(pinfo, place);
    size_t count;
    const struct network_event *dictionary = network_events(&count);
    size_t found = network_events_find(&place->packet, &context, events->found);

    events->count = 0;
    for (size_t i = 0; i < found; i++)
        if (event_filter_passes(&dictionary[events->found[i].id], &place->packet))
            events->found[events->count++] = events->found[i];
}

static void add_event(proto_tree *tree, packet_info *pinfo, const struct header_place *place,
                      const struct network_event_found *found)
{
    size_t count;
    const struct network_event *event = &network_events(&count)[found->id];
    const gint start = (gint)(place->start + found->offset);
    const gint length = (gint)found->length;
    proto_item *item = NULL;
    proto_tree *subtree;

    if (tree) {
        item =
            proto_tree_add_string_format_value(tree, hf_event, place->source, start, length,
                                               event->name, "%s: %s", event->name, event->meaning);
        proto_item_set_generated(item);
        subtree = proto_item_add_subtree(item, ett_event);
        proto_item_set_generated(proto_tree_add_uint(subtree, hf_event_level, place->source, start,
                                                     length, event->level));
        proto_item_set_generated(proto_tree_add_string(subtree, hf_event_class, place->source,
                                                       start, length,
                                                       network_event_class_name(event->class)));
    }
    expert_add_info(pinfo, item, &ei_events[found->id]);
}

void event_tree_add(proto_tree *tree, packet_info *pinfo, const struct header_place *place,
                    const struct header_events *events)
{
    for (size_t i = 0; i < events->count; i++)
        add_event(tree, pinfo, place, &events->found[i]);
}

/* One expert item for each event; the name that occurs twice gets its level behind it. */
static void register_experts(expert_module_t *experts)
{
    static ei_register_info ei[EVENT_RAISED];
    size_t count;
    const struct network_event *events = network_events(&count);

    for (size_t i = 0; i < EVENT_RAISED; i++) {
        const bool quench = i == EVENT_ICMP_ERROR_START_QUENCH;

        ei_events[i] = (expert_field)EI_INIT;
        ei[i].ids = &ei_events[i];
        ei[i].eiinfo.name = wmem_strdup_printf(wmem_epan_scope(), "ipmon.expert.%s%s",
                                               events[i].name, quench ? ".quench" : "");
        ei[i].eiinfo.group = PI_PROTOCOL;
        ei[i].eiinfo.severity = severity_of(events[i].level);
        ei[i].eiinfo.summary =
            wmem_strdup_printf(wmem_epan_scope(), "%s: %s", events[i].name, events[i].meaning);
    }
    expert_register_field_array(experts, ei, EVENT_RAISED);
    for (size_t i = 0; i < EVENT_RAISED; i++)
        expert_demand_add(&ei_events[i]);
}

void event_tree_register(int proto, expert_module_t *experts)
{
    static hf_register_info hf[] = {
        {&hf_event, {"Network Event", "ipmon.event", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_event_level,
         {"Level", "ipmon.event.level", FT_UINT8, BASE_DEC, VALS(level_values), 0,
          "1 is the most important, 8 the least", HFILL}},
        {&hf_event_class,
         {"Class", "ipmon.event.class", FT_STRING, BASE_NONE, NULL, 0,
          "core: data transfer, aux: everything else", HFILL}},
    };
    static gint *ett[] = {&ett_event};

    for (unsigned level = NETWORK_EVENT_EMERGENCY; level <= NETWORK_EVENT_VERBOSE; level++) {
        level_values[level - 1].value = level;
        level_values[level - 1].strptr = network_event_level_name((enum network_event_level)level);
    }
    proto_register_field_array(proto, hf, array_length(hf));
    proto_register_subtree_array(ett, array_length(ett));
    register_experts(experts);
}
