/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "traceroute.h"

void traceroute_add(struct traceroute *traceroute, uint8_t time_to_live)
{
    if (time_to_live == 0 || time_to_live > TRACEROUTE_TIME_TO_LIVE_MAX)
        return;
    if (traceroute->first == 0)
        traceroute->first = time_to_live;
    else if (time_to_live > traceroute->last)
        traceroute->rose = true;
    else if (time_to_live < traceroute->last && time_to_live != traceroute->first)
        traceroute->fell = true;
    traceroute->last = time_to_live;
}
