/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "text_writer.h"

#include <stdlib.h>
#include <string.h>

enum {
    BYTES_PER_RECORD = 64, /* fewer than a line has */
};

bool text_writer_init(struct text_writer *writer, int descriptor, size_t capacity, size_t longest)
{
    memset(writer, 0, sizeof *writer);
    writer->descriptor = descriptor;
    writer->capacity = capacity;
    writer->longest = longest;
    writer->room = capacity / BYTES_PER_RECORD;
    writer->buffer = malloc(capacity);
    writer->records = malloc(writer->room * sizeof *writer->records);
    return writer->buffer && writer->records;
}

void text_writer_free(struct text_writer *writer)
{
    free(writer->buffer);
    free(writer->records);
    writer->buffer = NULL;
    writer->records = NULL;
}

/* Place of the first record whose end was not handed to the kernel. */
static size_t first_unsent(const struct text_writer *writer)
{
    size_t first = 0;

    while (first < writer->count && writer->records[first].end <= writer->start)
        first++;
    return first;
}

void text_writer_unsent(const struct text_writer *writer,
                        void (*record)(void *context, uint32_t interface), void *context)
{
    for (size_t i = first_unsent(writer); i < writer->count; i++)
        record(context, writer->records[i].interface);
}

/* Offset where a record begins. */
static size_t start_of(const struct text_writer *writer, size_t record)
{
    return record != 0 ? writer->records[record - 1].end : 0;
}

size_t text_writer_partial(const struct text_writer *writer)
{
    return writer->start - start_of(writer, first_unsent(writer));
}

/* Frees the space of the records that were sent. */
static void move_to_front(struct text_writer *writer)
{
    const size_t first = first_unsent(writer);
    const size_t front = start_of(writer, first);

    if (first == 0)
        return;
    memmove(writer->buffer, writer->buffer + front, writer->end - front);
    writer->end -= front;
    writer->start -= front;
    writer->count -= first;
    for (size_t i = 0; i < writer->count; i++) {
        writer->records[i] = writer->records[i + first];
        writer->records[i].end -= front;
    }
}

enum nonblocking_flush text_writer_flush(struct text_writer *writer)
{
    const enum nonblocking_flush result = nonblocking_flush(
        writer->descriptor, writer->how, writer->buffer, &writer->start, writer->end);

    if (result == NONBLOCKING_FLUSHED)
        writer->start = writer->end = writer->count = 0;
    else if (result == NONBLOCKING_PENDING)
        move_to_front(writer);
    return result;
}
