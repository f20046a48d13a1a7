/*
 * Which network events are reported: the lowest level, the classes, and a table of rules by event,
 * address and port. All are preferences of the protocol.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_EVENT_FILTER_H
#define IPMON_EVENT_FILTER_H

#include <stdbool.h>

#include <epan/prefs.h>

#include "ip_packet.h"
#include "network_event.h"

/* Registers the preferences. To be called once. */
void event_filter_register(module_t *module);

/*
 * Takes over the preferences. Reports a level that does not exist, and then uses the lowest. To be
 * called when preferences have changed.
 */
void event_filter_apply(void);

/*
 * Whether an event of the packet is reported. The first of the event's rules whose address and port
 * match the packet decides. If none matches, the event is reported unless a rule reports it for
 * other packets.
 */
bool event_filter_passes(const struct network_event *event, const struct ip_packet *packet);

#endif
