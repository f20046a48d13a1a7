/*
 * The writer of records: what a late reader leaves in the buffer, and which packets that is.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "text_writer.h"

enum {
    PIPE_SIZE = 4096, /* the least that the kernel has */
    LONGEST = 1000,
    LENGTH = 100, /* of each record */
    CAPACITY = 64 * 1024,
};

static struct text_writer writer;
static int reader;
static unsigned unsent[4]; /* by interface */

static int open_writer(void **state)
{
    int ends[2];

    (void)state;
    if (pipe2(ends, O_NONBLOCK) != 0 || !text_writer_init(&writer, ends[1], CAPACITY, LONGEST))
        return -1;
    fcntl(ends[1], F_SETPIPE_SZ, PIPE_SIZE);
    reader = ends[0];
    memset(unsent, 0, sizeof unsent);
    return 0;
}

static int close_writer(void **state)
{
    (void)state;
    close(reader);
    close(writer.descriptor);
    text_writer_free(&writer);
    return 0;
}

static void add(uint32_t interface)
{
    char *at = text_writer_begin(&writer);

    assert_true(text_writer_has_room(&writer));
    memset(at, 'a' + (int)interface, LENGTH - 1);
    at[LENGTH - 1] = '\n';
    text_writer_add(&writer, at + LENGTH, interface);
}

static void count_unsent(void *context, uint32_t interface)
{
    assert_ptr_equal(context, &writer);
    unsent[interface]++;
}

static size_t read_all(void)
{
    char bytes[PIPE_SIZE];
    size_t total = 0;
    ssize_t got;

    while ((got = read(reader, bytes, sizeof bytes)) > 0)
        total += (size_t)got;
    return total;
}

static void test_all_is_taken(void **state)
{
    (void)state;
    assert_int_equal(text_writer_flush(&writer), NONBLOCKING_FLUSHED);
    add(0);
    add(1);
    assert_int_equal(text_writer_pending(&writer), 2 * LENGTH);
    assert_int_equal(text_writer_flush(&writer), NONBLOCKING_FLUSHED);
    assert_int_equal(text_writer_pending(&writer), 0);
    assert_int_equal(read_all(), 2 * LENGTH);
    text_writer_unsent(&writer, count_unsent, &writer);
    assert_int_equal(unsent[0] + unsent[1], 0);
}

/* The pipe takes 40 records and a part of the next. */
static void test_late_reader(void **state)
{
    enum { RECORDS = 60, TAKEN = PIPE_SIZE / LENGTH };

    (void)state;
    for (unsigned i = 0; i < RECORDS; i++)
        add(i % 3);
    assert_int_equal(text_writer_flush(&writer), NONBLOCKING_PENDING);
    assert_int_equal(text_writer_pending(&writer), RECORDS * LENGTH - PIPE_SIZE);
    assert_int_equal(text_writer_partial(&writer), PIPE_SIZE % LENGTH);
    text_writer_unsent(&writer, count_unsent, &writer);
    assert_int_equal(unsent[0] + unsent[1] + unsent[2], RECORDS - TAKEN);
    assert_int_equal(unsent[1], 7); /* of the records 40 to 59 */
    assert_int_equal(read_all(), PIPE_SIZE);
    add(3);
    assert_int_equal(text_writer_flush(&writer), NONBLOCKING_FLUSHED);
    assert_int_equal(read_all(), RECORDS * LENGTH - PIPE_SIZE + LENGTH);
}

static void test_room(void **state)
{
    size_t records = 0;

    (void)state;
    while (text_writer_has_room(&writer)) {
        add(0);
        records++;
    }
    assert_int_equal(records, (CAPACITY - LONGEST) / LENGTH + 1);
    text_writer_free(&writer);
    assert_true(text_writer_init(&writer, writer.descriptor, CAPACITY, 1));
    for (records = 0; text_writer_has_room(&writer); records++) /* as short as none is */
        text_writer_add(&writer, text_writer_begin(&writer), 0);
    assert_int_equal(records, writer.room);
}

static void test_reader_gone(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    close(reader);
    add(0);
    assert_int_equal(text_writer_flush(&writer), NONBLOCKING_READER_GONE);
    text_writer_unsent(&writer, count_unsent, &writer);
    assert_int_equal(unsent[0], 1);
    reader = -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_all_is_taken, open_writer, close_writer),
        cmocka_unit_test_setup_teardown(test_late_reader, open_writer, close_writer),
        cmocka_unit_test_setup_teardown(test_room, open_writer, close_writer),
        cmocka_unit_test_setup_teardown(test_reader_gone, open_writer, close_writer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
