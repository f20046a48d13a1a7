/*
 * Orders to a running capture, from Wireshark's toolbar and by signals, and what the toolbar shows
 * of it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "capture.h"
#include "clock.h"
#include "console.h"
#include "mask.h"
#include "source_name.h"

/* Twice a second: Wireshark's window draws anew each time. */
#define SHOW_INTERVAL (CLOCK_SECOND / 2)

void capture_tell(const struct capture *capture, const char *format, ...)
{
    char text[FAILURE_TEXT_SIZE];
    va_list arguments;

    if (!capture->at_terminal)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    mask_text(text, sizeof text);
    console_print(text);
}

/* The timeout stands still while paused. */
void capture_set_pause(struct capture *capture, bool paused)
{
    uint64_t now = arrival_look(&capture->arrival);

    if (!pause_set(&capture->pause, paused, now))
        return;
    log_order(clock_now(CLOCK_REALTIME),
              paused ? "paused: packets are counted and not kept" : "resumed");
    toolbar_set(&capture->toolbar, TOOLBAR_PAUSE, paused ? "Resume" : "Pause");
    if (capture->source->operations->hold)
        capture->source->operations->hold(capture->source, paused);
    if (capture->settings->absolute_timeout || capture->idle_deadline == 0)
        return;
    if (paused)
        capture->idle_left = capture->idle_deadline > now ? capture->idle_deadline - now : 0;
    else
        capture->idle_deadline = now + capture->idle_left;
}

bool capture_mode_may_change(const struct capture *capture)
{
    return capture->toolbar.in >= 0 && !capture->settings->use_pcap &&
           source_name_kind(capture->settings->interface) != SOURCE_KIND_FILE &&
           capture->settings->receive_all_mode != RECEIVE_ALL_SOCKET_LEVEL;
}

static void set_mode(struct capture *capture, enum receive_all_mode mode)
{
    const struct packet_source_operations *operations = capture->source->operations;
    struct failure failure = {""};
    uint64_t time = clock_now(CLOCK_REALTIME);

    if (mode == capture->mode)
        return;
    if (!capture_mode_may_change(capture) || !operations->set_mode) {
        log_order(time, "this capture's receive-all mode cannot change");
    } else if (!operations->set_mode(capture->source, mode, &time, &failure)) {
        log_line(IPMON_LOG_WARNING, "%s", failure.text);
    } else {
        capture->mode = mode;
        capture->mode_changes++;
        log_order(time, "receive-all mode %u from now on", mode);
    }
}

static void show_mode(struct capture *capture)
{
    char number[16];

    snprintf(number, sizeof number, "%u", (unsigned)capture->mode);
    toolbar_set(&capture->toolbar, TOOLBAR_MODE, number);
}

static void order_mode(struct capture *capture, const struct toolbar_message *message)
{
    char digit = message->length == 1 ? (char)message->payload[0] : '\0';

    if (digit >= '0' && digit <= '0' + RECEIVE_ALL_IP_LEVEL)
        set_mode(capture, (enum receive_all_mode)(digit - '0'));
    show_mode(capture);
    if (digit != '0' + (char)capture->mode)
        toolbar_set_again(&capture->toolbar, TOOLBAR_MODE);
}

static void take_order(void *context, const struct toolbar_message *message)
{
    struct capture *capture = context;

    if (message->command != TOOLBAR_SET)
        return;
    switch (message->control) {
    case TOOLBAR_PAUSE:
        capture_set_pause(capture, !pause_is_on(&capture->pause));
        break;
    case TOOLBAR_MODE:
        order_mode(capture, message);
        break;
    case TOOLBAR_PACKETS: /* its user wrote into a counter before the start */
    case TOOLBAR_DROPPED:
    case TOOLBAR_PAUSED:
        toolbar_set_again(&capture->toolbar, (enum toolbar_control)message->control);
        break;
    default:
        log_line(IPMON_LOG_DEBUG, "the toolbar has no control %u", message->control);
        break;
    }
}

void capture_read_orders(struct capture *capture)
{
    toolbar_read(&capture->toolbar, take_order, capture);
}

static void hear_line(void *context, const char *line)
{
    struct capture *capture = context;

    toolbar_log(&capture->toolbar, line);
}

static void hear_status(void *context, const char *text)
{
    struct capture *capture = context;
    char line[FAILURE_TEXT_SIZE + sizeof "ipmon: "];

    snprintf(line, sizeof line, "ipmon: %s", text); /* as a failure on stderr */
    toolbar_status(&capture->toolbar, line);
    capture_tell(capture, "%s", text);
}

void capture_listen_to_log(struct capture *capture, struct log_listener *listener)
{
    *listener = (struct log_listener){hear_line, hear_status, capture};
    log_listen(listener);
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

    set_counter(capture, TOOLBAR_PACKETS, capture->interfaces.delivered);
    set_counter(capture, TOOLBAR_PAUSED, capture->interfaces.paused);
    set_counter(capture, TOOLBAR_DROPPED,
                operations->dropped ? operations->dropped(capture->source) : 0);
    capture->counted = captured_interfaces_seen(&capture->interfaces);
    capture->counters_due = clock_now(CLOCK_MONOTONIC) + SHOW_INTERVAL;
}

/* Mode 2 is among the choices only while it is the one, and cannot be left. */
static void show_choices(struct capture *capture)
{
    static const char socket_level[] = "2\0"
                                       "2: what reaches sockets";
    bool level_2 = capture->mode == RECEIVE_ALL_SOCKET_LEVEL;

    if (level_2)
        toolbar_queue(&capture->toolbar, TOOLBAR_MODE, TOOLBAR_ADD, socket_level,
                      sizeof socket_level - 1);
    else
        toolbar_queue(&capture->toolbar, TOOLBAR_MODE, TOOLBAR_REMOVE, socket_level, 1);
    if (!capture_mode_may_change(capture))
        toolbar_queue(&capture->toolbar, TOOLBAR_MODE, TOOLBAR_DISABLE, "", 0);
}

/* A toolbar still shows the capture before. */
static void show_state(struct capture *capture)
{
    static const enum toolbar_control counters[] = {TOOLBAR_PACKETS, TOOLBAR_DROPPED,
                                                    TOOLBAR_PAUSED};

    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
        toolbar_queue(&capture->toolbar, counters[i], TOOLBAR_DISABLE, "", 0);
    show_choices(capture);
    show_mode(capture);
    toolbar_set(&capture->toolbar, TOOLBAR_PAUSE,
                pause_is_on(&capture->pause) ? "Resume" : "Pause");
    capture->toolbar_shown = true;
}

void capture_show(struct capture *capture)
{
    if (capture->toolbar.out < 0)
        return;
    if (capture->toolbar.ready && !capture->toolbar_shown) {
        show_state(capture);
        set_counters(capture);
    } else if (capture_show_due(capture) != 0 &&
               clock_now(CLOCK_MONOTONIC) >= capture->counters_due) {
        set_counters(capture);
    }
    toolbar_flush(&capture->toolbar);
}

void capture_show_end(struct capture *capture)
{
    set_counters(capture);
    toolbar_flush(&capture->toolbar);
}

uint64_t capture_show_due(const struct capture *capture)
{
    bool news = captured_interfaces_seen(&capture->interfaces) != capture->counted;

    return capture->toolbar.out >= 0 && capture->toolbar_shown && news ? capture->counters_due : 0;
}
