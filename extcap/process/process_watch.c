/*
 * The records, the tables, and the comments of the latest answers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "process_watch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "clock.h"
#include "hash.h"
#include "log.h"
#include "packet_ends.h"
#include "process_comment.h"
#include "process_existing.h"
#include "process_feed.h"
#include "process_names.h"
#include "socket_search.h"

enum {
    COMMENTS = 512, /* of each end; a power of two */
    ENDS = 2,
};

/* How long the kernel is waited for to finish a record, and how long not after that was in vain. */
#define UNFINISHED_LIMIT (CLOCK_MILLISECOND / 2)
#define UNFINISHED_PAUSE (10 * CLOCK_MILLISECOND)

/* How inexact the arrival of a packet is at most (arrival.c), and more. */
#define READ_AHEAD CLOCK_MILLISECOND

/* A comment as it was written for an answer. */
struct kept_comment {
    struct process_answer answer;
    enum process_role role;
    unsigned blanks;
    uint64_t names_time;
    uint16_t length; /* of the text, bytes; 0: none was written */
    char text[PROCESS_COMMENT_SIZE];
};

struct process_watch {
    struct process_feed feed;
    struct socket_table sockets;
    struct process_name_table names;
    struct kept_comment *comments;
    struct process_counts counts;
    uint64_t *uncounted;  /* the one of them that counts the latest packet; NULL: it is counted */
    uint64_t read_until;  /* when the ring was read to its end */
    uint64_t lossy_until; /* what arrived up to then has no answer */
    uint64_t next_wait;   /* when an unfinished record may be waited for again */
    struct pcapng_process found;
    const char *texts[ENDS];
    uint16_t lengths[ENDS];
};

static void take_record(struct process_watch *watch, const void *record, size_t length)
{
    const struct process_record_long *with_arguments = record;

    if (length == sizeof(struct process_event) &&
        ((const struct process_event *)record)->kind < PROCESS_EVENTS)
        socket_table_add(&watch->sockets, record);
    else if (length == sizeof(struct process_record))
        process_names_add(&watch->names, record, NULL, 0);
    else if (length == sizeof *with_arguments &&
             with_arguments->record.arguments_length <= PROCESS_ARGUMENTS_SIZE)
        process_names_add(&watch->names, &with_arguments->record, with_arguments->arguments,
                          with_arguments->record.arguments_length);
}

/* The kernel is in the middle of a record: usually on another processor, for less than 1 us. */
static enum process_feed_state wait_for_record(struct process_watch *watch, const void **record,
                                               size_t *length)
{
    enum process_feed_state state = process_feed_next(&watch->feed, record, length);
    uint64_t limit;

    if (state != PROCESS_FEED_UNFINISHED || clock_now(CLOCK_MONOTONIC) < watch->next_wait)
        return state;
    limit = clock_now(CLOCK_MONOTONIC) + UNFINISHED_LIMIT;
    do
        state = process_feed_next(&watch->feed, record, length);
    while (state == PROCESS_FEED_UNFINISHED && clock_now(CLOCK_MONOTONIC) < limit);
    if (state == PROCESS_FEED_UNFINISHED) {
        watch->counts.events_given_up++;
        watch->next_wait = clock_now(CLOCK_MONOTONIC) + UNFINISHED_PAUSE;
    }
    return state;
}

/* Records that found no room are missing from what arrived since the last reading. */
static void notice_losses(struct process_watch *watch, uint64_t now)
{
    const uint64_t lost = __atomic_load_n(watch->feed.lost, __ATOMIC_RELAXED);

    if (lost == watch->counts.events_lost)
        return;
    if (watch->counts.events_lost == 0)
        log_line(IPMON_LOG_WARNING,
                 "more sockets are opened than are kept track of: some packets have no process");
    watch->counts.events_lost = lost;
    watch->lossy_until = now;
}

void process_watch_read(struct process_watch *watch)
{
    const uint64_t now = clock_now(CLOCK_MONOTONIC);
    enum process_feed_state state;
    const void *record;
    size_t length;

    while ((state = wait_for_record(watch, &record, &length)) == PROCESS_FEED_RECORD) {
        take_record(watch, record, length);
        process_feed_release(&watch->feed);
    }
    if (state == PROCESS_FEED_EMPTY)
        watch->read_until = now;
    notice_losses(watch, clock_now(CLOCK_MONOTONIC));
}

