/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "remote_listing.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "printable.h"
#include "remote_command.h"
#include "remote_fault.h"
#include "remote_shell.h"
#include "source_name.h"

enum {
    ANSWER_MAX = 64 * 1024, /* bytes */
    QUOTE_MAX = 80,
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
    char answer[ANSWER_MAX + 1]; /* ends with 0 */
};

#define SOURCE_LINE "interface {value=" SOURCE_PREFIX
#define DISPLAY "}{display=IP Monitor on "
#define VERSION_LINE "extcap {version="

/* Copies what stands in front of the brace that ends a value; false: none does, or it is long. */
static bool copy_value(char *copy, size_t size, const char *text)
{
    const size_t length = strcspn(text, "{}\r\n");

    if (text[length] != '}' || length >= size)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return true;
}

/* Takes the address of a line, unless it is one of the words for several addresses or for none. */
static void take_line(struct remote_listing *listing, const char *line)
{
    struct remote_address *address = &listing->addresses[listing->count];
    char shown[REMOTE_INTERFACE_SIZE];
    const char *display = line + strlen(SOURCE_LINE);

    if (listing->count == REMOTE_LISTED_MAX ||
        strncmp(line, SOURCE_LINE, strlen(SOURCE_LINE)) != 0 ||
        !copy_value(address->text, sizeof address->text, display) ||
        !remote_source_is_address(address->text))
        return;
    display += strlen(address->text);
    if (strncmp(display, DISPLAY, strlen(DISPLAY)) != 0 ||
        !copy_value(shown, sizeof shown, display + strlen(DISPLAY)))
        shown[0] = '\0';
    printable_copy(address->interface, sizeof address->interface, shown);
    listing->count++;
}

bool remote_listing_parse(struct remote_listing *listing, const char *text, struct failure *failure)
{
    const char *line = text;
    bool is_list = false;
    size_t quoted;

    listing->count = 0;
    while (*line) {
        const char *end = strchrnul(line, '\n');

        is_list = is_list || strncmp(line, VERSION_LINE, strlen(VERSION_LINE)) == 0;
        if (is_list)
            take_line(listing, line);
        line = *end ? end + 1 : end;
    }
    if (is_list)
        return true;
    if (text[0] == '\0')
        return failure_set_errno(failure, EINVAL,
                                 "%s: the command there printed no list of sources", listing->host);
    quoted = strcspn(text, "\r\n");
    return failure_set_errno(failure, EINVAL,
                             "%s: the command there printed no list of sources, but '%.*s'",
                             listing->host, (int)(quoted < QUOTE_MAX ? quoted : QUOTE_MAX), text);
}

/* Reads as much as there is; false: at the end, or when it is too much for a list. */
static bool read_answer(struct query *query)
{
    ssize_t length;

    while (query->length < ANSWER_MAX) {
        length = read(query->shell.out, query->answer + query->length, ANSWER_MAX - query->length);
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
    query->answer[query->length] = '\0';
    if (status != 0)
        remote_fault_set(&listing->failure, &(struct remote_reason){.host = listing->host,
                                                                    .destination = listing->host,
                                                                    .said = query->shell.said,
                                                                    .status = status,
                                                                    .more = ""});
    else
        remote_listing_parse(listing, query->answer, &listing->failure);
}

/* One that has not answered in time, or that answers without an end. */
static void give_up(struct query *query)
{
    struct remote_listing *listing = query->listing;

    if (query->length == ANSWER_MAX)
        failure_set_errno(&listing->failure, EINVAL,
                          "%s: the command there prints more than a list of sources",
                          listing->host);
    else
        failure_set_errno(&listing->failure, ETIMEDOUT,
                          "%s: no list of sources came within %d seconds", listing->host,
                          REMOTE_LISTING_SECONDS);
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
    if (query->length == ANSWER_MAX)
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
    const uint64_t end = clock_now(CLOCK_MONOTONIC) + REMOTE_LISTING_SECONDS * CLOCK_SECOND;

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
}

bool remote_listings_read(struct remote_listings *listings, const char *hosts, const char *command,
                          struct failure *failure)
{
    static const char *const arguments[] = {"--extcap-interfaces", NULL};
    struct remote_targets targets;
    struct query *queries;
    char *line;

    *listings = (struct remote_listings){0};
    if (!remote_targets_read(&targets, hosts, NULL, failure))
        return false;
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
    free(listings->rows);
    *listings = (struct remote_listings){0};
}
