/*
 * The states of a capture, with a source that is played: what stop, pause and a change of the mode
 * do, and which packets are written, paused or discarded.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "capture.h"
#include "capture_packets.h"
#include "clock.h"

enum {
    PACKETS_MAX = 8,
    LATENCY = 30, /* milliseconds */
};

/* So far away that no machine is too slow. */
#define DEADLINE (1000 * CLOCK_SECOND)

static struct {
    struct packet_source source;
    uint64_t arrivals[PACKETS_MAX]; /* of the packets that wait */
    size_t count;
    size_t taken;
    bool ended;
    bool refuses_mode;
    enum receive_all_mode mode;
    int held; /* the argument of the latest `hold`; -1: it was not called */
} played;

static struct settings settings;
static struct failure failure;
static struct capture capture;

static bool next_packet(struct packet_source *source, struct captured_packet *packet)
{
    static const uint8_t bytes[20] = {0x45};

    (void)source;
    if (played.taken == played.count)
        return false;
    *packet = (struct captured_packet){
        .bytes = bytes,
        .captured_length = sizeof bytes,
        .wire_length = sizeof bytes,
        .arrival = played.arrivals[played.taken++],
        .interface = 1,
    };
    return true;
}

static enum packet_source_state source_state(struct packet_source *source, struct failure *cause)
{
    (void)source;
    (void)cause;
    return played.ended ? PACKET_SOURCE_ENDED : PACKET_SOURCE_RUNNING;
}

static bool set_mode(struct packet_source *source, enum receive_all_mode mode, uint64_t *time,
                     struct failure *cause)
{
    (void)source;
    (void)time;
    if (played.refuses_mode)
        return failure_set_errno(cause, EINVAL, "no");
    played.mode = mode;
    return true;
}

static void hold(struct packet_source *source, bool held)
{
    (void)source;
    played.held = held;
}

static const struct packet_source_operations live = {
    .next = next_packet,
    .state = source_state,
    .set_mode = set_mode,
};

static const struct packet_source_operations replay = {
    .next = next_packet,
    .state = source_state,
    .hold = hold,
};

static int open_capture(void **state)
{
    (void)state;
    memset(&played, 0, sizeof played);
    memset(&settings, 0, sizeof settings);
    memset(&failure, 0, sizeof failure);
    memset(&capture, 0, sizeof capture);
    settings.receive_all_mode = RECEIVE_ALL_PROMISCUOUS;
    played.source = (struct packet_source){.operations = &live, .latency = LATENCY};
    played.source.interfaces = 1; /* described before the first packet */
    played.held = -1;
    capture.settings = &settings;
    capture.failure = &failure;
    capture.source = &played.source;
    capture.mode.latest = RECEIVE_ALL_PROMISCUOUS;
    capture.host.monitor = capture.host.dump_socket = capture.host.ioctl_socket = -1;
    toolbar_open(&capture.toolbar, NULL, NULL);
    return pcapng_writer_init(&capture.streams[STREAM_OUTPUT].writer, open("/dev/null", O_WRONLY),
                              1 << 20)
               ? 0
               : -1;
}

static void add_record(void)
{
    capture.record.path = "record";
    assert_true(pcapng_writer_init(&capture.streams[STREAM_RECORD].writer,
                                   open("/dev/null", O_WRONLY), 1 << 20));
}

static int close_capture(void **state)
{
    (void)state;
    for (size_t i = 0; i < STREAMS; i++) {
        if (capture.streams[i].writer.buffer)
            close(capture.streams[i].writer.descriptor);
        pcapng_writer_free(&capture.streams[i].writer);
    }
    captured_interfaces_free(&capture.interfaces);
    return 0;
}

static void make_replay(void)
{
    capture.replay = true;
    played.source.operations = &replay;
    played.source.latency = 0;
}

/* A time that differs from those before and behind it. */
static uint64_t some_time(void)
{
    const struct timespec step = {.tv_nsec = CLOCK_MILLISECOND};
    uint64_t now;

    nanosleep(&step, NULL);
    now = clock_now(CLOCK_MONOTONIC);
    nanosleep(&step, NULL);
    return now;
}

static void add_packet(uint64_t arrival)
{
    played.arrivals[played.count++] = arrival;
}

static void check_counts(uint64_t delivered, uint64_t paused, uint64_t discarded)
{
    assert_int_equal(capture.interfaces.tally.fates[PACKET_WRITTEN], delivered);
    assert_int_equal(capture.interfaces.tally.fates[PACKET_PAUSED], paused);
    assert_int_equal(capture.interfaces.tally.fates[PACKET_DISCARDED], discarded);
}

static void test_stop(void **state)
{
    uint64_t before = clock_now(CLOCK_MONOTONIC);
    uint64_t stop_time;

    (void)state;
    capture_stop(&capture);
    stop_time = capture.end.stop_time;
    assert_in_range(stop_time, before, clock_now(CLOCK_MONOTONIC));
    assert_true(capture.end.deadline >= stop_time + LATENCY * CLOCK_MILLISECOND);
    assert_false(capture.end.reached);
    some_time();
    capture_stop(&capture);
    assert_int_equal(capture.end.stop_time, stop_time);
}

