/*
 * The processes of a frame: by its comments, and by options of its block that the running Wireshark
 * reads (see compat.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_FRAME_PROCESSES_H
#define IPMON_FRAME_PROCESSES_H

#include <stdbool.h>

#include <wireshark.h>
#include <epan/packet_info.h>

#include "process_end.h"
#include "process_information.h"

/*
 * Finds the processes of a frame. Their strings are valid while it is dissected. Returns false when
 * there are none.
 */
bool frame_processes_find(struct process_list *list, const packet_info *pinfo);

/* The end of the packet at which a process of the list is; see process_end_of. */
enum process_end frame_process_end(const packet_info *pinfo, const struct process_list *list,
                                   const struct process *process);

#endif
