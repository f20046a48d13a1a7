/*
 * The processes of packets (--process-information).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CAPTURE_PROCESS_H
#define IPMON_CAPTURE_PROCESS_H

#include "capture.h"

struct process_counts;

extern const struct capture_watch capture_process_watch; /* many records wait */

/*
 * Loads what finds the processes, as the settings say; to be called before the source is opened.
 * Sets the failure and returns false when that is not possible.
 */
bool capture_open_process(struct capture *capture);

/* Lets the source's packets have their processes as options; to be called when it is open. */
bool capture_add_process(struct capture *capture);

/* Of the packets that were read, and what was lost; NULL without processes. */
const struct process_counts *capture_process_counts(const struct capture *capture);

void capture_close_process(struct capture *capture);

#endif
