/*
 * The toolbar: messages in pieces of any size, streams that are none, pipes that are full, late or
 * closed, and what is sent over them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "toolbar.h"

enum {
    STREAM_SIZE = 256 * 1024,
    ROUNDS = 2000,
};

/* A stream being made, and what a parser found in it. */
struct stream {
    uint8_t bytes[STREAM_SIZE];
    size_t length;
    char found[4096]; /* "control.command.length:payload " for each message */
};

static struct stream stream;

static void append(unsigned control, enum toolbar_command command, const char *payload,
                   size_t length)
{
    toolbar_encode(stream.bytes + stream.length, control, command, length);
    memcpy(stream.bytes + stream.length + TOOLBAR_HEADER_SIZE, payload, length);
    stream.length += TOOLBAR_HEADER_SIZE + length;
}

static void note(const struct toolbar_message *message)
{
    size_t used = strlen(stream.found);
    size_t kept =
        message->length < TOOLBAR_PAYLOAD_KEPT ? message->length : (size_t)TOOLBAR_PAYLOAD_KEPT;

    snprintf(stream.found + used, sizeof stream.found - used, "%u.%u.%zu:%.*s ", message->control,
             message->command, message->length, (int)kept, (const char *)message->payload);
}

/* Feeds a piece and checks that the parser takes all of it. */
static void feed(struct toolbar_parser *parser, const uint8_t *bytes, size_t length)
{
    for (size_t taken = 0; taken < length;) {
        size_t more = toolbar_parse(parser, bytes + taken, length - taken);

        assert_true(more > 0 && more <= length - taken);
        taken += more;
        assert_true(taken == length || parser->complete);
        if (parser->complete)
            note(&parser->message);
    }
}

static void make_messages(void)
{
    memset(&stream, 0, sizeof stream);
    append(3, TOOLBAR_SET, "0", 1);
    append(0, TOOLBAR_INITIALIZED, "", 0);
    append(255, (enum toolbar_command)255, "sixteen bytes...", TOOLBAR_PAYLOAD_KEPT);
    append(1, TOOLBAR_SET, "seventeen bytes..", TOOLBAR_PAYLOAD_KEPT + 1);
    append(0, TOOLBAR_SET, "", 0);
}

#define MESSAGES "3.1.1:0 0.0.0: 255.255.16:sixteen bytes... 1.1.17:seventeen bytes. 0.1.0: "

static void test_whole(void **state)
{
    static const uint8_t press[] = {'T', 0, 0, 2, 0, 1};
    struct toolbar_parser parser = {0};

    (void)state;
    make_messages();
    assert_memory_equal(stream.bytes + stream.length - sizeof press, press, sizeof press);
    feed(&parser, stream.bytes, stream.length);
    assert_string_equal(stream.found, MESSAGES);
    assert_false(parser.broken);
}

static void test_split_in_two(void **state)
{
    (void)state;
    make_messages();
    for (size_t at = 0; at <= stream.length; at++) {
        struct toolbar_parser parser = {0};

        stream.found[0] = '\0';
        feed(&parser, stream.bytes, at);
        feed(&parser, stream.bytes + at, stream.length - at);
        assert_string_equal(stream.found, MESSAGES);
    }
}

static void test_split_at_random(void **state)
{
    uint32_t seed = 20260101;

    (void)state;
    make_messages();
    for (int round = 0; round < ROUNDS; round++) {
        struct toolbar_parser parser = {0};

        stream.found[0] = '\0';
        for (size_t at = 0; at < stream.length;) {
            size_t piece = 1 + unit_random(&seed) % 9;

            piece = piece < stream.length - at ? piece : stream.length - at;
            feed(&parser, stream.bytes + at, piece);
            at += piece;
        }
        assert_string_equal(stream.found, MESSAGES);
    }
}

static void test_longest(void **state)
{
    static char payload[TOOLBAR_PAYLOAD_MAX];
    struct toolbar_parser parser = {0};

    (void)state;
    memset(&stream, 0, sizeof stream);
    memset(payload, 'x', sizeof payload);
    append(7, TOOLBAR_ADD, payload, sizeof payload);
    append(7, TOOLBAR_SET, "next", 4);
    feed(&parser, stream.bytes, stream.length);
    assert_string_equal(stream.found, "7.2.65535:xxxxxxxxxxxxxxxx 7.1.4:next ");
}

