/*
 * Runs of packet blocks into a pipe: what comes out is what went in, in its order, whatever the
 * pipe and the buffer hold, and what the reader does not get is known.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "pcapng_run.h"

enum {
    CAPACITY = 4 * PCAPNG_BLOCK_MAX,
    PACKET = 100, /* bytes */
    BLOCK = 144,
    SMALL_PIPE = 4096, /* bytes, a page */
    LONG = 300 * BLOCK,
    SHORT = 3 * BLOCK,
};

struct fixture {
    struct pcapng_writer writer;
    uint8_t *blocks; /* of a run, each with another timestamp */
    size_t length;
    int pipe[2];
};

static void put_packet(struct pcapng_writer *writer, uint64_t number)
{
    static const uint8_t bytes[PACKET];

    pcapng_write_packet(writer, &(struct pcapng_packet){.timestamp = number,
                                                        .bytes = bytes,
                                                        .captured_length = PACKET,
                                                        .wire_length = PACKET});
}

static void begin(struct fixture *fixture, int pipe_size)
{
    struct pcapng_writer blocks;

    assert_true(pcapng_writer_init(&blocks, -1, CAPACITY));
    for (uint64_t i = 0; i < LONG / BLOCK; i++)
        put_packet(&blocks, i);
    assert_int_equal(blocks.end, LONG);
    fixture->blocks = blocks.buffer;
    assert_int_equal(pipe2(fixture->pipe, O_NONBLOCK), 0);
    assert_true(fcntl(fixture->pipe[0], F_SETPIPE_SZ, pipe_size) >= pipe_size);
    assert_true(pcapng_writer_init(&fixture->writer, fixture->pipe[1], CAPACITY));
}

static void end(struct fixture *fixture)
{
    pcapng_writer_free(&fixture->writer);
    free(fixture->blocks);
    close(fixture->pipe[1]);
    if (fixture->pipe[0] >= 0)
        close(fixture->pipe[0]);
}

static void check_read(struct fixture *fixture, const uint8_t *expected, size_t length)
{
    static uint8_t read_bytes[LONG];

    assert_int_equal(read(fixture->pipe[0], read_bytes, sizeof read_bytes), length);
    assert_memory_equal(read_bytes, expected, length);
}

static void count(void *context, uint32_t interface)
{
    assert_int_equal(interface, 0);
    ++*(size_t *)context;
}

static size_t unsent(const struct fixture *fixture)
{
    size_t packets = 0;

    pcapng_writer_unsent(&fixture->writer, count, &packets);
    return packets;
}

static void test_a_long_run_is_written_at_once(void **state)
{
    struct fixture fixture;

    (void)state;
    begin(&fixture, LONG);
    assert_int_equal(pcapng_write_run(&fixture.writer, fixture.blocks, LONG), NONBLOCKING_FLUSHED);
    assert_int_equal(pcapng_writer_pending(&fixture.writer), 0);
    assert_int_equal(fixture.writer.total, LONG);
    check_read(&fixture, fixture.blocks, LONG);
    end(&fixture);
}

static void test_a_short_run_is_copied(void **state)
{
    struct fixture fixture;

    (void)state;
    begin(&fixture, LONG);
    assert_int_equal(pcapng_write_run(&fixture.writer, fixture.blocks, SHORT), NONBLOCKING_PENDING);
    assert_int_equal(pcapng_writer_pending(&fixture.writer), SHORT);
    assert_int_equal(fixture.writer.total, SHORT);
    assert_int_equal(unsent(&fixture), SHORT / BLOCK);
    assert_int_equal(pcapng_writer_flush(&fixture.writer), NONBLOCKING_FLUSHED);
    check_read(&fixture, fixture.blocks, SHORT);
    end(&fixture);
}

