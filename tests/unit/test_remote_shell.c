/*
 * Tests of the client of ssh as a child process. In place of ssh runs a script that is found first
 * in the PATH: what it is given, and what it inherits.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "remote_shell.h"

static char folder[] = "/tmp/ipmon-ssh-XXXXXX";

static void write_client(const char *script)
{
    char path[64];
    FILE *file;

    snprintf(path, sizeof path, "%s/ssh", folder);
    unlink(path);
    file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\n%s\n", script);
    fclose(file);
    chmod(path, 0755);
}

static void await(int descriptor)
{
    struct pollfd watch = {.fd = descriptor, .events = POLLIN};

    assert_int_equal(poll(&watch, 1, 20000), 1);
}

/* Standard output up to its end. */
static void read_all(int descriptor, char *text, size_t size)
{
    size_t used = 0;
    ssize_t length = -1;

    while (length != 0 && used < size - 1) {
        await(descriptor);
        length = read(descriptor, text + used, size - 1 - used);
        used += length > 0 ? (size_t)length : 0;
    }
    text[used] = '\0';
}

static struct remote_shell open_shell(void)
{
    struct remote_shell shell;
    struct failure failure = {""};

    assert_true(remote_shell_open(&shell, "alice@web1", "'ipmon' 'a b'", &failure));
    return shell;
}

static void test_arguments(void **state)
{
    static const char *const parts[] = {"<-T>",
                                        "<BatchMode=yes>",
                                        "<ConnectTimeout=5>",
                                        "<RemoteCommand=none>",
                                        "<PermitLocalCommand=no>",
                                        "<ClearAllForwardings=yes>",
                                        "<-->\n<alice@web1>\n<'ipmon' 'a b'>\n"};
    struct remote_shell shell;
    char text[2048];

    (void)state;
    write_client("printf '<%s>\\n' \"$@\"");
    shell = open_shell();
    read_all(shell.out, text, sizeof text);
    for (size_t i = 0; i < ROWS(parts); i++)
        row_contains("arguments", text, parts[i]);
    await(shell.pidfd);
    assert_int_equal(remote_shell_end(&shell), 0);
}

static void test_streams(void **state)
{
    struct remote_shell shell;
    char text[64];

    (void)state;
    write_client("read line; echo \"out $line\"; echo \"error $line\" >&2; exit 3");
    shell = open_shell();
    assert_int_equal(write(shell.in, "x\n", 2), 2);
    read_all(shell.out, text, sizeof text);
    assert_string_equal(text, "out x\n");
    await(shell.pidfd);
    while (remote_shell_read_error(&shell))
        ;
    assert_string_equal(shell.said, "error x\n");
    assert_int_equal(shell.error, -1);
    assert_int_equal(remote_shell_end(&shell), 3);
}

static struct remote_shell read_error_of(const char *script)
{
    struct remote_shell shell;

    write_client(script);
    shell = open_shell();
    while (shell.error >= 0) {
        await(shell.error);
        while (remote_shell_read_error(&shell))
            ;
    }
    return shell;
}

static void test_the_end_of_a_long_error(void **state)
{
    struct remote_shell shell;

    (void)state;
    shell = read_error_of("head -c 100000 /dev/zero | tr '\\0' x >&2");
    assert_int_equal(shell.said_length, REMOTE_SHELL_SAID_SIZE - 1);
    assert_int_equal(strspn(shell.said, "x"), REMOTE_SHELL_SAID_SIZE - 1);
    await(shell.pidfd);
    assert_int_equal(remote_shell_end(&shell), 0);
    shell = read_error_of("for i in $(seq 200); do echo line of noise >&2; done; echo reason >&2");
    assert_true(shell.said_length < REMOTE_SHELL_SAID_SIZE);
    assert_int_equal(strlen(shell.said), shell.said_length);
    assert_int_equal(strncmp(shell.said, "line of noise\n", 14), 0);
    assert_string_equal(shell.said + shell.said_length - 21, "line of noise\nreason\n");
    await(shell.pidfd);
    assert_int_equal(remote_shell_end(&shell), 0);
}

