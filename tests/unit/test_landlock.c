/*
 * Landlock where it is missing or fails: what is logged, and what the failure is. What it refuses
 * is in test_sandbox_folder.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "sandbox_folder.h"

#include "log.h"

/* Of a child; a listener has no other place. */
static unsigned warnings;
static char warning[FAILURE_TEXT_SIZE];

static void ignore_line(void *context, enum log_level level, const char *line)
{
    (void)context;
    (void)line;
    warnings += level == IPMON_LOG_WARNING;
}

static void note_status(void *context, const char *text)
{
    (void)context;
    snprintf(warning, sizeof warning, "%s", text);
}

static const struct log_listener listener = {.line = ignore_line, .status = note_status};

/* What is logged when the sandbox is entered; returns what is wrong with it. */
static const char *wrong_warning(const char *expected)
{
    if (warnings != (expected ? 1 : 0))
        return "number of warnings";
    return expected && (!strstr(warning, expected) || !strstr(warning, "Landlock"))
               ? "text of the warning"
               : NULL;
}

static void check_warning(const struct answer *answer, const char *expected)
{
    const struct place place = make_place();
    const struct prison prison = {SANDBOX_KILL, SANDBOX_PACKET_SOCKET};
    pid_t child = fork();

    if (child == 0) {
        struct failure failure = {""};
        const char *wrong;

        if (answer && !arrange(answer))
            _exit(NOT_ENTERED);
        if (!log_open(NULL, IPMON_LOG_DEBUG, &failure))
            _exit(NOT_ENTERED);
        log_listen(&listener);
        wrong = enter_folder(&place, &prison, &failure) ? wrong_warning(expected) : failure.text;
        if (wrong)
            fprintf(stderr, "%s: %s\n", wrong, warning);
        _exit(wrong ? FAILED : DONE);
    }
    row_equal(expected ? expected : "no warning", end_of(child), DONE);
    leave_place(&place);
}

static void test_warning(void **state)
{
    static const int errors[] = {ENOSYS, EOPNOTSUPP, EPERM};

    (void)state;
    for (size_t i = 0; i < ROWS(errors); i++)
        check_warning(&(const struct answer){SYS_landlock_create_ruleset, errors[i]},
                      strerror(errors[i]));
    if (landlock_abi() >= 0)
        check_warning(NULL, NULL);
}

/* Where there is Landlock, a recorder does not work without. */
static void test_failures(void **state)
{
    static const struct answer answers[] = {
        {SYS_landlock_create_ruleset, EINVAL},
        {SYS_landlock_add_rule, EBADFD},
        {SYS_landlock_restrict_self, E2BIG},
    };
    const struct prison prison = {SANDBOX_KILL, SANDBOX_PACKET_SOCKET};

    (void)state;
    need_landlock();
    for (size_t i = 0; i < ROWS(answers); i++) {
        const struct place place = make_place();
        pid_t child = fork();

        if (child == 0) {
            struct failure failure = {""};
            bool entered = arrange(&answers[i]) && enter_folder(&place, &prison, &failure);

            _exit(!entered && strstr(failure.text, "Landlock") ? DONE : FAILED);
        }
        row_equal(strerror(answers[i].error), end_of(child), DONE);
        leave_place(&place);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_warning),
        cmocka_unit_test(test_failures),
    };

    return cmocka_run_group_tests_name("landlock", tests, NULL, NULL);
}
