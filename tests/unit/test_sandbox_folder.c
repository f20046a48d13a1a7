/*
 * The files of a recorder: what can be done in its folder and elsewhere by a child process in the
 * sandbox, with Landlock alone, and in the sandbox of a kernel without Landlock. Each attempt is
 * made outside first, so that a refusal is that of the sandbox.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "sandbox_folder.h"

#include "landlock.h"

enum {
    VIOLATION = -1, /* of the filter: REFUSED, or SIGSYS */
    ABI_OF_TRUNCATE = 3,
    ROTATIONS = 20,
};

/* Each returns a negative number with errno when it did not work. */

static long create(const struct place *place)
{
    return openat(place->folder, "new", NEW_FILE, 0600);
}

static long create_in_a_folder_of_the_folder(const struct place *place)
{
    return openat(place->folder, "sub/new", NEW_FILE, 0600);
}

static long remove_a_file(const struct place *place)
{
    return unlinkat(place->folder, "old", 0);
}

static long plug(const struct place *place)
{
    return openat(place->folder, ".", SANDBOX_PLUG);
}

static long create_what_exists(const struct place *place)
{
    return openat(place->folder, "old", NEW_FILE, 0600);
}

static long create_by_a_link(const struct place *place)
{
    return openat(place->folder, "dangling", NEW_FILE, 0600);
}

