/*
 * What to do about a socket error: by its cause, if the packet or its connection shows one, else by
 * the errno.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_ERROR_HINT_H
#define IPMON_ERROR_HINT_H

#include <stddef.h>

#include "packet_error.h"

enum { ERROR_HINT_SIZE = 512 }; /* bytes: room for every hint */

/*
 * Writes the hint of an error that an application gets: one sentence or two. reporter, target: the
 * addresses of who reported it and of the socket's other end, as text; empty if there is none.
 */
void error_hint_write(char *text, size_t size, const struct packet_error *error,
                      const char *reporter, const char *target);

#endif
