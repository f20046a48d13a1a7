/*
 * Writing to an inherited descriptor without waiting for its reader, and without an effect on other
 * processes that share it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_NONBLOCKING_H
#define IPMON_NONBLOCKING_H

#include <stddef.h>
#include <sys/types.h>

/* What keeps a write from blocking. */
enum nonblocking {
    NONBLOCKING_ITSELF,   /* the open file description: it is our own, or a file's */
    NONBLOCKING_SOCKET,   /* send(2) with MSG_DONTWAIT */
    NONBLOCKING_PIPE,     /* poll(2) before a write of no more than is certain to fit */
    NONBLOCKING_TERMINAL, /* the same; a byte is certain */
};

/*
 * Replaces the open file description of a terminal or a pipe by one of our own, where it can be
 * opened: not in the sandbox. Returns how to write to the descriptor.
 */
enum nonblocking nonblocking_open(int descriptor);

/* What became of bytes that were to be written. */
enum nonblocking_flush {
    NONBLOCKING_FLUSHED,     /* all were written */
    NONBLOCKING_PENDING,     /* the reader is late, bytes remain */
    NONBLOCKING_READER_GONE, /* EPIPE */
    NONBLOCKING_FAILED,      /* see errno */
};

/* As write(2); less than `length` may be written, -1 with EAGAIN: nothing for now. */
ssize_t nonblocking_write(int descriptor, enum nonblocking how, const void *bytes, size_t length);

/*
 * Writes the bytes from *start to `end` (offsets from `bytes`), as far as that is possible without
 * blocking. *start: the first one that was not written.
 */
enum nonblocking_flush nonblocking_flush(int descriptor, enum nonblocking how, const void *bytes,
                                         size_t *start, size_t end);

#endif
