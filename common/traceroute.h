/*
 * Recognizes a traceroute by the packets that one host sends to another: their time to live (hop
 * limit) counts up from a small number. A routing loop, in which the same packets pass again and
 * again, counts down.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_TRACEROUTE_H
#define IPMON_TRACEROUTE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    TRACEROUTE_TIME_TO_LIVE_MAX = 30, /* of the packets that count: the usual limit of traceroute */
};

/* What two hosts' packets show, those of one direction. All zeros: there was none. */
struct traceroute {
    uint8_t first; /* time to live of the first packet */
    uint8_t last;  /* and of the last one */
    bool rose;     /* it went up */
    bool fell;     /* it went down, other than back to the first: no traceroute */
};

/* Adds a packet. time_to_live: as captured; of one above the maximum nothing changes. */
void traceroute_add(struct traceroute *traceroute, uint8_t time_to_live);

static inline bool traceroute_is_one(const struct traceroute *traceroute)
{
    return traceroute->rose && !traceroute->fell;
}

#endif
