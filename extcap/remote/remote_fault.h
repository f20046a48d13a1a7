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

/* What is known when ssh has ended. */
struct remote_reason {
    const char *host;        /* as messages name it */
    const char *destination; /* as ssh(1) takes it */
    const char *said;        /* remote_shell.said */
    int status;              /* the exit status of ssh; -1: not known */
    const char *more;        /* to be added to the text; "": nothing */
};

/*
 * Sets the failure to "HOST: LINE; REMEDY", with the code of the cause. LINE is the line of `said`
 * that tells the cause, the last lines when none is known. Of a failure that an ipmon there has
 * printed it is the text, with its code. Returns false.
 */
bool remote_fault_set(struct failure *failure, const struct remote_reason *reason);

/*
 * Whether ssh said that it did not reach the host at all, and would not for another source. said:
 * remote_shell.said of a connection that did not log in.
 */
bool remote_fault_is_of_host(const char *said);

#endif
