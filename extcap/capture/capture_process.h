/*
 * The processes of packets (--process-information).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CAPTURE_PROCESS_H
#define IPMON_CAPTURE_PROCESS_H

#include "capture.h"

extern const struct capture_watch capture_process_watch; /* many records wait */

/*
 * Loads what finds the processes, as the settings say; to be called before the source is opened.
 * Sets the failure and returns false when that is not possible.
 */
bool capture_open_process(struct capture *capture);

/* Lets the source's packets have their processes as options; to be called when it is open. */
bool capture_add_process(struct capture *capture);

enum { CAPTURE_PROCESS_TEXT = 400 };

/* Those of the packets that were read until now; all 0 when processes were not asked for. */
struct process_counts capture_process_counts(const struct capture *capture);

/*
 * Writes how many of the packets that were read have which kind of process, and what was lost, as a
 * part of a line, without what was counted before. Returns text; NULL when processes were not asked
 * for.
 */
const char *capture_process_describe(const struct capture *capture,
                                     const struct process_counts *before,
                                     char text[CAPTURE_PROCESS_TEXT]);

void capture_close_process(struct capture *capture);

#endif
