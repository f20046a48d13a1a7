/*
 * Values of the toolbar's controls, and copies of the log.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "capture_display.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>

#include "capture_account.h"
#include "clock.h"
#include "console.h"

/* Twice a second: Wireshark's window draws anew each time. */
#define SHOW_INTERVAL (CLOCK_SECOND / 2)

/* Wireshark's status bar shows a message for nine seconds, flashing at first. */
#define STATUS_INTERVAL (10 * CLOCK_SECOND)

enum {
    STATUS_SIZE = 128, /* two numbers and what they are */
};

static void copy_line(void *context, enum log_level level, const char *line)
{
    struct capture *capture = context;

    toolbar_log(&capture->toolbar, line);
    if (log_is_on_standard_error())
        console_print_log(level, line);
}

static void copy_failure(void *context, const char *text)
{
    struct capture *capture = context;
    char line[FAILURE_TEXT_SIZE + sizeof "ipmon: "];

    snprintf(line, sizeof line, "ipmon: %s", text); /* as on stderr */
    toolbar_status(&capture->toolbar, line);
}

static void copy_status(void *context, const char *text)
{
    struct capture *capture = context;

    copy_failure(context, text);
    capture_print(capture, "%s", text);
}

static void count_event(void *context, enum network_event_id id)
{
    struct capture *capture = context;

    for (size_t i = 0; i < STREAMS; i++)
        event_counts_add(&capture->streams[i].events, id);
}

void capture_display_log(struct capture *capture)
{
    capture->display.listener = (struct log_listener){
        .line = copy_line,
        .status = copy_status,
        .failure = copy_failure,
        .event = count_event,
        .context = capture,
    };
    log_listen(&capture->display.listener);
}

/* Wireshark's status bar keeps the last message, which would be about one of them. */
static void show_number_missing(struct capture *capture)
{
    char text[STATUS_SIZE];

    snprintf(text, sizeof text, "ipmon: %zu other machines or sources are missing, see the log",
             capture->missing.count);
    toolbar_status(&capture->toolbar, text);
}

void capture_display_missing(struct capture *capture)
{
    const size_t before = capture->display.missing;

    for (; capture->display.missing < capture->missing.count; capture->display.missing++)
        capture_warn(capture, "%s", capture->missing.rows[capture->display.missing].text);
    if (capture->missing.count != before && capture->missing.count > 1)
        show_number_missing(capture);
}

static void set_counter(struct capture *capture, enum toolbar_control control, uint64_t number)
{
    char text[TOOLBAR_TEXT_SIZE];

    snprintf(text, sizeof text, "%" PRIu64, number);
    toolbar_set(&capture->toolbar, control, text);
}

static void set_counters(struct capture *capture)
{
    const struct packet_source_operations *operations = capture->source->operations;

    capture_account_elsewhere(capture);
    set_counter(capture, TOOLBAR_PACKETS, capture->interfaces.tally.fates[PACKET_WRITTEN]);
    set_counter(capture, TOOLBAR_PAUSED, capture->interfaces.tally.fates[PACKET_PAUSED]);
    set_counter(capture, TOOLBAR_DROPPED,
                operations->dropped ? operations->dropped(capture->source) : 0);
    capture->display.counted = packet_tally_seen(&capture->interfaces.tally);
    capture->display.counters_due = clock_now(CLOCK_MONOTONIC) + SHOW_INTERVAL;
}

static void show_hidden(struct capture *capture)
{
    const struct packet_tally *tally = &capture->interfaces.tally;
    char text[STATUS_SIZE];

    snprintf(text, sizeof text,
             "ipmon: %" PRIu64 " of %" PRIu64 " packets are recorded and not shown",
             tally->not_shown, packet_tally_shown(tally) + tally->not_shown);
    toolbar_status(&capture->toolbar, text);
    capture->display.hidden = tally->not_shown;
    capture->display.hidden_due = clock_now(CLOCK_MONOTONIC) + STATUS_INTERVAL;
}

