/*
 * The state of a capture changes here.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "capture.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

#include "clock.h"
#include "console.h"
#include "mask.h"

enum {
    STOP_GRACE = 20, /* milliseconds beside the source's latency */
};

static void print_masked(const char *format, va_list arguments)
{
    char text[FAILURE_TEXT_SIZE];

    vsnprintf(text, sizeof text, format, arguments);
    mask_text(text, sizeof text);
    console_print(text);
}

void capture_print(const struct capture *capture, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (capture->display.at_terminal)
        print_masked(format, arguments);
    va_end(arguments);
}

void capture_report(const struct capture *capture, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (capture->display.reports)
        print_masked(format, arguments);
    va_end(arguments);
}

void capture_warn(const struct capture *capture, const char *format, ...)
{
    char text[FAILURE_TEXT_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    log_line(IPMON_LOG_WARNING, "%s", text);
    if (!capture->display.at_terminal && !capture_has_log(capture))
        capture_report(capture, "%s", text);
}

const char *capture_record_path(const struct capture *capture)
{
    static char path[PATH_MAX + NAME_MAX];
    const struct file_ring *ring = &capture->record.ring;
    const bool is_latest = capture->record.descriptor == ring->current;

    if (!capture->record.is_ring)
        return capture->record.path;
    snprintf(path, sizeof path, "%.*s%s", (int)(ring->base - ring->path), ring->path,
             is_latest ? ring->name : ring->name_before);
    return path;
}

void capture_stop(struct capture *capture)
{
    const uint64_t latency = (capture->source->latency + STOP_GRACE) * CLOCK_MILLISECOND;

    if (capture->end.stop_time != 0)
        return;
    capture->end.stop_time = arrival_read_clocks(&capture->arrival);
    capture->end.deadline = capture->end.stop_time + latency;
    if (capture->replay)
        capture->end.reached = true;
    if (capture->remote)
        capture->source->operations->stop(capture->source);
}

/* Stops the timeout's clock while paused, unless it counts from the start or does not run yet. */
static void pause_timeout(struct capture *capture, bool paused, uint64_t now)
{
    const uint64_t deadline = capture->timeout.deadline;

    if (capture->settings->absolute_timeout || deadline == 0)
        return;
    if (paused)
        capture->timeout.left = deadline > now ? deadline - now : 0;
    else
        capture->timeout.deadline = now + capture->timeout.left;
}

void capture_set_pause(struct capture *capture, bool paused)
{
    const struct packet_source_operations *operations = capture->source->operations;
    uint64_t now = arrival_read_clocks(&capture->arrival);

    if (!pause_set(&capture->pause, paused, now))
        return;
    log_command(arrival_stamp(&capture->arrival, now),
                paused ? "paused: packets are counted and not kept" : "resumed");
    toolbar_set(&capture->toolbar, TOOLBAR_PAUSE, paused ? "Resume" : "Pause");
    if (operations->hold)
        operations->hold(capture->source, paused);
    pause_timeout(capture, paused, now);
}

bool capture_mode_may_change(const struct capture *capture)
{
    return capture->toolbar.in >= 0 && !capture->settings->use_pcap && !capture->replay &&
           capture->settings->receive_all_mode != RECEIVE_ALL_SOCKET_LEVEL;
}

void capture_set_mode(struct capture *capture, enum receive_all_mode mode)
{
    const struct packet_source_operations *operations = capture->source->operations;
    struct failure failure = {""};
    uint64_t time = clock_now(CLOCK_REALTIME);

    if (mode == capture->mode.latest)
        return;
    if (!capture_mode_may_change(capture) || !operations->set_mode) {
        log_command(time, "this capture's receive-all mode cannot change");
    } else if (!operations->set_mode(capture->source, mode, &time, &failure)) {
        log_line(IPMON_LOG_WARNING, "%s", failure.text);
    } else {
        capture->mode.latest = mode;
        capture->mode.changes++;
        log_command(time, "receive-all mode %u from now on", mode);
    }
}
