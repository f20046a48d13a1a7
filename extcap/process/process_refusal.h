/*
 * Why the kernel refuses the programs that find processes, and what helps.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PROCESS_REFUSAL_H
#define IPMON_PROCESS_REFUSAL_H

#include <stdbool.h>

#include "failure.h"

/* Sets the failure to one line with the obstacle and the remedy. error: of the kernel. False. */
bool process_refuse(struct failure *failure, int error);

#endif
