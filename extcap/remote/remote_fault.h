/*
 * Why a command on another machine failed: one line for the user, with what helps, from what ssh
 * and the command printed on standard error.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_REMOTE_FAULT_H
#define IPMON_REMOTE_FAULT_H

#include <stdbool.h>

#include "failure.h"

/*
 * Sets the failure to "HOST: LINE; REMEDY", with the code of the cause. said: remote_shell.said;
 * LINE is the line of it that tells the cause, all lines when none is known. status: the exit
 * status of ssh; -1: not known. Returns false.
 */
bool remote_fault_set(struct failure *failure, const char *host, const char *said, int status);

#endif
