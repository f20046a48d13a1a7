/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "source_remote_start.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

#include "clock.h"
#include "log.h"
#include "remote_fault.h"
#include "source_remote_hosts.h"

/* Seconds without any progress until hosts are given up: connecting, logging in. */
#define START_LIMIT 20
#define START_LIMIT_TEXT "20"

enum {
    REPORT_INTERVAL = 1, /* seconds between two reports of a host */

    /* Connections to one host before their login. A server for ssh refuses some of them from ten on
     * (MaxStartups in sshd_config(5)), those of others included. */
    LOGINS_MAX = 4,

    NAMES_SIZE = SOURCE_REMOTE_NAME_SIZE - 64, /* of hosts; counts stand behind them */
};

static bool start_host(struct source_remote *source, const struct settings *settings, size_t at,
                       struct failure *failure)
{
    struct remote_capture *host = &source->hosts[at];

    if (!remote_capture_start(host, settings, failure))
        return false;
    return (source_remote_watch(source, host->shell.out, WATCHED_STREAM, at) &&
            source_remote_watch(source, host->shell.error, WATCHED_LOG, at) &&
            source_remote_watch(source, host->shell.pidfd, WATCHED_EXIT, at)) ||
           failure_set_errno(failure, errno, "cannot wait for other machines");
}

static bool is_logging_in(const struct remote_capture *host)
{
    return host->state == REMOTE_STARTING && !host->stream.begun;
}

/* Connections to the same host as that one's that have not logged in. */
static size_t count_logins(const struct source_remote *source, size_t at)
{
    size_t count = 0;

    for (size_t i = 0; i < source->host_count; i++)
        count += is_logging_in(&source->hosts[i]) &&
                 strcmp(source->hosts[i].target->host, source->hosts[at].target->host) == 0;
    return count;
}

static bool is_out_of_reach(const struct source_remote *source, size_t at)
{
    for (size_t i = 0; i < source->host_count; i++) {
        const struct remote_capture *host = &source->hosts[i];

        if (host->state == REMOTE_ENDED && !host->stream.begun &&
            strcmp(host->target->host, source->hosts[at].target->host) == 0 &&
            remote_fault_is_of_host(host->shell.said))
            return true;
    }
    return false;
}

/* A host that is not reached for some of its sources would keep the others waiting for the rest. */
static void skip_unreached(struct source_remote *source)
{
    for (size_t i = 0; i < source->host_count; i++) {
        struct remote_capture *host = &source->hosts[i];

        if (host->state != REMOTE_WAITING || !is_out_of_reach(source, i))
            continue;
        remote_capture_give_up(host, EHOSTUNREACH, "not tried, since that host is not reached");
        source_remote_note_ended(source, host);
    }
}

/* Starts those that wait and may begin now. Each start is progress. */
static bool start_waiting(struct source_remote *source, const struct settings *settings,
                          uint64_t *deadline, struct failure *failure)
{
    skip_unreached(source);
    for (size_t i = 0; i < source->host_count; i++) {
        if (source->hosts[i].state != REMOTE_WAITING || count_logins(source, i) >= LOGINS_MAX)
            continue;
        if (!start_host(source, settings, i, failure))
            return false;
        *deadline = clock_now(CLOCK_MONOTONIC) + START_LIMIT * CLOCK_SECOND;
    }
    return true;
}

static bool make_hosts(struct source_remote *source, struct failure *failure)
{
    const size_t count = source->targets.count;

    source->hosts = calloc(count, sizeof *source->hosts);
    source->ready = calloc(count, sizeof *source->ready);
    source->inputs = calloc(count, sizeof *source->inputs);
    if (!source->hosts || !source->ready || !source->inputs)
        return failure_set_errno(failure, ENOMEM, "no memory for other machines");
    for (; source->host_count < count; source->host_count++)
        remote_capture_init(&source->hosts[source->host_count],
                            &source->targets.rows[source->host_count]);
    return true;
}

static bool has_unready(const struct source_remote *source)
{
    for (size_t i = 0; i < source->host_count; i++)
        if (source->hosts[i].state < REMOTE_RUNNING)
            return true;
    return false;
}

/* Its stream is not read until all begin: it waits for the others, or its packets do. */
static void hold(const struct source_remote *source, const struct remote_capture *host)
{
    epoll_ctl(source->source.descriptor, EPOLL_CTL_DEL, host->shell.out, NULL);
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
    if (host->state == REMOTE_RUNNING)
        hold(source, host);
}