static bool is_same_answer(const struct process_answer *a, const struct process_answer *b)
{
    return a->certainty == b->certainty && a->is_listener == b->is_listener && a->how == b->how &&
           a->process == b->process && a->thread == b->thread && a->user == b->user &&
           a->program == b->program;
}

static const struct process_names *names_of(struct process_watch *watch,
                                            const struct process_answer *answer)
{
    return answer->process == 0
               ? NULL
               : process_names_find(&watch->names, answer->process, answer->program, answer->time);
}

/*
 * Formatting costs more than all the rest: comments are kept. names_before: of the comment before
 * this one; NULL: there is none.
 */
static const struct kept_comment *
comment_of(struct process_watch *watch, const struct process_answer *answer, enum process_role role,
           const struct process_names *names, const struct process_names *names_before)
{
    const unsigned blanks = process_comment_blanks(names, names_before);
    const uint64_t names_time = names ? names->time : 0;
    const uint64_t who = (uint64_t)answer->thread << 32 | (uint32_t)answer->how << 8 |
                         (uint32_t)answer->certainty << 4 | (uint32_t)role;
    const size_t slot = (size_t)hash_word(hash_word(0, who), answer->user) & (COMMENTS - 1);
    struct kept_comment *kept = &watch->comments[(size_t)role * COMMENTS + slot];

    if (kept->length != 0 && kept->role == role && kept->names_time == names_time &&
        kept->blanks == blanks && is_same_answer(&kept->answer, answer))
        return kept;
    kept->answer = *answer;
    kept->role = role;
    kept->blanks = blanks;
    kept->names_time = names_time;
    process_comment_write(kept->text, answer, role, names, blanks);
    kept->length = (uint16_t)strlen(kept->text);
    return kept;
}

static void set_uncounted(struct process_watch *watch, enum process_certainty certainty)
{
    uint64_t *const counters[] = {
        [PROCESS_UNKNOWN] = &watch->counts.unknown,
        [PROCESS_NOBODY] = &watch->counts.none,
        [PROCESS_KERNEL] = &watch->counts.kernel,
        [PROCESS_UNCERTAIN] = &watch->counts.uncertain,
        [PROCESS_LISTENER] = &watch->counts.listener,
        [PROCESS_EXACT] = &watch->counts.exact,
    };

    watch->uncounted = counters[certainty];
}

void process_watch_count(struct process_watch *watch)
{
    if (watch->uncounted)
        ++*watch->uncounted;
    watch->uncounted = NULL;
}

static void add_comment(struct process_watch *watch, const struct kept_comment *comment)
{
    struct pcapng_comments *comments = &watch->found.comments;

    watch->texts[comments->count] = comment->text;
    watch->lengths[comments->count++] = comment->length;
}

/* The sender last: ptcpdump reads all comments of a packet into one, of which the last ones count.
 */
static const struct pcapng_process *describe(struct process_watch *watch,
                                             const struct process_answer answers[ENDS])
{
    static const enum process_role order[ENDS] = {PROCESS_RECEIVER, PROCESS_SENDER};
    const struct process_answer *sender = &answers[PROCESS_SENDER];
    const struct process_names *before = NULL;

    watch->found = (struct pcapng_process){
        .has_sender = sender->process != 0 &&
                      (sender->certainty == PROCESS_EXACT || sender->certainty == PROCESS_LISTENER),
        .process = sender->process,
        .thread = sender->thread,
        .comments = {.texts = watch->texts, .lengths = watch->lengths},
    };
    for (size_t i = 0; i < ENDS; i++) {
        const struct process_answer *answer = &answers[order[i]];
        const struct process_names *names;

        if (answer->certainty < PROCESS_KERNEL)
            continue;
        names = names_of(watch, answer);
        add_comment(watch, comment_of(watch, answer, order[i], names, before));
        before = names;
    }
    return watch->found.comments.count != 0 ? &watch->found : NULL;
}

bool process_watch_is_behind(const struct process_watch *watch, uint64_t arrival)
{
    return arrival + READ_AHEAD > watch->read_until;
}

void process_watch_distrust(struct process_watch *watch)
{
    watch->lossy_until = clock_now(CLOCK_MONOTONIC);
}

void process_watch_skip(struct process_watch *watch)
{
    set_uncounted(watch, PROCESS_UNKNOWN);
}

