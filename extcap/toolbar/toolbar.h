/*
 * The extcap's end of Wireshark's two control pipes. Only toolbar_wait_ready blocks: data that
 * cannot be written now is queued, up to a limit. Garbage or a closed pipe ends the toolbar, but
 * not the capture. In Wireshark a thread reads from one pipe and the window writes to the other.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_TOOLBAR_H
#define IPMON_TOOLBAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "failure.h"
#include "toolbar_message.h"

/* The controls' numbers, as declared to Wireshark. */
enum toolbar_control {
    TOOLBAR_PAUSE,
    TOOLBAR_PACKETS,
    TOOLBAR_DROPPED,
    TOOLBAR_MODE,
    TOOLBAR_LOG,
    TOOLBAR_HELP,
    TOOLBAR_RESTORE,
    TOOLBAR_PAUSED,
    TOOLBAR_CONTROLS,
};

/*
 * Another ipmon (remote/) sends the same messages to standard input, and some that no window sends:
 * TOOLBAR_PAUSE with the payload '1' or '0', which pauses or resumes whatever the state is;
 * TOOLBAR_LOG with the digit of an enum log_level, from which on it wants the log on standard
 * error; and a request for a report, with a token of 8 bytes that comes back (pcapng.h). Packets are
 * read from TOOLBAR_INITIALIZED on. The end of standard input stops the capture.
 */
enum {
    TOOLBAR_REPORT = 128, /* as a control */
    TOOLBAR_TOKEN_SIZE = 8,
};

enum {
    TOOLBAR_TEXT_SIZE = 24, /* of a label or counter */
    TOOLBAR_QUEUE_SIZE = 32 * 1024,
};

struct toolbar {
    int in;          /* the pipe from Wireshark; -1: none, or closed by it */
    int out;         /* the pipe to Wireshark; -1: none */
    bool has_output; /* a pipe to Wireshark was named: lines are queued for it, open or not */
    bool is_standard_input; /* `in` is, or was: there is no window */
    bool ready;      /* Wireshark is initialized, or no message can say so: values can be sent */
    struct toolbar_parser parser;
    struct {
        char text[TOOLBAR_TEXT_SIZE]; /* the latest value, in place of those not sent before it */
        bool changed;                 /* since it was sent */
    } values[TOOLBAR_CONTROLS];
    uint8_t queue[TOOLBAR_QUEUE_SIZE]; /* whole messages */
    size_t queued;                     /* bytes */
    unsigned left_out;                 /* lines that found no room since one was queued */
};

/* Prints the `control` and `value` sentences of --extcap-interfaces. */
void toolbar_print_controls(FILE *out);

/*
 * Opens the pipe `in` from Wireshark, whose window is blocked until then; to be called first of
 * all. "-" is standard input. `out` is opened later, by toolbar_open_out. Paths may be NULL, and a
 * path that is no pipe is ignored.
 */
void toolbar_open(struct toolbar *toolbar, const char *in, const char *out);

/*
 * Waits until Wireshark has opened its end and sent its first messages, for a capture that cannot
 * begin: if this program exits earlier, Wireshark waits forever. Also returns when `signals`, a
 * signalfd or -1, or `parent`, a pidfd of Wireshark or -1, is readable.
 */
void toolbar_wait_ready(struct toolbar *toolbar, int signals, int parent);

/*
 * Opens the pipe to Wireshark, for a capture that has begun; it must stay open until the program
 * exits, since Wireshark's reader spins on a closed pipe.
 */
void toolbar_open_out(struct toolbar *toolbar, const char *out);

/* Handles a message, which is valid until the call returns. */
typedef void toolbar_handler(void *context, const struct toolbar_message *message);

/* Reads from `in`, without blocking, and handles each message. To be called when `in` is ready. */
void toolbar_read(struct toolbar *toolbar, toolbar_handler *handle, void *context);

/* Sets the value of a control: only the latest is sent. */
void toolbar_set(struct toolbar *toolbar, enum toolbar_control control, const char *text);

/* Sends a control's value again, since Wireshark shows another one. */
void toolbar_set_again(struct toolbar *toolbar, enum toolbar_control control);

/*
 * Queues a message that must not be left out: enabling or disabling a control, adding or removing a
 * selector's choice. There are few of them, at the start. The payload has `length` bytes.
 */
void toolbar_queue(struct toolbar *toolbar, enum toolbar_control control,
                   enum toolbar_command command, const char *payload, size_t length);

/* Queues a line for the log window, which ends with \n; or a text for the status bar. */
void toolbar_log(struct toolbar *toolbar, const char *line);
void toolbar_status(struct toolbar *toolbar, const char *text);

/* Whether toolbar_flush has something to write. */
bool toolbar_pending(const struct toolbar *toolbar);

/* Writes whole messages, as far as the pipe accepts them without blocking. */
void toolbar_flush(struct toolbar *toolbar);

void toolbar_close(struct toolbar *toolbar);

#endif
