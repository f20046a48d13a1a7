/*
 * Statistics over all IP headers and network events: tshark -z ipmon,tree, -z ipmon_events,tree and
 * the Statistics menu.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_STATISTICS_H
#define IPMON_STATISTICS_H

/* The tap that gets a struct ip_packet for each annotated header. */
#define STATISTICS_TAP "ipmon"

/* The tap that gets a struct network_event for each one reported. */
#define STATISTICS_EVENTS_TAP "ipmon_events"

/* Registers the statistics. To be called when Wireshark registers tap listeners. */
void statistics_register(void);

#endif
