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
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "console.h"
#include "ending_signals.h"
#include "log.h"
#include "open_error.h"

/* <tmp>/wireshark_extcap_NAME_XXXXXX; from Wireshark 4.4 on a directory with this pipe in it. */
#define WIRESHARK_PREFIX "wireshark_extcap_"
#define WIRESHARK_PIPE "/fifo"

enum {
    OPEN_STEP = 5,    /* milliseconds between two attempts to open the pipe */
    DRAIN_STEP = 2,   /* milliseconds between two queries of what is in the pipe */
    DRAIN_GRACE = 20, /* milliseconds for the reader to process what it read last */
};

/* Waits for one step; whether a signal ends the program, or its parent has exited. */
static bool must_end(const sigset_t *ending, int parent)
{
    const struct timespec step = {.tv_nsec = OPEN_STEP * CLOCK_MILLISECOND};
    struct pollfd gone = {.fd = parent, .events = POLLIN};

    return sigtimedwait(ending, NULL, &step) > 0 || (parent >= 0 && poll(&gone, 1, 0) > 0);
}

/* Opens a pipe's writing end when it has a reader. -1 with EINTR: the program must end before. */
static int open_pipe(const char *path, int parent)
{
    sigset_t ending;
    sigset_t before;
    bool ended = false;
    int descriptor;
    int error;

    ending_signals(&ending);
    sigprocmask(SIG_BLOCK, &ending, &before);
    do
        descriptor = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    while (descriptor < 0 && errno == ENXIO && !(ended = must_end(&ending, parent)));
    error = ended ? EINTR : errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return descriptor;
}

static bool is_pipe(int descriptor)
{
    struct stat status;

    return fstat(descriptor, &status) == 0 && S_ISFIFO(status.st_mode);
}

static int open_standard_output(enum nonblocking *how)
{
    const int descriptor = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

    *how = NONBLOCKING_ITSELF;
    if (descriptor >= 0)
        *how = nonblocking_open(descriptor);
    return descriptor;
}

static bool is_pipe_of_wireshark(const char *path)
{
    const size_t length = strlen(path);
    const size_t inner = strlen(WIRESHARK_PIPE);
    const char *name = path + length;

    if (length > inner && strcmp(name - inner, WIRESHARK_PIPE) == 0)
        name -= inner;
    while (name > path && name[-1] != '/')
        name--;
    return strncmp(name, WIRESHARK_PREFIX, strlen(WIRESHARK_PREFIX)) == 0;
}

int output_parent(const char *path)
{
    return path && is_pipe_of_wireshark(path) ? pidfd_open(getppid(), 0) : -1;
}

/* Whether no other ipmon writes the file. Where files cannot be locked, that is not known. */
static bool lock(int descriptor)
{
    return flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

/* A file that another ipmon writes stays as it is. */
static int open_file(const char *path)
{
    const int descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    struct stat status;

    if (descriptor < 0 || fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode))
        return descriptor;
    if (lock(descriptor) && ftruncate(descriptor, 0) == 0)
        return descriptor;
    close(descriptor);
    return -1;
}

/* path: may be NULL */
static bool is_named_pipe(const char *path)
{
    struct stat status;

    return path && stat(path, &status) == 0 && S_ISFIFO(status.st_mode);
}

int output_open(const char *path, const char *option, uint32_t pipe_size, int parent,
                enum nonblocking *how, struct failure *failure)
{
    int descriptor;

    *how = NONBLOCKING_ITSELF;
    if (strcmp(path, "-") == 0)
        descriptor = open_standard_output(how);
    else if (is_named_pipe(path))
        descriptor = open_pipe(path, parent);
    else
        descriptor = open_file(path);
    if (descriptor < 0 && errno == EINTR)
        return -1;
    if (descriptor < 0) {
        failure_set_errno(failure, errno, "cannot open %s '%s' for writing: %s", option, path,
                          errno == EWOULDBLOCK ? "another ipmon writes it"
                                               : open_error_text(path, errno));
        return -1;
    }
    if (isatty(descriptor)) {
        close(descriptor);
        failure_set_errno(failure, EINVAL,
                          "%s '%s' is a terminal, and a capture is binary data; use a file or pipe",
                          option, path);
        return -1;
    }
    if (is_pipe(descriptor))
        fcntl(descriptor, F_SETPIPE_SZ, (int)pipe_size);
    return descriptor;
}

int output_create(const char *path, const char *option, struct failure *failure)
{
    const int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (descriptor >= 0) {
        lock(descriptor); /* nobody else has it yet */
        return descriptor;
    }
    if (errno == EEXIST)
        failure_set_errno(failure, errno,
                          "%s '%s' exists, and a record overwrites nothing; use another name, or "
                          "ring files, which get a new name each time",
                          option, path);
    else
        failure_set_errno(failure, errno, "cannot create %s '%s': %s", option, path,
                          open_error_text(path, errno));
    return -1;
}

int output_open_text(enum nonblocking *how, struct failure *failure)
{
    const int descriptor = open_standard_output(how);

    if (descriptor < 0)
        failure_set_errno(failure, errno, "cannot write to standard output: %s", strerror(errno));
    return descriptor;
}

int output_refuse(const char *path, const struct failure *failure, const struct failure_list *parts)
{
    const bool has_reader = is_named_pipe(path);
    const int descriptor = has_reader ? open_pipe(path, output_parent(path)) : -1;

    if (has_reader && descriptor < 0 && errno == EINTR)
        return 0;
    console_print_failures(failure, parts);
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
            return; /* only errors are reported: the reader is gone */
    }
    poll(NULL, 0, DRAIN_GRACE);
}

void output_cut(int descriptor, size_t length)
{
    struct stat status;

    if (length == 0 || fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode) ||
        status.st_size < (off_t)length)
        return;
    if (ftruncate(descriptor, status.st_size - (off_t)length) != 0)
        log_line(IPMON_LOG_WARNING, "the last block of the file is not whole: %s", strerror(errno));
    else
        lseek(descriptor, 0, SEEK_END);
}
