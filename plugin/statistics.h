/*
 * Statistics over all IP headers, network events, socket errors, processes and connections: tshark
 * -z ipmon,tree, -z ipmon_events,tree, -z ipmon_errors,tree, -z ipmon_processes,tree,
 * -z ipmon_connections, and the Statistics menu; and over all packets: -z ipmon_packets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_STATISTICS_H
#define IPMON_STATISTICS_H

#include "statistics_connections.h"
#include "statistics_errors.h"
#include "statistics_packets.h"
#include "statistics_processes.h"

/* The tap that gets a struct ip_packet for each annotated header. */
#define STATISTICS_TAP "ipmon"

/* The tap that gets a struct network_event for each one reported. */
#define STATISTICS_EVENTS_TAP "ipmon_events"

/*
 * Registers the statistics. To be called once, at handoff: sharkd does not register the tap listeners
 * of plugins later, as other programs do.
 */
void statistics_register(void);

#endif
