/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "pcapng_run.h"

#include <string.h>

enum {
    BLOCK_LENGTH_AT = 4,  /* bytes from the begin of a block */
    LONG_RUN = 32 * 1024, /* bytes from which on a copy costs more than a system call */
};

/* The first block whose end was not handed to the kernel. */
static size_t first_unsent(const uint8_t *blocks, size_t length, size_t sent)
{
    size_t at = 0;

    while (at < length) {
        uint32_t block;

        memcpy(&block, blocks + at + BLOCK_LENGTH_AT, sizeof block);
        if (at + block > sent)
            break;
        at += block;
    }
    return at;
}

static void copy(struct pcapng_writer *writer, const uint8_t *blocks, size_t length)
{
    memcpy(writer->buffer + writer->end, blocks, length);
    writer->end += length;
}

/* The buffer is empty. */
static enum nonblocking_flush hand_over(struct pcapng_writer *writer, const uint8_t *blocks,
                                        size_t length)
{
    size_t sent = 0;
    const enum nonblocking_flush result =
        nonblocking_flush(writer->descriptor, writer->how, blocks, &sent, length);
    size_t at;

    if (sent == length)
        return result;
    at = first_unsent(blocks, length, sent);
    copy(writer, blocks + at, length - at);
    writer->start = sent - at;
    return result;
}

enum nonblocking_flush pcapng_write_run(struct pcapng_writer *writer, const uint8_t *blocks,
                                        size_t length)
{
    enum nonblocking_flush result = NONBLOCKING_PENDING;

    writer->total += length;
    if (length >= LONG_RUN)
        result = pcapng_writer_flush(writer);
    if (result == NONBLOCKING_FLUSHED)
        return hand_over(writer, blocks, length);
    copy(writer, blocks, length);
    return result;
}
