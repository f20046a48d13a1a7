/*
 * Tests of the line that says why a command on another machine failed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include "remote_fault.h"

static void test_faults(void **state)
{
    static const struct {
        const char *said;
        int status;
        const char *begin; /* of the text */
        const char *part;
    } rows[] = {
        {"ssh: Could not resolve hostname web1: Name or service not known\r\n", 255,
         "error 11001: web1: ssh: Could not resolve hostname web1: ", "not known"},
        {"alice@web1: Permission denied (publickey).\r\n", 255,
         "error 10013: web1: alice@web1: Permission denied (publickey).; ", "ssh-copy-id"},
        {"No ED25519 host key is known for web1 and you have requested strict checking.\r\n"
         "Host key verification failed.\r\n",
         255, "error 10013: web1: Host key verification failed.; ", "fingerprint"},
        {"@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n@@@@\n"
         "Host key verification failed.\r\n",
         255, "error 10013: web1: @    WARNING: REMOTE HOST IDENTIFICATION", "ssh-keygen -R"},
        {"ssh: connect to host web1 port 22: Connection refused\r\n", 255,
         "error 10061: web1: ssh: connect", "server for ssh"},
        {"ssh: connect to host web1 port 22: Connection timed out\r\n", 255,
         "error 10060: web1: ssh: connect", "firewall"},
        {"bash: line 1: ipmon: command not found\n", 127,
         "error 10022: web1: bash: line 1: ipmon: command not found; ", "--remote-command"},
        {"sh: 1: ipmon: not found\n", 127, "error 10022: web1: sh: 1: ipmon: not found; ",
         "install ipmon"},
        {"fish: Unknown command: ipmon\n", 127, "error 10022: web1: fish: Unknown", "install"},
        {"sudo: a password is required\n", 1, "error 10013: web1: sudo: a password", "NOPASSWD"},
        {"motd\nipmon: error 10013: no permission to capture\n", 1,
         "error 10022: web1: ipmon: error 10013: no permission to capture", "(EIO)"},
        {"ipmon: error 10022: unknown option '--new' (EINVAL)\n", 1,
         "error 10045: web1: ipmon: error 10022: unknown option", "too old"},
        {"first\r\n\r\nsecond\n", 3, "error 10022: web1: first / second", "(EIO)"},
        {"", 3, "error 10022: web1: ssh ended with status 3", "no reason"},
        {"", -1, "error 10022: web1: ssh ended and gave no reason", "(EIO)"},
        {"", 127, "error 10022: web1: there is no such command; ", "install"},
        {"\033[31mred\a\n", 1, "error 10022: web1: ?[31mred?", "(EIO)"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct failure failure = {""};

        row_true(rows[i].said, !remote_fault_set(&failure, "web1", rows[i].said, rows[i].status));
        row_equal(failure.text, strncmp(failure.text, rows[i].begin, strlen(rows[i].begin)), 0);
        row_contains(rows[i].said, failure.text, rows[i].part);
        row_true(rows[i].said, !strpbrk(failure.text, "\r\n"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
