/*
 * Suspended privileges: files are opened with the rights that are left in the sandbox, and then
 * everything is as before. Each case runs in a child process, most of them only when root runs the
 * test.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "privilege.h"

enum {
    NOBODY = 65534,
    ANOTHER = 65533,
    ALL_SETS = 5, /* CapInh, CapPrm, CapEff, CapBnd, CapAmb in /proc/self/status */
    DONE = 100,   /* exit status of a child in which nothing failed */
};

struct sets {
    uint64_t set[ALL_SETS];
};

enum {
    PERMITTED = 1, /* places in struct sets */
    EFFECTIVE = 2,
};

static struct sets read_sets(void)
{
    FILE *status = fopen("/proc/self/status", "r");
    struct sets sets = {{0}};
    size_t found = 0;
    char line[256];

    assert_non_null(status);
    while (fgets(line, sizeof line, status))
        if (strncmp(line, "Cap", 3) == 0 && found < ALL_SETS)
            sets.set[found++] = strtoull(strchr(line, ':') + 1, NULL, 16);
    fclose(status);
    assert_int_equal(found, ALL_SETS);
    return sets;
}

static void remain_root(void)
{
}

/* With CAP_NET_RAW permitted and effective, as a program has it from its file. */
static void become_a_user_with_a_capability(void)
{
    static const cap_value_t capability = CAP_NET_RAW;
    cap_t sets = cap_init();

    assert_int_equal(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), 0);
    assert_int_equal(setresuid(NOBODY, NOBODY, NOBODY), 0);
    cap_set_flag(sets, CAP_PERMITTED, 1, &capability, CAP_SET);
    cap_set_flag(sets, CAP_EFFECTIVE, 1, &capability, CAP_SET);
    cap_set_flag(sets, CAP_INHERITABLE, 1, &capability, CAP_SET);
    assert_int_equal(cap_set_proc(sets), 0);
    cap_free(sets);
}

static void become_a_user_with_an_ambient_capability(void)
{
    become_a_user_with_a_capability();
    assert_int_equal(cap_set_ambient(CAP_NET_RAW, CAP_SET), 0);
}

static void become_an_ordinary_user(void)
{
    if (geteuid() == 0)
        assert_int_equal(setresuid(NOBODY, NOBODY, NOBODY), 0);
}

/* Whether a file can be made there: root can everywhere, but for its capabilities. */
static bool can_create(const char *folder)
{
    char path[64];
    int descriptor;

    snprintf(path, sizeof path, "%s/file", folder);
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (descriptor < 0)
        return false;
    close(descriptor);
    unlink(path);
    return true;
}

static const struct user {
    const char *name;
    void (*become)(void);
    bool needs_root;
    bool has_capabilities;
    bool creates_anywhere;
} users[] = {
    {"root", remain_root, true, true, true},
    {"capability", become_a_user_with_a_capability, true, true, false},
    {"ambient capability", become_a_user_with_an_ambient_capability, true, true, false},
    {"ordinary user", become_an_ordinary_user, false, false, false},
};

static void check_user(const struct user *user, const char *folder)
{
    struct failure failure = {""};
    struct sets before;
    struct sets suspended;
    struct sets after;

    user->become();
    before = read_sets();
    row_equal(user->name, before.set[EFFECTIVE] != 0, user->has_capabilities);
    row_equal(user->name, can_create(folder), user->creates_anywhere);
    row_true(user->name, privilege_suspend(&failure));
    suspended = read_sets();
    row_equal(user->name, suspended.set[EFFECTIVE], 0);
    suspended.set[EFFECTIVE] = before.set[EFFECTIVE];
    row_true(user->name, memcmp(&suspended, &before, sizeof before) == 0);
    row_true(user->name, !can_create(folder) && errno == EACCES);
    privilege_resume();
    privilege_resume(); /* nothing happens */
    after = read_sets();
    row_true(user->name, memcmp(&after, &before, sizeof before) == 0);
    row_equal(user->name, can_create(folder), user->creates_anywhere);
}

/* Ends with another exit status when an assertion failed: cmocka then goes on in the child. */
static bool is_done(pid_t child)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == DONE;
}

/* A folder in which only its owner may create files, and who that is not. */
static void make_foreign_folder(char *path)
{
    assert_non_null(mkdtemp(path));
    assert_int_equal(geteuid() == 0 ? chown(path, ANOTHER, ANOTHER) : chmod(path, 0500), 0);
}

static void test_suspend(void **state)
{
    char folder[] = "/tmp/ipmon-test-XXXXXX";

    (void)state;
    make_foreign_folder(folder);
    for (size_t i = 0; i < ROWS(users); i++) {
        pid_t child;

        if (users[i].needs_root && geteuid() != 0)
            continue;
        child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            check_user(&users[i], folder);
            _exit(DONE);
        }
        row_true(users[i].name, is_done(child));
    }
    rmdir(folder);
}

/* Then nothing has changed, and privilege_resume changes nothing. */
static void test_dropped_for_good(void **state)
{
    pid_t child = fork();

    (void)state;
    assert_true(child >= 0);
    if (child == 0) {
        struct failure failure = {""};
        struct sets sets;

        assert_true(privilege_suspend(&failure));
        privilege_resume();
        assert_true(privilege_drop(&failure));
        privilege_resume();
        sets = read_sets();
        assert_int_equal(sets.set[EFFECTIVE], 0);
        assert_int_equal(sets.set[PERMITTED], 0);
        _exit(DONE);
    }
    assert_true(is_done(child));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_suspend),
        cmocka_unit_test(test_dropped_for_good),
    };

    return cmocka_run_group_tests_name("privilege", tests, NULL, NULL);
}
