/*
 * Packets of another machine that are taken in runs: the blocks are those that came, but for their
 * interfaces, and what is to be read otherwise is left.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include "pcapng_writer.h"
#include "remote_stream.h"

enum {
    CAPACITY = 2 * PCAPNG_BLOCK_MAX,
    INTERFACE_AT = 8, /* bytes from the begin of a packet's block */
    CAPTURED_AT = 20,
    PACKET_BYTES = 28,
    PLAIN_BLOCK = 52, /* bytes: of a packet of 5 bytes with its flags alone */
    FLAGS_AT = 40,
};

static const uint8_t bytes[] = {1, 2, 3, 4, 5};
static const char *const comments[] = {"one", "another"};

/* A stream, which the writer of the other machine makes. */
struct fixture {
    struct pcapng_writer writer;
    struct remote_stream stream;
    size_t begin; /* of its first packet */
};

static void begin(struct fixture *fixture, unsigned interfaces)
{
    assert_true(pcapng_writer_init(&fixture->writer, -1, CAPACITY));
    pcapng_write_section(&fixture->writer, NULL, NULL, "ipmon 1, controlled");
    for (unsigned i = 0; i < interfaces; i++)
        pcapng_write_interface(&fixture->writer,
                               &(struct pcapng_interface){.link_type = 101, .ticks_exponent = 9});
    fixture->begin = fixture->writer.end;
}

static void put_packet(struct fixture *fixture, uint32_t interface, uint64_t drops,
                       const struct pcapng_packet_options *options)
{
    pcapng_write_packet(&fixture->writer, &(struct pcapng_packet){
                                              .interface = interface,
                                              .timestamp = 0x1122334455667788,
                                              .bytes = bytes,
                                              .captured_length = sizeof bytes,
                                              .wire_length = 1500,
                                              .direction = PCAPNG_INBOUND,
                                              .drops = drops,
                                              .options = options,
                                          });
}

static uint8_t *packet_at(struct fixture *fixture, size_t offset)
{
    return fixture->writer.buffer + fixture->begin + offset;
}

static void put_u32(uint8_t *at, uint32_t number)
{
    memcpy(at, &number, sizeof number);
}

/* Reads up to the first packet; interface i is number 10 + i here. */
static void open_stream(struct fixture *fixture, unsigned interfaces)
{
    size_t room;
    uint8_t *to;

    assert_true(remote_stream_init(&fixture->stream));
    to = remote_stream_room(&fixture->stream, &room);
    assert_true(room >= fixture->writer.end);
    memcpy(to, fixture->writer.buffer, fixture->writer.end);
    remote_stream_add(&fixture->stream, fixture->writer.end);
    assert_int_equal(remote_stream_next(&fixture->stream), REMOTE_BLOCK_SECTION);
    for (unsigned i = 0; i < interfaces; i++) {
        assert_int_equal(remote_stream_next(&fixture->stream), REMOTE_BLOCK_INTERFACE);
        fixture->stream.interfaces[i].number = 10 + i;
    }
}

static void end(struct fixture *fixture)
{
    remote_stream_free(&fixture->stream);
    pcapng_writer_free(&fixture->writer);
}

/* The run must be of so many bytes of what was written, from `offset` on. */
static void check_run(struct fixture *fixture, const struct pcapng_run *run, size_t offset,
                      size_t length)
{
    assert_int_equal(run->length, length);
    for (size_t at = 0; at < length;) {
        uint8_t *written = packet_at(fixture, offset + at);
        uint32_t block;
        uint32_t interface;

        memcpy(&block, written + sizeof block, sizeof block);
        memcpy(&interface, written + INTERFACE_AT, sizeof interface);
        put_u32(written + INTERFACE_AT, 10 + interface);
        assert_memory_equal(run->blocks + at, written, block);
        at += block;
    }
}