/* What the caller has removed does not come back. */
static void test_an_error_that_is_taken_line_by_line(void **state)
{
    struct remote_shell shell;

    (void)state;
    write_client("echo a long first line >&2; read line; echo second >&2");
    shell = open_shell();
    await(shell.error);
    remote_shell_read_error(&shell);
    assert_string_equal(shell.said, "a long first line\n");
    shell.said[0] = '\0';
    shell.said_length = 0;
    assert_int_equal(write(shell.in, "\n", 1), 1);
    await(shell.error);
    remote_shell_read_error(&shell);
    assert_string_equal(shell.said, "second\n");
    await(shell.pidfd);
    assert_int_equal(remote_shell_end(&shell), 0);
}

/* The line of /proc/self/status with the signals that are ignored. */
static void read_ignored(char *line, size_t size)
{
    FILE *file = fopen("/proc/self/status", "r");

    assert_non_null(file);
    do
        assert_non_null(fgets(line, (int)size, file));
    while (strncmp(line, "SigIgn:", strlen("SigIgn:")) != 0);
    fclose(file);
}

/*
 * Descriptors of ours, capabilities, blocked and ignored signals are not passed on. What whoever
 * started this ignores stays so: nohup, or make, whose posix_spawn() ignores signals of glibc.
 */
static void test_inherited(void **state)
{
    struct remote_shell shell;
    sigset_t blocked;
    char ignored[64];
    char text[1024];
    int other = dup(STDOUT_FILENO);

    (void)state;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    read_ignored(ignored, sizeof ignored);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    write_client("for number in 3 4 5 6 7 8 9; do\n"
                 "[ ! -e /proc/$$/fd/$number ] || echo open: $number; done\n"
                 "exec grep -E '^(SigBlk|SigIgn|CapInh|CapAmb|CapPrm)' /proc/self/status");
    shell = open_shell();
    read_all(shell.out, text, sizeof text);
    assert_null(strstr(text, "open:"));
    row_contains("status", text, "SigBlk:\t0000000000000000");
    row_contains("status", text, ignored);
    row_contains("status", text, "CapInh:\t0000000000000000");
    row_contains("status", text, "CapAmb:\t0000000000000000");
    if (geteuid() != 0) /* root is root */
        row_contains("status", text, "CapPrm:\t0000000000000000");
    remote_shell_end(&shell);
    sigprocmask(SIG_UNBLOCK, &blocked, NULL);
    close(other);
}

static void test_end(void **state)
{
    static const char *const scripts[] = {"exec sleep 100",
                                          "trap '' TERM; while :; do sleep 1; done"};

    (void)state;
    for (size_t i = 0; i < ROWS(scripts); i++) {
        struct remote_shell shell;
        pid_t pid;

        write_client(scripts[i]);
        shell = open_shell();
        pid = shell.pid;
        row_equal(scripts[i], remote_shell_end(&shell), -1);
        row_true(scripts[i], kill(pid, 0) != 0);
        row_equal(scripts[i], remote_shell_end(&shell), -1);
    }
}

/* It ends with its parent, whatever ends that. */
static void test_end_of_the_parent(void **state)
{
    int ends[2];
    int status = 0;
    pid_t client = 0;
    pid_t child;

    (void)state;
    write_client("echo started; exec sleep 30");
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        struct remote_shell shell = open_shell();

        await(shell.out);
        if (write(ends[1], &shell.pid, sizeof shell.pid) == (ssize_t)sizeof shell.pid)
            kill(getpid(), SIGKILL);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(read(ends[0], &client, sizeof client), sizeof client);
    assert_int_equal(waitpid(client, &status, 0), client);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    close(ends[0]);
    close(ends[1]);
}

static void test_no_client(void **state)
{
    char path[64];
    struct remote_shell shell;

    (void)state;
    snprintf(path, sizeof path, "%s/ssh", folder);
    unlink(path);
    setenv("PATH", folder, 1);
    shell = open_shell();
    await(shell.pidfd);
    while (remote_shell_read_error(&shell))
        ;
    assert_string_equal(shell.said, "cannot run ssh: No such file or directory\n");
    assert_int_equal(remote_shell_end(&shell), 127);
}

static int make_folder(void **state)
{
    static char path[4096];

    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s:%s", folder, "/usr/bin:/bin");
    return setenv("PATH", path, 1);
}

static int remove_folder(void **state)
{
    char path[64];

    (void)state;
    snprintf(path, sizeof path, "%s/ssh", folder);
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_the_end_of_a_long_error),
        cmocka_unit_test(test_an_error_that_is_taken_line_by_line),
        cmocka_unit_test(test_inherited),
        cmocka_unit_test(test_end),
        cmocka_unit_test(test_end_of_the_parent),
        cmocka_unit_test(test_no_client),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
