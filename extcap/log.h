/*
 * The program's log: a file of lines with a time and a level. Never stderr, which Wireshark shows
 * to the user as an error.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_LOG_H
#define IPMON_LOG_H

#include <stdbool.h>

#include "failure.h"

enum log_level { /* Wireshark has the shorter names */
                 IPMON_LOG_ERROR,
                 IPMON_LOG_WARNING,
                 IPMON_LOG_INFO,
                 IPMON_LOG_DEBUG,
};

/*
 * Appends lines of the level and of more serious ones to `path`, a new file gets mode 0600. NULL or
 * an empty path: no log. Fails with the errno's code when the file cannot be opened.
 */
bool log_open(const char *path, enum log_level level, struct failure *failure);

/* Writes one line, masked as mask.h says. Nothing without log_open. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Writes a line about a network event of the dictionary that this program met itself, by name, with
 * its level and class. Events up to level ERROR are log errors, the others warnings.
 */
void log_event(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

void log_close(void);

#endif
