/*
 * When packets arrived, by a clock that cannot be set.
 *
 * Theory of operation. The kernel stamps packets with CLOCK_REALTIME. That clock may be set while
 * packets wait in a queue: their stamps then do not tell which arrived first, or whether one
 * arrived before a pause began. CLOCK_MONOTONIC would, but packets have no stamp of it. It is
 * computed:
 *
 * - Between two settings the real time is ahead of the monotonic one by a constant: an era. Both
 *   clocks are read whenever something is to hold for packets from then on, whenever a queue is
 *   empty, and when the kernel reports a setting. Where the difference has changed by more than two
 *   readings can differ, a new era began: some time between the reading before and this one.
 * - The monotonic time of a stamp is the stamp minus the era's difference. In which era it was made
 *   follows from what is known of its queue. The packets of one queue are stamped nearly in order:
 *   the era is not before that of the packet in front, and within it the time is not earlier than
 *   that packet's by more than ARRIVAL_DISORDER. It is not behind the end of the era. And it is
 *   not before the time at which the queues were last found empty, but for packets that were under
 *   way then. The first era that fits is taken.
 * - When none fits, the clocks are read once more: they may have been set a moment ago. When still
 *   none fits (a packet that was under way for long, or from an era that is no longer kept), the
 *   time is as near as possible in the latest era.
 *
 * Nearly every packet follows the one in front in the same era, which takes one subtraction.
 *
 * All times are nanoseconds; monotonic ones since some moment, stamps since 1970-01-01 UTC.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_ARRIVAL_H
#define IPMON_ARRIVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ARRIVAL_ERAS_MAX = 8, /* kept; packets of more eras than these never wait at the same time */
};

/* How much later than a packet one in front of it in its queue may have been stamped. */
#define ARRIVAL_DISORDER UINT64_C(200000000)

struct arrival {
    struct {
        uint64_t begin; /* monotonic; the era began then or later */
        uint64_t end;   /* monotonic; it ended then or earlier; of the latest: the latest reading */
        uint64_t ahead; /* real minus monotonic time; wraps around */
        uint64_t inexact; /* by how much that may be wrong */
    } eras[ARRIVAL_ERAS_MAX];
    size_t count;
    uint64_t forgotten; /* eras before these, no longer kept */
    uint64_t drained;   /* monotonic; all that was stamped until then has been handed out */
};

/* The latest packet of one queue, whose packets are stamped nearly in order. All zero at first. */
struct arrival_queue {
    uint64_t era;   /* its number, from 0, forgotten ones included */
    uint64_t time;  /* monotonic; the latest of that era */
    uint64_t end;   /* of that era, as it was known */
    uint64_t ahead; /* the era's */
};

/*
 * Records a reading of the clocks; the real one was read up to `inexact` before the monotonic one.
 * To be called first of all. True when the clock was set since the reading before.
 */
bool arrival_observe(struct arrival *arrival, uint64_t monotonic, uint64_t real, uint64_t inexact);

/*
 * Reads the machine's clocks and records that; a setting is logged. To be called whenever something
 * is to hold for packets from now on. Returns the monotonic time.
 */
uint64_t arrival_read_clocks(struct arrival *arrival);

/* The queues are empty: what was stamped until now was handed out. Reads the clocks, too. */
void arrival_drained(struct arrival *arrival);

/* Sets the monotonic time of a queue's next packet; false when it fits no era. */
bool arrival_find(const struct arrival *arrival, struct arrival_queue *queue, uint64_t stamp,
                  uint64_t *time);

/* The same; reads the clocks when it fits none, and returns the nearest time in the end. */
uint64_t arrival_search(struct arrival *arrival, struct arrival_queue *queue, uint64_t stamp);

/* The monotonic time of a queue's next packet; most follow the one in front in the same era. */
static inline uint64_t arrival_time(struct arrival *arrival, struct arrival_queue *queue,
                                    uint64_t stamp)
{
    uint64_t time = stamp - queue->ahead;

    if (time < queue->time || time < arrival->drained || time > queue->end)
        return arrival_search(arrival, queue, stamp);
    return queue->time = time;
}

#endif
