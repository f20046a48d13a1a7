/*
 * Packets from the source to the output.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CAPTURE_PACKETS_H
#define IPMON_CAPTURE_PACKETS_H

#include "capture.h"

extern const struct capture_watch capture_source_watch; /* packets wait */
extern const struct capture_watch capture_output_watch; /* the output takes more */
extern const struct capture_watch capture_reader_watch; /* the output has lost its reader */

/*
 * Moves a share of the packets that can be had without waiting into the writer, and flushes that.
 * True when the source has no more for now.
 */
bool capture_move_packets(struct capture *capture);

/* Hands the buffer to the output, as far as that takes it; sets the end when it fails. */
void capture_flush(struct capture *capture);

#endif
