/*
 * Eras of the clock, and the search for the one of a stamp.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "arrival.h"

#include <inttypes.h>
#include <string.h>

#include "clock.h"
#include "log.h"

/* How much two readings of clocks that were not set may differ; a smaller setting is not noticed.
 */
#define CLOCK_JITTER (CLOCK_MILLISECOND / 20)

enum {
    READINGS_MAX = 5, /* until one is not interrupted for longer than that */
};

static bool is_before(uint64_t a, uint64_t b)
{
    return (a - b) >> 63 != 0;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
    return is_before(a, b) ? b - a : a - b;
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void begin_era(struct arrival *arrival, uint64_t begin)
{
    if (arrival->count == ARRIVAL_ERAS_MAX) {
        arrival->count--;
        arrival->forgotten++;
        memmove(arrival->eras, arrival->eras + 1, arrival->count * sizeof *arrival->eras);
    }
    arrival->eras[arrival->count].begin = begin;
    arrival->eras[arrival->count].inexact = UINT64_MAX;
    arrival->count++;
}

bool arrival_observe(struct arrival *arrival, uint64_t monotonic, uint64_t real, uint64_t inexact)
{
    uint64_t ahead = real - monotonic;
    size_t last = arrival->count - 1;
    bool set = false;

    if (arrival->count == 0) {
        begin_era(arrival, 0);
        last = 0;
    } else if (distance(arrival->eras[last].ahead, ahead) >
               inexact + arrival->eras[last].inexact + CLOCK_JITTER) {
        begin_era(arrival, arrival->eras[last].end);
        last = arrival->count - 1;
        arrival->eras[last - 1].end = monotonic;
        set = true;
    }
    arrival->eras[last].end = monotonic;
    if (inexact < arrival->eras[last].inexact) {
        arrival->eras[last].ahead = ahead;
        arrival->eras[last].inexact = inexact;
    }
    return set;
}

static void log_setting(const struct arrival *arrival)
{
    uint64_t before = arrival->eras[arrival->count - 2].ahead;
    uint64_t now = arrival->eras[arrival->count - 1].ahead;
    uint64_t milliseconds = (distance(before, now) + CLOCK_MILLISECOND / 2) / CLOCK_MILLISECOND;

    if (milliseconds != 0)
        log_line(IPMON_LOG_INFO, "the clock was set %s by %" PRIu64 ".%03" PRIu64 " s",
                 is_before(now, before) ? "back" : "forward", milliseconds / 1000,
                 milliseconds % 1000);
}

uint64_t arrival_read_clocks(struct arrival *arrival)
{
    uint64_t before;
    uint64_t real;
    uint64_t after;
    unsigned readings = 0;

    do {
        before = clock_now(CLOCK_MONOTONIC);
        real = clock_now(CLOCK_REALTIME);
        after = clock_now(CLOCK_MONOTONIC);
    } while (after - before > CLOCK_JITTER && ++readings < READINGS_MAX);
    if (arrival_observe(arrival, after, real, after - before))
        log_setting(arrival);
    return after;
}

uint64_t arrival_stamp(const struct arrival *arrival, uint64_t monotonic)
{
    return monotonic + arrival->eras[arrival->count - 1].ahead;
}

/*
 * From the latest era on: most packets are of that one. Its difference may have become more exact
 * since the time was found.
 */
bool arrival_is_exact(const struct arrival *arrival, uint64_t stamp, uint64_t time)
{
    for (size_t i = arrival->count; i-- > 0;)
        if (distance(stamp - arrival->eras[i].ahead, time) <= CLOCK_JITTER)
            return true;
    return false;
}

void arrival_drained(struct arrival *arrival)
{
    arrival->drained = arrival_read_clocks(arrival);
}

/* Whether the next packet may have arrived at `time`; those up to `drained` were handed out. */
static bool fits(const struct arrival *arrival, const struct arrival_queue *queue, uint64_t era,
                 uint64_t time, uint64_t drained)
{
    size_t at = (size_t)(era - arrival->forgotten);
    uint64_t before = era == queue->era ? queue->time : arrival->eras[at].begin;

    return !is_before(time + ARRIVAL_DISORDER, before) && !is_before(time, drained) &&
           !is_before(arrival->eras[at].end + CLOCK_JITTER, time);
}

static bool find_era(const struct arrival *arrival, struct arrival_queue *queue, uint64_t stamp,
                     uint64_t drained, uint64_t *time)
{
    uint64_t era = later(queue->era, arrival->forgotten);

    for (; era - arrival->forgotten < arrival->count; era++) {
        size_t at = (size_t)(era - arrival->forgotten);
        uint64_t candidate = stamp - arrival->eras[at].ahead;

        if (!fits(arrival, queue, era, candidate, drained))
            continue;
        queue->time = era == queue->era ? later(queue->time, candidate) : candidate;
        queue->era = era;
        queue->end = arrival->eras[at].end;
        queue->ahead = arrival->eras[at].ahead;
        *time = candidate;
        return true;
    }
    return false;
}

/* Few packets are under way when the queues are found empty: first an era in which it was not. */
bool arrival_find(const struct arrival *arrival, struct arrival_queue *queue, uint64_t stamp,
                  uint64_t *time)
{
    return find_era(arrival, queue, stamp, arrival->drained, time) ||
           find_era(arrival, queue, stamp, arrival->drained - ARRIVAL_DISORDER, time);
}

/* For a stamp that fits no era. */
static uint64_t nearest(const struct arrival *arrival, const struct arrival_queue *queue,
                        uint64_t stamp)
{
    size_t last = arrival->count - 1;
    uint64_t candidate = stamp - arrival->eras[last].ahead;

    if (is_before(candidate, arrival->eras[last].begin) ||
        is_before(arrival->eras[last].end, candidate))
        return later(queue->time, arrival->drained);
    return candidate;
}

uint64_t arrival_search(struct arrival *arrival, struct arrival_queue *queue, uint64_t stamp)
{
    uint64_t time;

    if (find_era(arrival, queue, stamp, arrival->drained, &time))
        return time;
    if (!queue->clocks_read)
        arrival_read_clocks(arrival);
    queue->clocks_read = queue->in_blocks;
    return arrival_find(arrival, queue, stamp, &time) ? time : nearest(arrival, queue, stamp);
}
