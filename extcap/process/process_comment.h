/*
 * The comment of a packet that names a process: lines "KEY: VALUE". The keys are those of ptcpdump
 * (PID, ThreadId, Cmd, Args, UserId), as far as it has them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PROCESS_COMMENT_H
#define IPMON_PROCESS_COMMENT_H

#include <stddef.h>

#include "process_names.h"
#include "socket_search.h"

enum {
    PROCESS_COMMENT_SIZE = 6144, /* all texts of their longest fit */
};

/*
 * Writes the comment of an answer of at least PROCESS_KERNEL; names: NULL when they are not known.
 */
void process_comment_write(char text[PROCESS_COMMENT_SIZE], const struct process_answer *answer,
                           enum process_role role, const struct process_names *names);

#endif
