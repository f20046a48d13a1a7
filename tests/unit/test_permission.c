/*
 * Advice for every combination of facts: setcap where it helps and nowhere else; and the facts of
 * this very process.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "failure.h"
#include "permission.h"

enum {
    FOREIGN_NETWORK = 1 << 0,
    HELD = 1 << 1,
    BOUNDED_OUT = 1 << 2,
    NO_NEW_PRIVS = 1 << 3,
    NOSUID = 1 << 4,
    FILE_HAS = 1 << 5,
    COMBINATIONS = 1 << 6,
};

static struct permission_facts facts_of(unsigned bits)
{
    return (struct permission_facts){
        .foreign_network = bits & FOREIGN_NETWORK,
        .held = bits & HELD,
        .bounded_out = bits & BOUNDED_OUT,
        .no_new_privs = bits & NO_NEW_PRIVS,
        .nosuid = bits & NOSUID,
        .file_has = bits & FILE_HAS,
        .program = "/usr/local/bin/ipmon",
    };
}

static void test_every_combination(void **state)
{
    /* The advice is the one of the first row whose fact holds. */
    static const struct {
        unsigned fact;
        const char *advice;
    } rows[] = {
        {FOREIGN_NETWORK, "another user namespace"},
        {HELD, "although ipmon has CAP_NET_RAW"},
        {BOUNDED_OUT, "docker run --cap-add NET_RAW"},
        {NO_NEW_PRIVS, "no_new_privs is set"},
        {NOSUID, "/usr/local/bin/ipmon is mounted nosuid"},
        {FILE_HAS, "/usr/local/bin/ipmon has the capability cap_net_raw"},
    };

    (void)state;
    for (unsigned bits = 0; bits < COMBINATIONS; bits++) {
        const struct permission_facts facts = facts_of(bits);
        const char *advice = "; run: sudo setcap cap_net_raw=ep /usr/local/bin/ipmon";
        char text[PERMISSION_ADVICE_SIZE];

        for (size_t i = ROWS(rows); i-- > 0;)
            if (bits & rows[i].fact)
                advice = rows[i].advice;
        permission_advise(&facts, text, sizeof text);
        row_contains(advice, text, advice);
        row_equal(advice, strncmp(text, "no permission to capture", 24), 0);
        row_equal(advice, strstr(text, "setcap") != NULL, bits == 0);
        row_true(advice, strchr(text, '\n') == NULL && strlen(text) < sizeof text - 1);
    }
}

/* The longest path leaves space for the advice, within the line of a failure. */
static void test_long_path(void **state)
{
    struct permission_facts facts = facts_of(NOSUID);
    struct failure failure = {""};
    char text[PERMISSION_ADVICE_SIZE];

    (void)state;
    memset(facts.program, 'x', sizeof facts.program - 1);
    permission_advise(&facts, text, sizeof text);
    failure_set_errno(&failure, 1, "%s", text);
    assert_non_null(strstr(failure.text, "/usr/local/bin (EPERM)"));
}

static void test_facts_of_this_process(void **state)
{
    struct permission_facts facts;
    char path[PERMISSION_PROGRAM_SIZE] = "";

    (void)state;
    assert_true(readlink("/proc/self/exe", path, sizeof path - 1) > 0);
    permission_read(&facts);
    assert_string_equal(facts.program, path);
    assert_false(facts.file_has);
    assert_int_equal(facts.no_new_privs, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
}

static void test_no_new_privs_is_seen(void **state)
{
    struct permission_facts facts;
    int status;
    pid_t child = fork();

    (void)state;
    assert_true(child >= 0);
    if (child == 0) {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        permission_read(&facts);
        _exit(facts.no_new_privs ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_combination),
        cmocka_unit_test(test_long_path),
        cmocka_unit_test(test_facts_of_this_process),
        cmocka_unit_test(test_no_new_privs_is_seen),
    };

    return cmocka_run_group_tests_name("permission", tests, NULL, NULL);
}
