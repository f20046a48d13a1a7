/*
 * Wireshark's side of the two control pipes is a thread that reads and a window that writes; here
 * is ours. Nothing here waits: what cannot be written now is kept, within bounds, and neither
 * garbage nor a closed pipe ends more than the toolbar itself.
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

enum {
    TOOLBAR_TEXT_SIZE = 24, /* of a label or counter */
    TOOLBAR_QUEUE_SIZE = 32 * 1024,
};

struct toolbar {
    int in;      /* the pipe from Wireshark; -1: none, or closed by it */
    int out;     /* the pipe to Wireshark; -1: none */
    bool called; /* a pipe to Wireshark was named: lines are kept for it */
    bool ready;  /* Wireshark is initialized, or cannot tell: the controls' values can be sent */
    struct toolbar_parser parser;
    struct {
        char text[TOOLBAR_TEXT_SIZE]; /* the latest value, in place of those not sent before it */
        bool changed;                 /* since it was sent */
    } values[TOOLBAR_CONTROLS];
    uint8_t queue[TOOLBAR_QUEUE_SIZE]; /* whole messages */
    size_t queued;                     /* bytes */
    unsigned left_out;                 /* lines for which there was no room since one was queued */
};

/* Prints the `control` and `value` sentences of --extcap-interfaces. */
void toolbar_print_controls(FILE *out);

/*
 * Opens the pipe from Wireshark, whose window stands still until this was done; to be called first
 * of all. Paths may be NULL. A path that is no pipe is as good as none.
 */
void toolbar_open(struct toolbar *toolbar, const char *in, const char *out);

/*
 * Waits until Wireshark has opened its end and said all it says at a start, for a capture that
 * cannot begin: ending earlier would let Wireshark wait for ever. Also returns when `signals`, a
 * signalfd or -1, or `parent`, a pidfd of Wireshark or -1, is readable.
 */
void toolbar_wait_ready(struct toolbar *toolbar, int signals, int parent);

/*
 * Opens the pipe to Wireshark, for a capture that has begun. Wireshark's reader does not bear that
 * it is closed again before the program ends.
 */
void toolbar_begin(struct toolbar *toolbar, const char *out);

/* Reads what has come and hands over each whole message. To be called when `in` is ready. */
void toolbar_read(struct toolbar *toolbar,
                  void (*message)(void *context, const struct toolbar_message *message),
                  void *context);

/* Sets the value of a control: only the latest is sent. */
void toolbar_set(struct toolbar *toolbar, enum toolbar_control control, const char *text);

/* Sends a control's value once more, since Wireshark shows another one. */
void toolbar_set_again(struct toolbar *toolbar, enum toolbar_control control);

/*
 * Queues a message that every Wireshark must get (few are sent, at the start): enabling, disabling,
 * choices of a selector. The payload is of `length` bytes.
 */
void toolbar_queue(struct toolbar *toolbar, enum toolbar_control control,
                   enum toolbar_command command, const char *payload, size_t length);

/* Queues a line for the log window, the line's end included; or a text for the status bar. */
void toolbar_log(struct toolbar *toolbar, const char *line);
void toolbar_status(struct toolbar *toolbar, const char *text);

/* Whether toolbar_flush has something to write. */
bool toolbar_pending(const struct toolbar *toolbar);

/* Writes what the pipe takes. */
void toolbar_flush(struct toolbar *toolbar);

void toolbar_close(struct toolbar *toolbar);

#endif
