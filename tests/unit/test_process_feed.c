/*
 * The ring of records: unfinished and discarded ones, and the end of its memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <linux/bpf.h>
#include <string.h>

#include "process_feed.h"

enum {
    SIZE = 64,
    LENGTH = 12, /* of a record; with its header and padding 24 bytes */
    STEP = 24,
};

struct ring {
    unsigned long consumer;
    unsigned long producer;
    _Alignas(8) uint8_t data[2 * SIZE]; /* the kernel maps the same memory twice */
};

static struct process_feed feed_of(struct ring *ring)
{
    return (struct process_feed){
        .consumer = &ring->consumer, .producer = &ring->producer, .data = ring->data, .size = SIZE};
}

static void put(struct ring *ring, uint32_t flags)
{
    const uint32_t header = LENGTH | flags;

    memcpy(ring->data + ring->producer % SIZE, &header, sizeof header);
    ring->producer += STEP;
}

static void test_order(void **state)
{
    struct ring ring = {.consumer = 0};
    struct process_feed feed = feed_of(&ring);
    const void *record;
    size_t length;

    (void)state;
    assert_int_equal(process_feed_next(&feed, &record, &length), PROCESS_FEED_EMPTY);
    for (unsigned i = 0; i < 10; i++) { /* across the end of the memory */
        put(&ring, 0);
        assert_int_equal(process_feed_next(&feed, &record, &length), PROCESS_FEED_RECORD);
        assert_int_equal(length, LENGTH);
        assert_ptr_equal(record, ring.data + (size_t)i * STEP % SIZE + BPF_RINGBUF_HDR_SZ);
        process_feed_release(&feed);
        assert_int_equal(ring.consumer, ring.producer);
    }
}

static void test_unfinished(void **state)
{
    struct ring ring = {.consumer = 0};
    struct process_feed feed = feed_of(&ring);
    const void *record;
    size_t length;

    (void)state;
    put(&ring, BPF_RINGBUF_BUSY_BIT);
    put(&ring, 0);
    assert_int_equal(process_feed_next(&feed, &record, &length), PROCESS_FEED_UNFINISHED);
    assert_int_equal(ring.consumer, 0);
    ring.producer = 0;
    put(&ring, BPF_RINGBUF_DISCARD_BIT);
    ring.producer = (unsigned long)2 * STEP;
    assert_int_equal(process_feed_next(&feed, &record, &length), PROCESS_FEED_RECORD);
    assert_int_equal(length, 0);
    process_feed_release(&feed);
    assert_int_equal(process_feed_next(&feed, &record, &length), PROCESS_FEED_RECORD);
    assert_int_equal(length, LENGTH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_unfinished),
    };

    return cmocka_run_group_tests_name("process_feed", tests, NULL, NULL);
}
