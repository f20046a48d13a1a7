/*
 * The program's log: lines with a time and a level, in a file and in the window of Wireshark's
 * toolbar. On standard error only if the user wants it there: Wireshark shows that as an error.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_LOG_H
#define IPMON_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "event_dictionary.h"
#include "failure.h"

enum log_level { /* Wireshark has the shorter names */
                 IPMON_LOG_ERROR,
                 IPMON_LOG_WARNING,
                 IPMON_LOG_INFO,
                 IPMON_LOG_DEBUG,
};

/*
 * Takes lines of the level and of more serious ones from now on, and appends them to `path`; a new
 * file gets mode 0600. NULL or an empty path: no file. "-", and a path of standard error that
 * cannot be opened because it is a socket (/dev/stderr): the listener prints the lines. Fails with
 * the errno's code when the file cannot be opened.
 */
bool log_open(const char *path, enum log_level level, struct failure *failure);

/* Whether the listener is to print each line on standard error. */
bool log_is_on_standard_error(void);

/* From now on it is, with lines of that level: another ipmon asks for them, and reads them there.
 */
void log_to_standard_error(enum log_level level);

/* The level of the least serious lines that the log takes. */
enum log_level log_limit(void);

/* Who else is notified. Texts have no control characters and are masked (printable.h, mask.h). */
struct log_listener {
    void (*line)(void *context, enum log_level level, const char *line); /* a whole line */
    void (*status)(void *context, const char *text);        /* to be shown to the user at once */
    void (*failure)(void *context, const char *text);       /* the same, and printed already */
    void (*event)(void *context, enum network_event_id id); /* whether its line is taken or not */
    void *context;
};

/* The listener must last until log_close, or until another one or NULL takes its place. */
void log_listen(const struct log_listener *listener);

/*
 * Writes a line. Errors and warnings are also a status for the listener, whether the log takes them
 * or not.
 */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same of an error that the caller prints on standard error: the listener need not do it. */
void log_failure(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Writes a line of level INFO about a command of the user; it is also a status for the listener.
 * time: when the command takes effect, in nanoseconds of CLOCK_REALTIME since 1970-01-01 UTC. The
 * line has this time instead of its own, cut to microseconds.
 */
void log_command(uint64_t time, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Writes a line about a network event in this program, with its name, level and class. Events up to
 * level ERROR are errors in the log, the others warnings.
 */
void log_event(enum network_event_id id, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The log file's descriptor; -1: there is none. */
int log_descriptor(void);

void log_close(void);

#endif