static void test_what_is_in_the_buffer_comes_first(void **state)
{
    struct fixture fixture;

    (void)state;
    begin(&fixture, LONG);
    pcapng_write_run(&fixture.writer, fixture.blocks, SHORT);
    assert_int_equal(
        pcapng_write_run(&fixture.writer, fixture.blocks + SHORT, (size_t)LONG - SHORT),
        NONBLOCKING_FLUSHED);
    assert_int_equal(fixture.writer.total, LONG);
    check_read(&fixture, fixture.blocks, LONG);
    end(&fixture);
}

/* The pipe takes a page at a time, which ends within a block. */
static void test_a_reader_that_is_late(void **state)
{
    struct fixture fixture;
    size_t got = 0;

    (void)state;
    begin(&fixture, SMALL_PIPE);
    assert_int_equal(pcapng_write_run(&fixture.writer, fixture.blocks, LONG), NONBLOCKING_PENDING);
    for (size_t turns = 0; turns <= 2 * LONG / SMALL_PIPE && got < (size_t)2 * LONG; turns++) {
        const size_t written = fixture.writer.total - pcapng_writer_pending(&fixture.writer);

        assert_int_equal(pcapng_writer_partial(&fixture.writer), written % BLOCK);
        assert_int_equal(unsent(&fixture), fixture.writer.total / BLOCK - written / BLOCK);
        for (; got < written; got++) {
            uint8_t byte;

            assert_int_equal(read(fixture.pipe[0], &byte, 1), 1);
            assert_int_equal(byte, fixture.blocks[got % LONG]);
        }
        if (turns == 1) /* behind what is still in the buffer */
            pcapng_write_run(&fixture.writer, fixture.blocks, LONG);
        else
            pcapng_writer_flush(&fixture.writer);
    }
    assert_int_equal(got, 2 * LONG);
    end(&fixture);
}

static void test_a_reader_that_is_gone(void **state)
{
    struct fixture fixture;

    (void)state;
    begin(&fixture, SMALL_PIPE);
    close(fixture.pipe[0]);
    fixture.pipe[0] = -1;
    assert_int_equal(pcapng_write_run(&fixture.writer, fixture.blocks, LONG),
                     NONBLOCKING_READER_GONE);
    assert_int_equal(unsent(&fixture), LONG / BLOCK);
    assert_int_equal(pcapng_write_run(&fixture.writer, fixture.blocks, LONG),
                     NONBLOCKING_READER_GONE);
    assert_int_equal(unsent(&fixture), 2 * LONG / BLOCK);
    end(&fixture);
}

static void test_a_disk_that_is_full(void **state)
{
    struct fixture fixture;
    int full = open("/dev/full", O_WRONLY);

    (void)state;
    assert_true(full >= 0);
    begin(&fixture, SMALL_PIPE);
    fixture.writer.descriptor = full;
    assert_int_equal(pcapng_write_run(&fixture.writer, fixture.blocks, LONG), NONBLOCKING_FAILED);
    assert_int_equal(errno, ENOSPC);
    assert_int_equal(unsent(&fixture), LONG / BLOCK);
    close(full);
    end(&fixture);
}

static void test_room(void **state)
{
    struct fixture fixture;

    (void)state;
    begin(&fixture, SMALL_PIPE);
    assert_int_equal(pcapng_run_room(&fixture.writer), CAPACITY - PCAPNG_BLOCK_MAX);
    pcapng_write_run(&fixture.writer, fixture.blocks, SHORT);
    assert_int_equal(pcapng_run_room(&fixture.writer), CAPACITY - PCAPNG_BLOCK_MAX - SHORT);
    end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_long_run_is_written_at_once),
        cmocka_unit_test(test_a_short_run_is_copied),
        cmocka_unit_test(test_what_is_in_the_buffer_comes_first),
        cmocka_unit_test(test_a_reader_that_is_late),
        cmocka_unit_test(test_a_reader_that_is_gone),
        cmocka_unit_test(test_a_disk_that_is_full),
        cmocka_unit_test(test_room),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
