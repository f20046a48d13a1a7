/*
 * Opening, refusing and draining the output.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

enum {
    DRAIN_STEP = 2,   /* milliseconds between two looks at the pipe */
    DRAIN_GRACE = 20, /* milliseconds for the reader to process what it took last */
};

static void leave_quietly(int signal)
{
    (void)signal;
    _exit(0);
}

/* Opens a pipe's writing end; that waits for a reader, and a signal may end the wait. */
static int open_pipe(const char *path)
{
    const struct sigaction leave = {.sa_handler = leave_quietly};
    struct sigaction old_term;
    struct sigaction old_int;
    sigset_t ending;
    int descriptor;
    int error;

    sigaction(SIGTERM, &leave, &old_term);
    sigaction(SIGINT, &leave, &old_int);
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    sigprocmask(SIG_UNBLOCK, &ending, NULL);
    descriptor = open(path, O_WRONLY | O_CLOEXEC);
    error = errno;
    sigprocmask(SIG_BLOCK, &ending, NULL);
    sigaction(SIGTERM, &old_term, NULL);
    sigaction(SIGINT, &old_int, NULL);
    errno = error;
    return descriptor;
}

static bool is_pipe(int descriptor)
{
    struct stat status;

    return fstat(descriptor, &status) == 0 && S_ISFIFO(status.st_mode);
}

int output_open(const char *path, uint32_t pipe_size, struct failure *failure)
{
    struct stat status;
    bool found = stat(path, &status) == 0;
    int descriptor;

    if (strcmp(path, "-") == 0)
        descriptor = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    else if (found && S_ISFIFO(status.st_mode))
        descriptor = open_pipe(path);
    else
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        failure_set_errno(failure, errno, "cannot open --fifo '%s' for writing: %s", path,
                          strerror(errno));
        return -1;
    }
    if (isatty(descriptor)) {
        close(descriptor);
        failure_set_errno(failure, EINVAL,
                          "--fifo '%s' is a terminal, a capture is binary data; use a file or pipe",
                          path);
        return -1;
    }
    if (is_pipe(descriptor)) {
        fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
        fcntl(descriptor, F_SETPIPE_SZ, (int)pipe_size);
    }
    return descriptor;
}

int output_refuse(const char *path, const struct failure *failure)
{
    struct stat status;
    int descriptor = -1;

    if (path && stat(path, &status) == 0 && S_ISFIFO(status.st_mode))
        descriptor = open_pipe(path);
    failure_print(failure);
    if (descriptor >= 0)
        close(descriptor);
    return 1;
}

void output_drain(int descriptor, uint64_t deadline)
{
    int unread = 0;

    if (!is_pipe(descriptor))
        return;
    while (ioctl(descriptor, FIONREAD, &unread) == 0 && unread > 0 &&
           clock_now(CLOCK_MONOTONIC) < deadline) {
        struct pollfd reader = {.fd = descriptor};

        if (poll(&reader, 1, DRAIN_STEP) > 0)
            return; /* only errors are asked for: the reader is gone */
    }
    poll(NULL, 0, DRAIN_GRACE);
}

void output_cut(int descriptor, size_t length)
{
    struct stat status;

    if (length != 0 && fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) &&
        status.st_size >= (off_t)length &&
        ftruncate(descriptor, status.st_size - (off_t)length) != 0)
        log_line(IPMON_LOG_WARNING, "the last block of the file is not whole: %s", strerror(errno));
}
