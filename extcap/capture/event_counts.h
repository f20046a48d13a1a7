/*
 * How often each network event of this program occurred, for the statistics of a capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_EVENT_COUNTS_H
#define IPMON_EVENT_COUNTS_H

#include <stddef.h>
#include <stdint.h>

#include "event_dictionary.h"

/* All zero: none occurred. */
struct event_counts {
    struct {
        enum network_event_id id;
        uint64_t count;
    } rows[EVENT_IDENTIFIED]; /* in the order of their first occurrence */
    size_t kinds;             /* rows used */
};

void event_counts_add(struct event_counts *counts, enum network_event_id id);

/*
 * Writes the events' names into `text`, each with its count: "name 2, other 1". Returns the length,
 * 0 when there were none; what does not fit whole into `size` bytes is left out.
 */
size_t event_counts_print(const struct event_counts *counts, char *text, size_t size);

#endif
