/*
 * Packets of other machines: from an ipmon on each of them, which ssh runs. They are handed out in
 * the order in which they come here. Each host has pipes of its own, so that one that is late stops
 * no other; and one that goes away ends its interfaces, not the capture.
 *
 * Pauses, modes and the stop are told to the other machines, whose clocks decide what belongs to a
 * pause. Where the ipmon is too old for that, the time when a packet is read here decides.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "packet_source.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "array.h"
#include "clock.h"
#include "log.h"
#include "remote_capture.h"

/* Seconds until all hosts have answered: connecting, logging in. */
#define START_LIMIT 20
#define START_LIMIT_TEXT "20"

enum {
    REPORT_INTERVAL = 1, /* seconds between two reports of a host */
    STOP_LATENCY = 3000, /* milliseconds that hosts have to write what is left */
    EVENTS = 16,         /* at a time */
    READS = 16,          /* of streams in which no packet is, before signals are handled */
    STOP_LIMIT = 25,     /* seconds that hosts have to stop, whatever they still send */
    ABOUT_SIZE = 512,
};

/* What a descriptor in the epoll set is; with the host's place in the upper half. */
enum watched {
    WATCHED_STREAM,
    WATCHED_LOG,
    WATCHED_EXIT,
    WATCHED_TIMER,
    WATCHED_SIGNALS, /* only while hosts are started */
};

/* An interface of a host, by its number here. */
struct numbered {
    size_t host;
    size_t interface;       /* in the host's stream */
    char about[ABOUT_SIZE]; /* a comment about the host */
    const char **comments;  /* those of the host's description, and `about` */
};

struct source_remote {
    struct packet_source source; /* the descriptor is an epoll set */
    struct remote_targets targets;
    struct remote_capture *hosts;
    size_t host_count;
    size_t *ready; /* hosts with bytes that were not read, in the order in which they came */
    size_t ready_count;
    struct numbered *interfaces;
    size_t interface_capacity;
    int *inputs; /* of the hosts: what `outputs` points to */
    int timer;
    bool is_stopping;
    uint64_t stop_deadline; /* CLOCK_MONOTONIC, when hosts are given up; valid with is_stopping */
    uint64_t stop_limit;    /* the same, of hosts that send without end */
    bool has_failed;        /* nothing more is read */
    struct failure failure; /* of the first host that ended unasked */
    unsigned failed;        /* hosts that did */
};

static uint64_t watched_data(enum watched watched, size_t host)
{
    return (uint64_t)host << 32 | watched;
}