static void read_beginnings(struct source_remote *source)
{
    for (size_t i = 0; i < source->ready_count; i++)
        read_beginning(source, source->ready[i]);
    source->ready_count = 0;
}

/* One that answers so slowly that its clock could not be compared runs, too. */
static void end_start(struct source_remote *source, struct remote_capture *host)
{
    if (remote_capture_settle(host))
        hold(source, host);
    else if (host->state != REMOTE_RUNNING)
        remote_capture_give_up(host, ETIMEDOUT,
                               "there was no answer for " START_LIMIT_TEXT " seconds");
    source_remote_note_ended(source, host);
}

/* All that have started begin together. */
static bool begin_hosts(struct source_remote *source, struct failure *failure)
{
    for (size_t i = 0; i < source->host_count; i++) {
        struct remote_capture *host = &source->hosts[i];

        end_start(source, host);
        source->inputs[i] = host->shell.in;
        if (host->state != REMOTE_RUNNING)
            continue;
        if (!source_remote_watch(source, host->shell.out, WATCHED_STREAM, i))
            return failure_set_errno(failure, errno, "cannot wait for other machines");
        source->ready[source->ready_count++] = i;
        log_line(IPMON_LOG_INFO, "%s: ipmon %s", host->target->name, host->stream.version);
    }
    source->source.outputs = source->inputs;
    source->source.output_count = source->host_count;
    return true;
}

/* Starts every host, and waits until each runs or has ended, or has had enough time. */
static bool start_hosts(struct source_remote *source, const struct settings *settings,
                        struct failure *failure)
{
    uint64_t deadline = 0;

    do {
        if (!start_waiting(source, settings, &deadline, failure))
            return false;
        if (source_remote_wait(source, clock_milliseconds_until(deadline)) < 0)
            return failure_set_errno(failure, EINTR, "ended while connecting to other machines");
        read_beginnings(source);
    } while (has_unready(source) && clock_now(CLOCK_MONOTONIC) < deadline);
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

static bool is_first_of_host(const struct source_remote *source, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (source->hosts[i].state == REMOTE_RUNNING &&
            strcmp(source->hosts[i].target->host, source->hosts[at].target->host) == 0)
            return false;
    return source->hosts[at].state == REMOTE_RUNNING;
}

/* The names of hosts that run, as far as there is room. Returns how many were left out. */
static size_t add_names(struct source_remote *source)
{
    size_t left_out = 0;
    size_t used = 0;

    for (size_t i = 0; i < source->host_count; i++) {
        const char *name = source->hosts[i].target->host;

        if (!is_first_of_host(source, i))
            continue;
        if (used != 0 && used + strlen(name) >= NAMES_SIZE)
            left_out++;
        else
            used += (size_t)snprintf(source->name + used, sizeof source->name - used, "%s%s",
                                     used != 0 ? " " : "", name);
    }
    return left_out;
}

static size_t count_running(const struct source_remote *source, bool *are_hosts)
{
    size_t count = 0;

    *are_hosts = true;
    for (size_t i = 0; i < source->host_count; i++) {
        count += source->hosts[i].state == REMOTE_RUNNING;
        *are_hosts = *are_hosts && source->hosts[i].target->is_only;
    }
    return count;
}

static void add_text(struct source_remote *source, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add_text(struct source_remote *source, const char *format, ...)
{
    const size_t used = strlen(source->name);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(source->name + used, sizeof source->name - used, format, arguments);
    va_end(arguments);
}

/* As in "web1 web2 and 5 more (7 of 9 hosts)". */
static void name_source(struct source_remote *source)
{
    const size_t left_out = add_names(source);
    bool are_hosts;
    const size_t running = count_running(source, &are_hosts);

    if (left_out != 0)
        add_text(source, " and %zu more", left_out);
    if (running != source->host_count)
        add_text(source, " (%zu of %zu %s)", running, source->host_count,
                 are_hosts ? "hosts" : "sources");
    source->source.name = source->name;
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
    const bool is_open = make_hosts(source, failure) &&
                         start_hosts(source, request->settings, failure) &&
                         has_hosts(source, failure) && open_timer(source, failure);

    if (is_watched)
        epoll_ctl(source->source.descriptor, EPOLL_CTL_DEL, request->signals, NULL);
    if (is_open)
        name_source(source);
    return is_open;
}
