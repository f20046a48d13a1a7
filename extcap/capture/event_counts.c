/*
 * Few kinds of events occur: their rows are searched one by one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "event_counts.h"

#include <inttypes.h>
#include <stdio.h>

void event_counts_add(struct event_counts *counts, enum network_event_id id)
{
    size_t i = 0;

    while (i < counts->kinds && counts->rows[i].id != id)
        i++;
    if (i == counts->kinds)
        counts->rows[counts->kinds++].id = id;
    counts->rows[i].count++;
}

size_t event_counts_print(const struct event_counts *counts, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < counts->kinds; i++) {
        int length = snprintf(text + used, size - used, "%s%s %" PRIu64, used ? ", " : "",
                              network_event_of(counts->rows[i].id)->name, counts->rows[i].count);

        if (length < 0 || (size_t)length >= size - used) {
            text[used] = '\0';
            break;
        }
        used += (size_t)length;
    }
    return used;
}
