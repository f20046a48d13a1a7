/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "source_remote_hosts.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "array.h"
#include "clock.h"
#include "ending_signals.h"

enum {
    EVENTS = 16, /* at a time */
};

/* A host's place is in the upper half. */
static uint64_t watched_data(enum source_remote_watched watched, size_t host)
{
    return (uint64_t)host << 32 | watched;
}

bool source_remote_watch(const struct source_remote *source, int descriptor,
                         enum source_remote_watched watched, size_t host)
{
    /* Signals stay where they are: each tells of itself once. */
    struct epoll_event event = {.events = watched == WATCHED_SIGNALS ? EPOLLIN | EPOLLET : EPOLLIN,
                                .data.u64 = watched_data(watched, host)};

    return epoll_ctl(source->source.descriptor, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void source_remote_note_ended(struct source_remote *source, struct remote_capture *host)
{
    if (host->state != REMOTE_ENDED || !failure_is_set(&host->failure) || host->is_noted)
        return;
    host->is_noted = true;
    failure_list_add(source->missing, &host->failure);
    if (!failure_is_set(&source->failure))
        source->failure = host->failure;
}

static void ask_all(struct source_remote *source)
{
    uint64_t expirations;

    if (read(source->timer, &expirations, sizeof expirations) < 0)
        return;
    for (size_t i = 0; i < source->host_count; i++)
        if (source->hosts[i].state == REMOTE_RUNNING)
            remote_capture_ask(&source->hosts[i]);
}

/* A host that still sends is not too late, for the reader here may be slow. */
void source_remote_set_stop_deadline(struct source_remote *source)
{
    if (source->is_stopping)
        source->stop_deadline =
            clock_now(CLOCK_MONOTONIC) + SOURCE_REMOTE_STOP_LATENCY * CLOCK_MILLISECOND;
}

/* The stream is read once; the host then waits until that was handed out. */
static void read_stream(struct source_remote *source, size_t host)
{
    source->read += remote_capture_read(&source->hosts[host]);
    source->ready[source->ready_count++] = host;
    source_remote_set_stop_deadline(source);
}

/* Whether a signal waits that ends the program. A pause waits until there are packets. */
static bool ends_program(void)
{
    sigset_t ending;
    sigset_t waiting;

    ending_signals(&ending);
    return sigpending(&waiting) == 0 && sigandset(&ending, &ending, &waiting) == 0 &&
           !sigisemptyset(&ending);
}

/* False: the program is to end. */
static bool handle_event(struct source_remote *source, const struct epoll_event *event)
{
    const size_t at = event->data.u64 >> 32;
    struct remote_capture *host = &source->hosts[at];

    switch ((enum source_remote_watched)(uint32_t)event->data.u64) {
    case WATCHED_STREAM:
        read_stream(source, at);
        break;
    case WATCHED_LOG:
        remote_capture_read_error(host);
        break;
    case WATCHED_EXIT:
        remote_capture_exited(host);
        break;
    case WATCHED_TIMER:
        ask_all(source);
        return true;
    case WATCHED_SIGNALS:
        return !ends_program();
    }
    source_remote_note_ended(source, host);
    return true;
}

int source_remote_wait(struct source_remote *source, int limit)
{
    struct epoll_event events[EVENTS];
    const int count = epoll_wait(source->source.descriptor, events, EVENTS, limit);

    for (int i = 0; i < count; i++)
        if (!handle_event(source, &events[i]))
            return -1;
    return count > 0 ? count : 0;
}

static void fail_without_memory(struct source_remote *source)
{
    failure_set_errno(&source->failure, ENOMEM, "no memory for another interface");
    source->has_failed = true;
}

void source_remote_add_interface(struct source_remote *source, size_t at)
{
    struct remote_capture *host = &source->hosts[at];
    const size_t interface = host->account.count - 1;
    struct source_remote_interface *rows = array_reserve(
        source->interfaces, source->source.interfaces, &source->interface_capacity, sizeof *rows);

    if (!rows) {
        fail_without_memory(source);
        return;
    }
    source->interfaces = rows;
    rows[source->source.interfaces++] =
        (struct source_remote_interface){.host = at, .interface = interface};
    host->stream.interfaces[interface].number = source->source.interfaces - 1;
}

bool source_remote_is_running(const struct source_remote *source)
{
    for (size_t i = 0; i < source->host_count; i++)
        if (source->hosts[i].state != REMOTE_ENDED)
            return true;
    return false;
}