static long open_to_write(const struct place *place)
{
    return openat(place->folder, "old", O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
}

static long create_or_cut(const struct place *place)
{
    return openat(place->folder, "old", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

static long create_or_open(const struct place *place)
{
    return openat(place->folder, "new", NEW_FILE & ~O_EXCL, 0600);
}

static long create_for_others(const struct place *place)
{
    return openat(place->folder, "new", NEW_FILE, 0644);
}

static long create_to_read(const struct place *place)
{
    return openat(place->folder, "new", (NEW_FILE & ~O_WRONLY) | O_RDWR, 0600);
}

static long open_to_read(const struct place *place)
{
    return openat(place->folder, "old", O_RDONLY | O_CLOEXEC);
}

static long list_the_folder(const struct place *place)
{
    return openat(place->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static long create_at_a_path(const struct place *place)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof path, "%s/outside/new", place->top);
    return openat(place->folder, path, NEW_FILE, 0600);
}

static long create_above(const struct place *place)
{
    return openat(place->folder, "../outside/new", NEW_FILE, 0600);
}

static long create_through_a_link(const struct place *place)
{
    return openat(place->folder, "away/new", NEW_FILE, 0600);
}

static long create_in_another_folder(const struct place *place)
{
    return openat(place->outside, "new", NEW_FILE, 0600);
}

static long create_in_the_working_directory(const struct place *place)
{
    (void)place;
    return openat(AT_FDCWD, "new", NEW_FILE, 0600);
}

static long remove_at_a_path(const struct place *place)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof path, "%s/outside/victim", place->top);
    return unlinkat(place->folder, path, 0);
}

static long remove_above(const struct place *place)
{
    return unlinkat(place->folder, "../outside/victim", 0);
}

static long remove_through_a_link(const struct place *place)
{
    return unlinkat(place->folder, "away/victim", 0);
}

static long remove_in_another_folder(const struct place *place)
{
    return unlinkat(place->outside, "victim", 0);
}

static long remove_by_unlink(const struct place *place)
{
    (void)place;
    return unlink("outside/victim");
}

static long remove_a_folder(const struct place *place)
{
    return unlinkat(place->folder, "sub", AT_REMOVEDIR);
}

static long rename_inside(const struct place *place)
{
    return renameat(place->folder, "old", place->folder, "new");
}

static long rename_out(const struct place *place)
{
    return renameat(place->folder, "old", place->outside, "new");
}

static long rename_in(const struct place *place)
{
    return renameat(place->outside, "victim", place->folder, "new");
}

static long rename_outside(const struct place *place)
{
    return renameat(place->outside, "victim", place->outside, "new");
}

static long make_a_folder(const struct place *place)
{
    return mkdirat(place->folder, "new", 0700);
}

static long make_a_fifo(const struct place *place)
{
    return mkfifoat(place->folder, "new", 0600);
}

static long make_a_symbolic_link(const struct place *place)
{
    return symlinkat("/etc", place->folder, "new");
}

static long make_a_link(const struct place *place)
{
    return linkat(place->folder, "old", place->folder, "new", 0);
}

static long make_a_link_to_another_folder(const struct place *place)
{
    return linkat(place->outside, "victim", place->folder, "new", 0);
}

static long change_the_mode(const struct place *place)
{
    return fchmodat(place->folder, "old", 0666, 0);
}

static long truncate_by_path(const struct place *place)
{
    (void)place;
    return truncate("folder/old", 0);
}

static long truncate_outside(const struct place *place)
{
    (void)place;
    return truncate("outside/victim", 0);
}

/* Its descriptor is the lowest that is free, which is none of the ring's. */
static long write_by_another_descriptor(const struct place *place)
{
    int descriptor = openat(place->folder, "new", NEW_FILE, 0600);

    return descriptor < 0 ? -1 : write(descriptor, "x", 1);
}

static long truncate_by_another_descriptor(const struct place *place)
{
    int descriptor = openat(place->folder, "new", NEW_FILE, 0600);

    return descriptor < 0 ? -1 : ftruncate(descriptor, 0);
}

/* Results: DONE, VIOLATION, or an errno. */
static const struct folder_attempt {
    const char *name;
    long (*attempt)(const struct place *place);
    int outside; /* of the sandbox */
    int inside;
    int by_landlock; /* Landlock alone */
    int by_filter;   /* inside, without Landlock */
    bool reads;      /* which is no violation for libpcap */
} attempts[] = {
    /* what a recorder does */
    {"create", create, DONE, DONE, DONE, DONE, false},
    {"create in a folder of the folder", create_in_a_folder_of_the_folder, DONE, DONE, DONE, DONE,
     false},
    {"remove", remove_a_file, DONE, DONE, DONE, DONE, false},
    {"plug", plug, DONE, DONE, DONE, DONE, false},
    /* existing files */
    {"create what exists", create_what_exists, EEXIST, EEXIST, EEXIST, EEXIST, false},
    {"create by a link", create_by_a_link, EEXIST, EEXIST, EEXIST, EEXIST, false},
    {"open to write", open_to_write, DONE, VIOLATION, DONE, VIOLATION, false},
    {"create or cut", create_or_cut, DONE, VIOLATION, DONE, VIOLATION, false},
    {"create or open", create_or_open, DONE, VIOLATION, DONE, VIOLATION, false},
    {"create for others", create_for_others, DONE, VIOLATION, DONE, VIOLATION, false},
    {"create to read", create_to_read, DONE, VIOLATION, EACCES, VIOLATION, false},
    {"open to read", open_to_read, DONE, VIOLATION, EACCES, VIOLATION, true},
    {"list the folder", list_the_folder, DONE, VIOLATION, EACCES, VIOLATION, true},
    {"truncate by path", truncate_by_path, DONE, VIOLATION, DONE, VIOLATION, false},
    /* outside: paths are seen by Landlock, descriptors by both */
    {"create at a path", create_at_a_path, DONE, EACCES, EACCES, DONE, false},
    {"create above", create_above, DONE, EACCES, EACCES, DONE, false},
    {"create through a link", create_through_a_link, DONE, EACCES, EACCES, DONE, false},
    {"create in another folder", create_in_another_folder, DONE, VIOLATION, EACCES, VIOLATION,
     false},
    {"create in the working directory", create_in_the_working_directory, DONE, VIOLATION, EACCES,
     VIOLATION, false},
    {"remove at a path", remove_at_a_path, DONE, EACCES, EACCES, DONE, false},
    {"remove above", remove_above, DONE, EACCES, EACCES, DONE, false},
    {"remove through a link", remove_through_a_link, DONE, EACCES, EACCES, DONE, false},
    {"remove in another folder", remove_in_another_folder, DONE, VIOLATION, EACCES, VIOLATION,
     false},
    {"remove by unlink", remove_by_unlink, DONE, VIOLATION, EACCES, VIOLATION, false},
    {"truncate outside", truncate_outside, DONE, VIOLATION, EACCES, VIOLATION, false},
    /* other calls */
    {"remove a folder", remove_a_folder, DONE, VIOLATION, EACCES, VIOLATION, false},
    {"rename inside", rename_inside, DONE, VIOLATION, DONE, VIOLATION, false},
    {"rename out", rename_out, DONE, VIOLATION, EACCES, VIOLATION, false},
    {"rename in", rename_in, DONE, VIOLATION, EACCES, VIOLATION, false},
    {"rename outside", rename_outside, DONE, VIOLATION, EACCES, VIOLATION, false},
    {"make a folder", make_a_folder, DONE, VIOLATION, EACCES, VIOLATION, false},
    {"make a fifo", make_a_fifo, DONE, VIOLATION, EACCES, VIOLATION, false},
    {"make a symbolic link", make_a_symbolic_link, DONE, VIOLATION, EACCES, VIOLATION, false},
    {"make a link", make_a_link, DONE, VIOLATION, DONE, VIOLATION, false},
    {"make a link to another folder", make_a_link_to_another_folder, DONE, VIOLATION, EXDEV,
     VIOLATION, false},
    {"change the mode", change_the_mode, DONE, VIOLATION, DONE, VIOLATION, false},
    {"write by another descriptor", write_by_another_descriptor, DONE, VIOLATION, DONE, VIOLATION,
     false},
    {"truncate by another descriptor", truncate_by_another_descriptor, DONE, VIOLATION, DONE,
     VIOLATION, false},
};

/* How a child is confined: one of these. */
static const struct prison no_prison;
static const struct prison landlock_prison;

static bool confine_to(const struct place *place, const struct prison *prison,
                       const struct answer *answer)
{
    struct failure failure = {""};

    if (answer && !arrange(answer))
        return false;
    if (prison == &no_prison)
        return true;
    if (prison == &landlock_prison)
        return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
               landlock_limit_files(place->folder, &failure);
    return enter_folder(place, prison, &failure);
}

static int exit_of(long result)
{
    int last;

    if (result >= 0)
        return DONE;
    if (errno != EPERM)
        return errno;
    return sandbox_refused(&last) > 0 ? REFUSED : NOT_COUNTED;
}

static int outcome_in(const struct folder_attempt *attempt, const struct prison *prison,
                      const struct answer *answer)
{
    const struct place place = make_place();
    pid_t child = fork();
    int outcome;

    assert_true(child >= 0);
    if (child == 0) {
        if (chdir(place.top) != 0 || !confine_to(&place, prison, answer))
            _exit(NOT_ENTERED);
        _exit(exit_of(attempt->attempt(&place)));
    }
    outcome = end_of(child);
    leave_place(&place);
    return outcome;
}

static int expected_in(const struct folder_attempt *attempt, int result,
                       const struct prison *prison)
{
    if (result != VIOLATION)
        return result;
    if (attempt->reads && (prison->kind & BY_LIBPCAP))
        return NOT_COUNTED;
    return prison->violation == SANDBOX_KILL ? -SIGSYS : REFUSED;
}

static const enum sandbox_violation violations[] = {SANDBOX_REFUSE, SANDBOX_KILL};

static void check_inside(const struct folder_attempt *attempt, int result,
                         const struct answer *answer)
{
    for (size_t i = 0; i < ROWS(violations); i++)
        for (unsigned kind = SANDBOX_FILE; kind < KINDS_END; kind <<= 1) {
            const struct prison prison = {violations[i], (enum sandbox_source)kind};

            row_equal(attempt->name, outcome_in(attempt, &prison, answer),
                      expected_in(attempt, result, &prison));
        }
}

static void test_outside(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(attempts); i++)
        row_equal(attempts[i].name, outcome_in(&attempts[i], &no_prison, NULL),
                  attempts[i].outside);
}

