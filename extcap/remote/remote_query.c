/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "remote_query.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "remote_command.h"
#include "remote_fault.h"
#include "remote_shell.h"

enum {
    PIECE = 64 * 1024,            /* bytes, by which an answer grows */
    ANSWER_MAX = 2 * 1024 * 1024, /* holds a list of REMOTE_LISTED_MAX lines */
};

/* Descriptors of a host in the array for poll(2). */
enum {
    WATCH_OUT,
    WATCH_ERROR,
    WATCH_CHILD,
    WATCHES,
};

/* A host that is being asked. */
struct query {
    struct remote_listing *listing;
    struct remote_shell shell;
    bool is_done;
    size_t length;
    size_t room;  /* bytes of `answer`, but for the 0 that ends it */
    char *answer; /* NULL: nothing was read */
};

/* Makes room for the next part; false: it is too much for a list, or there is no memory. */
static bool grow(struct query *query)
{
    char *grown;

    if (query->length < query->room)
        return true;
    if (query->room >= ANSWER_MAX)
        return false;
    grown = realloc(query->answer, query->room + PIECE + 1);
    if (!grown)
        return false;
    query->answer = grown;
    query->room += PIECE;
    return true;
}

/* Reads as much as there is; false: at the end, or when it is too much for a list. */
static bool read_answer(struct query *query)
{
    ssize_t length;

    while (grow(query)) {
        length = read(query->shell.out, query->answer + query->length, query->room - query->length);
        if (length < 0)
            return errno == EAGAIN || errno == EINTR;
        if (length == 0)
            return false;
        query->length += (size_t)length;
    }
    return false;
}

static void finish_query(struct query *query)
{
    struct remote_listing *listing = query->listing;
    int status;

    read_answer(query);
    while (query->shell.error >= 0 && remote_shell_read_error(&query->shell))
        ;
    status = remote_shell_end(&query->shell);
    query->is_done = true;
    if (query->answer)
        query->answer[query->length] = '\0';
    if (status != 0)
        remote_fault_set(&listing->failure, &(struct remote_reason){.host = listing->host,
                                                                    .destination = listing->host,
                                                                    .said = query->shell.said,
                                                                    .status = status,
                                                                    .more = ""});
    else
        remote_listing_parse(listing, query->answer ? query->answer : "", &listing->failure);
}

static bool is_too_long(const struct query *query)
{
    return query->length >= ANSWER_MAX;
}

/* One that has not answered in time, or that answers without an end. */
static void give_up(struct query *query)
{
    struct remote_listing *listing = query->listing;

    if (is_too_long(query))
        failure_set_errno(&listing->failure, EINVAL,
                          "%s: the command there prints more than a list of sources",
                          listing->host);
    else
        failure_set_errno(&listing->failure, ETIMEDOUT,
                          "%s: no list of sources came within %d seconds", listing->host,
                          REMOTE_QUERY_SECONDS);
    remote_shell_end(&query->shell);
    query->is_done = true;
}

static void watch(struct pollfd watches[WATCHES], const struct query *query)
{
    const int descriptors[WATCHES] = {query->shell.out, query->shell.error, query->shell.pidfd};

    for (int i = 0; i < WATCHES; i++)
        watches[i] = (struct pollfd){.fd = query->is_done ? -1 : descriptors[i], .events = POLLIN};
}

static void serve(const struct pollfd watches[WATCHES], struct query *query)
{
    if (query->is_done)
        return;
    if (watches[WATCH_ERROR].revents != 0)
        remote_shell_read_error(&query->shell);
    if (watches[WATCH_OUT].revents != 0 && !read_answer(query))
        remote_shell_close_descriptor(&query->shell.out);
    if (is_too_long(query))
        give_up(query);
    else if (watches[WATCH_CHILD].revents != 0)
        finish_query(query);
}

static bool all_done(const struct query *queries, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!queries[i].is_done)
            return false;
    return true;
}

static void await_answers(struct query *queries, size_t count)
{
    struct pollfd watches[REMOTE_TARGETS_MAX * WATCHES];
    const uint64_t end = clock_now(CLOCK_MONOTONIC) + REMOTE_QUERY_SECONDS * CLOCK_SECOND;

    while (!all_done(queries, count) && clock_milliseconds_until(end) != 0) {
        for (size_t i = 0; i < count; i++)
            watch(watches + i * WATCHES, &queries[i]);
        if (poll(watches, count * WATCHES, clock_milliseconds_until(end)) <= 0)
            continue;
        for (size_t i = 0; i < count; i++)
            serve(watches + i * WATCHES, &queries[i]);
    }
    for (size_t i = 0; i < count; i++)
        if (!queries[i].is_done)
            give_up(&queries[i]);
}

/* The command that prints the list asks nothing on its standard input. */
static void start_query(struct query *query, struct remote_listing *listing, const char *host,
                        const char *command)
{
    snprintf(listing->host, sizeof listing->host, "%s", host);
    query->listing = listing;
    query->is_done = !remote_shell_open(&query->shell, host, command, &listing->failure);
    if (!query->is_done)
        remote_shell_close_descriptor(&query->shell.in);
}

static void ask(struct remote_listings *listings, struct query *queries,
                const struct remote_targets *targets, const char *command)
{
    for (size_t i = 0; i < targets->count; i++)
        start_query(&queries[i], &listings->rows[i], targets->rows[i].host, command);
    listings->count = targets->count;
    await_answers(queries, targets->count);
    for (size_t i = 0; i < targets->count; i++)
        free(queries[i].answer);
}

bool remote_listings_read(struct remote_listings *listings, const char *hosts, const char *command,
                          struct failure *failure)
{
    static const char *const arguments[] = {"--extcap-interfaces", "--extcap-every-interface",
                                            NULL};
    struct remote_targets targets;
    struct query *queries;
    char *line;

    *listings = (struct remote_listings){0};
    if (!remote_hosts_read(&targets, hosts, failure))
        return false;
    listings->has_sources = strchr(hosts, '=') != NULL;
    line = remote_command_make(command, arguments);
    queries = calloc(targets.count, sizeof *queries);
    listings->rows = calloc(targets.count, sizeof *listings->rows);
    if (line && queries && listings->rows)
        ask(listings, queries, &targets, line);
    else
        failure_set_errno(failure, ENOMEM, "no memory for the lists of the remote hosts");
    free(queries);
    free(line);
    return !failure_is_set(failure);
}

void remote_listings_free(struct remote_listings *listings)
{
    for (size_t i = 0; i < listings->count; i++)
        remote_listing_free(&listings->rows[i]);
    free(listings->rows);
    *listings = (struct remote_listings){0};
}
