/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "remote_capture.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "remote_command.h"
#include "remote_fault.h"
#include "socket_error.h"
#include "source_name.h"
#include "toolbar.h"

enum {
    PIPE_SIZE = 1024 * 1024, /* bytes: the most that an ordinary user gets */
    ARGUMENTS_MAX = 24,
    NUMBER_SIZE = 12,
    DRAIN_READS = 64, /* of the log: what its pipe holds */
    EXIT_WAIT = 1000, /* milliseconds until ssh, whose output has ended, has exited */
};

/* What an ipmon that can be told something writes behind its version (capture_blocks.c). */
#define CONTROLLED ", controlled"

/* The arguments of the other ipmon. Strings that are made for them are kept here. */
struct arguments {
    const char *words[ARGUMENTS_MAX];
    size_t count;
    char source[sizeof SOURCE_PREFIX + REMOTE_SOURCE_SIZE];
    char mode[NUMBER_SIZE];
    char snapshot_length[NUMBER_SIZE];
    char buffer_size[NUMBER_SIZE];
};

static void add(struct arguments *arguments, const char *word)
{
    arguments->words[arguments->count++] = word;
    arguments->words[arguments->count] = NULL;
}

static void add_number(struct arguments *arguments, const char *option, char text[NUMBER_SIZE],
                       uint32_t number)
{
    snprintf(text, NUMBER_SIZE, "%" PRIu32, number);
    add(arguments, option);
    add(arguments, text);
}

/* Counts and times that end a capture are this machine's, for all hosts together. */
static void fill_arguments(struct arguments *arguments, const struct remote_target *target,
                           const struct settings *settings)
{
    static const char *const process_informations[] = {
        [PROCESS_INFORMATION_NAME] = "name",
        [PROCESS_INFORMATION_COMMAND_LINE] = "command-line",
    };
    static const char *const always[] = {"--capture",           "--fifo", "-",
                                         "--extcap-control-in", "-",      "--extcap-interface"};

    arguments->count = 0;
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        add(arguments, always[i]);
    snprintf(arguments->source, sizeof arguments->source, SOURCE_PREFIX "%s", target->source);
    add(arguments, arguments->source);
    add_number(arguments, "--receive-all-mode", arguments->mode, settings->receive_all_mode);
    add_number(arguments, "--snapshot-length", arguments->snapshot_length,
               settings->snapshot_length);
    add_number(arguments, "--in-buffer-size", arguments->buffer_size, settings->in_buffer_size);
    if (settings->process_information != PROCESS_INFORMATION_NONE) {
        add(arguments, "--process-information");
        add(arguments, process_informations[settings->process_information]);
    }
    if (settings->start_paused)
        add(arguments, "--start-paused");
    if (settings->capture_filter && settings->capture_filter[0] != '\0') {
        add(arguments, "--extcap-capture-filter");
        add(arguments, settings->capture_filter);
    }
}

static bool start_shell(struct remote_capture *capture, const struct settings *settings,
                        struct failure *failure)
{
    struct arguments arguments;
    char *command;
    bool is_open;

    fill_arguments(&arguments, capture->target, settings);
    command = remote_command_make(settings->remote_command, arguments.words);
    if (!command)
        return failure_set_errno(failure, ENOMEM, "no memory for a command");
    is_open = remote_shell_open(&capture->shell, capture->target->host, command, failure);
    free(command);
    if (is_open)
        fcntl(capture->shell.out, F_SETPIPE_SZ, PIPE_SIZE);
    return is_open;
}

void remote_capture_init(struct remote_capture *capture, const struct remote_target *target)
{
    *capture = (struct remote_capture){
        .target = target,
        .shell = {.pid = -1, .pidfd = -1, .in = -1, .out = -1, .error = -1},
    };
}

bool remote_capture_start(struct remote_capture *capture, const struct settings *settings,
                          struct failure *failure)
{
    capture->state = REMOTE_STARTING;
    capture->is_paused_at_start = settings->start_paused != 0;
    return (remote_stream_init(&capture->stream) ||
            failure_set_errno(failure, ENOMEM, "no memory for another host")) &&
           start_shell(capture, settings, failure);
}

