/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_ENDING_SIGNALS_H
#define IPMON_ENDING_SIGNALS_H

#include <signal.h>

/*
 * The signals that end the program: SIGTERM, SIGINT, and, unless the caller ignores it (nohup),
 * SIGHUP of a terminal that is closed.
 */
void ending_signals(sigset_t *signals);

#endif
