/*
 * When packets arrived, by a clock that cannot be set.
 *
 * Theory of operation. The kernel stamps packets with CLOCK_REALTIME, which may be set while
 * packets wait in a queue. Their stamps then no longer show which came first, or whether one came
 * before a pause. CLOCK_MONOTONIC would, but packets carry no stamp of it, so it is computed.
 *
 * Between two settings the difference of both clocks is constant: this is called an era. The clocks
 * are read when a source is found empty, when the kernel reports a setting, and whenever something
 * is to apply to packets from now on. If the difference has changed by more than the readings are
 * inexact, a new era has begun at some time between the previous reading and this one.
 *
 * The monotonic time of a packet is its stamp minus the difference of its era: the first era in
 * which that time is
 * - not before the packet in front in its queue: neither in an earlier era nor, in the same one,
 *   earlier by more than ARRIVAL_DISORDER,
 * - not after the end of the era, and
 * - not before the source was last found empty.
 * If there is none, the clocks are read again, because they may have been set a moment ago, and the
 * last condition is relaxed by ARRIVAL_DISORDER, because some packets are still under way when the
 * source is found empty. If there is still none (the packet was under way for longer, or its era is
 * no longer kept), the latest era is used; if the time is not within it, the earliest possible
 * time.
 *
 * Nearly every packet is of the era of the one in front, which takes three comparisons to decide.
 *
 * In a queue of blocks many packets are under way when the source is found empty: those in the
 * block that the kernel is filling. The clocks are read once for all of them, since a reading after
 * the block was handed over knows of every setting that its packets have seen.
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
    uint64_t era;     /* its number, from 0, forgotten ones included */
    uint64_t time;    /* monotonic; the latest of that era */
    uint64_t end;     /* of that era, as it was known */
    uint64_t ahead;   /* the era's */
    bool in_blocks;   /* arrival_next_block is called; set at first */
    bool clocks_read; /* in_blocks: since then */
};

/*
 * Records a reading of the clocks; the real one was read up to `inexact` before the monotonic one.
 * To be called before all others. Returns true if the clock was set since the previous reading.
 */
bool arrival_observe(struct arrival *arrival, uint64_t monotonic, uint64_t real, uint64_t inexact);

/*
 * Reads the machine's clocks and records that; a setting is logged. To be called whenever something
 * is to hold for packets from now on. Returns the monotonic time.
 */
uint64_t arrival_read_clocks(struct arrival *arrival);

/*
 * The stamp of a packet that arrives at a monotonic time of the latest era: what is to hold from a
 * reading on is logged with this, since the real clock read once more would be later.
 */
uint64_t arrival_stamp(const struct arrival *arrival, uint64_t monotonic);

/*
 * Whether a stamp and the time that was found for it are those of one era: the time is exact then,
 * as far as the clock was not set since.
 */
bool arrival_is_exact(const struct arrival *arrival, uint64_t stamp, uint64_t time);

/* How often the clock was set, as far as it is known. */
static inline uint64_t arrival_settings(const struct arrival *arrival)
{
    return arrival->forgotten + arrival->count - 1;
}

/* The queues are empty: what was stamped until now was handed out. Reads the clocks, too. */
void arrival_drained(struct arrival *arrival);

/* Sets the monotonic time of a queue's next packet; false when it fits no era. */
bool arrival_find(const struct arrival *arrival, struct arrival_queue *queue, uint64_t stamp,
                  uint64_t *time);

/* The same; reads the clocks when it fits none, and returns the nearest time in the end. */
uint64_t arrival_search(struct arrival *arrival, struct arrival_queue *queue, uint64_t stamp);

/* The queue's next packets, which come in a block, have all arrived by now. */
static inline void arrival_next_block(struct arrival_queue *queue)
{
    queue->clocks_read = false;
}

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
