/*
 * Standard error: lines for the user, and the reason for a failure. A capture does not wait for a
 * reader of standard error: neither for a stopped terminal (Ctrl-S), nor for a pipe or socket that
 * nobody reads. In front of a line for systemd's journal is its level, as in "<4>".
 * Source: sd-daemon(3), JOURNAL_STREAM in systemd.exec(5).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CONSOLE_H
#define IPMON_CONSOLE_H

#include <stdint.h>

#include "failure.h"
#include "log.h"

/*
 * Replaces standard error, when it is a terminal or a pipe, by an open file description of our own
 * that does not block: the inherited one is shared with the shell and stays as it is. To be called
 * before the sandbox, in which nothing can be opened; otherwise the first line calls it. signals: a
 * signalfd whose signals end the wait of console_finish; -1: none.
 */
void console_open(int signals);

/*
 * Prints "ipmon: ", the text and a newline; what cannot be written at once is buffered for
 * console_flush. Control characters become question marks (printable.h). Lines that do not fit the
 * buffer are dropped, and their number is printed in their place.
 */
void console_print(const char *text);

/* Prints a line of the log as it is, with its newline. */
void console_print_log(enum log_level level, const char *line);

/* The descriptor to poll for POLLOUT before console_flush; -1: nothing is buffered, or it failed.
 */
int console_pending(void);

/* Writes what is buffered, as far as possible without blocking. */
void console_flush(void);

/* To be called when a signal ends the program: console_finish then waits only a short time. */
void console_hurry(void);

/* Waits some seconds, all calls together, for the reader to take what is buffered. */
void console_finish(void);

/*
 * Prints a failure, masked (mask.h), logs it as an error, and calls console_finish. If the log is
 * printed here, the log's line is the only one. Returns the exit status, 1.
 */
int console_print_failure(const struct failure *failure);

/* The same of a failure and of those of single parts, of which it may be one. NULL: none. */
int console_print_failures(const struct failure *failure, const struct failure_list *parts);

/* How many lines are buffered, or were dropped without a message about it. */
uint64_t console_unprinted(void);

#endif
