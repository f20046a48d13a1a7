/*
 * The loop of a capture. Each turn moves packets, then waits for a descriptor or a time, or does
 * not wait when there is more to move. Descriptors are rows of a table; the files that own them
 * define the rows.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "capture_loop.h"

#include <errno.h>
#include <poll.h>

#include "capture_account.h"
#include "capture_blocks.h"
#include "capture_control.h"
#include "capture_display.h"
#include "capture_finish.h"
#include "capture_host.h"
#include "capture_packets.h"
#include "capture_process.h"
#include "capture_record.h"
#include "clock.h"

/* In the order in which they are handled. */
static const struct capture_watch *const watches[] = {
    &capture_console_watch, &capture_clock_watch,   &capture_signals_watch, &capture_commands_watch,
    &capture_host_watch,    &capture_parent_watch,  &capture_reader_watch,  &capture_output_watch,
    &capture_source_watch,  &capture_process_watch, &capture_toolbar_watch,
};

enum {
    WATCHES = sizeof watches / sizeof *watches,
};

static bool timeout_runs(const struct capture *capture)
{
    return capture->settings->timeout != 0 && capture->end.stop_time == 0 &&
           (capture->settings->absolute_timeout || !pause_is_on(&capture->pause));
}

static void check_timeout(struct capture *capture)
{
    /* Behind a full output packets may wait that nobody has read yet. */
    bool received = capture->timeout.received || !capture_has_room(capture);
    uint64_t now;

    if (!timeout_runs(capture))
        return;
    now = clock_now(CLOCK_MONOTONIC);
    if (capture->timeout.deadline == 0 || (received && !capture->settings->absolute_timeout))
        capture->timeout.deadline = now + capture->settings->timeout * CLOCK_SECOND;
    capture->timeout.received = false;
    if (now >= capture->timeout.deadline) {
        log_line(IPMON_LOG_INFO, "the timeout of %u seconds is over", capture->settings->timeout);
        capture_stop(capture);
    }
}

static void check_duration(struct capture *capture)
{
    const uint64_t end = capture->timeout.duration_end;

    if (end == 0 || capture->end.stop_time != 0 || clock_now(CLOCK_MONOTONIC) < end)
        return;
    log_line(IPMON_LOG_INFO, "the duration of the capture is over");
    capture_stop(capture);
}

/* The earlier of two times, of which 0 is none. */
static uint64_t earlier(uint64_t a, uint64_t b)
{
    return b == 0 || (a != 0 && a < b) ? a : b;
}

/* When the capture has to end, as far as that is known; 0: it is not. */
static uint64_t end_deadline(const struct capture *capture)
{
    if (capture->end.stop_time != 0)
        return clock_now(CLOCK_MONOTONIC) < capture->end.deadline
                   ? capture->end.deadline
                   : capture->end.deadline + CAPTURE_STALL_LIMIT;
    return earlier(timeout_runs(capture) ? capture->timeout.deadline : 0,
                   capture->timeout.duration_end);
}

/* The next time at which there is something to do although no descriptor is ready; 0: none. */
static uint64_t next_deadline(const struct capture *capture)
{
    return earlier(earlier(capture_display_due(capture), capture->accounting.counts_due),
                   earlier(capture_record_due(capture), end_deadline(capture)));
}

/* Milliseconds that poll may wait; -1: without limit. */
static int wait_limit(const struct capture *capture, bool drained)
{
    const int rest = drained ? (int)capture->source->rest : 0;
    uint64_t deadline;
    int limit;

    if (!drained && capture_has_room(capture))
        return 0;
    deadline = next_deadline(capture);
    limit = deadline != 0 ? clock_milliseconds_until(deadline) : -1;
    return rest != 0 && (limit < 0 || rest < limit) ? rest : limit;
}

static void wait_for_events(struct capture *capture, bool drained)
{
    struct pollfd polled[WATCHES];

    for (size_t i = 0; i < WATCHES; i++)
        polled[i] =
            (struct pollfd){.fd = watches[i]->descriptor(capture), .events = watches[i]->events};
    if (poll(polled, WATCHES, wait_limit(capture, drained)) < 0 && errno != EINTR) {
        failure_set_errno(capture->failure, errno, "cannot wait for packets");
        capture->end.reached = true;
        return;
    }
    for (size_t i = 0; i < WATCHES; i++)
        if (watches[i]->ready && (polled[i].revents & watches[i]->events) != 0)
            watches[i]->ready(capture);
}

/*
 * Whether everything that arrived before the stop was read, or the reader takes too long. A source
 * that refuses packets as fast as they come is never drained unless it receives no more. Other
 * machines say themselves when they have ended.
 */
static bool stop_is_complete(const struct capture *capture, bool drained)
{
    struct packet_source *source = capture->source;
    uint64_t now = clock_now(CLOCK_MONOTONIC);

    if (source->busy && now >= capture->end.deadline && source->operations->stop)
        source->operations->stop(source);
    return (drained && !capture->remote && now >= capture->end.deadline) ||
           now >= capture->end.deadline + CAPTURE_STALL_LIMIT;
}

static void begin(struct capture *capture)
{
    static const struct packet_counts none = {0};

    capture->streams[STREAM_OUTPUT].writer.descriptor = capture->descriptors.output;
    capture->printer.writer.descriptor = capture->descriptors.output;
    if (capture->settings->duration != 0)
        capture->timeout.duration_end =
            clock_now(CLOCK_MONOTONIC) + capture->settings->duration * CLOCK_MILLISECOND;
    capture_account_begin(capture);
    if (capture->host.interface.index != 0)
        captured_interface_find(&capture->interfaces, capture->host.interface.index);
    if (capture_has_output(capture))
        capture_begin_stream(capture, STREAM_OUTPUT, &none);
    if (capture_has_record(capture))
        capture_begin_record(capture);
}

void capture_run(struct capture *capture)
{
    begin(capture);
    while (!capture->end.reached) {
        bool stopping = capture->end.stop_time != 0;
        bool drained = capture_move_packets(capture);

        check_timeout(capture);
        check_duration(capture);
        capture_record_update(capture);
        if (!stopping && !capture->end.reached) /* the end reports all of them */
            capture_display_missing(capture);
        capture_display_update(capture);
        capture_account_update(capture);
        if (stopping && stop_is_complete(capture, drained))
            capture->end.reached = true;
        else if (!capture->end.reached)
            wait_for_events(capture, drained);
    }
    capture_finish(capture);
}