static void test_runs_of_several_interfaces(void **state)
{
    struct fixture fixture;
    struct pcapng_run run;

    (void)state;
    begin(&fixture, 2);
    for (uint32_t i = 0; i < 5; i++)
        put_packet(&fixture, i == 3, 0, NULL);
    open_stream(&fixture, 2);
    /* one byte less than three blocks */
    assert_true(remote_stream_next_run(&fixture.stream, 3 * PLAIN_BLOCK - 1, &run));
    check_run(&fixture, &run, 0, (size_t)2 * PLAIN_BLOCK);
    assert_int_equal(run.interface_count, 1);
    assert_true(run.interfaces[0].number == 0 && run.interfaces[0].packets == 2);
    assert_true(remote_stream_next_run(&fixture.stream, SIZE_MAX, &run));
    check_run(&fixture, &run, (size_t)2 * PLAIN_BLOCK, (size_t)3 * PLAIN_BLOCK);
    assert_int_equal(run.interface_count, 2);
    assert_true(run.interfaces[0].number == 0 && run.interfaces[0].packets == 2);
    assert_true(run.interfaces[1].number == 1 && run.interfaces[1].packets == 1);
    assert_false(remote_stream_next_run(&fixture.stream, SIZE_MAX, &run));
    assert_int_equal(remote_stream_next(&fixture.stream), REMOTE_BLOCK_NONE);
    end(&fixture);
}

/* A run counts so many interfaces, and the next one goes on. */
static void test_more_interfaces_than_a_run_has(void **state)
{
    struct fixture fixture;
    struct pcapng_run run;

    (void)state;
    begin(&fixture, PCAPNG_RUN_INTERFACES + 1);
    for (uint32_t i = 0; i <= PCAPNG_RUN_INTERFACES; i++)
        put_packet(&fixture, i, 0, NULL);
    open_stream(&fixture, PCAPNG_RUN_INTERFACES + 1);
    assert_true(remote_stream_next_run(&fixture.stream, SIZE_MAX, &run));
    assert_int_equal(run.interface_count, PCAPNG_RUN_INTERFACES);
    assert_int_equal(run.length, PCAPNG_RUN_INTERFACES * PLAIN_BLOCK);
    assert_true(remote_stream_next_run(&fixture.stream, SIZE_MAX, &run));
    assert_int_equal(run.interface_count, 1);
    assert_int_equal(run.interfaces[0].number, PCAPNG_RUN_INTERFACES);
    end(&fixture);
}

static void check_options(const struct pcapng_packet_options *options, uint64_t drops, bool taken)
{
    struct fixture fixture;
    struct pcapng_run run;

    begin(&fixture, 1);
    put_packet(&fixture, 0, drops, options);
    open_stream(&fixture, 1);
    assert_int_equal(remote_stream_next_run(&fixture.stream, SIZE_MAX, &run), taken);
    if (taken)
        check_run(&fixture, &run, 0, fixture.writer.end - fixture.begin);
    else
        assert_int_equal(remote_stream_next(&fixture.stream), REMOTE_BLOCK_PACKET);
    assert_int_equal(remote_stream_next(&fixture.stream), REMOTE_BLOCK_NONE);
    end(&fixture);
}

static void test_options(void **state)
{
    const struct pcapng_packet_options all = {
        .has_flags = true,
        .flags = 0x105,
        .has_id = true,
        .has_queue = true,
        .has_process = true,
        .process = 4711,
        .comments = {.texts = comments, .count = 2},
    };
    const struct pcapng_packet_options none = {.has_flags = false};
    const struct pcapng_packet_options lost = {.has_flags = true, .adds_drops = true};

    (void)state;
    check_options(&all, 0, true);
    check_options(&none, 0, true);
    check_options(NULL, 1, false);
    check_options(&lost, 1, false);
}

/* Comments as many as are read otherwise, and one more. */
static void test_many_comments(void **state)
{
    const char *texts[REMOTE_STREAM_COMMENTS_MAX + 1];

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        texts[i] = "c";
    for (size_t more = 0; more < 2; more++) {
        const struct pcapng_packet_options options = {
            .comments = {.texts = texts, .count = REMOTE_STREAM_COMMENTS_MAX + more}};

        check_options(&options, 0, more == 0);
    }
}

/* Changes a word of a packet's block, which is then no part of a run. */
static void check_changed(size_t at, uint32_t word, enum remote_block left)
{
    struct fixture fixture;
    struct pcapng_run run;

    begin(&fixture, 1);
    put_packet(&fixture, 0, 0, NULL);
    put_packet(&fixture, 0, 0, NULL);
    put_u32(packet_at(&fixture, PLAIN_BLOCK + at), word);
    open_stream(&fixture, 1);
    assert_true(remote_stream_next_run(&fixture.stream, SIZE_MAX, &run));
    assert_int_equal(run.length, PLAIN_BLOCK);
    assert_false(remote_stream_next_run(&fixture.stream, SIZE_MAX, &run));
    assert_int_equal(remote_stream_next(&fixture.stream), left);
    end(&fixture);
}

