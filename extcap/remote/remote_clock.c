/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "remote_clock.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"

void remote_clock_add(struct remote_clock *clock, uint64_t sent, uint64_t length, uint64_t answered)
{
    const size_t at = clock->count % REMOTE_CLOCK_KEPT;

    if (length > CLOCK_SECOND)
        return;
    clock->ahead[at] = (int64_t)(answered - (sent + length / 2));
    clock->round_trips[at] = (int64_t)length;
    clock->count++;
}

static int compare(const void *a, const void *b)
{
    const int64_t left = *(const int64_t *)a;
    const int64_t right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

static int64_t median(const struct remote_clock *clock, const int64_t *numbers)
{
    const size_t count = clock->count < REMOTE_CLOCK_KEPT ? clock->count : REMOTE_CLOCK_KEPT;
    int64_t sorted[REMOTE_CLOCK_KEPT];

    if (count == 0)
        return 0;
    memcpy(sorted, numbers, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare);
    return sorted[count / 2];
}

int64_t remote_clock_ahead(const struct remote_clock *clock)
{
    return median(clock, clock->ahead);
}

int64_t remote_clock_round_trip(const struct remote_clock *clock)
{
    return median(clock, clock->round_trips);
}