static void test_inside(void **state)
{
    (void)state;
    need_landlock();
    for (size_t i = 0; i < ROWS(attempts); i++)
        check_inside(&attempts[i], attempts[i].inside, NULL);
}

static void test_landlock_alone(void **state)
{
    const bool truncates = landlock_abi() < ABI_OF_TRUNCATE;

    (void)state;
    need_landlock();
    for (size_t i = 0; i < ROWS(attempts); i++)
        row_equal(attempts[i].name, outcome_in(&attempts[i], &landlock_prison, NULL),
                  truncates && attempts[i].attempt == truncate_outside ? DONE
                                                                       : attempts[i].by_landlock);
}

static void test_without_landlock(void **state)
{
    static const struct answer answers[] = {
        {SYS_landlock_create_ruleset, ENOSYS},
        {SYS_landlock_create_ruleset, EOPNOTSUPP},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(attempts); i++)
        for (size_t j = 0; j < ROWS(answers); j++)
            check_inside(&attempts[i], attempts[i].by_filter, &answers[j]);
}

/* A folder is granted to recorders alone. */
static void test_no_folder(void **state)
{
    static const struct folder_attempt recording[] = {
        {.name = "create", .attempt = create},
        {.name = "remove", .attempt = remove_a_file},
        {.name = "plug", .attempt = plug},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(recording); i++)
        for (unsigned kind = SANDBOX_FILE; kind < KINDS_END; kind <<= 1) {
            const struct place place = make_place();
            const struct prison prison = {SANDBOX_REFUSE, (enum sandbox_source)kind};
            pid_t child = fork();

            if (child == 0) {
                struct place without = place;
                struct failure failure = {""};

                without.folder = -1;
                if (!enter_folder(&without, &prison, &failure))
                    _exit(NOT_ENTERED);
                _exit(exit_of(recording[i].attempt(&place)));
            }
            row_equal(recording[i].name, end_of(child), REFUSED);
            leave_place(&place);
        }
}

