/*
 * The table of connections, with a verdict for each.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_STATISTICS_CONNECTIONS_H
#define IPMON_STATISTICS_CONNECTIONS_H

#include <stdbool.h>

#include "connection_state.h"

/* The tap that gets a struct statistics_connection for each packet of a connection. */
#define STATISTICS_CONNECTIONS_TAP "ipmon_connections"

/* What the tap gets: a connection whose state a packet may have changed. */
struct statistics_connection {
    struct connection_state state;
    bool is_packet; /* the packet belongs to it; otherwise another connection has replaced it */
};

/* To be called once, when Wireshark registers tap listeners. */
void statistics_connections_register(void);

#endif
