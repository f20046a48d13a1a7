/*
 * Writing to an inherited descriptor without waiting for its reader, and without a change that
 * others see.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_NONBLOCKING_H
#define IPMON_NONBLOCKING_H

#include <stddef.h>
#include <sys/types.h>

/* What keeps a write from blocking. */
enum nonblocking {
    NONBLOCKING_ITSELF,   /* the description: it is our own, or a file's */
    NONBLOCKING_SOCKET,   /* send(2), which is told with each call */
    NONBLOCKING_PIPE,     /* poll(2) before a write of no more than is certain to fit */
    NONBLOCKING_TERMINAL, /* the same; a byte is certain */
};

/*
 * Makes the descriptor of a terminal or a pipe one of a description of our own, where it can be
 * opened: not in the sandbox. Returns how to write to it.
 */
enum nonblocking nonblocking_open(int descriptor);

/* As write(2); less than `length` may be written, -1 with EAGAIN: nothing for now. */
ssize_t nonblocking_write(int descriptor, enum nonblocking how, const void *bytes, size_t length);

#endif
