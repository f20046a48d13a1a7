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

/* Values that are stated to be empty, not left out. */
enum process_comment_blank {
    PROCESS_COMMENT_NO_COMMAND = 1,
    PROCESS_COMMENT_NO_ARGUMENTS = 2,
};

/*
 * What a comment must state to be empty when it follows another one of the same packet: ptcpdump
 * reads all comments of a packet into one, and would take the other's value. names: of the process
 * of each; NULL: not known, or no process.
 */
unsigned process_comment_blanks(const struct process_names *names,
                                const struct process_names *names_before);

/*
 * Writes the comment of an answer of at least PROCESS_KERNEL. names: NULL when they are not known;
 * blanks: of enum process_comment_blank.
 */
void process_comment_write(char text[PROCESS_COMMENT_SIZE], const struct process_answer *answer,
                           enum process_role role, const struct process_names *names,
                           unsigned blanks);

#endif
