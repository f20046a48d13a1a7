/*
 * The connection of ssh that a process runs in, by its environment or that of its callers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "caller_environment.h"
#include "ssh_session.h"

static void test_values(void **state)
{
    static const struct {
        const char *value;
        const char *client; /* NULL: there is no session */
        const char *server;
        unsigned port;
    } rows[] = {
        {"192.0.2.1 50000 192.0.2.2 22", "192.0.2.1", "192.0.2.2", 22},
        {"fe80::1%eth0 50000 fe80::2%eth0 2222", "fe80::1", "fe80::2", 2222},
        {"", NULL, NULL, 0},
        {"192.0.2.1 50000 192.0.2.2", NULL, NULL, 0},
        {"UNKNOWN 65535 UNKNOWN 65535", NULL, NULL, 0},
        {"192.0.2.1 50000 192.0.2.2 65536", NULL, NULL, 0},
        {"192.0.2.1 50000 192.0.2.2 0", NULL, NULL, 0},
        {"192.0.2.1 50000 or 22", NULL, NULL, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ssh_session session;

        setenv("SSH_CONNECTION", rows[i].value, 1);
        assert_int_equal(ssh_session_find(&session), rows[i].client != NULL);
        if (!rows[i].client)
            continue;
        assert_string_equal(session.client, rows[i].client);
        assert_string_equal(session.server, rows[i].server);
        assert_int_equal(session.server_port, rows[i].port);
    }
    unsetenv("SSH_CONNECTION");
}

/* As a process that has the variable from its caller. */
static void run_myself(char *how)
{
    static const char program[] = "/proc/self/exe";
    char *const arguments[] = {"test", how, NULL};
    char *const environment[] = {"SSH_CONNECTION=192.0.2.1 50000 192.0.2.2 22", NULL};
    const pid_t child = fork();
    int status = -1;

    if (child == 0) {
        execve(program, arguments, environment);
        _exit(2);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static int be_caller(void)
{
    struct ssh_session session;
    const pid_t child = fork();
    int status = -1;

    if (child == 0) {
        clearenv();
        _exit(ssh_session_find(&session) && strcmp(session.client, "192.0.2.1") == 0 ? 0 : 1);
    }
    waitpid(child, &status, 0);
    return status == 0 ? 0 : 1;
}

/* As sudo does: the program that the caller ran has the variable, and its child has not. */
static void test_caller(void **state)
{
    (void)state;
    run_myself("caller");
}

static int be_hidden(void)
{
    struct ssh_session session;

    caller_environment_hide();
    return !getenv("SSH_CONNECTION") && ssh_session_find(&session) &&
                   !caller_environment_get("SSH_CONN")
               ? 0
               : 1;
}

static void test_hidden_environment(void **state)
{
    (void)state;
    run_myself("hidden");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_caller),
        cmocka_unit_test(test_hidden_environment),
    };

    if (argc == 2 && strcmp(argv[1], "caller") == 0)
        return be_caller();
    if (argc == 2 && strcmp(argv[1], "hidden") == 0)
        return be_hidden();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
