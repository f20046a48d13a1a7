/*
 * What controls a running capture from outside: signals, commands of Wireshark's toolbar, and the
 * end of the Wireshark that started it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CAPTURE_CONTROL_H
#define IPMON_CAPTURE_CONTROL_H

#include "capture.h"

extern const struct capture_watch capture_signals_watch;
extern const struct capture_watch capture_commands_watch; /* the toolbar's */
extern const struct capture_watch capture_parent_watch;

/* Blocks the signals of a capture; from now on they are read from descriptors.signals. */
bool capture_open_signals(struct capture *capture);

#endif
