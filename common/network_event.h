/*
 * Network events: finds what is wrong with a packet.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_NETWORK_EVENT_H
#define IPMON_NETWORK_EVENT_H

#include "event_context.h"
#include "event_dictionary.h"
#include "ip_packet.h"

/*
 * Finds the events of a decoded header, in the order in which a stack would detect them. Each is
 * stored once, so that repetitions leave room for the others. An event for which a stack discards
 * the packet ends the search, except a wrong checksum. Bytes that the snapshot length cut off never
 * cause an event.
 * Returns how many were found.
 */
size_t network_events_find(const struct ip_packet *packet,
                           const struct network_event_context *context,
                           struct network_event_found found[EVENT_RAISED]);

#endif
