/*
 * The changes stand in the order of their times. The search begins at the latest, which holds for
 * nearly every packet.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "change_history.h"

#include <string.h>

void change_history_add(struct change_history *history, unsigned state, uint64_t time)
{
    if (history->count == CHANGE_HISTORY_MAX) {
        history->before = history->changes[0].state;
        history->count--;
        memmove(history->changes, history->changes + 1, history->count * sizeof *history->changes);
    }
    history->changes[history->count].time = time;
    history->changes[history->count].state = state;
    history->count++;
}

unsigned change_history_at(const struct change_history *history, uint64_t time)
{
    size_t at = history->count;

    while (at > 0 && time <= history->changes[at - 1].time)
        at--;
    return at > 0 ? history->changes[at - 1].state : history->before;
}
