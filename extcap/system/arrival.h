/*
 * When packets arrived, whatever is done to the machine's clock meanwhile. The kernel stamps
 * packets with CLOCK_REALTIME, which can be set; what came first is judged by CLOCK_MONOTONIC,
 * which cannot. Between two settings of the clock the difference of both stays the same: such a
 * time is an era. All times are nanoseconds; monotonic ones since some moment, stamps since
 * 1970-01-01 UTC.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_ARRIVAL_H
#define IPMON_ARRIVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ARRIVAL_ERAS_MAX = 8, /* remembered; packets of more do not wait at once */
};

/* A packet may be younger by so much than one that was stamped later. */
#define ARRIVAL_DISORDER UINT64_C(200000000)

struct arrival {
    struct {
        uint64_t begin; /* monotonic; not later than the era began */
        uint64_t end;   /* monotonic; not earlier than it ended, or the latest look */
        uint64_t ahead; /* what a stamp is ahead of the monotonic time; wraps around */
        uint64_t inexact;
    } eras[ARRIVAL_ERAS_MAX];
    size_t count;
    uint64_t forgotten; /* eras before the first one of these */
    uint64_t drained;   /* monotonic; all that was stamped until then has been handed out */
};

/* How far the packets of one queue have come, which are stamped nearly in order; begins as zero. */
struct arrival_queue {
    uint64_t era;   /* of the packet before, forgotten ones included */
    uint64_t time;  /* monotonic; the latest of that era */
    uint64_t end;   /* of that era, as it was known */
    uint64_t ahead; /* the era's */
};

/*
 * Takes in what the clocks show; the real one was read up to `inexact` before the monotonic one. To
 * be called first of all. False when the clock goes on as before, or was never seen before.
 */
bool arrival_observe(struct arrival *arrival, uint64_t monotonic, uint64_t real, uint64_t inexact);

/*
 * The same with the machine's clocks, whose setting is logged; to be called whenever something is
 * to hold for packets from now on. Returns the monotonic time.
 */
uint64_t arrival_look(struct arrival *arrival);

/* All that was stamped until now has been handed out; looks, too. */
void arrival_drained(struct arrival *arrival);

/* Sets the monotonic time of a queue's next packet; false when no era is known that it fits. */
bool arrival_find(const struct arrival *arrival, struct arrival_queue *queue, uint64_t stamp,
                  uint64_t *time);

/* The same; looks at the clocks when it has to, and is content with the nearest in the end. */
uint64_t arrival_search(struct arrival *arrival, struct arrival_queue *queue, uint64_t stamp);

/* The monotonic time of a queue's next packet; most follow the one before in the same era. */
static inline uint64_t arrival_time(struct arrival *arrival, struct arrival_queue *queue,
                                    uint64_t stamp)
{
    uint64_t time = stamp - queue->ahead;

    if (time < queue->time || time < arrival->drained || time > queue->end)
        return arrival_search(arrival, queue, stamp);
    return queue->time = time;
}

#endif