static void test_stop_of_a_replay(void **state)
{
    (void)state;
    make_replay();
    capture_stop(&capture);
    assert_true(capture.end.reached);
}

static void test_timeout_pauses(void **state)
{
    uint64_t left;

    (void)state;
    capture.timeout.deadline = clock_now(CLOCK_MONOTONIC) + DEADLINE;
    capture_set_pause(&capture, true);
    left = capture.timeout.left;
    assert_in_range(left, 1, DEADLINE);
    some_time();
    capture_set_pause(&capture, true); /* no effect */
    assert_int_equal(capture.timeout.left, left);
    capture_set_pause(&capture, false);
    assert_true(capture.timeout.deadline <= clock_now(CLOCK_MONOTONIC) + left);
    assert_true(capture.timeout.deadline > clock_now(CLOCK_MONOTONIC));
}

static void test_timeout_that_does_not_pause(void **state)
{
    uint64_t deadline = clock_now(CLOCK_MONOTONIC) + DEADLINE;

    (void)state;
    capture_set_pause(&capture, true); /* it does not run yet */
    assert_int_equal(capture.timeout.left, 0);
    capture_set_pause(&capture, false);
    assert_int_equal(capture.timeout.deadline, 0);
    settings.absolute_timeout = true;
    capture.timeout.deadline = deadline;
    capture_set_pause(&capture, true);
    some_time();
    capture_set_pause(&capture, false);
    assert_int_equal(capture.timeout.deadline, deadline);
}

static void test_mode(void **state)
{
    (void)state;
    capture_set_mode(&capture, RECEIVE_ALL_OFF); /* there is no toolbar */
    assert_int_equal(capture.mode.changes, 0);
    capture.toolbar.in = STDIN_FILENO;
    capture_set_mode(&capture, RECEIVE_ALL_OFF);
    assert_int_equal(played.mode, RECEIVE_ALL_OFF);
    assert_int_equal(capture.mode.latest, RECEIVE_ALL_OFF);
    capture_set_mode(&capture, RECEIVE_ALL_OFF); /* it is already */
    assert_int_equal(capture.mode.changes, 1);
    played.refuses_mode = true;
    capture_set_mode(&capture, RECEIVE_ALL_IP_LEVEL);
    assert_int_equal(capture.mode.latest, RECEIVE_ALL_OFF);
    assert_int_equal(capture.mode.changes, 1);
    assert_int_equal(failure.text[0], '\0'); /* the capture goes on */
}

static void test_mode_may_change(void **state)
{
    (void)state;
    assert_false(capture_mode_may_change(&capture));
    capture.toolbar.in = STDIN_FILENO;
    assert_true(capture_mode_may_change(&capture));
    capture.replay = true;
    assert_false(capture_mode_may_change(&capture));
    capture.replay = false;
    settings.use_pcap = true;
    assert_false(capture_mode_may_change(&capture));
    settings.use_pcap = false;
    settings.receive_all_mode = RECEIVE_ALL_SOCKET_LEVEL;
    assert_false(capture_mode_may_change(&capture));
}

/* All are read after the stop: their arrival decides, not when they are read. */
static void test_packets_by_arrival(void **state)
{
    (void)state;
    add_packet(some_time());
    capture_set_pause(&capture, true);
    add_packet(some_time());
    add_packet(some_time());
    capture_set_pause(&capture, false);
    add_packet(some_time());
    capture_stop(&capture);
    add_packet(capture.end.stop_time + 1);
    assert_true(capture_move_packets(&capture));
    check_counts(2, 2, 1);
    assert_false(capture.end.reached);
    add_packet(capture.end.deadline + 1);
    capture_move_packets(&capture);
    check_counts(2, 2, 2);
    assert_true(capture.end.reached);
}

static void test_packet_count(void **state)
{
    (void)state;
    settings.packet_count = 2;
    for (int i = 0; i < 3; i++)
        add_packet(some_time());
    capture_move_packets(&capture);
    check_counts(2, 0, 0);
    assert_true(capture.end.reached);
    assert_int_equal(played.taken, 2); /* the third one is not read */
}

/* Its packets have no arrival; all of them are written, when it is not held. */
static void test_replay_is_held(void **state)
{
    (void)state;
    make_replay();
    add_packet(0);
    capture_set_pause(&capture, true);
    assert_int_equal(played.held, true);
    played.ended = true;
    assert_true(capture_move_packets(&capture)); /* nothing to do, and no end */
    check_counts(0, 0, 0);
    assert_false(capture.end.reached);
    capture_set_pause(&capture, false);
    assert_int_equal(played.held, false);
    capture_move_packets(&capture);
    check_counts(1, 0, 0);
    assert_true(capture.end.reached);
}

