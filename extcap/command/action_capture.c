/*
 * --capture: everything is opened before the output is, so that whatever fails can still be
 * reported as a refusal.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "action.h"
#include "capture.h"
#include "capture_control.h"
#include "capture_display.h"
#include "capture_host.h"
#include "capture_loop.h"
#include "capture_printer.h"
#include "capture_process.h"
#include "capture_record.h"
#include "clock.h"
#include "console.h"
#include "mask.h"
#include "option.h"
#include "output.h"
#include "privilege.h"
#include "sandbox.h"
#include "source_name.h"

enum {
    WRITE_BUFFER_SIZE = 1024 * 1024,
};

static bool check_settings(struct capture *capture)
{
    const struct settings *settings = capture->settings;

    if (!source_name_target(settings->interface, capture->failure) ||
        !option_check_source(settings, capture->failure))
        return false;
    if (!settings->fifo && settings->record_format == RECORD_FORMAT_NONE)
        return failure_set_errno(capture->failure, EINVAL, "--capture needs --fifo PATH");
    return settings->selected_interface == 0 || settings->use_pcap ||
           failure_set_errno(capture->failure, EINVAL, "--selected-interface needs --use-pcap");
}

/* A path of an option; descriptor: what "-" means there. */
struct named_file {
    const char *path; /* NULL: not given */
    int descriptor;
};

static bool read_status(const struct named_file *file, struct stat *status)
{
    return file->path && (strcmp(file->path, "-") == 0 ? fstat(file->descriptor, status)
                                                       : stat(file->path, status)) == 0;
}

