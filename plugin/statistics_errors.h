/*
 * The tree of socket errors: by name, and by remote endpoint, cause and local socket.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_STATISTICS_ERRORS_H
#define IPMON_STATISTICS_ERRORS_H

#include <stdbool.h>

#include <wireshark.h>

#include "packet_error.h"
#include "timeout_watch.h"

/* The tap that gets a struct statistics_error for each socket error that an application sees. */
#define STATISTICS_ERRORS_TAP "ipmon_errors"

struct statistics_error;

/* What the tap gets for an error. visited: its frame was dissected before. */
const struct statistics_error *statistics_error_of(wmem_allocator_t *pool,
                                                   const struct packet_error *error, bool visited);

/* What it gets for a change of the timeouts that two passes would report otherwise. */
const struct statistics_error *statistics_timeout_of(wmem_allocator_t *pool,
                                                     enum timeout_change change, gsize key);

/* To be called once, when Wireshark registers tap listeners. */
void statistics_errors_register(void);

#endif
