/*
 * The history of pauses.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "pause.h"

#include <string.h>

static uint64_t since_last_change(const struct pause *pause, uint64_t now)
{
    return now - pause->changes[pause->count - 1].time;
}

bool pause_set(struct pause *pause, bool paused, uint64_t now)
{
    if (pause_is_on(pause) == paused)
        return false;
    if (paused)
        pause->times++;
    else
        pause->ended += since_last_change(pause, now);
    if (pause->count == PAUSE_CHANGES_MAX) {
        pause->count--;
        memmove(pause->changes, pause->changes + 1, pause->count * sizeof *pause->changes);
    }
    pause->changes[pause->count].time = now;
    pause->changes[pause->count].paused = paused;
    pause->count++;
    return true;
}

bool pause_holds(const struct pause *pause, uint64_t time)
{
    size_t at = pause->count;

    while (at > 0 && time <= pause->changes[at - 1].time)
        at--;
    /* Before the oldest change that is remembered it was the other way round. */
    if (at == 0)
        return pause->count > 0 && !pause->changes[0].paused;
    return pause->changes[at - 1].paused;
}

uint64_t pause_length(const struct pause *pause, uint64_t now)
{
    return pause->ended + (pause_is_on(pause) ? since_last_change(pause, now) : 0);
}
