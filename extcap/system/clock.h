/*
 * Times in nanoseconds.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CLOCK_H
#define IPMON_CLOCK_H

#include <limits.h>
#include <stdint.h>
#include <time.h>

#define CLOCK_SECOND UINT64_C(1000000000)
#define CLOCK_MILLISECOND UINT64_C(1000000)

/* Now on a clock: CLOCK_REALTIME since 1970-01-01 UTC, CLOCK_MONOTONIC since some moment. */
static inline uint64_t clock_now(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * CLOCK_SECOND + (uint64_t)now.tv_nsec;
}

/* Milliseconds from now to a time of CLOCK_MONOTONIC, for poll(2): not earlier than that time. */
static inline int clock_milliseconds_until(uint64_t deadline)
{
    uint64_t now = clock_now(CLOCK_MONOTONIC);
    uint64_t wait = now >= deadline ? 0 : (deadline - now) / CLOCK_MILLISECOND + 1;

    return wait > INT_MAX ? INT_MAX : (int)wait;
}

#endif
