/*
 * The record of a capture: a file, or ring files, that get every packet that is not discarded. With
 * an output beside it, that gets what its reader takes. A record writes to disk without waiting for
 * anybody: when the disk is full, packets are counted instead, or the capture ends (--on-full).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CAPTURE_RECORD_H
#define IPMON_CAPTURE_RECORD_H

#include "capture.h"

/* Whether the settings want a record and no output: that the file of -w is the record. */
bool capture_record_is_only(const struct settings *settings);

/*
 * Opens the record that the settings want: that of --record, or the file of -w with ring files or
 * --on-full wait, which then is no output. True, too, when they want none.
 */
bool capture_open_record(struct capture *capture);

/* Begins the first file; before packets are read. */
void capture_begin_record(struct capture *capture);

/*
 * Removes the file that was created, for a capture that cannot begin: an empty one would keep the
 * next record from its name.
 */
void capture_discard_record(const struct capture *capture);

/* Closes it; no effect when there is none. */
void capture_close_record(struct capture *capture);

/*
 * Writes a packet. Returns PACKET_WRITTEN, or PACKET_UNRECORDED when the disk is full; the caller
 * counts it, then calls capture_record_counted.
 */
enum packet_fate capture_record_packet(struct capture *capture,
                                       struct captured_interface *interface,
                                       const struct captured_packet *packet);

/*
 * Notes whether the current file has as many bytes or packets as -b says; the next packet begins
 * the next one then.
 */
void capture_record_counted(struct capture *capture);

/* Writes the buffer to disk; while that is full, only from time to time. */
void capture_record_flush(struct capture *capture);

/* Begins the next ring file, or ends the capture with the last of -a files. */
void capture_record_next(struct capture *capture);

/* The same when the current file is as old as -b says; writes again to a disk that was full. */
void capture_record_update(struct capture *capture);

/* CLOCK_MONOTONIC when capture_record_update has something to do; 0: it has not. */
uint64_t capture_record_due(const struct capture *capture);

/* Ends the last file: its statistics are written, and all is handed to the kernel. */
void capture_finish_record(struct capture *capture, const struct packet_counts *counts);

#endif
