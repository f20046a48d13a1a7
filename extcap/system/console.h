/*
 * Standard error: lines for the user at a terminal, and the reason of a failure. No capture waits
 * for its reader, be it a terminal that was stopped (Ctrl-S) or a pipe or socket that nobody reads.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CONSOLE_H
#define IPMON_CONSOLE_H

#include <stdint.h>

#include "failure.h"

/*
 * Makes standard error a description of our own that does not block, when it is a terminal or a
 * pipe: the inherited one stays as it is, since the shell and others share it. To be called before
 * the sandbox, which lets nothing be opened; without it the first line calls it. signals: a
 * signalfd whose signals end the wait of console_finish; -1: none.
 */
void console_open(int signals);

/*
 * Prints "ipmon: ", the text and a line end; what the reader does not take at once waits for
 * console_flush. Control characters become question marks (printable.h). Of lines that find no room
 * to wait the number is printed in their place.
 */
void console_print(const char *text);

/* The descriptor that console_flush needs POLLOUT of; -1: no line waits, or nobody will read it. */
int console_pending(void);

/* Prints what waits, as far as that goes without blocking. */
void console_flush(void);

/* Somebody asked the program to end: console_finish waits no longer than a reader needs. */
void console_hurry(void);

/* Gives the reader some seconds to take what waits, all calls together. */
void console_finish(void);

/*
 * Prints a failure, masked (mask.h), and logs it as an error; gives the reader some seconds to take
 * the line. Returns the exit status, 1.
 */
int console_print_failure(const struct failure *failure);

/* How many lines were not printed and not counted there either. */
uint64_t console_unprinted(void);

#endif