static void test_broken(void **state)
{
    static const struct {
        const char *name;
        uint8_t bytes[TOOLBAR_HEADER_SIZE];
    } rows[] = {
        {"first byte", {'t', 0, 0, 2, 0, 1}}, {"nothing", {0}},
        {"length 0", {'T', 0, 0, 0, 0, 1}},   {"length 1", {'T', 0, 0, 1, 0, 1}},
        {"65538", {'T', 1, 0, 2, 0, 1}},      {"16777215", {'T', 255, 255, 255, 0, 1}},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct toolbar_parser parser = {0};

        make_messages();
        feed(&parser, stream.bytes, stream.length);
        feed(&parser, rows[i].bytes, sizeof rows[i].bytes);
        row_true(rows[i].name, parser.broken && !parser.complete);
        feed(&parser, stream.bytes, stream.length); /* believed no more */
        row_true(rows[i].name, parser.broken && !parser.complete);
        row_text(rows[i].name, stream.found, MESSAGES);
    }
}

/* Whatever comes: every byte is taken, nothing is found that was not whole. */
static void test_garbage(void **state)
{
    uint32_t seed = 7;

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct toolbar_parser parser = {0};

        make_messages();
        for (int i = 0; i < 3; i++)
            stream.bytes[unit_random(&seed) % stream.length] = (uint8_t)unit_random(&seed);
        for (size_t at = 0; at < stream.length; at++)
            feed(&parser, stream.bytes + at, 1);
        assert_true(parser.broken || parser.taken <= TOOLBAR_HEADER_SIZE + TOOLBAR_PAYLOAD_MAX);
    }
}

/* Two named pipes in a folder, as Wireshark makes them. */
struct pipes {
    char folder[32];
    char in[64];
    char out[64];
    int reader; /* Wireshark's end of `out` */
    int writer; /* of `in` */
    struct toolbar toolbar;
};

static struct pipes pipes;

static int make_pipes(void **state)
{
    (void)state;
    strcpy(pipes.folder, "/tmp/ipmon-toolbar-XXXXXX");
    if (!mkdtemp(pipes.folder))
        return -1;
    snprintf(pipes.in, sizeof pipes.in, "%s/in", pipes.folder);
    snprintf(pipes.out, sizeof pipes.out, "%s/out", pipes.folder);
    pipes.reader = pipes.writer = -1;
    return mkfifo(pipes.in, 0600) | mkfifo(pipes.out, 0600);
}

static int remove_pipes(void **state)
{
    (void)state;
    toolbar_close(&pipes.toolbar);
    if (pipes.reader >= 0)
        close(pipes.reader);
    if (pipes.writer >= 0)
        close(pipes.writer);
    return unlink(pipes.in) | unlink(pipes.out) | rmdir(pipes.folder);
}

static void open_all(void)
{
    toolbar_open(&pipes.toolbar, pipes.in, pipes.out);
    toolbar_open_out(&pipes.toolbar, pipes.out);
    pipes.reader = open(pipes.out, O_RDONLY | O_NONBLOCK);
    pipes.writer = open(pipes.in, O_WRONLY | O_NONBLOCK);
    assert_true(pipes.reader >= 0 && pipes.writer >= 0);
}

/* What is in the pipe to Wireshark, as messages; true when all of them are whole. */
static bool read_messages(void)
{
    static uint8_t bytes[STREAM_SIZE];
    struct toolbar_parser parser = {0};
    ssize_t length = read(pipes.reader, bytes, sizeof bytes);

    stream.found[0] = '\0';
    if (length > 0)
        feed(&parser, bytes, (size_t)length);
    return !parser.broken && (length <= 0 || parser.complete);
}

static void ignore(void *context, const struct toolbar_message *message)
{
    (void)context;
    note(message);
}