static bool watch(const struct source_remote *source, int descriptor, enum watched watched,
                  size_t host)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = watched_data(watched, host)};

    return epoll_ctl(source->source.descriptor, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

/* Logs why a host has ended, once. */
static void note_ended(struct source_remote *source, struct remote_capture *host)
{
    if (host->state != REMOTE_ENDED || !failure_is_set(&host->failure) || host->is_noted)
        return;
    host->is_noted = true;
    log_line(IPMON_LOG_WARNING, "%s", host->failure.text);
    if (source->failed++ == 0)
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
static void set_stop_deadline(struct source_remote *source)
{
    if (source->is_stopping)
        source->stop_deadline = clock_now(CLOCK_MONOTONIC) + STOP_LATENCY * CLOCK_MILLISECOND;
}

/* The stream is read once; the host then waits until that was handed out. */
static void read_stream(struct source_remote *source, size_t host)
{
    remote_capture_read(&source->hosts[host]);
    source->ready[source->ready_count++] = host;
    set_stop_deadline(source);
}

/* False: a signal came. */
static bool handle_event(struct source_remote *source, const struct epoll_event *event)
{
    const size_t at = event->data.u64 >> 32;
    struct remote_capture *host = &source->hosts[at];

    switch ((enum watched)(uint32_t)event->data.u64) {
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
        return false;
    }
    note_ended(source, host);
    return true;
}

/* Waits for at most that many milliseconds. Returns how many events were handled; -1: a signal. */
static int wait_for_hosts(struct source_remote *source, int limit)
{
    struct epoll_event events[EVENTS];
    const int count = epoll_wait(source->source.descriptor, events, EVENTS, limit);

    for (int i = 0; i < count; i++)
        if (!handle_event(source, &events[i]))
            return -1;
    return count > 0 ? count : 0;
}

static bool add_interface(struct source_remote *source, size_t at)
{
    struct remote_capture *host = &source->hosts[at];
    const size_t interface = host->account.count - 1;
    struct numbered *rows = array_reserve(source->interfaces, source->source.interfaces,
                                          &source->interface_capacity, sizeof *rows);

    if (!rows)
        return false;
    source->interfaces = rows;
    rows[source->source.interfaces++] = (struct numbered){.host = at, .interface = interface};
    host->account.rows[interface].number = source->source.interfaces;
    return true;
}

static void hand_out(const struct remote_capture *host, struct captured_packet *packet)
{
    const struct remote_packet *read = &host->stream.packet;

    *packet = (struct captured_packet){
        .bytes = read->bytes,
        .captured_length = read->captured_length,
        .wire_length = read->wire_length,
        .timestamp = read->timestamp,
        .arrival = host->is_controlled ? 0 : clock_now(CLOCK_MONOTONIC),
        .drops = read->drops,
        .interface = host->account.rows[read->interface].number,
        .direction = (enum pcapng_direction)(read->flags & PCAPNG_DIRECTION_MASK),
        .reception = (enum pcapng_reception)(read->flags >> PCAPNG_RECEPTION_SHIFT),
        .options = read->options,
    };
}

/* The first host of those that are ready has been read. */
static void host_is_read(struct source_remote *source)
{
    note_ended(source, &source->hosts[source->ready[0]]);
    source->ready_count--;
    memmove(source->ready, source->ready + 1, source->ready_count * sizeof *source->ready);
}

static void fail_without_memory(struct source_remote *source)
{
    failure_set_errno(&source->failure, ENOMEM, "no memory for another interface");
    source->has_failed = true;
}

/* Nothing waits: what a host that cannot be told to stop has not sent is not waited for. */
static void cut_hosts(struct source_remote *source)
{
    for (size_t i = 0; i < source->host_count && source->is_stopping; i++)
        remote_capture_cut(&source->hosts[i]);
}

static void give_up_hosts(struct source_remote *source)
{
    for (size_t i = 0; i < source->host_count; i++) {
        remote_capture_give_up(&source->hosts[i], "it does not stop; what it has not sent is lost");
        note_ended(source, &source->hosts[i]);
    }
}

static bool has_ready(struct source_remote *source)
{
    if (source->ready_count != 0)
        return true;
    if (wait_for_hosts(source, 0) == 0)
        cut_hosts(source);
    if (source->is_stopping && clock_now(CLOCK_MONOTONIC) >= source->stop_limit)
        give_up_hosts(source);
    return source->ready_count != 0;
}

static bool next_packet(struct packet_source *base, struct captured_packet *packet)
{
    struct source_remote *source = (struct source_remote *)base;

    unsigned reads = 0;

    base->busy = false;
    while (!source->has_failed && reads < READS && has_ready(source)) {
        struct remote_capture *host = &source->hosts[source->ready[0]];

        switch (remote_capture_next(host)) {
        case REMOTE_BLOCK_PACKET:
            hand_out(host, packet);
            return true;
        case REMOTE_BLOCK_INTERFACE:
            if (!add_interface(source, source->ready[0]))
                fail_without_memory(source);
            base->busy = !source->has_failed; /* it is described before its packets come */
            return false;
        case REMOTE_BLOCK_NONE:
            host_is_read(source);
            reads++;
            break;
        default:
            break;
        }
    }
    base->busy = reads == READS;
    return false;
}

static bool is_running(const struct source_remote *source)
{
    for (size_t i = 0; i < source->host_count; i++)
        if (source->hosts[i].state != REMOTE_ENDED)
            return true;
    return false;
}

/* A host that went away is a failure at the end, also while others go on. */
static enum packet_source_state state(struct packet_source *base, struct failure *failure)
{
    struct source_remote *source = (struct source_remote *)base;

    if (source->is_stopping && clock_now(CLOCK_MONOTONIC) >= source->stop_deadline)
        give_up_hosts(source);
    if (failure_is_set(&source->failure) && !failure_is_set(failure))
        *failure = source->failure;
    return is_running(source) && !source->has_failed ? PACKET_SOURCE_RUNNING : PACKET_SOURCE_ENDED;
}

static struct packet_counts read_counts(struct packet_source *base)
{
    const struct source_remote *source = (const struct source_remote *)base;
    struct packet_counts counts = {0};

    for (size_t i = 0; i < source->host_count; i++) {
        counts.received += remote_account_received(&source->hosts[i].account);
        counts.dropped += remote_account_dropped(&source->hosts[i].account);
    }
    return counts;
}

static uint64_t read_dropped(struct packet_source *base)
{
    return read_counts(base).dropped;
}

/* What is known of a host's losses beyond those of its interfaces is in its first one. */
static void account(struct packet_source *base, unsigned interface, struct source_account *counted)
{
    const struct source_remote *source = (const struct source_remote *)base;
    const struct numbered *numbered = &source->interfaces[interface - 1];
    const struct remote_capture *host = &source->hosts[numbered->host];
    const struct remote_row *row = &host->account.rows[numbered->interface];

    *counted = (struct source_account){
        .dropped = row->dropped,
        .paused = row->paused,
        .discarded = row->discarded,
        .comment = row->comment,
        .end = host->failure.text,
    };
    if (numbered->interface == 0)
        counted->dropped += remote_account_unplaced(&host->account);
}

/* Writes what is known of the host into a comment. */
static void write_about(char about[ABOUT_SIZE], const struct remote_capture *host)
{
    const double ahead = (double)remote_clock_ahead(&host->clock) / CLOCK_MILLISECOND;
    const double round_trip = (double)remote_clock_round_trip(&host->clock) / CLOCK_MILLISECOND;
    const char *name = host->target->host;

    if (host->clock.count == 0)
        snprintf(about, ABOUT_SIZE, "Host %s, ipmon %s; its clock was not compared", name,
                 host->stream.version);
    else
        snprintf(about, ABOUT_SIZE,
                 "Host %s, ipmon %s; its clock is %.3f ms %s this one (median of round trips of "
                 "%.3f ms)",
                 name, host->stream.version, ahead < 0 ? -ahead : ahead,
                 ahead < 0 ? "behind" : "ahead of", round_trip);
}

/* Without memory the block has the comments that it came with. */
static void add_about(struct numbered *numbered, const struct remote_capture *host,
                      struct pcapng_comments *comments)
{
    const char **texts = realloc(numbered->comments, (comments->count + 1) * sizeof *texts);

    write_about(numbered->about, host);
    if (!texts)
        return;
    numbered->comments = texts;
    if (comments->count != 0)
        memcpy(texts, comments->texts, comments->count * sizeof *texts);
    texts[comments->count++] = numbered->about;
    comments->texts = texts;
}

static void describe(struct packet_source *base, unsigned interface,
                     struct source_description *description)
{
    const struct source_remote *source = (const struct source_remote *)base;
    struct numbered *numbered = &source->interfaces[interface - 1];
    const struct remote_capture *host = &source->hosts[numbered->host];
    const char *name;

    description->block = host->stream.interfaces[numbered->interface].block;
    name = description->block.name ? description->block.name : "";
    snprintf(description->name, sizeof description->name, "%s:%s", host->target->host, name);
    description->block.name = description->name;
    add_about(numbered, host, &description->block.comments);
}

static void hold(struct packet_source *base, bool held)
{
    struct source_remote *source = (struct source_remote *)base;

    for (size_t i = 0; i < source->host_count; i++)
        remote_capture_set_pause(&source->hosts[i], held);
}

/* Each host logs it when it cannot change its mode. */
static bool set_mode(struct packet_source *base, enum receive_all_mode mode, uint64_t *time,
                     struct failure *failure)
{
    struct source_remote *source = (struct source_remote *)base;
    bool is_told = false;

    for (size_t i = 0; i < source->host_count; i++) {
        remote_capture_set_mode(&source->hosts[i], mode);
        is_told = is_told || source->hosts[i].is_controlled;
    }
    *time = clock_now(CLOCK_REALTIME);
    return is_told || failure_set_errno(failure, EOPNOTSUPP,
                                        "the ipmon of no host is new enough to change its mode");
}

static void stop(struct packet_source *base)
{
    struct source_remote *source = (struct source_remote *)base;

    if (source->is_stopping)
        return;
    source->is_stopping = true;
    source->stop_limit = clock_now(CLOCK_MONOTONIC) + STOP_LIMIT * CLOCK_SECOND;
    set_stop_deadline(source);
    for (size_t i = 0; i < source->host_count; i++)
        remote_capture_stop(&source->hosts[i]);
}

static void close_source(struct packet_source *base)
{
    struct source_remote *source = (struct source_remote *)base;

    for (size_t i = 0; i < source->host_count; i++)
        remote_capture_close(&source->hosts[i]);
    for (size_t i = 0; i < base->interfaces; i++)
        free(source->interfaces[i].comments);
    if (source->timer >= 0)
        close(source->timer);
    if (base->descriptor >= 0)
        close(base->descriptor);
    free(source->interfaces);
    free(source->inputs);
    free(source->ready);
    free(source->hosts);
    free(source);
}

static const struct packet_source_operations operations = {
    .next = next_packet,
    .state = state,
    .counts = read_counts,
    .dropped = read_dropped,
    .set_mode = set_mode,
    .describe = describe,
    .hold = hold,
    .account = account,
    .stop = stop,
    .close = close_source,
};

static bool start_host(struct source_remote *source, const struct settings *settings, size_t at,
                       struct failure *failure)
{
    struct remote_capture *host = &source->hosts[at];

    source->host_count = at + 1;
    if (!remote_capture_start(host, &source->targets.rows[at], settings, failure))
        return false;
    source->inputs[at] = host->shell.in;
    return (watch(source, host->shell.out, WATCHED_STREAM, at) &&
            watch(source, host->shell.error, WATCHED_LOG, at) &&
            watch(source, host->shell.pidfd, WATCHED_EXIT, at)) ||
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
        if (block == REMOTE_BLOCK_INTERFACE && !add_interface(source, at))
            fail_without_memory(source);
    }
    if (host->state == REMOTE_RUNNING) /* it waits for the others, or its packets do */
        epoll_ctl(source->source.descriptor, EPOLL_CTL_DEL, host->shell.out, NULL);
    note_ended(source, host);
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
        note_ended(source, host);
        if (host->state != REMOTE_RUNNING)
            continue;
        if (!watch(source, host->shell.out, WATCHED_STREAM, i))
            return failure_set_errno(failure, errno, "cannot wait for other machines");
        remote_capture_begin(host);
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
        if (wait_for_hosts(source, clock_milliseconds_until(deadline)) < 0)
            return failure_set_errno(failure, EINTR, "ended while other machines were connected");
        read_beginnings(source);
    }
    return begin_hosts(source, failure);
}

