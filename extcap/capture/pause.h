/*
 * Pausing the reception. A pause is told by time: packets that arrived before it are kept although
 * they are read later, and packets from within it are not although it may be over when they are
 * read. All times are nanoseconds of CLOCK_MONOTONIC.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PAUSE_H
#define IPMON_PAUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    /* Remembered: far more than are ordered while a packet waits, also for a reader that stalls. */
    PAUSE_CHANGES_MAX = 4096,
};

struct pause {
    struct {
        uint64_t time;
        bool paused; /* from then on */
    } changes[PAUSE_CHANGES_MAX];
    size_t count;   /* of changes; nothing was ever paused: 0 */
    uint64_t ended; /* length of the pauses that are over */
    unsigned times; /* pauses begun */
};

/* Whether the reception is paused now. */
static inline bool pause_is_on(const struct pause *pause)
{
    return pause->count > 0 && pause->changes[pause->count - 1].paused;
}

/* Pauses or resumes; false when it is so already. */
bool pause_set(struct pause *pause, bool paused, uint64_t now);

/* Whether a packet that arrived at `time` falls into a pause. */
bool pause_holds(const struct pause *pause, uint64_t time);

/* How long it was paused in all, up to now, in nanoseconds. */
uint64_t pause_length(const struct pause *pause, uint64_t now);

#endif