static void send_bytes(const char *bytes, size_t length)
{
    assert_int_equal(write(pipes.writer, bytes, length), length);
    stream.found[0] = '\0';
    toolbar_read(&pipes.toolbar, ignore, NULL);
}

static void test_values_wait_for_wireshark(void **state)
{
    (void)state;
    open_all();
    toolbar_set(&pipes.toolbar, TOOLBAR_PACKETS, "1");
    toolbar_set(&pipes.toolbar, TOOLBAR_PACKETS, "2");
    assert_false(toolbar_pending(&pipes.toolbar));
    send_bytes("T\0\0\2\0\0", 6);
    assert_string_equal(stream.found, "0.0.0: ");
    assert_true(toolbar_pending(&pipes.toolbar));
    toolbar_flush(&pipes.toolbar);
    assert_false(toolbar_pending(&pipes.toolbar));
    assert_true(read_messages());
    assert_string_equal(stream.found, "1.1.1:2 "); /* only the latest */
    toolbar_set(&pipes.toolbar, TOOLBAR_PACKETS, "2");
    assert_false(toolbar_pending(&pipes.toolbar)); /* it is shown already */
    toolbar_set_again(&pipes.toolbar, TOOLBAR_PACKETS);
    toolbar_flush(&pipes.toolbar);
    assert_true(read_messages());
    assert_string_equal(stream.found, "1.1.1:2 ");
}

/* A pipe without a reader: nothing blocks, nothing is cut, the latest values are kept. */
static void test_full_pipe(void **state)
{
    char number[16];
    size_t whole = 0;

    (void)state;
    open_all();
    send_bytes("T\0\0\2\0\0", 6);
    fcntl(pipes.toolbar.out, F_SETPIPE_SZ, 4096);
    for (int i = 0; i < 20000; i++) {
        toolbar_log(&pipes.toolbar, "a line of the log, about as long as they are\n");
        toolbar_status(&pipes.toolbar, "something happened");
        snprintf(number, sizeof number, "%d", i);
        toolbar_set(&pipes.toolbar, TOOLBAR_PACKETS, number);
        toolbar_flush(&pipes.toolbar);
        assert_true(toolbar_pending(&pipes.toolbar) || i < 100);
    }
    while (toolbar_pending(&pipes.toolbar)) {
        assert_true(read_messages());
        assert_true(++whole < 100);
        toolbar_flush(&pipes.toolbar);
    }
    assert_true(whole > 3);
    assert_true(read_messages());
    assert_non_null(strstr(stream.found, "1.1.5:19999 "));
    toolbar_log(&pipes.toolbar, "space again\n");
    toolbar_flush(&pipes.toolbar);
    assert_true(read_messages());
    assert_non_null(strstr(stream.found, ":(19")); /* lines are left out here */
    assert_non_null(strstr(stream.found, ":space again\n"));
}

/* Lines fill only their part of the queue; the rest is for the controls. */
static void test_room_for_states(void **state)
{
    (void)state;
    toolbar_open(&pipes.toolbar, NULL, pipes.out);
    for (int i = 0; i < 10000; i++)
        toolbar_log(&pipes.toolbar, "line\n");
    for (unsigned i = 0; i < 20; i++)
        toolbar_queue(&pipes.toolbar, TOOLBAR_MODE, TOOLBAR_DISABLE, "", 0);
    toolbar_open_out(&pipes.toolbar, pipes.out);
    pipes.reader = open(pipes.out, O_RDONLY | O_NONBLOCK);
    toolbar_flush(&pipes.toolbar);
    assert_true(read_messages());
    assert_int_equal(pipes.toolbar.queued, 0);
    assert_int_equal(pipes.toolbar.left_out > 0, true);
}

static void test_long_lines(void **state)
{
    static char line[20000];

    (void)state;
    open_all();
    memset(line, 'x', sizeof line - 1);
    toolbar_log(&pipes.toolbar, line);
    toolbar_status(&pipes.toolbar, line);
    toolbar_flush(&pipes.toolbar);
    assert_true(read_messages()); /* each within what the kernel writes at once */
    assert_string_equal(stream.found, "4.2.2048:xxxxxxxxxxxxxxxx 0.6.2048:xxxxxxxxxxxxxxxx ");
}

