/*
 * Tests of the command line for the shell of another machine, also with shells of this one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "remote_command.h"

static void test_text(void **state)
{
    static const struct {
        const char *program;
        const char *argument;
        const char *line;
    } rows[] = {
        {NULL, "-D", "'ipmon' '-D'"},
        {"", "-D", "'ipmon' '-D'"},
        {"  ", "-D", "'ipmon' '-D'"},
        {"sudo -n ipmon", "", "'sudo' '-n' 'ipmon' ''"},
        {" /opt/ipmon ", "a b", "'/opt/ipmon' 'a b'"},
        {"~/bin/ipmon", "~/x", "~/'bin/ipmon' '~/x'"},
        {"~/", "x", "'~/' 'x'"},
        {"ipmon; reboot", "x", "'ipmon;' 'reboot' 'x'"},
        {"a'b", "it's", "'a'\\''b' 'it'\\''s'"},
        {"a", "\\'", "'a' ''\\\\''\\'''"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const char *const arguments[] = {rows[i].argument, NULL};
        char *line = remote_command_make(rows[i].program, arguments);

        row_text(rows[i].line, line, rows[i].line);
        free(line);
    }
}

/* What a shell makes of a line: its words, each in angle brackets. */
static void run(char *words, size_t size, const char *shell, const char *line)
{
    int ends[2];
    ssize_t length;
    size_t used = 0;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execlp(shell, shell, "-c", line, (char *)NULL);
        _exit(126);
    }
    close(ends[1]);
    while ((length = read(ends[0], words + used, size - 1 - used)) > 0)
        used += (size_t)length;
    words[used] = '\0';
    close(ends[0]);
    waitpid(child, NULL, 0);
}

static void test_shells(void **state)
{
    static const char *const shells[] = {"sh", "bash", "dash", "fish", "tcsh", "zsh"};
    static const char *const arguments[] = {
        "udp port 53 and (host 192.0.2.1 or host 192.0.2.2)",
        "$HOME `id` $(id) ${x}",
        "'; echo broken; '",
        "\\",
        "\\'",
        "it's \"quoted\"",
        "a & b | c > /dev/null < d; e",
        "* ? [a-z] {a,b} ~ # !",
        "",
        NULL,
    };
    char expected[512] = "";
    char *line = remote_command_make("printf <%s>", arguments);
    size_t used = 0;

    (void)state;
    for (size_t i = 0; arguments[i]; i++)
        used += (size_t)snprintf(expected + used, sizeof expected - used, "<%s>", arguments[i]);
    for (size_t i = 0; i < ROWS(shells); i++) {
        char words[512];

        run(words, sizeof words, shells[i], line);
        if (i == 0 || words[0] != '\0') /* of the others those that are installed */
            row_text(shells[i], words, expected);
    }
    free(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_shells),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
