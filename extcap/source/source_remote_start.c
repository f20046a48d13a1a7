/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "source_remote_start.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

#include "clock.h"
#include "log.h"
#include "source_remote_hosts.h"

/* Seconds until all hosts have answered: connecting, logging in. */
#define START_LIMIT 20
#define START_LIMIT_TEXT "20"

enum {
    REPORT_INTERVAL = 1, /* seconds between two reports of a host */
};

static bool start_host(struct source_remote *source, const struct settings *settings, size_t at,
                       struct failure *failure)
{
    struct remote_capture *host = &source->hosts[at];

    source->host_count = at + 1;
    if (!remote_capture_start(host, &source->targets.rows[at], settings, failure))
        return false;
    source->inputs[at] = host->shell.in;
    return (source_remote_watch(source, host->shell.out, WATCHED_STREAM, at) &&
            source_remote_watch(source, host->shell.error, WATCHED_LOG, at) &&
            source_remote_watch(source, host->shell.pidfd, WATCHED_EXIT, at)) ||
           failure_set_errno(failure, errno, "cannot wait for other machines");
}

static bool start_hosts(struct source_remote *source, const struct settings *settings,
                        struct failure *failure)
{
    const size_t count = source->targets.count;

    source->hosts = calloc(count, sizeof *source->hosts);
    source->ready = calloc(count, sizeof *source->ready);
    source->inputs = calloc(count, sizeof *source->inputs);
    if (!source->hosts || !source->ready || !source->inputs)
        return failure_set_errno(failure, ENOMEM, "no memory for other machines");
    for (size_t i = 0; i < count; i++)
        if (!start_host(source, settings, i, failure))
            return false;
    source->source.outputs = source->inputs;
    source->source.output_count = count;
    return true;
}

static bool has_starting(const struct source_remote *source)
{
    for (size_t i = 0; i < source->host_count; i++)
        if (source->hosts[i].state == REMOTE_STARTING)
            return true;
    return false;
}

/* Reads what a host sends before it may send packets; those of an old ipmon stay. */
static void read_beginning(struct source_remote *source, size_t at)
{
    struct remote_capture *host = &source->hosts[at];

    while (host->state == REMOTE_STARTING) {
        const enum remote_block block = remote_capture_next(host);

        if (block == REMOTE_BLOCK_NONE)
            break;
        if (block == REMOTE_BLOCK_INTERFACE)
            source_remote_add_interface(source, at);
    }
    if (host->state == REMOTE_RUNNING) /* it waits for the others, or its packets do */
        epoll_ctl(source->source.descriptor, EPOLL_CTL_DEL, host->shell.out, NULL);
    source_remote_note_ended(source, host);
}

static void read_beginnings(struct source_remote *source)
{
    for (size_t i = 0; i < source->ready_count; i++)
        read_beginning(source, source->ready[i]);
    source->ready_count = 0;
}

/* All that have started begin together. */
static bool begin_hosts(struct source_remote *source, struct failure *failure)
{
    for (size_t i = 0; i < source->host_count; i++) {
        struct remote_capture *host = &source->hosts[i];

        if (host->state == REMOTE_STARTING)
            remote_capture_give_up(host, "there was no answer for " START_LIMIT_TEXT " seconds");
        source_remote_note_ended(source, host);
        if (host->state != REMOTE_RUNNING)
            continue;
        if (!source_remote_watch(source, host->shell.out, WATCHED_STREAM, i))
            return failure_set_errno(failure, errno, "cannot wait for other machines");
        source->ready[source->ready_count++] = i;
        log_line(IPMON_LOG_INFO, "%s: ipmon %s", host->target->host, host->stream.version);
    }
    return true;
}

/* Waits until every host runs or has ended, or has had enough time. */
static bool await_hosts(struct source_remote *source, struct failure *failure)
{
    const uint64_t deadline = clock_now(CLOCK_MONOTONIC) + START_LIMIT * CLOCK_SECOND;

    while (has_starting(source) && clock_now(CLOCK_MONOTONIC) < deadline) {
        if (source_remote_wait(source, clock_milliseconds_until(deadline)) < 0)
            return failure_set_errno(failure, EINTR, "ended while other machines were connected");
        read_beginnings(source);
    }
    return begin_hosts(source, failure);
}

/* Some hosts may be missing, but not all. */
static bool has_hosts(struct source_remote *source, struct failure *failure)
{
    if (source_remote_is_running(source))
        return true;
    *failure = source->failure;
    return failure_set_errno(failure, ENOTCONN, "no other machine is captured on");
}

static bool open_timer(struct source_remote *source, struct failure *failure)
{
    const struct itimerspec interval = {.it_value.tv_sec = REPORT_INTERVAL,
                                        .it_interval.tv_sec = REPORT_INTERVAL};

    source->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    return (source->timer >= 0 && timerfd_settime(source->timer, 0, &interval, NULL) == 0 &&
            source_remote_watch(source, source->timer, WATCHED_TIMER, 0)) ||
           failure_set_errno(failure, errno, "cannot make a timer");
}

/* The signals are the capture's own again afterwards. */
bool source_remote_start(struct source_remote *source, const struct packet_source_request *request,
                         struct failure *failure)
{
    const bool is_watched =
        request->signals >= 0 && source_remote_watch(source, request->signals, WATCHED_SIGNALS, 0);
    const bool is_open = start_hosts(source, request->settings, failure) &&
                         await_hosts(source, failure) && has_hosts(source, failure) &&
                         open_timer(source, failure);

    if (is_watched)
        epoll_ctl(source->source.descriptor, EPOLL_CTL_DEL, request->signals, NULL);
    return is_open;
}