static void test_wireshark_leaves(void **state)
{
    (void)state;
    open_all();
    close(pipes.writer);
    pipes.writer = -1;
    toolbar_read(&pipes.toolbar, ignore, NULL);
    assert_int_equal(pipes.toolbar.in, -1);
    assert_true(pipes.toolbar.ready);
    close(pipes.reader);
    pipes.reader = -1;
    toolbar_set(&pipes.toolbar, TOOLBAR_PACKETS, "1");
    for (int i = 0; i < 5000; i++) {
        toolbar_log(&pipes.toolbar, "line\n");
        toolbar_flush(&pipes.toolbar);
    }
    assert_true(pipes.toolbar.out >= 0); /* never closed before the end */
}

/* A Wireshark that is killed before it opened its end of the pipe. */
static void test_wireshark_never_comes(void **state)
{
    pid_t child = fork();
    int parent;

    (void)state;
    if (child == 0)
        _exit(0);
    parent = pidfd_open(child, 0);
    assert_true(parent >= 0);
    toolbar_open(&pipes.toolbar, pipes.in, NULL);
    assert_true(pipes.toolbar.in >= 0 && !pipes.toolbar.ready);
    alarm(60); /* a hang */
    toolbar_wait_ready(&pipes.toolbar, -1, parent);
    alarm(0);
    assert_false(pipes.toolbar.ready);
    close(parent);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void test_garbage_is_drained(void **state)
{
    static char nonsense[65536];

    (void)state;
    open_all();
    for (int i = 0; i < 4; i++) {
        assert_true(write(pipes.writer, nonsense, sizeof nonsense) > 0);
        for (int j = 0; j < 32; j++)
            toolbar_read(&pipes.toolbar, ignore, NULL);
    }
    assert_true(pipes.toolbar.parser.broken && pipes.toolbar.ready && pipes.toolbar.in >= 0);
    send_bytes("T\0\0\2\0\1", 6);
    assert_string_equal(stream.found, "");
}

static void test_no_toolbar(void **state)
{
    char path[64];

    (void)state;
    toolbar_open(&pipes.toolbar, NULL, NULL);
    toolbar_open_out(&pipes.toolbar, NULL);
    toolbar_log(&pipes.toolbar, "line\n");
    toolbar_status(&pipes.toolbar, "text");
    toolbar_set(&pipes.toolbar, TOOLBAR_PAUSE, "Pause");
    assert_false(toolbar_pending(&pipes.toolbar));
    assert_int_equal(pipes.toolbar.queued, 0);
    toolbar_flush(&pipes.toolbar);
    toolbar_wait_ready(&pipes.toolbar, -1, -1); /* returns at once */
    snprintf(path, sizeof path, "%s/none", pipes.folder);
    toolbar_open(&pipes.toolbar, path, path);
    toolbar_open_out(&pipes.toolbar, path);
    assert_int_equal(pipes.toolbar.in, -1);
    assert_int_equal(pipes.toolbar.out, -1);
    toolbar_wait_ready(&pipes.toolbar, -1, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_split_in_two),
        cmocka_unit_test(test_split_at_random),
        cmocka_unit_test(test_longest),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_garbage),
        cmocka_unit_test_setup_teardown(test_values_wait_for_wireshark, make_pipes, remove_pipes),
        cmocka_unit_test_setup_teardown(test_full_pipe, make_pipes, remove_pipes),
        cmocka_unit_test_setup_teardown(test_room_for_states, make_pipes, remove_pipes),
        cmocka_unit_test_setup_teardown(test_long_lines, make_pipes, remove_pipes),
        cmocka_unit_test_setup_teardown(test_wireshark_leaves, make_pipes, remove_pipes),
        cmocka_unit_test_setup_teardown(test_wireshark_never_comes, make_pipes, remove_pipes),
        cmocka_unit_test_setup_teardown(test_garbage_is_drained, make_pipes, remove_pipes),
        cmocka_unit_test_setup_teardown(test_no_toolbar, make_pipes, remove_pipes),
    };

    return cmocka_run_group_tests_name("toolbar", tests, NULL, NULL);
}