static bool is_same_file(const struct named_file *left, const struct named_file *right)
{
    struct stat a;
    struct stat b;

    return read_status(left, &a) && read_status(right, &b) && S_ISREG(a.st_mode) &&
           a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* The same of a record, which is a new file, as the other one may be. */
static bool is_file_of_record(const struct named_file *record, const struct named_file *other)
{
    return record->path && other->path &&
           (strcmp(record->path, other->path) == 0 || is_same_file(record, other));
}

/* The name of the option that the user or Wireshark gave the output by. */
static const char *output_option(const struct settings *settings)
{
    return settings->is_command ? "-w" : "--fifo";
}

/* Neither the log nor the capture may overwrite the file to replay, nor one the other. */
static bool open_log(struct capture *capture)
{
    const struct settings *settings = capture->settings;
    const bool has_ring = settings_has_ring(settings); /* its files have names of their own */
    const bool has_record = settings_has_record(settings);
    const struct named_file output = {has_ring && !has_record ? NULL : settings->fifo,
                                      STDOUT_FILENO};
    const struct named_file record = {has_record && !has_ring ? settings->record : NULL, -1};
    const struct named_file log = {settings->log_file, STDERR_FILENO};
    const struct named_file replayed = {settings->file, STDIN_FILENO};

    if (is_same_file(&output, &replayed))
        return failure_set_errno(capture->failure, EINVAL, "%s '%s' is the file to replay",
                                 output_option(settings), settings->fifo);
    if (is_same_file(&log, &replayed))
        return failure_set_errno(capture->failure, EINVAL, "--log-file '%s' is the file to replay",
                                 settings->log_file);
    if (is_file_of_record(&record, &output))
        return failure_set_errno(capture->failure, EINVAL, "--record '%s' is the file of %s",
                                 settings->record, output_option(settings));
    if (is_file_of_record(&record, &log))
        return failure_set_errno(capture->failure, EINVAL,
                                 "--record '%s' is the file of --log-file", settings->record);
    if (!log_open(settings->log_file, settings->log_level, capture->failure))
        return false;
    return !is_same_file(&output, &log) ||
           failure_set_errno(capture->failure, EINVAL, "--log-file '%s' is the file of %s",
                             settings->log_file, output_option(settings));
}

static bool start_paused(struct capture *capture)
{
    if (capture->settings->start_paused)
        pause_set(&capture->pause, true, clock_now(CLOCK_MONOTONIC));
    return true;
}

/* Files are not opened with more power than the caller has, nor with less, if that is root. */
static bool keep_file_access(struct capture *capture)
{
    return privilege_keep_file_access(capture->failure);
}

static bool open_source(struct capture *capture)
{
    const struct packet_source_request request = {
        .settings = capture->settings,
        .host = &capture->host.state,
        .arrival = &capture->arrival,
        .interface = capture->host.interface.index != 0 ? &capture->host.interface : NULL,
        .address = capture->host.address.family != 0 ? &capture->host.address : NULL,
        .mode_may_change = capture_mode_may_change(capture),
        .is_watched = !capture_record_is_only(capture->settings),
        .signals = capture->descriptors.signals,
        .missing = &capture->missing,
    };

    if (capture->replay)
        capture->source = source_file_open(&request, capture->failure);
    else if (capture->remote)
        capture->source = source_remote_open(&request, capture->failure);
    else if (capture->settings->use_pcap)
        capture->source = source_pcap_open(&request, capture->failure);
    else if (capture->settings->receive_all_mode == RECEIVE_ALL_SOCKET_LEVEL)
        capture->source = source_raw_open(&request, capture->failure);
    else
        capture->source = source_packet_open(&request, capture->failure);
    return capture->source != NULL;
}

static bool open_buffer(struct capture *capture)
{
    const enum record_format format = capture->settings->record_format;

    if (!capture_has_output(capture))
        return true;
    return (format != RECORD_FORMAT_NONE
                ? capture_open_printer(capture, format)
                : pcapng_writer_init(&capture->streams[STREAM_OUTPUT].writer, -1,
                                     WRITE_BUFFER_SIZE)) ||
           failure_set_errno(capture->failure, ENOMEM, "no write buffer");
}

/* In the order in which it is opened; a step that fails sets the failure and returns false. */
static const struct {
    bool (*open)(struct capture *capture);
    unsigned sources; /* bits of enum source_kind that need it */
} steps[] = {
    {capture_open_signals, SOURCE_KIND_ANY},
    {check_settings, SOURCE_KIND_ANY},
    {open_log, SOURCE_KIND_ANY},
    {start_paused, SOURCE_KIND_ANY},
    {capture_open_host, SOURCE_KIND_LIVE},
    {capture_choose_interface, SOURCE_KIND_LIVE},
    {capture_open_clock, SOURCE_KIND_LIVE},
    {keep_file_access, SOURCE_KIND_FILE},
    {capture_open_process, SOURCE_KIND_LIVE},
    {open_source, SOURCE_KIND_ANY},
    {capture_add_process, SOURCE_KIND_LIVE},
    {capture_open_record, SOURCE_KIND_ANY},
    {open_buffer, SOURCE_KIND_ANY},
};

static bool open_parts(struct capture *capture)
{
    const unsigned kind = source_name_kind(capture->settings->interface);

    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if ((steps[i].sources & kind) != 0 && !steps[i].open(capture))
            return false;
    return true;
}

/* What is captured from, for messages. */
static const char *source_of(const struct capture *capture)
{
    return capture->source->name ? capture->source->name : capture->settings->interface;
}

static void log_start(const struct capture *capture)
{
    const struct settings *settings = capture->settings;
    char filter[FAILURE_TEXT_SIZE];

    log_line(IPMON_LOG_INFO, "ipmon " IPMON_VERSION " captures from %s, receive-all mode %u%s%s",
             source_of(capture), settings->receive_all_mode,
             settings->capture_filter ? ", filter " : "",
             mask_filter(filter, sizeof filter,
                         settings->capture_filter ? settings->capture_filter : ""));
}

/*
 * What an extcap prints is shown by Wireshark as an error when the capture has ended. Only a user
 * writes a command, prints packets, or has a terminal.
 */
static void print_start(struct capture *capture)
{
    const struct settings *settings = capture->settings;
    const bool at_terminal = isatty(STDERR_FILENO);
    const char *source = source_of(capture);
    const char *output = settings->fifo;

    capture->descriptors.output_is_terminal = isatty(capture->descriptors.output);
    capture->display.at_terminal = at_terminal && !log_is_on_standard_error();
    capture->display.reports = at_terminal || settings->is_command || capture->printer.print;
    capture_display_missing(capture);
    if (settings->is_command && !capture->remote)
        source = capture->replay ? settings->file : source_name_target(source, capture->failure);
    if (!capture_has_output(capture))
        output = capture_record_path(capture);
    else if (capture_has_record(capture))
        capture_print(capture, "records into %s", capture_record_path(capture));
    if (!capture->printer.print)
        capture_print(capture,
                      capture->replay && settings->is_command
                          ? "reads %s into %s, Ctrl-C ends it"
                          : "captures from %s into %s, Ctrl-C ends it",
                      source, output);
    else if (!capture->replay)
        capture_print(capture, "captures from %s, Ctrl-C ends it", source);
}

static void wait_for_toolbar(struct capture *capture)
{
    toolbar_wait_ready(&capture->toolbar, capture->descriptors.signals,
                       capture->descriptors.parent);
}

/* A reader of the pipe must not wait forever, but a user who mistyped a command must not either. */
static int refuse(const struct settings *settings, const struct failure *failure,
                  const struct failure_list *parts)
{
    return output_refuse(settings->is_command ? NULL : settings->fifo, failure, parts);
}

static bool open_output(struct capture *capture)
{
    const struct settings *settings = capture->settings;

    if (!capture_has_output(capture))
        return true;
    if (capture->printer.print)
        capture->descriptors.output =
            output_open_text(&capture->printer.writer.how, capture->failure);
    else
        capture->descriptors.output =
            output_open(settings->fifo, output_option(settings), settings->out_buffer_size,
                        capture->descriptors.parent, &capture->streams[STREAM_OUTPUT].writer.how,
                        capture->failure);
    return capture->descriptors.output >= 0;
}

/* The output last. Before a failure is reported, the toolbar is waited for: see toolbar.h. */
static bool open_capture(struct capture *capture)
{
    const struct settings *settings = capture->settings;

    capture->descriptors.parent = output_parent(settings->fifo);
    if (!open_parts(capture)) {
        wait_for_toolbar(capture);
        refuse(settings, capture->failure, &capture->missing);
        return false;
    }
    log_start(capture);
    if (!open_output(capture)) {
        if (failure_is_set(capture->failure)) {
            wait_for_toolbar(capture);
            console_print_failures(capture->failure, &capture->missing);
        }
        return false;
    }
    toolbar_open_out(&capture->toolbar, settings->control_out);
    print_start(capture);
    return true;
}

static void close_descriptor(int descriptor)
{
    if (descriptor >= 0)
        close(descriptor);
}

/* Closes what is open, also after a step that failed. */
static void close_capture(struct capture *capture)
{
    if (capture->source)
        capture->source->operations->close(capture->source);
    capture_close_process(capture);
    toolbar_close(&capture->toolbar);
    close_descriptor(capture->descriptors.output);
    close_descriptor(capture->descriptors.signals);
    close_descriptor(capture->descriptors.parent);
    pcapng_writer_free(&capture->streams[STREAM_OUTPUT].writer);
    capture_close_record(capture);
    capture_close_printer(capture);
    captured_interfaces_free(&capture->interfaces);
    capture_close_host(capture);
    failure_list_free(&capture->missing);
    log_close();
}

/* From here on the process has only the descriptors that are open. */
static bool give_up_power(struct capture *capture)
{
#ifdef IPMON_SANDBOX_KILL
    const enum sandbox_violation violation = SANDBOX_KILL;
#else
    const enum sandbox_violation violation = SANDBOX_REFUSE;
#endif
    const int files[] = {capture->descriptors.output, capture->record.descriptor,
                         capture->record.ring.spare};
    const int outputs[] = {files[0], files[1], files[2], log_descriptor(), capture->toolbar.out};
    const struct sandbox_descriptors descriptors = {
        .outputs = outputs,
        .output_count = sizeof outputs / sizeof *outputs,
        .source_outputs = capture->source->outputs,
        .source_output_count = capture->source->output_count,
        .truncatable = files,
        .truncatable_count = sizeof files / sizeof *files,
        .folder = capture->record.ring.folder,
        .dump_socket = capture->host.dump_socket,
        .kind = capture->source->kind,
        .source = capture->source->descriptor,
    };

    tzset(); /* reads its file now: dates in the log would need it later */
    return sandbox_enter(&descriptors, violation, capture->failure);
}

static void log_refused(void)
{
    int last;
    unsigned count = sandbox_refused(&last);

    if (count != 0)
        log_line(IPMON_LOG_ERROR, "%u system calls were refused, the last one was number %d", count,
                 last);
}

/* Returns the exit status. */
static int run_capture(struct capture *capture)
{
    if (give_up_power(capture)) {
        capture_run(capture);
        log_refused();
    }
    return failure_is_set(capture->failure)
               ? console_print_failures(capture->failure, &capture->missing)
               : 0;
}

/* The last lines: a terminal that was stopped (Ctrl-S) gets some seconds to print them. */
static void finish_console(void)
{
    uint64_t unprinted;

    console_finish();
    unprinted = console_unprinted();
    if (unprinted != 0)
        log_line(IPMON_LOG_INFO, "standard error took no more: %" PRIu64 " lines were not printed",
                 unprinted);
}

int action_capture_refuse(const struct settings *settings, const struct failure *failure)
{
    struct toolbar toolbar;

    toolbar_open(&toolbar, settings->control_in, NULL);
    toolbar_wait_ready(&toolbar, -1, output_parent(settings->fifo));
    return refuse(settings, failure, NULL);
}

int action_capture(const struct settings *settings)
{
    struct failure failure = {""};
    struct capture capture = {
        .settings = settings,
        .failure = &failure,
        .replay = source_name_kind(settings->interface) == SOURCE_KIND_FILE,
        .remote = source_name_kind(settings->interface) == SOURCE_KIND_REMOTE,
        .mode.latest = (enum receive_all_mode)settings->receive_all_mode,
        .descriptors = {.output = -1, .signals = -1, .parent = -1},
        .record = {.descriptor = -1,
                   .ring = {.folder = -1, .current = -1, .before = -1, .spare = -1}},
        .host = {.monitor = -1, .dump_socket = -1, .ioctl_socket = -1, .clock = -1},
    };
    int status;

    privilege_note_inherited();
    toolbar_open(&capture.toolbar, settings->control_in, settings->control_out);
    capture_display_log(&capture);
    if (open_capture(&capture)) {
        status = run_capture(&capture);
    } else {
        capture_discard_record(&capture);
        status = failure_is_set(&failure) ? 1 : 0;
    }
    finish_console();
    close_capture(&capture);
    return status;
}
