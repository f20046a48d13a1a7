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
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "source_remote_hosts.h"
#include "source_remote_start.h"

enum {
    READS = 16,    /* of streams in which no packet is, before signals are handled */
    REST_MAX = 10, /* milliseconds */
    /* Bytes read at a time: from how many on there is a rest, it becomes no longer, and it becomes
     * shorter. The pipe of ssh has room for five times as many. */
    REST_LEAST = 16 * 1024,
    REST_FEW = 64 * 1024,
    REST_MANY = 192 * 1024,
    STOP_LIMIT = 25, /* seconds that hosts have to stop, whatever they still send */
};

/* The number from 1 on that an interface of a host has here. */
static unsigned source_number(const struct remote_capture *host, size_t interface)
{
    return host->stream.interfaces[interface].number + 1;
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
        .interface = source_number(host, read->interface),
        .direction = (enum pcapng_direction)(read->flags & PCAPNG_DIRECTION_MASK),
        .reception = (enum pcapng_reception)(read->flags >> PCAPNG_RECEPTION_SHIFT),
        .options = read->options,
    };
}

/* The first host of those that are ready has been read. */
static void host_is_read(struct source_remote *source)
{
    source_remote_note_ended(source, &source->hosts[source->ready[0]]);
    source->ready_count--;
    memmove(source->ready, source->ready + 1, source->ready_count * sizeof *source->ready);
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
        remote_capture_give_up(&source->hosts[i], ETIMEDOUT,
                               "it does not stop; what it has not sent is lost");
        source_remote_note_ended(source, &source->hosts[i]);
    }
}

/* All hosts begin together, and not before their packets are read: ssh would have to keep them. */
static void begin(struct source_remote *source)
{
    source->has_begun = true;
    for (size_t i = 0; i < source->host_count; i++)
        remote_capture_begin(&source->hosts[i]);
}

static bool has_ready(struct source_remote *source)
{
    if (!source->has_begun)
        begin(source);
    if (source->ready_count != 0)
        return true;
    if (source->read != 0 && !source->is_stopping)
        return false; /* what has come meanwhile is read with what still comes */
    if (source_remote_wait(source, 0) == 0)
        cut_hosts(source);
    if (source->is_stopping && clock_now(CLOCK_MONOTONIC) >= source->stop_limit)
        give_up_hosts(source);
    return source->ready_count != 0;
}

/*
 * ssh writes 32 kB at a time, and to be woken for them costs more than to relay them. So when many
 * bytes come, the next ones are read a moment later, which is the shorter the faster they come.
 */
static unsigned choose_rest(struct source_remote *source)
{
    const size_t read = source->read;

    source->read = 0;
    if (read < REST_LEAST || source->is_stopping)
        return 0;
    if (read >= REST_MANY) {
        source->rest /= 2;
        return 0; /* more may wait */
    }
    if (read < REST_FEW && source->rest < REST_MAX)
        source->rest++;
    return source->rest;
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
            source_remote_add_interface(source, source->ready[0]);
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
    base->rest = choose_rest(source);
    return false;
}

static bool next_run(struct packet_source *base, size_t limit, struct pcapng_run *run)
{
    struct source_remote *source = (struct source_remote *)base;
    struct remote_capture *host;

    if (source->has_failed || !has_ready(source))
        return false;
    host = &source->hosts[source->ready[0]];
    if (!remote_capture_next_run(host, limit, run))
        return false;
    for (size_t i = 0; i < run->interface_count; i++)
        run->interfaces[i].number = source_number(host, run->interfaces[i].number);
    return true;
}

/* A host that went away is a failure at the end: until then another one may come first. */
static enum packet_source_state state(struct packet_source *base, struct failure *failure)
{
    struct source_remote *source = (struct source_remote *)base;

    if (source->is_stopping && clock_now(CLOCK_MONOTONIC) >= source->stop_deadline)
        give_up_hosts(source);
    if (source_remote_is_running(source) && !source->has_failed)
        return PACKET_SOURCE_RUNNING;
    if (failure_is_set(&source->failure) && !failure_is_set(failure))
        *failure = source->failure;
    return PACKET_SOURCE_ENDED;
}