static void name_of(unsigned number, char name[16])
{
    snprintf(name, 16, "ring_%05u", number);
}

/* The next file is open before the last one is closed, and in the end the oldest is removed. */
static const char *rotate(const struct place *place)
{
    char name[16];

    close(place->low);
    close(place->ring[0]);
    close(place->ring[1]);
    if (openat(place->folder, ".", SANDBOX_PLUG) != place->low)
        return "plug";
    for (unsigned i = 0; i < ROTATIONS; i++) {
        const int descriptor = place->ring[i % 2];

        name_of(i, name);
        if (openat(place->folder, name, SANDBOX_NEW_FILE, SANDBOX_NEW_FILE_MODE) != descriptor)
            return "new file";
        if (i > 0 && close(place->ring[(i - 1) % 2]) != 0)
            return "close";
        if (write(descriptor, "three", 5) != 5 || ftruncate(descriptor, 3) != 0)
            return "write";
        name_of(i - 2, name);
        if (i > 1 && unlinkat(place->folder, name, 0) != 0)
            return "removal";
    }
    return NULL;
}

static bool has_file(const struct place *place, unsigned number)
{
    struct stat status;
    char name[16];

    name_of(number, name);
    return fstatat(place->folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_size == 3 &&
           status.st_mode == (S_IFREG | SANDBOX_NEW_FILE_MODE);
}

static void check_rotation(enum sandbox_source kind)
{
    const struct place place = make_place();
    pid_t child = fork();

    if (child == 0) {
        const struct prison prison = {SANDBOX_KILL, kind};
        struct failure failure = {""};
        const char *failed =
            enter_folder(&place, &prison, &failure) ? rotate(&place) : failure.text;

        if (failed)
            fprintf(stderr, "%s does not work\n", failed);
        _exit(failed ? FAILED : DONE);
    }
    assert_int_equal(end_of(child), DONE);
    for (unsigned i = 0; i < ROTATIONS; i++)
        assert_int_equal(has_file(&place, i), i >= ROTATIONS - 2);
    leave_place(&place);
}

static void test_rotation(void **state)
{
    (void)state;
    for (unsigned kind = SANDBOX_FILE; kind < KINDS_END; kind <<= 1)
        check_rotation((enum sandbox_source)kind);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outside),        cmocka_unit_test(test_inside),
        cmocka_unit_test(test_landlock_alone), cmocka_unit_test(test_without_landlock),
        cmocka_unit_test(test_no_folder),      cmocka_unit_test(test_rotation),
    };

    return cmocka_run_group_tests_name("sandbox_folder", tests, NULL, NULL);
}