/* Some hosts may be missing, but not all. */
static bool has_hosts(struct source_remote *source, struct failure *failure)
{
    if (is_running(source))
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
            watch(source, source->timer, WATCHED_TIMER, 0)) ||
           failure_set_errno(failure, errno, "cannot make a timer");
}

/* The signals are the capture's own again afterwards. */
static bool open_hosts(struct source_remote *source, const struct packet_source_request *request,
                       struct failure *failure)
{
    const bool is_watched =
        request->signals >= 0 && watch(source, request->signals, WATCHED_SIGNALS, 0);
    const bool is_open = start_hosts(source, request->settings, failure) &&
                         await_hosts(source, failure) && has_hosts(source, failure) &&
                         open_timer(source, failure);

    if (is_watched)
        epoll_ctl(source->source.descriptor, EPOLL_CTL_DEL, request->signals, NULL);
    return is_open;
}

struct packet_source *source_remote_open(const struct packet_source_request *request,
                                         struct failure *failure)
{
    struct source_remote *source = calloc(1, sizeof *source);

    if (!source) {
        failure_set_errno(failure, ENOMEM, "no memory for other machines");
        return NULL;
    }
    source->timer = -1;
    source->source = (struct packet_source){
        .operations = &operations,
        .kind = SANDBOX_REMOTE,
        .descriptor = epoll_create1(EPOLL_CLOEXEC),
        .latency = STOP_LATENCY,
    };
    if (source->source.descriptor < 0)
        failure_set_errno(failure, errno, "cannot wait for other machines");
    else if (remote_targets_read(&source->targets, request->settings->remote_hosts,
                                 request->settings->remote_source, failure) &&
             open_hosts(source, request, failure))
        return &source->source;
    close_source(&source->source);
    return NULL;
}