/* With the buffer full, packets stay in the source, and their descriptor does not wake the loop. */
static void test_full_buffer(void **state)
{
    (void)state;
    capture.descriptors.output = capture.streams[STREAM_OUTPUT].writer.descriptor;
    played.source.descriptor = STDIN_FILENO;
    assert_int_equal(capture_source_watch.descriptor(&capture), STDIN_FILENO);
    assert_int_equal(capture_output_watch.descriptor(&capture), -1);
    capture.streams[STREAM_OUTPUT].writer.end =
        capture.streams[STREAM_OUTPUT].writer.capacity - PCAPNG_BLOCK_MAX;
    assert_int_equal(capture_source_watch.descriptor(&capture), -1);
    assert_int_equal(capture_output_watch.descriptor(&capture), capture.descriptors.output);
    capture.streams[STREAM_OUTPUT].writer.end = 0;
}

static void check_shown(uint64_t written, uint64_t not_shown)
{
    check_counts(written, 0, 0);
    assert_int_equal(capture.interfaces.tally.not_shown, not_shown);
}

/* With a record it is not waited for; it gets packets again when it is empty, not before. */
static void test_full_buffer_beside_a_record(void **state)
{
    struct capture_stream *output = &capture.streams[STREAM_OUTPUT];

    (void)state;
    add_record();
    played.source.descriptor = STDIN_FILENO;
    output->writer.end = output->writer.capacity - PCAPNG_BLOCK_MAX;
    assert_int_equal(capture_source_watch.descriptor(&capture), STDIN_FILENO);
    add_packet(some_time());
    add_packet(some_time());
    assert_true(capture_move_packets(&capture));
    check_shown(2, 2);
    output->writer.end = 100; /* of which some bytes are left */
    add_packet(some_time());
    assert_true(capture_move_packets(&capture));
    check_shown(3, 3);
    assert_int_equal(output->drops_pending, 3);
    assert_int_equal(capture_pending(&capture), 0);
    add_packet(some_time());
    assert_true(capture_move_packets(&capture));
    check_shown(4, 3);
    assert_int_equal(output->drops_pending, 0);
}

/* What arrived before is recorded; the descriptor, which stays ready, is left alone. */
static void test_reader_leaves_a_record(void **state)
{
    int ends[2];

    (void)state;
    add_record();
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    close(ends[0]);
    close(capture.streams[STREAM_OUTPUT].writer.descriptor);
    capture.streams[STREAM_OUTPUT].writer.descriptor = capture.descriptors.output = ends[1];
    assert_int_equal(capture_reader_watch.descriptor(&capture), ends[1]);
    add_packet(some_time());
    add_packet(some_time());
    capture_reader_watch.ready(&capture);
    add_packet(capture.end.stop_time + 1);
    assert_int_equal(capture_reader_watch.descriptor(&capture), -1);
    assert_true(capture_move_packets(&capture));
    assert_true(capture.end.reader_gone && capture.end.stop_time != 0 && !capture.end.reached);
    check_counts(2, 0, 1);
    assert_int_equal(capture.interfaces.tally.not_shown, 2);
    assert_int_equal(failure.text[0], '\0');
}

/* A failure of the output ends the capture, and an output without a reader is none. */
static void test_output_fails(void **state)
{
    int ends[2];

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    close(ends[0]);
    close(capture.streams[STREAM_OUTPUT].writer.descriptor);
    capture.streams[STREAM_OUTPUT].writer.descriptor = ends[1];
    add_packet(some_time());
    capture_move_packets(&capture);
    assert_true(capture.end.reached && capture.end.reader_gone);
    assert_int_equal(failure.text[0], '\0');
    close(ends[1]);
    capture.streams[STREAM_OUTPUT].writer.descriptor = -1;
    capture_flush(&capture);
    assert_int_not_equal(failure.text[0], '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_stop, open_capture, close_capture),
        cmocka_unit_test_setup_teardown(test_stop_of_a_replay, open_capture, close_capture),
        cmocka_unit_test_setup_teardown(test_timeout_pauses, open_capture, close_capture),
        cmocka_unit_test_setup_teardown(test_timeout_that_does_not_pause, open_capture,
                                        close_capture),
        cmocka_unit_test_setup_teardown(test_mode, open_capture, close_capture),
        cmocka_unit_test_setup_teardown(test_mode_may_change, open_capture, close_capture),
        cmocka_unit_test_setup_teardown(test_packets_by_arrival, open_capture, close_capture),
        cmocka_unit_test_setup_teardown(test_packet_count, open_capture, close_capture),
        cmocka_unit_test_setup_teardown(test_replay_is_held, open_capture, close_capture),
        cmocka_unit_test_setup_teardown(test_full_buffer, open_capture, close_capture),
        cmocka_unit_test_setup_teardown(test_full_buffer_beside_a_record, open_capture,
                                        close_capture),
        cmocka_unit_test_setup_teardown(test_reader_leaves_a_record, open_capture, close_capture),
        cmocka_unit_test_setup_teardown(test_output_fails, open_capture, close_capture),
    };

    return cmocka_run_group_tests_name("capture", tests, NULL, NULL);
}
