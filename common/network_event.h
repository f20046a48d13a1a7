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
 * Finds the events of a decoded header, in the order in which a stack would detect them, each once:
 * however often a sender repeats one, the others still fit. A fatal one ends the search as it would
 * end the packet, except a wrong checksum. What the snapshot length cut off is never an event.
 * Returns how many were found.
 */
size_t network_events_find(const struct ip_packet *packet,
                           const struct network_event_context *context,
                           struct network_event_found found[EVENT_RAISED]);

#endif
