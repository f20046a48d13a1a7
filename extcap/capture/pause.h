/*
 * Pausing the reception. The arrival times of packets decide what a pause discards: a packet that
 * arrived before the pause is kept, even if it is read later; a packet that arrived during the
 * pause is discarded, even if it is read after the end of the pause. All times are nanoseconds of
 * CLOCK_MONOTONIC.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PAUSE_H
#define IPMON_PAUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "change_history.h"

/* All zero: never paused. */
struct pause {
    struct change_history history; /* of whether it is paused */
    uint64_t begun;                /* the latest pause */
    uint64_t ended;                /* length of the pauses that are over */
    unsigned times;                /* pauses begun */
};

/* Whether the reception is paused now. */
static inline bool pause_is_on(const struct pause *pause)
{
    return change_history_latest(&pause->history) != 0;
}

/* Pauses or resumes. Returns false if it is already in that state. */
bool pause_set(struct pause *pause, bool paused, uint64_t now);

/* Whether a packet that arrived at `time` falls into a pause. */
static inline bool pause_holds(const struct pause *pause, uint64_t time)
{
    return change_history_at(&pause->history, time) != 0;
}

/* The total length of all pauses up to now, in nanoseconds. */
uint64_t pause_length(const struct pause *pause, uint64_t now);

#endif
