/*
 * The blocks around the packets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CAPTURE_BLOCKS_H
#define IPMON_CAPTURE_BLOCKS_H

#include "capture.h"

/* Writes the section header block. */
void capture_write_section(struct capture *capture);

/*
 * Writes the interface description block of an interface that has none; capture_has_room must be
 * true.
 */
void capture_describe(struct capture *capture, struct captured_interface *interface);

/*
 * Writes an interface statistics block for each interface from row `first` on, as long as the
 * buffer has room; returns the row to continue with. Interfaces without a description block, which
 * packets came from only while the capture was paused, are described first.
 */
size_t capture_write_statistics(struct capture *capture, const struct packet_counts *counts,
                                size_t first);

/* Writes the name of an interface, as its description block has it, into `name` of `size` bytes. */
void capture_name_interface(const struct capture *capture,
                            const struct captured_interface *interface, char *name, size_t size);

#endif
