/*
 * A line waits in a buffer of this process while standard error takes nothing.
 *
 * Whether a write blocks is a property of the open file description, which the caller of the
 * program shares: to set O_NONBLOCK there would change the shell's terminal. So a terminal or a
 * pipe is opened once more, by its link in /proc, and takes the place of the inherited descriptor
 * in this process alone; libraries that print are then covered, too. A socket cannot be opened, but
 * send(2) takes the wish with each call. Where the terminal or pipe belongs to another user (su,
 * sudo -u) and cannot be opened either, poll(2) is asked before each write of no more than is
 * certain to fit.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "console.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "failure.h"
#include "printable.h"

enum {
    PREFIX_LENGTH = sizeof "ipmon: " - 1,
    PATIENCE = 5000,        /* milliseconds that console_finish waits, all calls together */
    PATIENCE_HURRIED = 100, /* the same for a program that was asked to end */
};

static bool opened;
static bool own;      /* the description is ours and does not block */
static bool socketed; /* it is a socket */
static bool terminal;
static bool broken; /* the last write found no reader, for good */
static bool hurried;
static int stop_signals = -1;

static char waiting[4096];
static size_t used;
static uint64_t lost; /* lines that found no room */

static void open_own(void)
{
    int descriptor = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    if (descriptor < 0)
        return;
    own = dup2(descriptor, STDERR_FILENO) == STDERR_FILENO;
    close(descriptor);
}

void console_open(int signals)
{
    struct stat status;

    stop_signals = signals;
    if (opened || fstat(STDERR_FILENO, &status) != 0)
        return;
    opened = true;
    terminal = isatty(STDERR_FILENO) != 0;
    socketed = S_ISSOCK(status.st_mode);
    if (terminal || S_ISFIFO(status.st_mode))
        open_own();
}

/* Writes what goes without blocking; -1 with EAGAIN: nothing for now. */
static ssize_t write_some(const char *bytes, size_t length)
{
    struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};
    /* A pipe with room takes PIPE_BUF bytes whole; of a terminal's room nothing more is known. */
    const size_t certain = terminal ? 1 : PIPE_BUF;

    if (socketed)
        return send(STDERR_FILENO, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (own)
        return write(STDERR_FILENO, bytes, length);
    if (poll(&room, 1, 0) > 0)
        return write(STDERR_FILENO, bytes, length < certain ? length : certain);
    errno = EAGAIN;
    return -1;
}

static void write_waiting(void)
{
    while (used != 0) {
        ssize_t written = write_some(waiting, used);

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

uint64_t console_unprinted(void)
{
    uint64_t lines = lost;

    for (size_t i = 0; i < used; i++)
        lines += waiting[i] == '\n';
    return lines;
}
