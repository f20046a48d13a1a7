/*
 * Where a capture goes: the pipe that Wireshark made, a file, or standard output. Keeps the rules
 * of starting, failing and ending that Wireshark expects of an extcap.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_OUTPUT_H
#define IPMON_OUTPUT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"
#include "nonblocking.h"

/*
 * The signals that ask the program to end: SIGTERM, SIGINT, and SIGHUP of a terminal that is closed
 * unless the caller ignores that (nohup).
 */
void output_ending_signals(sigset_t *signals);

/*
 * A Wireshark that is killed sends no signal, and its dumpcap goes on reading the pipe until the
 * next packet; so its end is watched. Its pipes are known by their names. Returns a pidfd of the
 * caller, readable when that has ended; -1: somebody else called. path may be NULL.
 */
int output_parent(const char *path);

/*
 * Opens `path` for writing; "-" is standard output. A named pipe is waited for until its reader
 * opens it; output_ending_signals and the end of `parent` (see output_parent, -1: none) end the
 * program there, since nothing was written yet. Anything else becomes a file of mode 0600,
 * truncated. pipe_size: bytes asked of the kernel. Returns a descriptor, or -1; *how: how to write
 * to it without blocking on pipes and sockets.
 */
int output_open(const char *path, uint32_t pipe_size, int parent, enum nonblocking *how,
                struct failure *failure);

/*
 * Reports a failure before anything was written: opens the pipe, so that the reader does not wait
 * for ever, writes nothing into it, and prints the failure. path may be NULL. Returns the exit
 * status, 1.
 */
int output_refuse(const char *path, const struct failure *failure);

/*
 * Waits until the reader has taken everything out of the pipe; what is still in it at the exit
 * can be lost otherwise. Gives up at `deadline` (nanoseconds of CLOCK_MONOTONIC), or when the
 * reader is gone. No effect on files.
 */
void output_drain(int descriptor, uint64_t deadline);

/* Takes the last `length` bytes off a file, since a block must be whole. No effect on pipes. */
void output_cut(int descriptor, size_t length);

#endif