/* The level of a line of the log (log.c), and what follows it; NULL: it is none. */
static const char *find_text(const char *line, enum log_level *level)
{
    static const char *const levels[] = {"Z error: ", "Z warning: ", "Z info: ", "Z debug: "};
    enum { DATE_LENGTH = sizeof "2026-01-01T00:00:00.000000" - 1 };

    if (strlen(line) <= DATE_LENGTH)
        return NULL;
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        if (strncmp(line + DATE_LENGTH, levels[i], strlen(levels[i])) != 0)
            continue;
        *level = (enum log_level)i;
        return line + DATE_LENGTH + strlen(levels[i]);
    }
    return NULL;
}

/* Whether a line of the log is about the failure that ends the other ipmon (console.c). */
static bool is_failure(enum log_level level, const char *text)
{
    return level == IPMON_LOG_ERROR && strncmp(text, "error ", strlen("error ")) == 0;
}

/*
 * A line of the log goes into the log here, unless it is a failure: this is the reason for the end,
 * and kept as it is printed where nobody reads the log. What ssh or a shell print is kept, too.
 * end: the end of the line. Returns where the next one begins.
 */
static char *take_line(const struct remote_capture *capture, char *line, char *end)
{
    enum log_level level = IPMON_LOG_INFO;
    const char *text;
    char *kept = line;

    *end = '\0';
    text = find_text(line, &level);
    if (!text) {
        kept = end + 1;
    } else if (is_failure(level, text)) {
        kept = line + snprintf(line, (size_t)(text - line), "ipmon: ");
        memmove(kept, text, (size_t)(end - text));
        kept += end - text;
        *kept++ = '\n';
    } else {
        log_line(level, "%s: %s", capture->target->name, text);
    }
    *end = '\n';
    if (text)
        memmove(kept, end + 1, strlen(end + 1) + 1);
    return kept;
}

static void read_lines(struct remote_capture *capture)
{
    struct remote_shell *shell = &capture->shell;
    char *line = shell->said;
    char *end;

    while ((end = strchr(line, '\n')) != NULL)
        line = take_line(capture, line, end);
    shell->said_length = strlen(shell->said);
}

void remote_capture_read_error(struct remote_capture *capture)
{
    remote_shell_read_error(&capture->shell);
    read_lines(capture);
}

/* What has come until now, of which a pipe holds that much; a host may write without end. */
static void drain_error(struct remote_capture *capture)
{
    struct pollfd polled = {.fd = capture->shell.error, .events = POLLIN};

    for (unsigned reads = 0; reads < DRAIN_READS; reads++) {
        if (polled.fd < 0 || poll(&polled, 1, 0) <= 0)
            return;
        remote_capture_read_error(capture);
        polled.fd = capture->shell.error;
    }
}

/* Whether it has ended as it was asked to. What a shell there prints at its start is no reason. */
static bool is_in_order(const struct remote_capture *capture)
{
    return capture->state == REMOTE_STOPPING && remote_account_is_final(&capture->account) &&
           !strstr(capture->shell.said, "ipmon: error ");
}

/*
 * Whether the stream was cut off behind its interfaces. At the stop that is the fault of neither
 * side alone: the other ipmon ends when what it writes is not read for long.
 */
static bool is_cut_at_stop(const struct remote_capture *capture, bool is_broken)
{
    return capture->state == REMOTE_STOPPING && !is_broken &&
           !remote_account_is_final(&capture->account) &&
           !strstr(capture->shell.said, "ipmon: error ");
}

/* Whether what it may have sent is counted. Without an interface nothing is, and packets may come.
 */
static bool is_counted(const struct remote_capture *capture)
{
    return capture->state < REMOTE_RUNNING ||
           (capture->account.count != 0 && remote_account_is_final(&capture->account));
}

/* What is not counted is said behind the reason of a failure. */
static const char *unknown(const struct remote_capture *capture)
{
    return is_counted(capture) ? "" : "; an unknown number of packets may be missing";
}

