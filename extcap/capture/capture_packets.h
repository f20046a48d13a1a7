/*
 * Packets from the source to the output.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CAPTURE_PACKETS_H
#define IPMON_CAPTURE_PACKETS_H

#include "capture.h"

extern const struct capture_watch capture_source_watch; /* packets wait */
extern const struct capture_watch capture_output_watch; /* the output accepts more */
extern const struct capture_watch capture_reader_watch; /* the output has lost its reader */

/*
 * Moves some of the packets that can be read without waiting into the writer, and flushes the
 * writer. Returns true if the source has no more packets for now.
 */
bool capture_move_packets(struct capture *capture);

/* Writes the buffer, as far as the output accepts it; sets capture->end if the output fails. */
void capture_flush(struct capture *capture);

#endif
