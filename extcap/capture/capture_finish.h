/*
 * The end of a capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CAPTURE_FINISH_H
#define IPMON_CAPTURE_FINISH_H

#include "capture.h"
#include "clock.h"

/* A reader that stalls gets this long at the end; Wireshark kills an extcap after 30 s. */
#define CAPTURE_STALL_LIMIT (20 * CLOCK_SECOND)

/*
 * Counts what the source still holds, writes what is in the buffer and the statistics, as far as
 * the reader takes them, and waits until it has read them.
 */
void capture_finish(struct capture *capture);

#endif