/* The window does not know of packets that it did not get. The first ones are a warning. */
static void update_hidden(struct capture *capture)
{
    const uint64_t hidden = capture->interfaces.tally.not_shown;

    if (hidden == capture->display.hidden)
        return;
    if (capture->display.hidden_due == 0)
        capture->display.hidden_due = clock_now(CLOCK_MONOTONIC) + STATUS_INTERVAL;
    else if (clock_now(CLOCK_MONOTONIC) >= capture->display.hidden_due)
        show_hidden(capture);
}

void capture_display_mode(struct capture *capture)
{
    char number[16];

    snprintf(number, sizeof number, "%u", (unsigned)capture->mode.latest);
    toolbar_set(&capture->toolbar, TOOLBAR_MODE, number);
}

/* Mode 2 is among the choices only while it is the current one, which it then stays. */
static void show_choices(struct capture *capture)
{
    static const char socket_level[] = "2\0"
                                       "2: what reaches sockets";

    if (capture->mode.latest == RECEIVE_ALL_SOCKET_LEVEL)
        toolbar_queue(&capture->toolbar, TOOLBAR_MODE, TOOLBAR_ADD, socket_level,
                      sizeof socket_level - 1);
    else
        toolbar_queue(&capture->toolbar, TOOLBAR_MODE, TOOLBAR_REMOVE, socket_level, 1);
    if (!capture_mode_may_change(capture))
        toolbar_queue(&capture->toolbar, TOOLBAR_MODE, TOOLBAR_DISABLE, "", 0);
}

/* The toolbar still shows the capture before this one. */
static void show_state(struct capture *capture)
{
    static const enum toolbar_control counters[] = {TOOLBAR_PACKETS, TOOLBAR_DROPPED,
                                                    TOOLBAR_PAUSED};

    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
        toolbar_queue(&capture->toolbar, counters[i], TOOLBAR_DISABLE, "", 0);
    show_choices(capture);
    capture_display_mode(capture);
    toolbar_set(&capture->toolbar, TOOLBAR_PAUSE,
                pause_is_on(&capture->pause) ? "Resume" : "Pause");
    capture->display.initialized = true;
}

static uint64_t counters_due(const struct capture *capture)
{
    const bool is_new = capture->remote || /* others count, too */
                        packet_tally_seen(&capture->interfaces.tally) != capture->display.counted;

    return capture->display.initialized && is_new ? capture->display.counters_due : 0;
}

void capture_display_update(struct capture *capture)
{
    if (capture->toolbar.out < 0)
        return;
    if (capture->toolbar.ready && !capture->display.initialized) {
        show_state(capture);
        set_counters(capture);
    } else if (counters_due(capture) != 0 &&
               clock_now(CLOCK_MONOTONIC) >= capture->display.counters_due) {
        set_counters(capture);
    }
    update_hidden(capture);
    toolbar_flush(&capture->toolbar);
}

void capture_display_finish(struct capture *capture)
{
    set_counters(capture);
    toolbar_flush(&capture->toolbar);
}

static uint64_t hidden_due(const struct capture *capture)
{
    return capture->interfaces.tally.not_shown != capture->display.hidden
               ? capture->display.hidden_due
               : 0;
}

uint64_t capture_display_due(const struct capture *capture)
{
    const uint64_t counters = counters_due(capture);
    const uint64_t hidden = hidden_due(capture);

    if (capture->toolbar.out < 0)
        return 0;
    return hidden == 0 || (counters != 0 && counters < hidden) ? counters : hidden;
}

static void flush_console(struct capture *capture)
{
    (void)capture;
    console_flush();
}

static int console_descriptor(const struct capture *capture)
{
    (void)capture;
    return console_pending();
}

static int toolbar_descriptor(const struct capture *capture)
{
    return toolbar_pending(&capture->toolbar) ? capture->toolbar.out : -1;
}

const struct capture_watch capture_console_watch = {console_descriptor, POLLOUT | POLLHUP | POLLERR,
                                                    flush_console};
const struct capture_watch capture_toolbar_watch = {toolbar_descriptor, POLLOUT, NULL};
