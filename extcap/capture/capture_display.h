/*
 * What the user sees of a running capture: the toolbar's controls and log, and lines at the
 * terminal. Nothing here waits for the reader.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CAPTURE_DISPLAY_H
#define IPMON_CAPTURE_DISPLAY_H

#include "capture.h"

extern const struct capture_watch capture_toolbar_watch; /* its pipe accepts more */
extern const struct capture_watch capture_console_watch; /* standard error accepts more */

/*
 * Until log_close, copies log lines to the toolbar's log, and to standard error if the log is
 * there; and messages for its status bar also to the terminal.
 */
void capture_display_log(struct capture *capture);

/* Warns of machines that went away since the latest call, or were never there. */
void capture_display_missing(struct capture *capture);

/* Shows the receive-all mode. */
void capture_display_mode(struct capture *capture);

/* Updates the toolbar, as far as its pipe accepts data; counters at most twice a second. */
void capture_display_update(struct capture *capture);

/* The same with the final counters, however recently they were updated. */
void capture_display_finish(struct capture *capture);

/* CLOCK_MONOTONIC when capture_display_update has something new to show; 0: there are none. */
uint64_t capture_display_due(const struct capture *capture);

#endif
