/*
 * A state that changes while packets are under way, with the times of its changes. The state that
 * applies to a packet is that of the time when it arrived, not of the time when it is read.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CHANGE_HISTORY_H
#define IPMON_CHANGE_HISTORY_H

#include <stddef.h>
#include <stdint.h>

enum {
    /* Kept: far more than a user makes while a packet waits, also for a reader that stalls. */
    CHANGE_HISTORY_MAX = 4096,
};

/* Times are nanoseconds of CLOCK_MONOTONIC. All zero: the state is 0 and never changed. */
struct change_history {
    struct {
        uint64_t time;
        unsigned state; /* of what arrives later than `time` */
    } changes[CHANGE_HISTORY_MAX];
    size_t count;    /* of changes kept */
    unsigned before; /* the state up to the first of them */
};

/* Adds a change, not earlier than the latest one. If there are too many, the oldest is dropped. */
void change_history_add(struct change_history *history, unsigned state, uint64_t time);

/* The state that a packet which arrived at `time` was received in. */
unsigned change_history_at(const struct change_history *history, uint64_t time);

static inline unsigned change_history_latest(const struct change_history *history)
{
    return history->count != 0 ? history->changes[history->count - 1].state : history->before;
}

#endif
