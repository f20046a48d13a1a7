/*
 * Standard error that takes nothing: printing goes on, what could not be printed is counted, and
 * the description that others share stays as it was. Each run is a process of its own, since a
 * console is opened once.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "console.h"

enum {
    TERMINALS = 4, /* where they begin in the table below */
    LINES = 300,   /* of 20 bytes: more than wait */
    HANG = 60,     /* seconds */
};

/* ends[0] is read, ends[1] becomes standard error. */
static void open_pipe(int *ends)
{
    assert_int_equal(pipe(ends), 0);
}

static void open_socket(int *ends)
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
}

static void open_datagrams(int *ends)
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
}

static void open_terminal(int *ends)
{
    assert_int_equal(openpty(&ends[0], &ends[1], NULL, NULL, NULL), 0);
}

/* Root opens everything; another user prints on the description that it inherited. */
static void become_another(void)
{
    if (geteuid() == 0 && seteuid(65534) != 0)
        _exit(EXIT_FAILURE);
}

static void stay(void)
{
}

static const struct {
    const char *name;
    void (*open)(int *ends);
    void (*prepare)(void);
} kinds[] = {
    {"pipe", open_pipe, stay},         {"pipe of another", open_pipe, become_another},
    {"socket", open_socket, stay},     {"datagrams", open_datagrams, stay},
    {"terminal", open_terminal, stay}, {"terminal of another", open_terminal, become_another},
};

/* The exit status of a process that prints to a standard error of this kind. */
static int status_of(int (*print)(int *ends, void (*prepare)(void)), size_t kind)
{
    int ends[2];
    int status = 0;
    pid_t child;

    kinds[kind].open(ends);
    child = fork();
    if (child == 0) {
        alarm(HANG);
        _exit(print(ends, kinds[kind].prepare));
    }
    close(ends[0]);
    close(ends[1]);
    waitpid(child, &status, 0);
    return status;
}

/* Until nothing more fits. A terminal takes more a moment later, when it has delivered. */
static void fill(int descriptor)
{
    const int flags = fcntl(descriptor, F_GETFL);
    struct pollfd polled = {.fd = descriptor, .events = POLLOUT};
    char bytes[256];

    memset(bytes, '-', sizeof bytes);
    fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
    do {
        while (write(descriptor, bytes, sizeof bytes) > 0)
            ;
        while (write(descriptor, bytes, 1) > 0)
            ;
    } while (poll(&polled, 1, 10) > 0);
    fcntl(descriptor, F_SETFL, flags);
}

/* What is there to be read; a terminal delivers a moment later. */
static void append_read(int descriptor, char *text, size_t size)
{
    size_t used = strlen(text);
    struct pollfd ready = {.fd = descriptor, .events = POLLIN};

    while (used < size - 1 && poll(&ready, 1, 1) > 0) {
        ssize_t length = read(descriptor, text + used, size - 1 - used);

        if (length <= 0)
            break;
        used += (size_t)length;
    }
    text[used] = '\0';
}

/* Prints while nobody reads, then reads. The exit status is 0 if all was right. */
static int print_to(int *ends, void (*prepare)(void))
{
    static char text[1 << 20];
    int saved = dup(STDERR_FILENO);
    int flags = fcntl(ends[1], F_GETFL);
    int shown = 0;

    fill(ends[1]);
    dup2(ends[1], STDERR_FILENO);
    prepare();
    console_open(-1);
    for (int i = 0; i < LINES; i++)
        console_print("a line of 20");
    for (int i = 0; i < 1000 && console_pending() >= 0; i++) {
        append_read(ends[0], text, sizeof text);
        console_flush();
    }
    console_print("the last\x1B one");
    for (int i = 0; i < 1000 && !strstr(text, "the last? one"); i++)
        append_read(ends[0], text, sizeof text);
    dup2(saved, STDERR_FILENO);
    for (char *at = text; (at = strstr(at, "ipmon: a line of 20")) != NULL; at++)
        shown++;
    if (console_unprinted() != 0 || fcntl(ends[1], F_GETFL) != flags || shown == 0)
        return 1;
    snprintf(text + sizeof text - 64, 64, "ipmon: %d lines were not printed", LINES - shown);
    return strstr(text, text + sizeof text - 64) && strstr(text, "ipmon: the last? one") ? 0 : 2;
}

static void test_nobody_reads(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(kinds); i++)
        row_equal(kinds[i].name, status_of(print_to, i), 0);
}

/* Ctrl-S, and Ctrl-Q later. */
static int print_stopped(int *ends, void (*prepare)(void))
{
    char text[256] = "";

    tcflow(ends[1], TCOOFF);
    dup2(ends[1], STDERR_FILENO);
    prepare();
    console_open(-1);
    console_print("waits");
    append_read(ends[0], text, sizeof text);
    if (text[0] != '\0' || console_pending() != STDERR_FILENO || console_unprinted() != 1)
        return 1;
    tcflow(ends[1], TCOON);
    console_finish();
    append_read(ends[0], text, sizeof text);
    return strcmp(text, "ipmon: waits\r\n") == 0 && console_pending() < 0 ? 0 : 2;
}

static void test_stopped_terminal(void **state)
{
    (void)state;
    for (size_t i = TERMINALS; i < ROWS(kinds); i++)
        row_equal(kinds[i].name, status_of(print_stopped, i), 0);
}

/* Nobody will ever read: nothing is waited for. */
static int print_to_none(int *ends, void (*prepare)(void))
{
    fill(ends[1]);
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    signal(SIGPIPE, SIG_IGN);
    prepare();
    console_open(-1);
    console_print("lost");
    console_finish();
    return console_pending() < 0 && console_unprinted() == 1 ? 0 : 1;
}

static void test_the_reader_has_gone(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(kinds); i++)
        row_equal(kinds[i].name, status_of(print_to_none, i), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_reads),
        cmocka_unit_test(test_stopped_terminal),
        cmocka_unit_test(test_the_reader_has_gone),
    };

    return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
