/*
 * Statistics over all IP headers, network events and socket errors: tshark -z ipmon,tree,
 * -z ipmon_events,tree, -z ipmon_errors,tree and the Statistics menu.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_STATISTICS_H
#define IPMON_STATISTICS_H

#include <stdbool.h>

/* The tap that gets a struct ip_packet for each annotated header. */
#define STATISTICS_TAP "ipmon"

/* The tap that gets a struct network_event for each one reported. */
#define STATISTICS_EVENTS_TAP "ipmon_events"

/* The tap that gets a struct statistics_error for each socket error that an application sees. */
#define STATISTICS_ERRORS_TAP "ipmon_errors"

struct statistics_error {
    const char *name;   /* "ECONNREFUSED" */
    const char *socket; /* "UDP 10.9.0.1:4000 → 10.9.0.2:9" */
    bool shown;         /* one of the sockets with the most errors, as far as is known by now */
};

/* Registers the statistics. To be called when Wireshark registers tap listeners. */
void statistics_register(void);

#endif
