/*
 * Network events in Wireshark: expert items and fields in the subtree of a header.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_EVENT_TREE_H
#define IPMON_EVENT_TREE_H

#include <wireshark.h>
#include <epan/expert.h>
#include <epan/packet.h>

#include "header_place.h"
#include "network_event.h"

/* The events of a header that the preferences do not exclude. */
struct header_events {
    struct network_event_found found[EVENT_RAISED];
    size_t count;
};

/* Registers fields and expert items under the protocol. To be called once. */
void event_tree_register(int proto, expert_module_t *experts);

/* Finds the events of a header, without those that the preferences exclude. */
void event_tree_find(struct header_events *events, packet_info *pinfo,
                     const struct header_place *place);

/* The worst event's name and how many more there are, "ipintr-badsum and 2 more"; NULL: none. */
const char *event_tree_title(wmem_allocator_t *pool, const struct header_events *events);

/* Adds the events to the header's subtree. tree: NULL if there are to be only expert items. */
void event_tree_add(proto_tree *tree, packet_info *pinfo, const struct header_place *place,
                    const struct header_events *events);

#endif
