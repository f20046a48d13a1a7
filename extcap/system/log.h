/*
 * The program's log: lines with a time and a level, in a file and in the window of Wireshark's
 * toolbar. Never stderr, which Wireshark shows to the user as an error.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_LOG_H
#define IPMON_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"

enum log_level { /* Wireshark has the shorter names */
                 IPMON_LOG_ERROR,
                 IPMON_LOG_WARNING,
                 IPMON_LOG_INFO,
                 IPMON_LOG_DEBUG,
};

/*
 * The log takes lines of the level and of more serious ones, and appends them to `path`; a new file
 * gets mode 0600. NULL or an empty path: no file. Fails with the errno's code when the file cannot
 * be opened.
 */
bool log_open(const char *path, enum log_level level, struct failure *failure);

/* Who else hears of the lines. Each of the functions gets a text that can be printed and is masked.
 */
struct log_listener {
    void (*line)(void *context, const char *line);   /* a whole line of the log */
    void (*status)(void *context, const char *text); /* for the user's eyes at once */
    void *context;
};

/* The listener must last until log_close, or until another one or NULL takes its place. */
void log_listen(const struct log_listener *listener);

/*
 * Writes one line, without control characters as printable.h says, and masked as mask.h says.
 * Errors and warnings are told as a status, too, also those that the log does not take.
 */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * The same on level INFO for what the user has ordered, which is told as a status, too. The line
 * has the order's time, from which on it holds: nanoseconds of CLOCK_REALTIME since 1970-01-01 UTC,
 * which it tells cut to microseconds.
 */
void log_order(uint64_t time, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Writes a line about a network event of the dictionary that this program met itself, by name, with
 * its level and class. Events up to level ERROR are log errors, the others warnings.
 */
void log_event(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Writes the names of the events met so far into `text`, each with its count: "name 2, other 1".
 * Returns the length, 0 when there were none; what does not fit whole into `size` bytes is left
 * out.
 */
size_t log_events_met(char *text, size_t size);

/* The log file's descriptor; -1: there is none. */
int log_descriptor(void);

void log_close(void);

#endif
