/*
 * Whether a write blocks is a property of the open file description, which the caller of the
 * program shares: to set O_NONBLOCK there would change the shell's terminal. So a terminal or a
 * pipe is opened once more, by its link in /proc, and takes the place of the inherited descriptor
 * in this process alone. A socket cannot be opened, but send(2) has a flag.
 * Where the terminal or pipe belongs to another user (su, sudo -u) it cannot be opened either.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "nonblocking.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Replaces the descriptor by one of a new description. */
static bool open_anew(int descriptor)
{
    char link[sizeof "/proc/self/fd/" + 12];
    int own;
    bool replaced;

    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    own = open(link, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (own < 0)
        return false;
    replaced = dup3(own, descriptor, O_CLOEXEC) == descriptor;
    close(own);
    return replaced;
}

enum nonblocking nonblocking_open(int descriptor)
{
    const bool terminal = isatty(descriptor) != 0;
    struct stat status;

    if (fstat(descriptor, &status) != 0)
        return NONBLOCKING_ITSELF;
    if (S_ISSOCK(status.st_mode))
        return NONBLOCKING_SOCKET;
    if ((!terminal && !S_ISFIFO(status.st_mode)) || open_anew(descriptor))
        return NONBLOCKING_ITSELF;
    return terminal ? NONBLOCKING_TERMINAL : NONBLOCKING_PIPE;
}

/* A pipe that is ready takes PIPE_BUF bytes; of a terminal only one byte is certain. */
static ssize_t write_what_fits(int descriptor, const void *bytes, size_t length, size_t certain)
{
    struct pollfd polled = {.fd = descriptor, .events = POLLOUT};

    if (poll(&polled, 1, 0) > 0)
        return write(descriptor, bytes, length < certain ? length : certain);
    errno = EAGAIN;
    return -1;
}

ssize_t nonblocking_write(int descriptor, enum nonblocking how, const void *bytes, size_t length)
{
    switch (how) {
    case NONBLOCKING_SOCKET:
        return send(descriptor, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    case NONBLOCKING_PIPE:
        return write_what_fits(descriptor, bytes, length, PIPE_BUF);
    case NONBLOCKING_TERMINAL:
        return write_what_fits(descriptor, bytes, length, 1);
    case NONBLOCKING_ITSELF:
        break;
    }
    return write(descriptor, bytes, length);
}

enum nonblocking_flush nonblocking_flush(int descriptor, enum nonblocking how, const void *bytes,
                                         size_t *start, size_t end)
{
    while (*start < end) {
        const ssize_t written =
            nonblocking_write(descriptor, how, (const char *)bytes + *start, end - *start);

        if (written > 0)
            *start += (size_t)written;
        else if (written < 0 && errno == EINTR)
            continue;
        else if (written < 0 && errno == EPIPE)
            return NONBLOCKING_READER_GONE;
        else if (written < 0 && errno != EAGAIN)
            return NONBLOCKING_FAILED;
        else
            return NONBLOCKING_PENDING;
    }
    return NONBLOCKING_FLUSHED;
}