static void test_what_is_no_part_of_a_run(void **state)
{
    static const struct {
        size_t at;
        uint32_t word;
        enum remote_block left;
    } rows[] = {
        {0, 77, REMOTE_BLOCK_NONE}, /* another block */
        {0, 3, REMOTE_BLOCK_BROKEN},
        {4, 0, REMOTE_BLOCK_BROKEN},
        {4, PLAIN_BLOCK + 1, REMOTE_BLOCK_BROKEN},
        {4, PLAIN_BLOCK - 4, REMOTE_BLOCK_BROKEN},
        {4, PLAIN_BLOCK + 4, REMOTE_BLOCK_NONE}, /* it is not whole yet */
        {4, PCAPNG_BLOCK_MAX + 4, REMOTE_BLOCK_BROKEN},
        {4, UINT32_MAX, REMOTE_BLOCK_BROKEN},
        {INTERFACE_AT, 1, REMOTE_BLOCK_BROKEN},
        {CAPTURED_AT, 21, REMOTE_BLOCK_BROKEN},
        {CAPTURED_AT, UINT32_MAX, REMOTE_BLOCK_BROKEN},
        {CAPTURED_AT, 20, REMOTE_BLOCK_PACKET}, /* no room for the end of the options */
        {CAPTURED_AT, 0, REMOTE_BLOCK_PACKET},  /* bytes of the packet as options */
        {PACKET_BYTES + 8, 0x00080002, REMOTE_BLOCK_PACKET}, /* flags of 8 bytes */
        {PACKET_BYTES + 8, 0x00040003, REMOTE_BLOCK_PACKET}, /* a hash */
        {PACKET_BYTES + 8, 0x00040BAC, REMOTE_BLOCK_PACKET}, /* an own option */
        {PACKET_BYTES + 8, 0x00040001, REMOTE_BLOCK_PACKET}, /* a comment with a 0 in it */
        {FLAGS_AT + 4, 0x00000002, REMOTE_BLOCK_PACKET},     /* flags for a second time */
        {FLAGS_AT + 4, 0x00040000, REMOTE_BLOCK_PACKET},     /* an end that has a length */
        {PLAIN_BLOCK - 4, PLAIN_BLOCK + 4, REMOTE_BLOCK_BROKEN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_changed(rows[i].at, rows[i].word, rows[i].left);
}

/* What is not whole yet stays until it is. */
static void test_a_part_of_a_block(void **state)
{
    struct fixture fixture;
    struct pcapng_run run;
    size_t room;

    (void)state;
    begin(&fixture, 1);
    put_packet(&fixture, 0, 0, NULL);
    fixture.writer.end--;
    open_stream(&fixture, 1);
    assert_false(remote_stream_next_run(&fixture.stream, SIZE_MAX, &run));
    *remote_stream_room(&fixture.stream, &room) = 0; /* the upper byte of the length */
    remote_stream_add(&fixture.stream, 1);
    assert_true(remote_stream_next_run(&fixture.stream, SIZE_MAX, &run));
    fixture.writer.end++;
    check_run(&fixture, &run, 0, PLAIN_BLOCK);
    end(&fixture);
}

static void test_no_run_before_the_section_or_behind_a_fault(void **state)
{
    struct fixture fixture;
    struct pcapng_run run;

    (void)state;
    begin(&fixture, 1);
    put_packet(&fixture, 0, 0, NULL);
    open_stream(&fixture, 1);
    fixture.stream.begun = false;
    assert_false(remote_stream_next_run(&fixture.stream, SIZE_MAX, &run));
    fixture.stream.begun = true;
    fixture.stream.swapped = true;
    assert_false(remote_stream_next_run(&fixture.stream, SIZE_MAX, &run));
    fixture.stream.swapped = false;
    remote_stream_finish(&fixture.stream);
    assert_false(remote_stream_next_run(&fixture.stream, SIZE_MAX, &run));
    end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs_of_several_interfaces),
        cmocka_unit_test(test_more_interfaces_than_a_run_has),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_many_comments),
        cmocka_unit_test(test_what_is_no_part_of_a_run),
        cmocka_unit_test(test_a_part_of_a_block),
        cmocka_unit_test(test_no_run_before_the_section_or_behind_a_fault),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
