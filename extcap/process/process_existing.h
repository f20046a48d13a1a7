/*
 * Command lines of the processes that had sockets before the capture. The programs in the kernel
 * can read that of a process only when it sends or receives.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PROCESS_EXISTING_H
#define IPMON_PROCESS_EXISTING_H

#include "process_feed.h"
#include "process_names.h"

/*
 * Reads the command lines of the processes of feed->existing from /proc/PID/cmdline (proc(5)) into
 * the names of the table. Each is that of the same process and program as in the feed; those that
 * cannot be read, or not for sure, are left out. Changes feed->existing.
 */
void process_existing_add_arguments(struct process_feed *feed, struct process_name_table *names);

#endif
