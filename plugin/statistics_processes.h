/*
 * The tree of processes: packets, bytes and socket errors of each.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_STATISTICS_PROCESSES_H
#define IPMON_STATISTICS_PROCESSES_H

#include <wireshark.h>
#include <epan/packet_info.h>

#include "header_place.h"
#include "packet_error.h"
#include "process_information.h"

/*
 * The tap that gets a struct statistics_process for each outermost header, and for each socket
 * error of another header that an application sees.
 */
#define STATISTICS_PROCESSES_TAP "ipmon_processes"

struct statistics_process;

/*
 * What the tap gets for a header; NULL: nothing. processes: of its frame. error: that an
 * application sees, or NULL.
 */
const struct statistics_process *statistics_process_of(packet_info *pinfo,
                                                       const struct header_place *place,
                                                       const struct process_list *processes,
                                                       const struct packet_error *error);

/* To be called once; see statistics_register. */
void statistics_processes_register(void);

#endif
