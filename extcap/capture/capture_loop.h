/*
 * The loop of a capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CAPTURE_LOOP_H
#define IPMON_CAPTURE_LOOP_H

#include "capture.h"

/*
 * Runs an opened capture from its first block to its last. If something fails, capture->failure
 * contains the first failure.
 */
void capture_run(struct capture *capture);

#endif
