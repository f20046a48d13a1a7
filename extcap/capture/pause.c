/*
 * Pauses, their number and their length.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "pause.h"

bool pause_set(struct pause *pause, bool paused, uint64_t now)
{
    if (pause_is_on(pause) == paused)
        return false;
    if (paused) {
        pause->times++;
        pause->begun = now;
    } else {
        pause->ended += now - pause->begun;
    }
    change_history_add(&pause->history, paused, now);
    return true;
}

uint64_t pause_length(const struct pause *pause, uint64_t now)
{
    return pause->ended + (pause_is_on(pause) ? now - pause->begun : 0);
}
