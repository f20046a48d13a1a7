/*
 * The destination of a capture: the pipe that Wireshark made, a file, or standard output. Starts,
 * fails and ends as Wireshark expects it of an extcap.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_OUTPUT_H
#define IPMON_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"
#include "nonblocking.h"

/*
 * Returns a pidfd of the Wireshark that started this program, readable when that has exited; -1
 * when `path` (may be NULL) is not named as Wireshark names its pipes. A Wireshark that is killed
 * sends no signal, and its dumpcap reads on until the next packet.
 */
int output_parent(const char *path);

/*
 * Opens `path` for writing, the value of `option` (for messages); "-" is standard output. If it is
 * a named pipe, waits until a reader opens it, until one of ending_signals comes, or until
 * the end of `parent` (see output_parent, -1: none). Any other path is a file, which is truncated,
 * or created with mode 0600. pipe_size: bytes requested from the kernel. Returns a descriptor, or
 * -1: no failure is set when the wait has ended without a reader. *how: how to write to it without
 * blocking on pipes and sockets.
 */
int output_open(const char *path, const char *option, uint32_t pipe_size, int parent,
                enum nonblocking *how, struct failure *failure);

/*
 * Creates the file `path`, the value of `option` (for messages), with mode 0600; one that exists is
 * left alone. Returns a descriptor, or -1.
 */
int output_create(const char *path, const char *option, struct failure *failure);

/*
 * Opens standard output for text: a terminal, too. Returns a descriptor, or -1; *how: as above.
 */
int output_open_text(enum nonblocking *how, struct failure *failure);

/*
 * Reports a failure before anything was written: opens the pipe, so that the reader does not wait
 * forever, writes nothing into it, and prints the failure and those of parts (console.h). path and
 * parts may be NULL. Returns the exit status: 1, or 0 when the wait for the reader was ended as in
 * output_open; nothing is printed then.
 */
int output_refuse(const char *path, const struct failure *failure,
                  const struct failure_list *parts);

/*
 * Waits until the reader has read everything from the pipe; otherwise data that is still in the
 * pipe at exit may be lost. Gives up at `deadline` (nanoseconds of CLOCK_MONOTONIC), or when the
 * reader is gone. No effect on files.
 */
void output_drain(int descriptor, uint64_t deadline);

/*
 * Truncates a file by its last `length` bytes, a block that is incomplete, and continues there. No
 * effect on pipes.
 */
void output_cut(int descriptor, size_t length);

#endif