/* What is wrong with the stream, or what ssh says. status: its exit status; -1: not known. */
static void set_failure(struct remote_capture *capture, int status)
{
    const char *host = capture->target->name;
    const char *more = unknown(capture);
    const bool is_broken = capture->stream.broken;
    const char *fault = remote_stream_finish(&capture->stream);

    if (failure_is_set(&capture->failure))
        return;
    if (is_cut_at_stop(capture, is_broken))
        failure_set_errno(&capture->failure, ECONNRESET,
                          "%s: the capture ended before all was read here%s", host, more);
    else if (fault[0] != '\0')
        failure_set(&capture->failure, SOCKET_ERROR_CANNOT_READ, "%s: %s%s", host, fault, more);
    else if (is_in_order(capture))
        return;
    else if (capture->shell.said_length != 0 || !capture->stream.begun)
        remote_fault_set(&capture->failure, &(struct remote_reason){
                                                .host = host,
                                                .destination = capture->target->host,
                                                .said = capture->shell.said,
                                                .status = status,
                                                .more = more,
                                            });
    else
        failure_set_errno(&capture->failure, ECONNRESET, "%s: the capture there has ended%s%s",
                          host, is_counted(capture) ? "" : ", or the connection was lost", more);
}

/* Before the stream has begun the exit status tells more; and there is no sandbox yet. */
static int wait_for_exit(struct remote_capture *capture)
{
    struct pollfd polled = {.fd = capture->shell.pidfd, .events = POLLIN};

    if (polled.fd >= 0 && !capture->stream.broken)
        poll(&polled, 1, EXIT_WAIT);
    drain_error(capture);
    return remote_shell_end(&capture->shell);
}

static void end(struct remote_capture *capture)
{
    if (capture->state == REMOTE_ENDED)
        return;
    drain_error(capture);
    set_failure(capture, capture->state == REMOTE_STARTING ? wait_for_exit(capture) : -1);
    capture->is_incomplete = failure_is_set(&capture->failure) && !is_counted(capture);
    remote_shell_close(&capture->shell);
    capture->state = REMOTE_ENDED;
}

void remote_capture_exited(struct remote_capture *capture)
{
    remote_shell_close_descriptor(&capture->shell.pidfd);
    if (capture->shell.out < 0)
        end(capture);
}

size_t remote_capture_read(struct remote_capture *capture)
{
    size_t room;
    uint8_t *to = remote_stream_room(&capture->stream, &room);
    const ssize_t length = read(capture->shell.out, to, room);

    if (length > 0) {
        remote_stream_add(&capture->stream, (size_t)length);
        return (size_t)length;
    }
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    remote_shell_close_descriptor(&capture->shell.out);
    if (capture->shell.pidfd < 0 || capture->state == REMOTE_STARTING)
        end(capture);
    return 0;
}

/* A message fits the pipe whole or not at all; it does not fit when nobody has read for long. */
static void tell(struct remote_capture *capture, unsigned control, enum toolbar_command command,
                 const void *payload, size_t length)
{
    uint8_t message[TOOLBAR_HEADER_SIZE + TOOLBAR_TOKEN_SIZE];

    if (!capture->is_controlled || capture->shell.in < 0)
        return;
    toolbar_encode(message, control, command, length);
    if (length != 0)
        memcpy(message + TOOLBAR_HEADER_SIZE, payload, length);
    if (write(capture->shell.in, message, TOOLBAR_HEADER_SIZE + length) >= 0 || capture->is_deaf)
        return;
    capture->is_deaf = true;
    log_line(IPMON_LOG_WARNING, "%s: takes no commands: %s", capture->target->name,
             strerror(errno));
}

static void tell_digit(struct remote_capture *capture, unsigned control, unsigned digit)
{
    const char payload = (char)('0' + digit);

    tell(capture, control, TOOLBAR_SET, &payload, sizeof payload);
}

void remote_capture_set_pause(struct remote_capture *capture, bool paused)
{
    tell_digit(capture, TOOLBAR_PAUSE, paused);
}

void remote_capture_set_mode(struct remote_capture *capture, enum receive_all_mode mode)
{
    tell_digit(capture, TOOLBAR_MODE, mode);
}

void remote_capture_ask(struct remote_capture *capture)
{
    if (!capture->is_controlled || capture->is_asked || capture->state == REMOTE_ENDED)
        return;
    capture->token++;
    capture->is_asked = true;
    capture->asked = clock_now(CLOCK_MONOTONIC);
    capture->asked_time = clock_now(CLOCK_REALTIME);
    tell(capture, TOOLBAR_REPORT, TOOLBAR_SET, &capture->token, sizeof capture->token);
}

bool remote_capture_settle(struct remote_capture *capture)
{
    if (capture->state != REMOTE_STARTING || capture->answers == 0)
        return false;
    capture->state = REMOTE_RUNNING;
    return true;
}

