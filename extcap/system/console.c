/*
 * A line is buffered while standard error takes nothing. The descriptor itself is opened anew
 * (nonblocking.h), so that it also holds for libraries that print.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "console.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "mask.h"
#include "nonblocking.h"
#include "printable.h"

enum {
    PREFIX_LENGTH = sizeof "ipmon: " - 1,
    PATIENCE = 5000,        /* milliseconds that console_finish waits, all calls together */
    PATIENCE_HURRIED = 100, /* the same after a signal to end */
};

static bool opened;
static enum nonblocking how;
static bool broken; /* the last write found no reader, for good */
static bool hurried;
static int stop_signals = -1;

static char waiting[4096];
static size_t used;
static uint64_t lost; /* lines that did not fit `waiting` */

void console_open(int signals)
{
    stop_signals = signals;
    if (!opened)
        how = nonblocking_open(STDERR_FILENO);
    opened = true;
}

static void write_waiting(void)
{
    while (used != 0) {
        ssize_t written = nonblocking_write(STDERR_FILENO, how, waiting, used);

        broken = written < 0 && errno != EAGAIN && errno != EINTR;
        if (written <= 0)
            return;
        used -= (size_t)written;
        memmove(waiting, waiting + written, used);
    }
}

void console_flush(void)
{
    write_waiting();
    if (used != 0 || lost == 0)
        return;
    used = (size_t)snprintf(waiting, sizeof waiting, "ipmon: %" PRIu64 " lines were not printed\n",
                            lost);
    lost = 0;
    write_waiting();
}

void console_print(const char *text)
{
    char line[PREFIX_LENGTH + FAILURE_TEXT_SIZE + 1] = "ipmon: ";
    size_t length;

    if (!opened)
        console_open(-1);
    printable_copy(line + PREFIX_LENGTH, FAILURE_TEXT_SIZE, text);
    length = strlen(line);
    line[length++] = '\n';
    console_flush();
    if (lost != 0 || length > sizeof waiting - used) {
        lost++;
        return;
    }
    memcpy(waiting + used, line, length);
    used += length;
    console_flush();
}

int console_pending(void)
{
    return used != 0 && !broken ? STDERR_FILENO : -1;
}

void console_hurry(void)
{
    hurried = true;
}

void console_finish(void)
{
    static uint64_t deadline;

    if (deadline == 0)
        deadline = clock_now(CLOCK_MONOTONIC) +
                   (uint64_t)(hurried ? PATIENCE_HURRIED : PATIENCE) * CLOCK_MILLISECOND;
    while (console_pending() >= 0) {
        struct pollfd polled[] = {{.fd = STDERR_FILENO, .events = POLLOUT},
                                  {.fd = stop_signals, .events = POLLIN}};
        const uint64_t now = clock_now(CLOCK_MONOTONIC);

        if (now >= deadline ||
            poll(polled, 2, (int)((deadline - now) / CLOCK_MILLISECOND + 1)) < 0 ||
            polled[1].revents != 0)
            return;
        console_flush();
    }
}

int console_print_failure(const struct failure *failure)
{
    char text[FAILURE_TEXT_SIZE];

    snprintf(text, sizeof text, "%s", failure->text);
    mask_text(text, sizeof text);
    log_line(IPMON_LOG_ERROR, "%s", text);
    console_print(text);
    console_finish();
    return 1;
}

uint64_t console_unprinted(void)
{
    uint64_t lines = lost;

    for (size_t i = 0; i < used; i++)
        lines += waiting[i] == '\n';
    return lines;
}
