/*
 * An interface of another machine, from the description block that ipmon wrote there.
 * Source: draft-ietf-opsawg-pcapng, "Interface Description Block".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_REMOTE_INTERFACE_H
#define IPMON_REMOTE_INTERFACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pcapng.h"

/* Strings are printable. */
struct remote_interface {
    struct pcapng_interface block; /* points into the members below */
    uint32_t number; /* set by the reader of the stream, for the blocks of a run; see pcapng.h */
    struct pcapng_address *addresses;
    const char **comments;
    uint8_t *body;
};

/*
 * Reads a whole block of `length` bytes; swapped: its byte order is not this machine's. Returns
 * what is wrong with it, or NULL; release the interface with remote_interface_free in either case.
 */
const char *remote_interface_read(struct remote_interface *interface, const uint8_t *block,
                                  size_t length, bool swapped);

void remote_interface_free(struct remote_interface *interface);

#endif
