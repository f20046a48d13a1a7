/*
 * Reading the ring of records.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "process_feed.h"

#include <linux/bpf.h>

enum {
    HEADER_SIZE = BPF_RINGBUF_HDR_SZ,
    ALIGNMENT = 8,
};

static const uint32_t flags = BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT;

static const uint8_t *header_at(const struct process_feed *feed, unsigned long position)
{
    return feed->data + (position & (feed->size - 1));
}

static uint32_t read_header(const struct process_feed *feed, unsigned long position)
{
    return __atomic_load_n((const uint32_t *)(const void *)header_at(feed, position),
                           __ATOMIC_ACQUIRE);
}

static unsigned long behind(unsigned long position, uint32_t header)
{
    const unsigned long length = (header & ~flags) + HEADER_SIZE;

    return position + ((length + ALIGNMENT - 1) & ~(unsigned long)(ALIGNMENT - 1));
}

enum process_feed_state process_feed_next(const struct process_feed *feed, const void **record,
                                          size_t *length)
{
    const unsigned long position = *feed->consumer;
    uint32_t header;

    if (position == __atomic_load_n(feed->producer, __ATOMIC_ACQUIRE))
        return PROCESS_FEED_EMPTY;
    header = read_header(feed, position);
    if (header & BPF_RINGBUF_BUSY_BIT)
        return PROCESS_FEED_UNFINISHED;
    *record = header_at(feed, position) + HEADER_SIZE;
    *length = header & BPF_RINGBUF_DISCARD_BIT ? 0 : header & ~flags;
    return PROCESS_FEED_RECORD;
}

void process_feed_release(struct process_feed *feed)
{
    const unsigned long position = *feed->consumer;

    __atomic_store_n(feed->consumer, behind(position, read_header(feed, position)),
                     __ATOMIC_RELEASE);
}
