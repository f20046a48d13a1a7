/*
 * Writes records of text, of one or several lines, without blocking: they are collected in one
 * buffer, as pcap-ng blocks are (pcapng_writer.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_TEXT_WRITER_H
#define IPMON_TEXT_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nonblocking.h"

struct text_record {
    size_t end;         /* offset in the buffer behind its last byte */
    uint32_t interface; /* that its packet came from */
};

struct text_writer {
    int descriptor;
    enum nonblocking how; /* it is written to */
    char *buffer;
    size_t capacity;
    size_t longest;              /* bytes of the longest record */
    size_t start;                /* first byte not yet written */
    size_t end;                  /* behind the last byte to write */
    struct text_record *records; /* in the buffer, in their order */
    size_t count;
    size_t room; /* records that `records` holds */
};

/*
 * A writer into `descriptor` (non-blocking for pipes and sockets, or see `how`) with a buffer of
 * `capacity` bytes for records of at most `longest`. False when there is no memory. Release with
 * text_writer_free; the descriptor stays the caller's.
 */
bool text_writer_init(struct text_writer *writer, int descriptor, size_t capacity, size_t longest);

void text_writer_free(struct text_writer *writer);

/* Whether a record of any length fits. */
static inline bool text_writer_has_room(const struct text_writer *writer)
{
    return writer->capacity - writer->end >= writer->longest && writer->count < writer->room;
}

/* Bytes not yet handed to the kernel. */
static inline size_t text_writer_pending(const struct text_writer *writer)
{
    return writer->end - writer->start;
}

/* Where the next record is to be written; there must be room. */
static inline char *text_writer_begin(struct text_writer *writer)
{
    return writer->buffer + writer->end;
}

/* Adds the record that was written there. end: behind its last byte. interface: any number. */
static inline void text_writer_add(struct text_writer *writer, const char *end, uint32_t interface)
{
    writer->end = (size_t)(end - writer->buffer);
    writer->records[writer->count++] =
        (struct text_record){.end = writer->end, .interface = interface};
}

/* Calls `record` with its interface for each record of which the end was not handed to the kernel.
 */
void text_writer_unsent(const struct text_writer *writer,
                        void (*record)(void *context, uint32_t interface), void *context);

/* Bytes handed to the kernel of a record whose end was not. */
size_t text_writer_partial(const struct text_writer *writer);

/* Hands the buffer to the kernel, as far as the kernel accepts it without blocking. */
enum nonblocking_flush text_writer_flush(struct text_writer *writer);

#endif
