/*
 * Tests of the line that says why a command on another machine failed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include "remote_fault.h"

static bool set(struct failure *failure, const char *said, int status, const char *more)
{
    return remote_fault_set(failure, &(struct remote_reason){.host = "web1",
                                                             .destination = "alice@web1",
                                                             .said = said,
                                                             .status = status,
                                                             .more = more});
}

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
         "error 10013: web1: alice@web1: Permission denied (publickey); ", "ssh-copy-id"},
        {"No ED25519 host key is known for web1 and you have requested strict checking.\r\n"
         "Host key verification failed.\r\n",
         255, "error 10013: web1: Host key verification failed; ", "fingerprint"},
        {"@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n@@@@\n"
         "Host key verification failed.\r\n",
         255, "error 10013: web1: WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!; the host",
         "ssh-keygen -R"},
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
         "error 10013: web1: no permission to capture", "capture"},
        {"ipmon: error 10022: unknown option '--new' (EINVAL)\n", 1,
         "error 10045: web1: unknown option '--new'; the ipmon", "too old"},
        {"ipmon: error 1118: 'x' is not a numeric IP address; see 'ipmon --list-addresses'\n", 1,
         "error 1118: web1: 'x' is no interface or address there; see ",
         "see 'ipmon -D --remote-host alice@web1'"},
        {"ipmon: error 1118: 192.0.2.1 is not an address of this machine (EADDRNOTAVAIL); see "
         "'ipmon --list-addresses'\n",
         1, "error 1118: web1: 192.0.2.1 is not an address of that machine",
         "(EADDRNOTAVAIL); see"},
        {"ipmon: error 1: first\njunk: not found\nipmon: error 2: last (EIO)\n", 1,
         "error 2: web1: last (EIO)", ""},
        {"ipmon: error x: odd\n", 1, "error 650: web1: ipmon: error x: odd", ""},
        {"ipmon: error 99999999999999999999: odd\n", 1, "error 650: web1: ipmon: error 9", "odd"},
        {"kex_exchange_identification: read: Connection reset by peer\r\n"
         "Connection reset by 192.0.2.1 port 22\r\n",
         255, "error 10054: web1: kex_exchange_identification: read: ", "MaxStartups"},
        {"first\r\n\r\nsecond\n", 3, "error 650: web1: first / second", ""},
        {"", 3, "error 650: web1: ssh ended with status 3", "no reason"},
        {"", 0, "error 650: web1: the command there printed nothing", ""},
        {"", -1, "error 650: web1: ssh ended and gave no reason", ""},
        {"Connection to 192.0.2.1 closed by remote host.\r\n", 255,
         "error 10054: web1: Connection to 192.0.2.1 closed by remote host (ECONNRESET)", ""},
        {"", 127, "error 10022: web1: there is no such command; ", "install"},
        {"\033[31mred\a\n", 1, "error 650: web1: ?[31mred?", ""},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct failure failure = {""};

        row_true(rows[i].said, !set(&failure, rows[i].said, rows[i].status, ""));
        row_equal(failure.text, strncmp(failure.text, rows[i].begin, strlen(rows[i].begin)), 0);
        row_contains(rows[i].said, failure.text, rows[i].part);
        row_true(rows[i].said, !strpbrk(failure.text, "\r\n"));
    }
}

/* What is added stands in front of the errno's name, wherever the text comes from. */
static void test_more(void **state)
{
    static const struct {
        const char *said;
        const char *text;
    } rows[] = {
        {"ipmon: error 10050: eth1 was deleted (ENODEV)\n",
         "error 10050: web1: eth1 was deleted; more (ENODEV)"},
        {"ipmon: error 1118: none\n", "error 1118: web1: none; more"},
        {"Connection closed by 192.0.2.1\n",
         "error 10054: web1: Connection closed by 192.0.2.1; more (ECONNRESET)"},
        {"other\n", "error 650: web1: other; more"},
        {"", "error 650: web1: ssh ended and gave no reason; more"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct failure failure = {""};

        set(&failure, rows[i].said, -1, "; more");
        row_text(rows[i].said, failure.text, rows[i].text);
    }
}

/* What another connection would meet as well; not what is about the login or the command. */
static void test_faults_of_the_host(void **state)
{
    static const char *const of_host[] = {
        "ssh: Could not resolve hostname web1: Name or service not known\n",
        "ssh: connect to host web1 port 22: Connection refused\n",
        "ssh: connect to host web1 port 22: No route to host\n",
        "ssh: connect to host web1 port 22: Connection timed out\n",
    };
    static const char *const others[] = {
        "",
        "Permission denied (publickey).\n",
        "kex_exchange_identification: read: Connection reset by peer\n",
        "sh: 1: ipmon: not found\n",
        "junk\n",
    };

    (void)state;
    for (size_t i = 0; i < ROWS(of_host); i++)
        row_true(of_host[i], remote_fault_is_of_host(of_host[i]));
    for (size_t i = 0; i < ROWS(others); i++)
        row_true(others[i], !remote_fault_is_of_host(others[i]));
}

/* Of many lines, or of one that is too long, as many as there is room for: the last ones. */
static void test_many_lines(void **state)
{
    char said[2048] = "";
    struct failure failure = {""};
    struct failure of_one = {""};

    (void)state;
    for (int i = 0; i < 90; i++)
        strcat(said, "junk of a shell\n");
    set(&failure, strcat(said, "\nthe reason\n"), 1, "");
    row_contains("end", failure.text, "junk of a shell / the reason");
    assert_true(strlen(failure.text) > 300 && strlen(failure.text) < 500);
    assert_true(strncmp(failure.text, "error 650: web1: junk of a shell / junk", 39) == 0);
    memset(said, 'x', sizeof said - 1);
    memcpy(said + sizeof said - 5, "\r\n\r\n", 4);
    set(&of_one, said, 1, "");
    row_contains("one", of_one.text, "web1: xxxxx");
    assert_true(strlen(of_one.text) > 300 && strlen(of_one.text) < 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_more),
        cmocka_unit_test(test_faults_of_the_host),
        cmocka_unit_test(test_many_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
