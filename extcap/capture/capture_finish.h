/*
 * The end of a capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CAPTURE_FINISH_H
#define IPMON_CAPTURE_FINISH_H

#include "capture.h"
#include "clock.h"

/* How long to wait at the end for a reader that stalls; Wireshark kills an extcap after 30 s. */
#define CAPTURE_STALL_LIMIT (20 * CLOCK_SECOND)

/*
 * Counts the packets that the source still holds, writes the buffer and the statistics, as far as
 * the reader accepts them, and waits until it has read them.
 */
void capture_finish(struct capture *capture);

#endif
