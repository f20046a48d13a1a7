/*
 * The two control pipes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "toolbar.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

enum {
    READ_SIZE = 4096,       /* bytes at a time: a flood must not keep the loop from packets */
    RESERVE = 1024,         /* bytes of the queue that lines leave to the controls */
    LINE_LENGTH_MAX = 2048, /* bytes of a line that are sent */
};

/*
 * In the order of the toolbar, with the buttons at its right. The actions of the logger, the help
 * and the restore button are Wireshark's own.
 */
static const struct {
    enum toolbar_control number;
    const char *type;
    const char *display;
    const char *rest;
} controls[] = {
    {TOOLBAR_PAUSE, "button", "Pause",
     "{tooltip=Stop writing packets, and go on. What came before the pause is kept}"},
    {TOOLBAR_PACKETS, "string", "Packets",
     "{default=0}{tooltip=Packets captured; with a record, those recorded}"},
    {TOOLBAR_DROPPED, "string", "Dropped",
     "{default=0}{tooltip=Packets lost since the capture was too slow}"},
    {TOOLBAR_PAUSED, "string", "Paused",
     "{default=0}{tooltip=Packets that came during pauses and were not kept}"},
    {TOOLBAR_MODE, "selector", "Receive",
     "{tooltip=Which packets are captured from now on. Mode 2, and libpcap as the driver, are "
     "chosen in the options before the start}"},
    {TOOLBAR_LOG, "button", "Log", "{role=logger}{tooltip=What ipmon has logged in this capture}"},
    {TOOLBAR_HELP, "button", "Help", "{role=help}{tooltip=The manual of ipmon}"},
    {TOOLBAR_RESTORE, "button", "Restore defaults",
     "{role=restore}{tooltip=Put the controls back; not while capturing}"},
};

static const struct {
    const char *value;
    const char *display;
    bool is_default;
} modes[] = {
    {"0", "0: from or to the address", false},
    {"1", "1: everything (promiscuous)", true},
    {"3", "3: this host's IP layer", false},
};

void toolbar_print_controls(FILE *out)
{
    for (size_t i = 0; i < sizeof controls / sizeof *controls; i++)
        fprintf(out, "control {number=%d}{type=%s}{display=%s}%s\n", controls[i].number,
                controls[i].type, controls[i].display, controls[i].rest);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        fprintf(out, "value {control=%d}{value=%s}{display=%s}{default=%s}\n", TOOLBAR_MODE,
                modes[i].value, modes[i].display, modes[i].is_default ? "true" : "false");
}

/* Anything but a pipe could block, or be a file that must not be written. */
static int open_pipe(const char *path, int flags)
{
    struct stat status;

    if (!path || stat(path, &status) != 0 || !S_ISFIFO(status.st_mode))
        return -1;
    return open(path, flags | O_NONBLOCK | O_CLOEXEC);
}

/* Of standard input, which may be a socket of sshd, only what is there is read (toolbar_read). */
static int open_in(const char *path, bool is_standard_input)
{
    return is_standard_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
                             : open_pipe(path, O_RDONLY);
}

void toolbar_open(struct toolbar *toolbar, const char *in, const char *out)
{
    memset(toolbar, 0, sizeof *toolbar);
    toolbar->is_standard_input = in && strcmp(in, "-") == 0;
    toolbar->in = open_in(in, toolbar->is_standard_input);
    toolbar->out = -1;
    toolbar->has_output = out != NULL;
    toolbar->ready = toolbar->in < 0;
}

static void close_in(struct toolbar *toolbar)
{
    close(toolbar->in);
    toolbar->in = -1;
    toolbar->ready = true;
}

/* Parses what was read; the stream is ignored from the first error on. */
static void parse(struct toolbar *toolbar, const uint8_t *bytes, size_t length,
                  toolbar_handler *handle, void *context)
{
    for (size_t taken = 0; taken < length;) {
        bool broken = toolbar->parser.broken;

        taken += toolbar_parse(&toolbar->parser, bytes + taken, length - taken);
        if (toolbar->parser.broken && !broken) {
            toolbar->ready = true;
            log_line(IPMON_LOG_WARNING, "the toolbar sent an invalid message: what it sends is "
                                        "ignored from now on, the capture goes on");
        }
        if (!toolbar->parser.complete)
            continue;
        if (toolbar->parser.message.command == TOOLBAR_INITIALIZED)
            toolbar->ready = true;
        handle(context, &toolbar->parser.message);
    }
}

void toolbar_read(struct toolbar *toolbar, toolbar_handler *handle, void *context)
{
    uint8_t bytes[READ_SIZE];
    ssize_t length = read(toolbar->in, bytes, sizeof bytes);

    if (length > 0) {
        parse(toolbar, bytes, (size_t)length, handle, context);
    } else if (length == 0 || (errno != EAGAIN && errno != EINTR)) {
        log_line(IPMON_LOG_INFO, toolbar->is_standard_input ? "standard input was closed"
                                                            : "Wireshark has closed the toolbar");
        close_in(toolbar);
    }
}

static void ignore_message(void *context, const struct toolbar_message *message)
{
    (void)context;
    (void)message;
}

