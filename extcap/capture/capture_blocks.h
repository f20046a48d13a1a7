/*
 * The blocks around the packets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CAPTURE_BLOCKS_H
#define IPMON_CAPTURE_BLOCKS_H

#include "capture.h"

/*
 * Begins a stream, or the next file of the record: writes the section header block and describes
 * the interfaces that packets came from and that still exist. counts: what the statistics blocks of
 * the stream leave out, `received` as it was counted here. The stream's buffer must be empty.
 */
void capture_begin_stream(struct capture *capture, enum capture_stream_id stream,
                          const struct packet_counts *counts);

/*
 * Writes the interface description block of an interface that has none in the stream, whose buffer
 * must have room.
 */
void capture_describe(struct capture *capture, enum capture_stream_id stream,
                      struct captured_interface *interface);

/* Writes a packet of an interface that is described in the stream, whose buffer must have room. */
void capture_write_packet(struct capture *capture, enum capture_stream_id stream,
                          const struct captured_interface *interface,
                          const struct captured_packet *packet);

/*
 * Writes an interface statistics block for each interface from row `first` on, as long as the
 * buffer has room; returns the row to continue with. Interfaces without a description block, which
 * packets came from only while the capture was paused, are described first; those that no packet
 * came from during this file, and that are not described in it, are left out.
 */
size_t capture_write_statistics(struct capture *capture, enum capture_stream_id stream,
                                const struct packet_counts *counts, size_t first);

/*
 * Writes into the output the report that another ipmon asks for, and the statistics as they are; no
 * effect while there is no room. From then on statistics have what such a reader needs.
 */
void capture_write_report(struct capture *capture, uint64_t token);

/* Writes the name of an interface, as its description block has it, into `name` of `size` bytes. */
void capture_name_interface(const struct capture *capture,
                            const struct captured_interface *interface, char *name, size_t size);

#endif
