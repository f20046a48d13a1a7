/*
 * How far the clock of another machine is ahead, from reports that were asked for and answered: the
 * answer is taken to be made halfway between. The median of the latest round trips counts, so that
 * single ones that were held up have no effect.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_REMOTE_CLOCK_H
#define IPMON_REMOTE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

enum {
    REMOTE_CLOCK_FIRST = 5, /* round trips before a capture begins */
    REMOTE_CLOCK_KEPT = 9,
};

/* All zero: nothing is known. Times are nanoseconds. */
struct remote_clock {
    int64_t ahead[REMOTE_CLOCK_KEPT];
    int64_t round_trips[REMOTE_CLOCK_KEPT];
    size_t count; /* of all so far */
};

/*
 * Adds a round trip. sent: CLOCK_REALTIME here when it began; length: until the answer was read;
 * answered: CLOCK_REALTIME there. One of more than a second waited behind packets, and is ignored.
 */
void remote_clock_add(struct remote_clock *clock, uint64_t sent, uint64_t length,
                      uint64_t answered);

/* By how much the other clock is ahead; negative: behind. 0 when nothing is known. */
int64_t remote_clock_ahead(const struct remote_clock *clock);

/* The median of the round trips. */
int64_t remote_clock_round_trip(const struct remote_clock *clock);

#endif