/* Whether a machine's counts are incomplete; the first of its hosts here is the one to say so. */
static bool is_first_incomplete(const struct source_remote *source, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (source->hosts[i].is_incomplete &&
            strcmp(source->hosts[i].target->host, source->hosts[at].target->host) == 0)
            return false;
    return source->hosts[at].is_incomplete;
}

static struct packet_counts read_counts(struct packet_source *base)
{
    const struct source_remote *source = (const struct source_remote *)base;
    struct packet_counts counts = {0};

    for (size_t i = 0; i < source->host_count; i++) {
        counts.received += remote_account_received(&source->hosts[i].account);
        counts.dropped += remote_account_dropped(&source->hosts[i].account);
        counts.incomplete += is_first_incomplete(source, i);
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
    const struct source_remote_interface *numbered = &source->interfaces[interface - 1];
    const struct remote_capture *host = &source->hosts[numbered->host];
    const struct remote_row *row = &host->account.rows[numbered->interface];

    *counted = (struct source_account){
        .dropped = row->dropped,
        .paused = row->paused,
        .discarded = row->discarded,
        .comment = row->comment,
        .end = host->failure.text,
        .is_incomplete = host->is_incomplete,
    };
    if (numbered->interface == 0)
        counted->dropped += remote_account_unplaced(&host->account);
}

/* Writes what is known of the host into a comment. */
static void write_about(char about[SOURCE_REMOTE_ABOUT_SIZE], const struct remote_capture *host)
{
    const double ahead = (double)remote_clock_ahead(&host->clock) / CLOCK_MILLISECOND;
    const double round_trip = (double)remote_clock_round_trip(&host->clock) / CLOCK_MILLISECOND;
    const char *name = host->target->host;

    if (host->clock.count == 0)
        snprintf(about, SOURCE_REMOTE_ABOUT_SIZE, "Host %s, ipmon %s; its clock was not compared",
                 name, host->stream.version);
    else
        snprintf(about, SOURCE_REMOTE_ABOUT_SIZE,
                 "Host %s, ipmon %s; its clock is %.3f ms %s this one (median of round trips of "
                 "%.3f ms)",
                 name, host->stream.version, ahead < 0 ? -ahead : ahead,
                 ahead < 0 ? "behind" : "ahead of", round_trip);
}

/* Without memory the block has the comments that it came with. */
static void add_about(struct source_remote_interface *numbered, const struct remote_capture *host,
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

/* Several sources of a host may have packets of the same interface. */
static void write_name(char name[DESCRIPTION_SIZE], const struct remote_target *target,
                       const char *interface)
{
    const bool is_clear = target->is_only || strcmp(target->source, interface) == 0;

    snprintf(name, DESCRIPTION_SIZE, "%s:%s%s%s%s", target->host, interface, is_clear ? "" : " (",
             is_clear ? "" : target->source, is_clear ? "" : ")");
}

static void describe(struct packet_source *base, unsigned interface,
                     struct source_description *description)
{
    const struct source_remote *source = (const struct source_remote *)base;
    struct source_remote_interface *numbered = &source->interfaces[interface - 1];
    const struct remote_capture *host = &source->hosts[numbered->host];
    const char *name;

    description->block = host->stream.interfaces[numbered->interface].block;
    name = description->block.name ? description->block.name : "";
    write_name(description->name, host->target, name);
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
    source_remote_set_stop_deadline(source);
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
    .next_run = next_run,
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
        .latency = SOURCE_REMOTE_STOP_LATENCY,
    };
    source->missing = request->missing;
    if (source->source.descriptor < 0)
        failure_set_errno(failure, errno, "cannot wait for other machines");
    else if (remote_targets_read(&source->targets, request->settings->remote_hosts,
                                 request->settings->remote_source, failure) &&
             source_remote_start(source, request, failure))
        return &source->source;
    close_source(&source->source);
    return NULL;
}
