/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "timeout_watch.h"

#include <string.h>

#include "tcp_outcome.h"

static timeout_observer observer;
static void *observer_data;

void timeout_watch(timeout_observer called, void *data)
{
    observer = called;
    observer_data = data;
}

static void observe(enum timeout_change change, guint32 frame, unsigned layer)
{
    enum { LAYER_BITS = 5 };

    observer(change, (gsize)frame << LAYER_BITS | (layer & ((1U << LAYER_BITS) - 1)),
             observer_data);
}

static bool is_timeout(const struct tcp_connection *connection, unsigned side, bool whole)
{
    return tcp_connection_timeout(connection, side, connection->sides[side].last_retransmission,
                                  whole)
               .situation != SITUATION_UNKNOWN;
}

static void take_snapshot(struct timeout_snapshot *snapshot,
                          const struct tcp_connection *connection)
{
    memset(snapshot, 0, sizeof *snapshot);
    for (unsigned side = 0; side < 2; side++) {
        if (!is_timeout(connection, side, true))
            continue;
        snapshot->sides[side].frame = connection->sides[side].last_retransmission;
        snapshot->sides[side].reported = is_timeout(connection, side, false);
    }
}

void timeout_watch_before(struct timeout_snapshot *before, const struct tcp_connection *connection)
{
    if (observer)
        take_snapshot(before, connection);
}

void timeout_watch_after(const struct timeout_snapshot *before,
                         const struct tcp_connection *connection, guint32 kept, unsigned layer)
{
    struct timeout_snapshot after;

    if (!observer)
        return;
    take_snapshot(&after, connection);
    for (unsigned side = 0; side < 2; side++) {
        const guint32 was = before->sides[side].frame;
        const guint32 is = after.sides[side].frame;

        if (was == is)
            continue;
        if (was != 0 && was != kept)
            observe(before->sides[side].reported ? TIMEOUT_REPEATED : TIMEOUT_SETTLED, was, layer);
        if (is != 0 && !after.sides[side].reported)
            observe(TIMEOUT_DUE, is, layer);
    }
}
