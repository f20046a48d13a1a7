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
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "mask.h"
#include "nonblocking.h"
#include "printable.h"

enum {
    LINE_SIZE =
        FAILURE_TEXT_SIZE + 128, /* bytes of a line, with what stands in front of its text */
    PATIENCE = 5000,             /* milliseconds that console_finish waits, all calls together */
    PATIENCE_HURRIED = 100,      /* the same after a signal to end */
};

static bool opened;
static enum nonblocking how;
static bool broken; /* the last write found no reader, for good */
static bool hurried;
static bool is_journal; /* standard error is systemd's */
static int stop_signals = -1;

static char waiting[4096];
static size_t used;
static uint64_t lost; /* lines that did not fit `waiting` */

/* systemd names the socket that it made; the descriptor may lead elsewhere by now. */
static bool is_stream_of_journal(int descriptor)
{
    const char *stream = getenv("JOURNAL_STREAM");
    char own[64];
    struct stat status;

    if (!stream || fstat(descriptor, &status) != 0)
        return false;
    snprintf(own, sizeof own, "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
    return strcmp(own, stream) == 0;
}

void console_open(int signals)
{
    stop_signals = signals;
    if (opened)
        return;
    is_journal = is_stream_of_journal(STDERR_FILENO);
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

static void add_line(const char *line, size_t length)
{
    console_flush();
    if (lost != 0 || length > sizeof waiting - used) {
        lost++;
        return;
    }
    memcpy(waiting + used, line, length);
    used += length;
    console_flush();
}

static void print_line(enum log_level level, const char *name, const char *text, const char *end)
{
    static const char *const priorities[] = {
        [IPMON_LOG_ERROR] = "<3>",
        [IPMON_LOG_WARNING] = "<4>",
        [IPMON_LOG_INFO] = "<6>",
        [IPMON_LOG_DEBUG] = "<7>",
    };
    char line[LINE_SIZE];
    int length;

    if (!opened)
        console_open(-1);
    length = snprintf(line, sizeof line, "%s%s%s%s", is_journal ? priorities[level] : "", name,
                      text, end);
    add_line(line, length < LINE_SIZE ? (size_t)length : LINE_SIZE - 1);
}

static void print_text(enum log_level level, const char *text)
{
    char shown[FAILURE_TEXT_SIZE];

    printable_copy(shown, sizeof shown, text);
    print_line(level, "ipmon: ", shown, "\n");
}

void console_print(const char *text)
{
    print_text(IPMON_LOG_INFO, text);
}

void console_print_log(enum log_level level, const char *line)
{
    print_line(level, "", line, "");
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

static void print_failure(const struct failure *failure)
{
    char text[FAILURE_TEXT_SIZE];

    snprintf(text, sizeof text, "%s", failure->text);
    mask_text(text, sizeof text);
    log_failure("%s", text);
    if (!log_is_on_standard_error())
        print_text(IPMON_LOG_ERROR, text);
}

int console_print_failure(const struct failure *failure)
{
    return console_print_failures(failure, NULL);
}

int console_print_failures(const struct failure *failure, const struct failure_list *parts)
{
    print_failure(failure);
    for (size_t i = 0; parts && i < parts->count; i++)
        if (strcmp(parts->rows[i].text, failure->text) != 0)
            print_failure(&parts->rows[i]);
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
