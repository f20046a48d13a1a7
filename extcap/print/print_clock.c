/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "print.h"

#include <stdio.h>
#include <time.h>

static void set_second(struct print_clock *clock, uint64_t second)
{
    const time_t time = (time_t)second;
    struct tm local = {0};

    localtime_r(&time, &local);
    strftime(clock->time, sizeof clock->time, "%H:%M:%S", &local);
    clock->second = second;
    clock->valid = true;
}

void print_time(struct text *text, const struct print_record *record, struct print_clock *clock)
{
    enum { SECOND = 1000000, DIGITS = 6 };
    const uint64_t second = record->microseconds / SECOND;
    uint32_t rest = (uint32_t)(record->microseconds % SECOND);

    if (!record->has_time) {
        text_string(text, "--:--:--.------");
        return;
    }
    if (!clock->valid || clock->second != second)
        set_second(clock, second);
    text_bytes(text, clock->time, PRINT_TIME_LENGTH);
    text_char(text, '.');
    for (int i = DIGITS - 1; i >= 0; i--, rest /= 10)
        text->end[i] = (char)('0' + rest % 10);
    text->end += DIGITS;
}
