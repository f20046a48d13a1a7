/*
 * The log: what goes into the file, and what the listener is notified of.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"

static char lines[2048];
static char statuses[2048];
static enum network_event_id latest_event;
static unsigned event_count;

static void copy_line(void *context, enum log_level level, const char *line)
{
    assert_ptr_equal(context, lines);
    assert_true(level <= IPMON_LOG_DEBUG);
    assert_int_equal(line[strlen(line) - 1], '\n');
    strcat(lines, strchr(line, 'Z') + 2); /* behind the time */
}

static void copy_status(void *context, const char *text)
{
    assert_ptr_equal(context, lines);
    strcat(strcat(statuses, text), "\n");
}

static void note_event(void *context, enum network_event_id id)
{
    assert_ptr_equal(context, lines);
    latest_event = id;
    event_count++;
}

static void copy_whole_line(void *context, enum log_level level, const char *line)
{
    (void)level;
    assert_ptr_equal(context, lines);
    strcpy(lines, line);
}

/* That it is printed already. */
static void copy_failure(void *context, const char *text)
{
    assert_ptr_equal(context, lines);
    strcat(strcat(strcat(statuses, "printed: "), text), "\n");
}

static const struct log_listener whole_listener = {copy_whole_line, copy_status, copy_failure,
                                                   note_event, lines};
static const struct log_listener listener = {copy_line, copy_status, copy_failure, note_event,
                                             lines};

static void write_lines(void)
{
    lines[0] = statuses[0] = '\0';
    log_line(IPMON_LOG_ERROR, "%s %d", "one", 1);
    log_line(IPMON_LOG_WARNING, "two");
    log_line(IPMON_LOG_INFO, "three");
    log_line(IPMON_LOG_DEBUG, "four");
    log_command(1, "five");
    log_failure("%s", "six");
}

static void test_levels(void **state)
{
    static const struct {
        enum log_level level;
        const char *lines;
    } rows[] = {
        {IPMON_LOG_ERROR, "error: one 1\nerror: six\n"},
        {IPMON_LOG_WARNING, "error: one 1\nwarning: two\nerror: six\n"},
        {IPMON_LOG_INFO, "error: one 1\nwarning: two\ninfo: three\ninfo: five\nerror: six\n"},
        {IPMON_LOG_DEBUG,
         "error: one 1\nwarning: two\ninfo: three\ndebug: four\ninfo: five\nerror: six\n"},
    };
    struct failure failure = {""};

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        assert_true(log_open(NULL, rows[i].level, &failure));
        log_listen(&listener);
        write_lines();
        row_text("lines", lines, rows[i].lines);
        row_text("statuses", statuses,
                 "one 1\ntwo\nfive\nprinted: six\n"); /* whatever the log takes */
        log_close();
    }
    write_lines();
    assert_string_equal(lines, "");
    assert_string_equal(statuses, "");
}

/* Nothing that was named by others does anything to a terminal. */
static void test_control_characters(void **state)
{
    struct failure failure = {""};

    (void)state;
    assert_true(log_open(NULL, IPMON_LOG_WARNING, &failure));
    log_listen(&listener);
    lines[0] = statuses[0] = '\0';
    log_line(IPMON_LOG_WARNING, "interface %s", "\x1B[31m\xC3\xA4\xC2\x9B\n\xFF");
    assert_string_equal(lines, "warning: interface ?[31m\xC3\xA4????\n");
    assert_string_equal(statuses, "interface ?[31m\xC3\xA4????\n");
    log_close();
}

/* The listener gets the lines of the file. */
static void test_file(void **state)
{
    char path[] = "/tmp/ipmon-log-XXXXXX";
    char text[256];
    struct failure failure = {""};
    int descriptor = mkstemp(path);
    ssize_t length;

    (void)state;
    assert_true(descriptor >= 0 && log_open(path, IPMON_LOG_INFO, &failure));
    log_listen(&listener);
    lines[0] = '\0';
    log_line(IPMON_LOG_INFO, "here");
    length = read(descriptor, text, sizeof text - 1);
    log_close();
    close(descriptor);
    unlink(path);
    assert_true(length > 0);
    text[length] = '\0';
    assert_string_equal(strchr(text, 'Z') + 2, "info: here\n");
    assert_string_equal(lines, "info: here\n");
}

/* The listener prints the lines: no file is made. */
static void test_standard_error(void **state)
{
    struct failure failure = {""};

    (void)state;
    assert_true(log_open(NULL, IPMON_LOG_INFO, &failure));
    assert_false(log_is_on_standard_error());
    assert_true(log_open("-", IPMON_LOG_INFO, &failure));
    assert_true(log_is_on_standard_error());
    assert_int_equal(log_descriptor(), -1);
    log_close();
    assert_false(log_is_on_standard_error());
}

/* A socket cannot be opened by its path: standard error is known, others are refused. */
static void test_sockets(void **state)
{
    struct failure failure = {""};
    const int before = dup(STDERR_FILENO);
    char other[32];
    int ends[2];
    bool opened;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    snprintf(other, sizeof other, "/dev/fd/%d", ends[1]);
    dup2(ends[0], STDERR_FILENO);
    opened = log_open("/dev/stderr", IPMON_LOG_INFO, &failure);
    dup2(before, STDERR_FILENO);
    assert_true(opened && log_is_on_standard_error());
    log_close();
    assert_false(log_open(other, IPMON_LOG_INFO, &failure));
    assert_non_null(strstr(failure.text, "cannot open --log-file '/dev/fd/"));
    close(before);
    close(ends[0]);
    close(ends[1]);
}

/* A command's line has the command's time, not that of the writing. */
static void test_command_time(void **state)
{
    static const struct {
        uint64_t time;
        const char *line;
    } rows[] = {
        {0, "1970-01-01T00:00:00.000000Z info: held\n"},
        {UINT64_C(1709210096000001999), "2024-02-29T12:34:56.000001Z info: held\n"},
        {UINT64_C(1709210096999999999), "2024-02-29T12:34:56.999999Z info: held\n"},
    };
    struct failure failure = {""};

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        assert_true(log_open(NULL, IPMON_LOG_INFO, &failure));
        log_listen(&whole_listener);
        log_command(rows[i].time, "held");
        row_text("line", lines, rows[i].line);
        log_close();
    }
}

/* Listeners are notified of events whose lines the log does not take, too. */
static void test_events(void **state)
{
    struct failure failure = {""};

    (void)state;
    log_event(EVENT_ETHER_OUTPUT_IFDOWN, "nobody listens");
    assert_true(log_open(NULL, IPMON_LOG_ERROR, &failure));
    log_listen(&listener);
    lines[0] = '\0';
    event_count = 0;
    log_event(EVENT_ETHER_OUTPUT_IFDOWN, "%s went down", "eth0");
    assert_int_equal(latest_event, EVENT_ETHER_OUTPUT_IFDOWN);
    log_event(EVENT_TCP_INPUT_BADFLAGS, "not taken");
    assert_int_equal(latest_event, EVENT_TCP_INPUT_BADFLAGS);
    assert_int_equal(event_count, 2);
    assert_string_equal(
        lines, "error: network event ether_output-ifdown (CRITICAL, core): eth0 went down\n");
    log_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels),  cmocka_unit_test(test_control_characters),
        cmocka_unit_test(test_file),    cmocka_unit_test(test_command_time),
        cmocka_unit_test(test_events),  cmocka_unit_test(test_standard_error),
        cmocka_unit_test(test_sockets),
    };

    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