void remote_capture_begin(struct remote_capture *capture)
{
    tell(capture, TOOLBAR_PAUSE, TOOLBAR_INITIALIZED, NULL, 0);
}

static void take_report(struct remote_capture *capture)
{
    if (!capture->is_asked || capture->stream.report.token != capture->token)
        return;
    capture->is_asked = false;
    remote_clock_add(&capture->clock, capture->asked_time,
                     clock_now(CLOCK_MONOTONIC) - capture->asked, capture->stream.report.time);
    capture->answers++;
    if (capture->answers < REMOTE_CLOCK_FIRST)
        remote_capture_ask(capture);
    else if (capture->state == REMOTE_STARTING)
        capture->state = REMOTE_RUNNING;
}

static void take_section(struct remote_capture *capture)
{
    char *controlled = strstr(capture->stream.version, CONTROLLED);

    capture->is_controlled = controlled != NULL;
    if (controlled) {
        *controlled = '\0';
        tell_digit(capture, TOOLBAR_LOG, log_limit());
        remote_capture_ask(capture);
    } else if (capture->is_paused_at_start) {
        failure_set_errno(&capture->failure, EOPNOTSUPP,
                          "%s: ipmon %s is too old to be started paused", capture->target->name,
                          capture->stream.version);
        end(capture);
    } else {
        capture->state = REMOTE_RUNNING;
        log_line(IPMON_LOG_WARNING,
                 "%s: ipmon %s is too old to be told anything: pauses and the end are as packets "
                 "are read here, and what it drops or has not sent is counted only at its end",
                 capture->target->name, capture->stream.version);
    }
}

static bool add_interface(struct remote_capture *capture)
{
    return remote_account_add(&capture->account) ||
           failure_set_errno(&capture->failure, ENOMEM, "no memory for another interface");
}

static void take_packet(struct remote_capture *capture)
{
    struct remote_row *row = &capture->account.rows[capture->stream.packet.interface];

    row->read++;
    row->marked += capture->stream.packet.drops;
}

enum remote_block remote_capture_next(struct remote_capture *capture)
{
    for (;;) {
        const enum remote_block block = remote_stream_next(&capture->stream);

        switch (block) {
        case REMOTE_BLOCK_PACKET:
            take_packet(capture);
            return block;
        case REMOTE_BLOCK_INTERFACE:
            if (add_interface(capture))
                return block;
            end(capture);
            return REMOTE_BLOCK_NONE;
        case REMOTE_BLOCK_SECTION:
            take_section(capture);
            return block;
        case REMOTE_BLOCK_STATISTICS:
            remote_account_take(&capture->account, &capture->stream.statistics);
            break;
        case REMOTE_BLOCK_REPORT:
            take_report(capture);
            break;
        case REMOTE_BLOCK_BROKEN:
            end(capture);
            return REMOTE_BLOCK_NONE;
        case REMOTE_BLOCK_NONE:
            return block;
        }
    }
}

bool remote_capture_next_run(struct remote_capture *capture, size_t limit, struct pcapng_run *run)
{
    if (!capture->is_controlled || !remote_stream_next_run(&capture->stream, limit, run))
        return false;
    for (size_t i = 0; i < run->interface_count; i++)
        capture->account.rows[run->interfaces[i].number].read += run->interfaces[i].packets;
    return true;
}

void remote_capture_stop(struct remote_capture *capture)
{
    if (capture->state != REMOTE_RUNNING)
        return;
    capture->state = REMOTE_STOPPING;
    remote_shell_close_descriptor(&capture->shell.in);
}

void remote_capture_cut(struct remote_capture *capture)
{
    if (capture->is_controlled || capture->state != REMOTE_STOPPING)
        return;
    remote_shell_close(&capture->shell);
    capture->is_incomplete = !is_counted(capture);
    capture->state = REMOTE_ENDED;
}

void remote_capture_give_up(struct remote_capture *capture, int errno_value, const char *why)
{
    if (capture->state != REMOTE_ENDED)
        failure_set_errno(&capture->failure, errno_value, "%s: %s%s", capture->target->name, why,
                          unknown(capture));
    end(capture);
}

void remote_capture_close(struct remote_capture *capture)
{
    remote_shell_close(&capture->shell);
    remote_stream_free(&capture->stream);
    remote_account_free(&capture->account);
}
