/*
 * Packet blocks that are written as they came, without a copy where that is possible.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PCAPNG_RUN_H
#define IPMON_PCAPNG_RUN_H

#include "pcapng_writer.h"

/* Bytes of blocks that the writer's buffer takes, if it has room for a block (has_room). */
static inline size_t pcapng_run_room(const struct pcapng_writer *writer)
{
    return writer->capacity - writer->end - PCAPNG_BLOCK_MAX;
}

/*
 * Writes whole packet blocks, at most pcapng_run_room() bytes, whose interfaces have the numbers of
 * this file. A long run is handed to the kernel behind what is in the buffer; what it does not
 * accept is copied into the buffer, as a short run is. Returns as nonblocking_flush:
 * NONBLOCKING_PENDING also when nothing was tried.
 */
enum nonblocking_flush pcapng_write_run(struct pcapng_writer *writer, const uint8_t *blocks,
                                        size_t length);

#endif
