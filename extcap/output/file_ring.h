/*
 * Ring files: a series of files in one folder, of which the latest are kept. They are named as
 * dumpcap names its own, NAME_00001_20261126110500.pcapng for NAME.pcapng, so that Wireshark's menu
 * File > File Set lists them.
 *
 * The sandbox allows files to be created and removed by the folder's descriptor alone, and written
 * by two descriptor numbers, between which the files alternate. The number that is not in use is
 * held by a descriptor that can do nothing (O_PATH), as is every lower one that becomes free: the
 * kernel gives a new file the lowest free number.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_FILE_RING_H
#define IPMON_FILE_RING_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "failure.h"

enum {
    FILE_RING_NUMBERS = 100000,                 /* behind 99999 comes 00000, as in dumpcap */
    FILE_RING_KEPT_MAX = FILE_RING_NUMBERS - 1, /* files */
};

struct file_ring_entry; /* what tells one file's name from another's */

struct file_ring {
    int folder;              /* descriptor; -1: nothing is open */
    int current;             /* descriptor of the latest file */
    int before;              /* of the one before, until file_ring_close_before; else -1 */
    int next_number;         /* of the descriptor that the next file gets */
    int spare;               /* holds that number; -1: it is free, or used by `current` */
    const char *path;        /* as it was given */
    const char *base;        /* its part behind the last slash */
    int stem;                /* bytes of `base` before the suffix */
    uint32_t kept;           /* files, 0: all */
    uint32_t count;          /* files created so far */
    uint32_t removed;        /* of these, or given up */
    uint32_t given_up;       /* could not be removed */
    uint32_t number;         /* of the latest one */
    char name[NAME_MAX + 1]; /* of the latest one, in the folder */
    char name_before[NAME_MAX + 1];
    struct file_ring_entry
        *entries; /* of the latest `kept` files and the next one; NULL: all kept */
};

/*
 * Opens the folder of `path`, the value of `option` (for messages), and creates the first file with
 * mode 0600. kept: how many of the latest files to keep, at most FILE_RING_KEPT_MAX; 0: all. `path`
 * must last until file_ring_close. Fails when the path is no possible name of a file.
 */
bool file_ring_open(struct file_ring *ring, const char *path, const char *option, uint32_t kept,
                    struct failure *failure);

/* Whether the oldest file has to be removed for the next one. */
static inline bool file_ring_is_full(const struct file_ring *ring)
{
    return ring->kept != 0 && ring->count - ring->removed >= ring->kept;
}

/*
 * Creates the next file and makes it `current`; the one before must be closed. A name that exists,
 * because another recorder has the same path, is left alone, and the next number taken. Returns
 * false with an errno when no file can be created; the ring is then unchanged.
 */
bool file_ring_next(struct file_ring *ring);

/*
 * Removes the oldest file if there are more than `kept`. Returns 0, or the errno of a file that
 * could not be removed; one that is no longer there is no error.
 */
int file_ring_trim(struct file_ring *ring);

/* Closes the file before, which may be written to until then. */
void file_ring_close_before(struct file_ring *ring);

/* Removes the latest file, which must not be the first one. No other can follow. */
void file_ring_discard(struct file_ring *ring);

/* Closes everything. */
void file_ring_close(struct file_ring *ring);

#endif