static bool is_covered(const struct process_watch *watch, uint64_t arrival)
{
    return arrival <= watch->read_until && arrival > watch->lossy_until;
}

const struct pcapng_process *process_watch_find(struct process_watch *watch,
                                                const struct process_packet *packet)
{
    struct process_answer answers[ENDS] = {{.certainty = PROCESS_UNKNOWN}};
    struct packet_ends ends;
    struct socket_query query = {
        .time = packet->arrival, .is_loopback = packet->is_loopback, .device = packet->device};

    if (!is_covered(watch, packet->arrival) ||
        !packet_ends_find(&ends, packet->bytes, packet->captured_length, packet->wire_length)) {
        set_uncounted(watch, PROCESS_UNKNOWN);
        return NULL;
    }
    query.to_group = ends.to_group;
    query.has_data = ends.has_data;
    query.is_request = ends.is_request;
    query.is_reply = ends.is_reply;
    query.has_sequence = ends.has_sequence;
    query.sequence = ends.sequence;
    query.end = &ends.sender;
    query.role = PROCESS_SENDER;
    query.is_foreign = !packet->is_loopback && packet->direction == PCAPNG_INBOUND;
    socket_search(&watch->sockets, &query, &answers[PROCESS_SENDER]);
    query.end = &ends.receiver;
    query.role = PROCESS_RECEIVER;
    query.is_foreign = !packet->is_loopback && packet->direction == PCAPNG_OUTBOUND;
    socket_search(&watch->sockets, &query, &answers[PROCESS_RECEIVER]);
    set_uncounted(watch, answers[PROCESS_SENDER].certainty > answers[PROCESS_RECEIVER].certainty
                             ? answers[PROCESS_SENDER].certainty
                             : answers[PROCESS_RECEIVER].certainty);
    return describe(watch, answers);
}

int process_watch_descriptor(const struct process_watch *watch)
{
    return watch->feed.descriptor;
}

void process_counts_subtract(struct process_counts *counts, const struct process_counts *before)
{
    counts->exact -= before->exact;
    counts->listener -= before->listener;
    counts->uncertain -= before->uncertain;
    counts->kernel -= before->kernel;
    counts->none -= before->none;
    counts->unknown -= before->unknown;
    counts->events_lost -= before->events_lost;
    counts->events_given_up -= before->events_given_up;
}

const struct process_counts *process_watch_counts(const struct process_watch *watch)
{
    return &watch->counts;
}

static uint32_t own_network(void)
{
    struct stat status;

    return stat("/proc/self/ns/net", &status) == 0 ? (uint32_t)status.st_ino : 0;
}

static bool prepare(struct process_watch *watch, bool arguments, const struct host_addresses *host,
                    struct failure *failure)
{
    if (!socket_table_init(&watch->sockets, own_network(), host) ||
        !process_names_init(&watch->names, arguments) ||
        !(watch->comments = calloc((size_t)ENDS * COMMENTS, sizeof *watch->comments)))
        return failure_set_errno(failure, ENOMEM, "no memory for the processes of packets");
    if (!process_feed_open(&watch->feed, arguments, failure))
        return false;
    for (size_t i = 0; i < watch->feed.existing_count; i++)
        socket_table_add(&watch->sockets, &watch->feed.existing[i]);
    process_watch_read(watch);
    log_line(IPMON_LOG_INFO, "processes are known from %s; %zu sockets were there before",
             watch->feed.programs, watch->feed.existing_count);
    if (arguments)
        process_existing_add_arguments(&watch->feed, &watch->names);
    return true;
}

struct process_watch *process_watch_open(bool arguments, const struct host_addresses *host,
                                         struct failure *failure)
{
    struct process_watch *watch = calloc(1, sizeof *watch);

    if (!watch) {
        failure_set_errno(failure, ENOMEM, "no memory for the processes of packets");
        return NULL;
    }
    if (prepare(watch, arguments, host, failure))
        return watch;
    process_watch_close(watch);
    return NULL;
}

void process_watch_close(struct process_watch *watch)
{
    if (!watch)
        return;
    if (watch->feed.close)
        watch->feed.close(&watch->feed);
    socket_table_free(&watch->sockets);
    process_names_free(&watch->names);
    free(watch->comments);
    free(watch);
}
