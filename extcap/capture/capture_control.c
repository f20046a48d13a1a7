/*
 * Signals and commands become calls of capture.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "capture_control.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "capture_blocks.h"
#include "capture_display.h"
#include "capture_record.h"
#include "console.h"
#include "ending_signals.h"

/* SIGTTOU is only blocked: a capture in the background is not stopped for a line (stty tostop). */
bool capture_open_signals(struct capture *capture)
{
    sigset_t signals;
    sigset_t blocked;

    ending_signals(&signals);
    if (settings_has_ring(capture->settings)) /* the next file; also when nohup ignores it */
        sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGUSR1);
    sigaddset(&signals, SIGUSR2);
    blocked = signals;
    sigaddset(&blocked, SIGTTOU);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    if (settings_has_ring(capture->settings))
        signal(SIGHUP, SIG_DFL); /* not before: it would end the program */
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++)
        capture->descriptors.terminals[descriptor] = isatty(descriptor);
    capture->descriptors.signals = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    console_open(capture->descriptors.signals);
    return capture->descriptors.signals >= 0 ||
           failure_set_errno(capture->failure, errno, "cannot wait for signals");
}

/* Whether a terminal that the capture has, or had, was closed: it hangs up. */
static bool terminal_is_closed(const struct capture *capture)
{
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++) {
        struct pollfd polled = {.fd = descriptor};

        if (capture->descriptors.terminals[descriptor] && poll(&polled, 1, 0) > 0 &&
            (polled.revents & POLLHUP) != 0)
            return true;
    }
    return false;
}

static bool begins_next_file(const struct capture *capture, uint32_t number)
{
    return number == SIGHUP && settings_has_ring(capture->settings) && !terminal_is_closed(capture);
}

static void handle_signal(struct capture *capture, uint32_t number)
{
    if (number == SIGUSR1 || number == SIGUSR2) {
        capture_set_pause(capture, number == SIGUSR1);
    } else if (begins_next_file(capture, number)) {
        capture_record_next(capture);
    } else {
        console_hurry();
        capture_stop(capture);
    }
}

static void read_signals(struct capture *capture)
{
    struct signalfd_siginfo signal;

    while (read(capture->descriptors.signals, &signal, sizeof signal) > 0)
        handle_signal(capture, signal.ssi_signo);
}

/* The toolbar shows what its user chose; a choice that had no effect is put back. */
static void handle_mode(struct capture *capture, const struct toolbar_message *message)
{
    char digit = message->length == 1 ? (char)message->payload[0] : '\0';

    if (digit >= '0' && digit <= '0' + RECEIVE_ALL_IP_LEVEL)
        capture_set_mode(capture, (enum receive_all_mode)(digit - '0'));
    capture_display_mode(capture);
    if (digit != '0' + (char)capture->mode.latest)
        toolbar_set_again(&capture->toolbar, TOOLBAR_MODE);
}

/* A button is pressed, which has no payload; or another ipmon says what it wants. */
static void handle_pause(struct capture *capture, const struct toolbar_message *message)
{
    const bool is_on = pause_is_on(&capture->pause);

    capture_set_pause(capture, message->length == 1 ? message->payload[0] == '1' : !is_on);
}

/* Another ipmon wants the log, and says from which level on. */
static void handle_log(const struct capture *capture, const struct toolbar_message *message)
{
    const unsigned level = message->length == 1 ? message->payload[0] - (unsigned)'0' : UINT_MAX;

    if (capture->toolbar.is_standard_input && level <= IPMON_LOG_DEBUG)
        log_to_standard_error((enum log_level)level);
}

/* In Wireshark's pipe there must be no block that is for another ipmon alone. */
static void handle_report(struct capture *capture, const struct toolbar_message *message)
{
    uint64_t token;

    if (!capture->toolbar.is_standard_input || message->length != TOOLBAR_TOKEN_SIZE)
        return;
    memcpy(&token, message->payload, sizeof token);
    capture_write_report(capture, token);
}

static void handle_command(void *context, const struct toolbar_message *message)
{
    struct capture *capture = context;

    if (message->command != TOOLBAR_SET)
        return;
    switch (message->control) {
    case TOOLBAR_PAUSE:
        handle_pause(capture, message);
        break;
    case TOOLBAR_LOG:
        handle_log(capture, message);
        break;
    case TOOLBAR_REPORT:
        handle_report(capture, message);
        break;
    case TOOLBAR_MODE:
        handle_mode(capture, message);
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

static void read_commands(struct capture *capture)
{
    toolbar_read(&capture->toolbar, handle_command, capture);
    if (capture->toolbar.in < 0 && capture->toolbar.is_standard_input)
        capture_stop(capture);
}

static void parent_has_exited(struct capture *capture)
{
    log_line(IPMON_LOG_INFO, "Wireshark has gone");
    capture_stop(capture);
}

static int signals_descriptor(const struct capture *capture)
{
    return capture->descriptors.signals;
}

static int commands_descriptor(const struct capture *capture)
{
    return capture->toolbar.in;
}

/* A pidfd stays readable. */
static int parent_descriptor(const struct capture *capture)
{
    return capture->end.stop_time == 0 ? capture->descriptors.parent : -1;
}

const struct capture_watch capture_signals_watch = {signals_descriptor, POLLIN, read_signals};
const struct capture_watch capture_commands_watch = {commands_descriptor,
                                                     POLLIN | POLLHUP | POLLERR, read_commands};
const struct capture_watch capture_parent_watch = {parent_descriptor, POLLIN, parent_has_exited};
