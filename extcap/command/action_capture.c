/*
 * --capture: everything is opened before the output is, so that whatever fails can still be told as
 * a refusal.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "action.h"
#include "capture.h"
#include "clock.h"
#include "console.h"
#include "log.h"
#include "mask.h"
#include "option.h"
#include "output.h"
#include "route_netlink.h"
#include "sandbox.h"
#include "source_name.h"

enum {
    WRITE_BUFFER_SIZE = 1024 * 1024,
};

/* SIGTTOU is only blocked: a capture in the background is not stopped for a line (stty tostop). */
static bool open_signals(struct capture *capture)
{
    sigset_t signals;
    sigset_t blocked;

    output_ending_signals(&signals);
    sigaddset(&signals, SIGUSR1);
    sigaddset(&signals, SIGUSR2);
    blocked = signals;
    sigaddset(&blocked, SIGTTOU);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    capture->signals = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    console_open(capture->signals);
    return capture->signals >= 0 ||
           failure_set_errno(capture->failure, errno, "cannot wait for signals");
}

static bool is_replay(const struct settings *settings)
{
    return source_name_kind(settings->interface) == SOURCE_KIND_FILE;
}

/* The monitor first: what changes while the lists are read is not missed. */
static bool read_host(struct capture *capture)
{
    capture->control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (capture->control < 0)
        return failure_set_errno(capture->failure, errno, "cannot open a socket");
    capture->monitor = route_monitor_open(capture->failure);
    capture->questions = route_questions_open(capture->failure);
    return capture->monitor >= 0 && capture->questions >= 0 &&
           host_addresses_ask(&capture->host, capture->questions, capture->failure);
}

static bool choose_address(struct capture *capture, const char *name)
{
    const struct host_address *address = host_address_find(&capture->host, name, capture->failure);
    const struct host_interface *interface;

    if (!address)
        return false;
    interface = host_interface_by_index(&capture->host, address->interface_index);
    if (!interface) {
        log_event("ifioctl-badifname", "the interface of %s has gone", name);
        return failure_set_errno(capture->failure, ENODEV, "the interface of %s has gone", name);
    }
    capture->address = *address;
    if (capture->settings->selected_interface == 0)
        capture->interface = *interface;
    return true;
}

/* What the source's name says, and --local-host. */
static bool choose_interface(struct capture *capture, const char *name)
{
    if (strcasecmp(name, SOURCE_ALL) == 0)
        name = capture->settings->local_host;
    return strcasecmp(name, SOURCE_ALL) == 0 || choose_address(capture, name);
}

/* The timer is never to end; without it a setting is noticed at the next look. */
static void watch_clock(struct capture *capture)
{
    const struct itimerspec never = {.it_value.tv_sec = LONG_MAX};

    capture->clock = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    timerfd_settime(capture->clock, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL);
    arrival_look(&capture->arrival);
}

static bool open_source(struct capture *capture)
{
    const struct packet_source_request request = {
        .settings = capture->settings,
        .host = &capture->host,
        .arrival = &capture->arrival,
        .interface = capture->interface.index != 0 ? &capture->interface : NULL,
        .address = capture->address.family != 0 ? &capture->address : NULL,
        .mode_may_change = capture_mode_may_change(capture),
    };

    if (!is_replay(capture->settings))
        watch_clock(capture);
    /* Files are not opened with more power than the caller has, nor with less, if that is root. */
    if (is_replay(capture->settings) && !sandbox_keep_file_access(capture->failure))
        return false;
    if (is_replay(capture->settings))
        capture->source = source_file_open(&request, capture->failure);
    else if (capture->settings->use_pcap)
        capture->source = source_pcap_open(&request, capture->failure);
    else if (capture->settings->receive_all_mode == RECEIVE_ALL_SOCKET_LEVEL)
        capture->source = source_raw_open(&request, capture->failure);
    else
        capture->source = source_packet_open(&request, capture->failure);
    return capture->source != NULL;
}

static bool describes(const char *path, struct stat *status)
{
    return path &&
           (strcmp(path, "-") == 0 ? fstat(STDOUT_FILENO, status) : stat(path, status)) == 0;
}