void toolbar_wait_ready(struct toolbar *toolbar, int signals, int parent)
{
    enum { IN, SIGNALS, PARENT, DESCRIPTORS };

    while (!toolbar->ready && !toolbar->is_standard_input) {
        struct pollfd polled[DESCRIPTORS] = {
            [IN] = {.fd = toolbar->in, .events = POLLIN},
            [SIGNALS] = {.fd = signals, .events = POLLIN},
            [PARENT] = {.fd = parent, .events = POLLIN},
        };

        if (poll(polled, DESCRIPTORS, -1) < 0 && errno != EINTR)
            return;
        if (polled[SIGNALS].revents != 0 || polled[PARENT].revents != 0)
            return;
        if (polled[IN].revents != 0)
            toolbar_read(toolbar, ignore_message, NULL);
    }
}

/*
 * Opened for reading, too: it then opens before Wireshark has opened its end, which may be when the
 * sandbox lets nothing be opened any more; and without a reader the pipe is full, no error.
 */
void toolbar_open_out(struct toolbar *toolbar, const char *out)
{
    toolbar->out = open_pipe(out, O_RDWR);
    if (out && toolbar->out < 0)
        log_line(IPMON_LOG_WARNING, "cannot open --extcap-control-out '%s': no toolbar", out);
}

void toolbar_set(struct toolbar *toolbar, enum toolbar_control control, const char *text)
{
    if (strcmp(toolbar->values[control].text, text) == 0)
        return;
    snprintf(toolbar->values[control].text, TOOLBAR_TEXT_SIZE, "%s", text);
    toolbar->values[control].changed = true;
}

void toolbar_set_again(struct toolbar *toolbar, enum toolbar_control control)
{
    toolbar->values[control].changed = true;
}

static bool queue(struct toolbar *toolbar, size_t reserve, enum toolbar_control control,
                  enum toolbar_command command, const char *payload, size_t length)
{
    uint8_t *to = toolbar->queue + toolbar->queued;

    if (TOOLBAR_QUEUE_SIZE - toolbar->queued < TOOLBAR_HEADER_SIZE + length + reserve)
        return false;
    toolbar_encode(to, control, command, length);
    memcpy(to + TOOLBAR_HEADER_SIZE, payload, length);
    toolbar->queued += TOOLBAR_HEADER_SIZE + length;
    return true;
}

void toolbar_queue(struct toolbar *toolbar, enum toolbar_control control,
                   enum toolbar_command command, const char *payload, size_t length)
{
    queue(toolbar, 0, control, command, payload, length);
}

static bool queue_line(struct toolbar *toolbar, enum toolbar_control control,
                       enum toolbar_command command, const char *text)
{
    return queue(toolbar, RESERVE, control, command, text, strnlen(text, LINE_LENGTH_MAX));
}

/* Queues the number of missing lines in their place. */
static bool queue_left_out(struct toolbar *toolbar)
{
    char line[64];

    if (toolbar->left_out == 0)
        return true;
    snprintf(line, sizeof line, "(%u lines are left out here)\n", toolbar->left_out);
    if (!queue_line(toolbar, TOOLBAR_LOG, TOOLBAR_ADD, line))
        return false;
    toolbar->left_out = 0;
    return true;
}

void toolbar_log(struct toolbar *toolbar, const char *line)
{
    if (toolbar->has_output &&
        (!queue_left_out(toolbar) || !queue_line(toolbar, TOOLBAR_LOG, TOOLBAR_ADD, line)))
        toolbar->left_out++;
}

void toolbar_status(struct toolbar *toolbar, const char *text)
{
    if (toolbar->has_output)
        queue_line(toolbar, TOOLBAR_PAUSE, TOOLBAR_STATUS, text);
}

static bool has_changes(const struct toolbar *toolbar)
{
    for (size_t i = 0; toolbar->ready && i < TOOLBAR_CONTROLS; i++)
        if (toolbar->values[i].changed)
            return true;
    return false;
}

bool toolbar_pending(const struct toolbar *toolbar)
{
    return toolbar->out >= 0 && (toolbar->queued != 0 || has_changes(toolbar));
}

static void queue_changes(struct toolbar *toolbar)
{
    for (size_t i = 0; i < TOOLBAR_CONTROLS; i++) {
        const char *text = toolbar->values[i].text;

        if (toolbar->values[i].changed &&
            queue(toolbar, 0, (enum toolbar_control)i, TOOLBAR_SET, text, strlen(text)))
            toolbar->values[i].changed = false;
    }
}

static size_t message_size(const uint8_t *message)
{
    return TOOLBAR_LENGTH_END + toolbar_length(message);
}

/*
 * Bytes of the messages that the kernel writes at once or not at all (PIPE_BUF): Wireshark's reader
 * spins while it waits for the rest of a message.
 */
static size_t atomic_length(const struct toolbar *toolbar)
{
    size_t length = 0;

    while (length < toolbar->queued && length + message_size(toolbar->queue + length) <= PIPE_BUF)
        length += message_size(toolbar->queue + length);
    return length;
}

void toolbar_flush(struct toolbar *toolbar)
{
    while (toolbar_pending(toolbar)) {
        size_t length;

        if (toolbar->queued == 0)
            queue_changes(toolbar);
        length = atomic_length(toolbar);
        if (write(toolbar->out, toolbar->queue, length) != (ssize_t)length)
            return;
        toolbar->queued -= length;
        memmove(toolbar->queue, toolbar->queue + length, toolbar->queued);
    }
}

void toolbar_close(struct toolbar *toolbar)
{
    toolbar_flush(toolbar);
    if (toolbar->in >= 0)
        close(toolbar->in);
    if (toolbar->out >= 0)
        close(toolbar->out);
    toolbar->in = toolbar->out = -1;
}