static bool is_same_file(const char *left, const char *right)
{
    struct stat a;
    struct stat b;

    return describes(left, &a) && describes(right, &b) && S_ISREG(a.st_mode) &&
           a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Opens the log; neither it nor the capture may spoil the file to replay, or one the other. */
static bool open_log(struct capture *capture)
{
    const struct settings *settings = capture->settings;

    if (is_same_file(settings->fifo, settings->file))
        return failure_set_errno(capture->failure, EINVAL, "--fifo '%s' is the file to replay",
                                 settings->fifo);
    if (is_same_file(settings->log_file, settings->file))
        return failure_set_errno(capture->failure, EINVAL, "--log-file '%s' is the file to replay",
                                 settings->log_file);
    if (!log_open(settings->log_file, settings->log_level, capture->failure))
        return false;
    return !is_same_file(settings->fifo, settings->log_file) ||
           failure_set_errno(capture->failure, EINVAL, "--log-file '%s' is the file of --fifo",
                             settings->log_file);
}

static bool open_everything(struct capture *capture)
{
    const struct settings *settings = capture->settings;
    const char *name = source_name_target(settings->interface, capture->failure);

    if (!name || !option_check_source(settings, capture->failure))
        return false;
    if (!settings->fifo)
        return failure_set_errno(capture->failure, EINVAL, "--capture needs --fifo PATH");
    if (settings->selected_interface != 0 && !settings->use_pcap)
        return failure_set_errno(capture->failure, EINVAL, "--selected-interface needs --use-pcap");
    if (!open_log(capture))
        return false;
    if (settings->start_paused)
        pause_set(&capture->pause, true, clock_now(CLOCK_MONOTONIC));
    if (!is_replay(settings) && (!read_host(capture) || !choose_interface(capture, name)))
        return false;
    if (!open_source(capture))
        return false;
    return pcapng_writer_init(&capture->writer, -1, WRITE_BUFFER_SIZE) ||
           failure_set_errno(capture->failure, ENOMEM, "no write buffer");
}

static void close_descriptor(int descriptor)
{
    if (descriptor >= 0)
        close(descriptor);
}

static void close_everything(struct capture *capture)
{
    if (capture->source)
        capture->source->operations->close(capture->source);
    toolbar_close(&capture->toolbar);
    close_descriptor(capture->output);
    close_descriptor(capture->signals);
    close_descriptor(capture->parent);
    close_descriptor(capture->monitor);
    close_descriptor(capture->clock);
    close_descriptor(capture->questions);
    close_descriptor(capture->control);
    pcapng_writer_free(&capture->writer);
    captured_interfaces_free(&capture->interfaces);
    host_addresses_free(&capture->host);
    log_close();
}

static void log_start(const struct settings *settings)
{
    char filter[FAILURE_TEXT_SIZE];

    log_line(IPMON_LOG_INFO, "ipmon " IPMON_VERSION " captures from %s, receive-all mode %u%s%s",
             settings->interface, settings->receive_all_mode,
             settings->capture_filter ? ", filter " : "",
             mask_filter(filter, sizeof filter,
                         settings->capture_filter ? settings->capture_filter : ""));
}

/*
 * Opens the output when all else is open. Wireshark is met first on every way that leads to no
 * capture.
 */
static bool begin(struct capture *capture)
{
    capture->parent = output_parent(capture->settings->fifo);
    if (open_signals(capture) && open_everything(capture)) {
        log_start(capture->settings);
        capture->output = output_open(capture->settings->fifo, capture->settings->out_buffer_size,
                                      capture->parent, &capture->writer.how, capture->failure);
        if (capture->output >= 0)
            return true;
        toolbar_meet(&capture->toolbar, capture->signals, capture->parent);
        console_print_failure(capture->failure);
        return false;
    }
    toolbar_meet(&capture->toolbar, capture->signals, capture->parent);
    output_refuse(capture->settings->fifo, capture->failure);
    return false;
}

/* From here on the process has what is open and nothing else. */
static bool give_up_power(struct capture *capture)
{
#ifdef IPMON_SANDBOX_KILL
    const enum sandbox_violation violation = SANDBOX_KILL;
#else
    const enum sandbox_violation violation = SANDBOX_REFUSE;
#endif
    const int outputs[] = {capture->output, log_descriptor(), capture->toolbar.out};
    const struct sandbox_descriptors descriptors = {
        .outputs = outputs,
        .output_count = sizeof outputs / sizeof *outputs,
        .cut = capture->output,
        .questions = capture->questions,
        .kind = capture->source->kind,
        .source = capture->source->descriptor,
    };

    tzset(); /* reads its file now: dates in the log would ask for it later */
    return sandbox_enter(&descriptors, violation, capture->failure);
}

/* The last lines, for a terminal that was stopped and goes on soon. */
static void finish_console(void)
{
    uint64_t unprinted;

    console_finish();
    unprinted = console_unprinted();
    if (unprinted != 0)
        log_line(IPMON_LOG_INFO, "standard error took no more: %" PRIu64 " lines were not printed",
                 unprinted);
}

static void log_refused(void)
{
    int last;
    unsigned count = sandbox_refused(&last);

    if (count != 0)
        log_line(IPMON_LOG_ERROR, "%u system calls were refused, the last one was number %d", count,
                 last);
}

int action_capture_refuse(const struct settings *settings, const struct failure *failure)
{
    struct toolbar toolbar;

    toolbar_open(&toolbar, settings->control_in, NULL);
    toolbar_meet(&toolbar, -1, output_parent(settings->fifo));
    return output_refuse(settings->fifo, failure);
}

int action_capture(const struct settings *settings)
{
    struct failure failure = {""};
    struct capture capture = {
        .settings = settings,
        .failure = &failure,
        .mode = (enum receive_all_mode)settings->receive_all_mode,
        .output = -1,
        .signals = -1,
        .parent = -1,
        .monitor = -1,
        .clock = -1,
        .questions = -1,
        .control = -1,
    };
    struct log_listener listener;
    int status = 1;

    sandbox_note_strays();
    toolbar_open(&capture.toolbar, settings->control_in, settings->control_out);
    capture_listen_to_log(&capture, &listener);
    if (begin(&capture)) {
        toolbar_begin(&capture.toolbar, settings->control_out);
        capture.at_terminal = isatty(STDERR_FILENO);
        capture_tell(&capture, "captures from %s into %s, Ctrl-C ends it", settings->interface,
                     settings->fifo);
        if (give_up_power(&capture)) {
            capture_run(&capture);
            log_refused();
        }
        status = failure.text[0] != '\0' ? console_print_failure(&failure) : 0;
    }
    finish_console();
    close_everything(&capture);
    return status;
}
