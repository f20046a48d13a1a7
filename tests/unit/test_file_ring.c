/*
 * Ring files in a folder of their own: names, numbers, which files are kept, which descriptor
 * numbers they get, and paths that are refused.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "file_ring.h"

enum {
    OPEN_FOLDERS = 8,
    DATE_LENGTH = sizeof "20261126110500" - 1,
    OLD_FILE = 0600,
};

/* The folder that a test works in. */
static char top[] = "/tmp/ipmon-test-XXXXXX";
static struct file_ring ring;
static struct failure failure;

static int make_top(void **state)
{
    (void)state;
    memcpy(top + sizeof top - sizeof "XXXXXX", "XXXXXX", sizeof "XXXXXX");
    failure = (struct failure){""};
    ring = (struct file_ring){.folder = -1, .current = -1, .before = -1, .spare = -1};
    return mkdtemp(top) ? 0 : -1;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static int remove_top(void **state)
{
    (void)state;
    file_ring_close(&ring);
    return nftw(top, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT ? 0
                                                                                               : -1;
}

static const char *in_top(const char *name)
{
    static char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", top, name);
    return path;
}

static bool open_ring(const char *name, uint32_t kept)
{
    static char path[PATH_MAX];

    snprintf(path, sizeof path, "%s", in_top(name));
    return file_ring_open(&ring, path, "-w", kept, &failure);
}

static bool exists(const char *name)
{
    struct stat status;

    return fstatat(ring.folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

static unsigned count_files(void)
{
    DIR *folder = opendir(top);
    unsigned files = 0;

    assert_non_null(folder);
    for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
        files += entry->d_name[0] != '.';
    closedir(folder);
    return files;
}

static void next(void)
{
    assert_true(file_ring_next(&ring));
    assert_int_equal(file_ring_trim(&ring), 0);
    file_ring_close_before(&ring);
}

/* NAME_00001_DATE.suffix, of which the date is 14 digits. */
static void check_name(const char *row, const char *name, const char *start, const char *suffix)
{
    const char *date = name + strlen(start);

    row_equal(row, strncmp(name, start, strlen(start)), 0);
    row_equal(row, strspn(date, "0123456789"), DATE_LENGTH);
    row_text(row, date + DATE_LENGTH, suffix);
}

static void test_names(void **state)
{
    static const struct {
        const char *name;
        const char *start;
        const char *suffix;
    } rows[] = {
        {"record.pcapng", "record_00001_", ".pcapng"},
        {"record", "record_00001_", ""},
        {"record.", "record_00001_", "."},
        {"a.b.pcapng", "a.b_00001_", ".pcapng"},
        {".hidden", ".hidden_00001_", ""},
        {".hidden.pcapng", ".hidden_00001_", ".pcapng"},
        {"two words.pcapng", "two words_00001_", ".pcapng"},
        {"100%s%n.pc%05dap", "100%s%n_00001_", ".pc%05dap"},
        {"it's \"quoted\".pcapng", "it's \"quoted\"_00001_", ".pcapng"},
        {"new\nline.pcapng", "new\nline_00001_", ".pcapng"},
        {"\xff\xfe.pcapng", "\xff\xfe_00001_", ".pcapng"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        row_true(rows[i].name, open_ring(rows[i].name, 0));
        check_name(rows[i].name, ring.name, rows[i].start, rows[i].suffix);
        row_true(rows[i].name, exists(ring.name));
        file_ring_close(&ring);
    }
    assert_int_equal(count_files(), ROWS(rows) - 2); /* two begin with a dot */
}

/* In the time zone of the machine, as dumpcap's. */
static void test_date(void **state)
{
    char before[DATE_LENGTH + 1];
    char after[DATE_LENGTH + 1];
    const char *date;
    time_t now = time(NULL);

    (void)state;
    strftime(before, sizeof before, "%Y%m%d%H%M%S", localtime(&now));
    assert_true(open_ring("record", 0));
    now = time(NULL);
    strftime(after, sizeof after, "%Y%m%d%H%M%S", localtime(&now));
    date = ring.name + strlen("record_00001_");
    assert_true(strcmp(before, date) <= 0 && strcmp(date, after) <= 0);
}

static void test_mode(void **state)
{
    struct stat status;

    (void)state;
    assert_true(open_ring("record", 0));
    assert_int_equal(fstat(ring.current, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(fcntl(ring.current, F_GETFD), FD_CLOEXEC);
}

static void test_numbers_wrap(void **state)
{
    (void)state;
    assert_true(open_ring("record.pcapng", 2));
    ring.number = FILE_RING_NUMBERS - 3;
    next();
    check_name("last but one", ring.name, "record_99998_", ".pcapng");
    next();
    check_name("last", ring.name, "record_99999_", ".pcapng");
    next();
    check_name("wrapped", ring.name, "record_00000_", ".pcapng");
    next();
    check_name("first", ring.name, "record_00001_", ".pcapng");
    assert_int_equal(count_files(), 2);
}

/* Names of this second and of the following ones, as another recorder on the same path has them. */
static void occupy(unsigned number)
{
    for (time_t second = time(NULL), end = second + 60; second < end; second++) {
        char date[DATE_LENGTH + 1];
        char name[NAME_MAX];
        int descriptor;

        strftime(date, sizeof date, "%Y%m%d%H%M%S", localtime(&second));
        snprintf(name, sizeof name, "record_%05u_%s", number, date);
        descriptor = open(in_top(name), O_WRONLY | O_CREAT | O_EXCL, OLD_FILE);
        assert_true(descriptor >= 0);
        assert_int_equal(write(descriptor, "other", 5), 5);
        close(descriptor);
    }
}

static void test_existing_names_are_left_alone(void **state)
{
    struct stat status;
    unsigned files;

    (void)state;
    occupy(1);
    occupy(3);
    occupy(4);
    files = count_files();
    assert_true(open_ring("record", 1));
    check_name("the first", ring.name, "record_00002_", "");
    next();
    check_name("the second", ring.name, "record_00005_", "");
    assert_int_equal(fstat(ring.current, &status), 0);
    assert_int_equal(status.st_size, 0);
    assert_int_equal(count_files(), files + 1); /* the second; the first was removed */
}

/* A link with the name of the next file is not followed. */
static void test_links_are_left_alone(void **state)
{
    char name[NAME_MAX + 1];

    (void)state;
    assert_true(open_ring("record", 0));
    for (time_t second = time(NULL), end = second + 60; second < end; second++) {
        char date[DATE_LENGTH + 1];

        strftime(date, sizeof date, "%Y%m%d%H%M%S", localtime(&second));
        snprintf(name, sizeof name, "record_00002_%s", date);
        assert_int_equal(symlinkat("victim", ring.folder, name), 0);
    }
    next();
    check_name("behind the links", ring.name, "record_00003_", "");
    assert_false(exists("victim"));
}

static void test_kept(void **state)
{
    static const uint32_t numbers[] = {1, 2, 3, 7};

    (void)state;
    for (size_t i = 0; i < ROWS(numbers); i++) {
        const uint32_t kept = numbers[i];
        char names[20][NAME_MAX + 1];

        assert_true(open_ring("record", kept));
        for (unsigned n = 0; n < ROWS(names); n++) {
            memcpy(names[n], ring.name, sizeof names[n]);
            if (n + 1 < ROWS(names))
                next();
        }
        for (unsigned n = 0; n < ROWS(names); n++)
            row_equal(names[n], exists(names[n]), n + kept >= ROWS(names));
        assert_int_equal(ring.count, ROWS(names));
        assert_int_equal(ring.removed, ROWS(names) - kept);
        assert_true(file_ring_is_full(&ring));
        for (unsigned n = 0; n < ROWS(names); n++)
            unlinkat(ring.folder, names[n], 0);
        file_ring_close(&ring);
    }
}

static void test_all_kept(void **state)
{
    (void)state;
    assert_true(open_ring("record", 0));
    for (unsigned n = 0; n < 50; n++)
        next();
    assert_int_equal(count_files(), 51);
    assert_int_equal(ring.removed, 0);
    assert_false(file_ring_is_full(&ring));
}

/* The oldest is there until the new one is open. */
static void test_order_of_removal(void **state)
{
    char oldest[NAME_MAX + 1];

    (void)state;
    assert_true(open_ring("record", 1));
    memcpy(oldest, ring.name, sizeof oldest);
    assert_true(file_ring_next(&ring));
    assert_true(exists(oldest) && exists(ring.name));
    assert_int_equal(write(ring.before, "end", 3), 3);
    assert_int_equal(file_ring_trim(&ring), 0);
    assert_false(exists(oldest));
    assert_int_equal(write(ring.before, "end", 3), 3);
    file_ring_close_before(&ring);
    assert_int_equal(ring.before, -1);
}

static void test_removed_by_others(void **state)
{
    (void)state;
    assert_true(open_ring("record", 1));
    assert_int_equal(unlinkat(ring.folder, ring.name, 0), 0);
    next();
    assert_int_equal(count_files(), 1);
}

/* A name that became a folder meanwhile cannot be removed; that is said once. */
static void test_not_removable(void **state)
{
    (void)state;
    assert_true(open_ring("record", 1));
    assert_int_equal(unlinkat(ring.folder, ring.name, 0), 0);
    assert_int_equal(mkdirat(ring.folder, ring.name, 0700), 0);
    assert_true(file_ring_next(&ring));
    assert_int_equal(file_ring_trim(&ring), EISDIR);
    assert_int_equal(file_ring_trim(&ring), 0);
    file_ring_close_before(&ring);
    next();
    assert_int_equal(ring.removed, 2);
    assert_int_equal(ring.given_up, 1);
}

static void test_discarded(void **state)
{
    char first[NAME_MAX + 1];

    (void)state;
    assert_true(open_ring("record", 3));
    memcpy(first, ring.name, sizeof first);
    next();
    file_ring_discard(&ring);
    assert_string_equal(ring.name, first);
    assert_int_equal(ring.count, 1);
    assert_int_equal(count_files(), 1);
}

/* The sandbox allows writing to these two alone. */
static void test_descriptors_alternate(void **state)
{
    int numbers[2];

    (void)state;
    assert_true(open_ring("record", 3));
    numbers[0] = ring.current;
    numbers[1] = ring.spare;
    assert_int_not_equal(numbers[0], numbers[1]);
    for (unsigned n = 1; n < 100; n++) {
        assert_true(file_ring_next(&ring));
        assert_int_equal(ring.current, numbers[n % 2]);
        assert_int_equal(ring.before, numbers[(n + 1) % 2]);
        assert_int_equal(file_ring_trim(&ring), 0);
        file_ring_close_before(&ring);
        assert_int_equal(ring.spare, numbers[(n + 1) % 2]);
    }
}

static unsigned count_descriptors(void)
{
    unsigned open = 0;

    for (int i = 0; i < 256; i++)
        open += fcntl(i, F_GETFD) >= 0;
    return open;
}

/* A lower number that becomes free while files are written is plugged, once. */
static void test_holes_are_plugged(void **state)
{
    const int hole = open("/dev/null", O_WRONLY | O_CLOEXEC);
    const int other = open("/dev/null", O_WRONLY | O_CLOEXEC);
    unsigned open_before;
    int numbers[2];

    (void)state;
    assert_true(open_ring("record", 3));
    numbers[0] = ring.current;
    numbers[1] = ring.spare;
    open_before = count_descriptors();
    close(hole);
    next();
    assert_int_equal(ring.current, numbers[1]);
    close(other);
    next();
    assert_int_equal(ring.current, numbers[0]);
    for (unsigned n = 0; n < 50; n++)
        next();
    assert_int_equal(count_descriptors(), open_before);
    assert_int_equal(write(hole, "x", 1), -1);
    assert_int_equal(errno, EBADF); /* a plug can do nothing */
    close(hole);
    close(other);
}

static void test_folder_removed(void **state)
{
    int numbers[2];
    char name[NAME_MAX + 1];

    (void)state;
    assert_true(open_ring("record", 0));
    numbers[0] = ring.current;
    numbers[1] = ring.spare;
    memcpy(name, ring.name, sizeof name);
    assert_int_equal(unlinkat(ring.folder, ring.name, 0), 0);
    assert_int_equal(rmdir(top), 0);
    for (unsigned i = 0; i < 3; i++) {
        assert_false(file_ring_next(&ring));
        assert_int_equal(errno, ENOENT);
        assert_int_equal(ring.current, numbers[0]);
        assert_int_equal(ring.spare, numbers[1]);
        assert_int_equal(ring.count, 1);
        assert_string_equal(ring.name, name);
    }
    assert_int_equal(write(ring.current, "x", 1), 1);
}

static void test_folder_is_a_link(void **state)
{
    char path[sizeof "folder/" + NAME_MAX];

    (void)state;
    assert_int_equal(mkdir(in_top("folder"), 0700), 0);
    assert_int_equal(symlink("folder", in_top("link")), 0);
    assert_true(open_ring("link/record", 0));
    next();
    snprintf(path, sizeof path, "folder/%s", ring.name);
    assert_int_equal(access(in_top(path), F_OK), 0);
}

/* The longest name that fits, and the next longer one. */
static void test_name_max(void **state)
{
    char name[NAME_MAX + 1];
    const int added = (int)strlen("_00001_") + DATE_LENGTH;

    (void)state;
    memset(name, 'n', sizeof name);
    name[NAME_MAX - added] = '\0';
    assert_true(open_ring(name, 0));
    assert_int_equal(strlen(ring.name), NAME_MAX);
    next();
    file_ring_close(&ring);
    name[NAME_MAX - added] = 'n';
    name[NAME_MAX - added + 1] = '\0';
    assert_false(open_ring(name, 0));
    row_contains("too long", failure.text, "too long");
}

static void test_paths_refused(void **state)
{
    static const struct {
        const char *path; /* in `top`, or absolute */
        const char *text;
    } rows[] = {
        {"folder", "it is a directory"},
        {"folder/", "it is a directory"},
        {"pipe", "not a regular file"},
        {"/dev/full", "not a regular file"},
        {"/dev/null", "not a regular file"},
        {"", "it is a directory"},
        {"absent/record", "No such file or directory"},
        {"old/record", "Not a directory"},
    };

    (void)state;
    assert_int_equal(mkdir(in_top("folder"), 0700), 0);
    assert_int_equal(mkfifo(in_top("pipe"), 0600), 0);
    close(open(in_top("old"), O_WRONLY | O_CREAT, OLD_FILE));
    for (size_t i = 0; i < ROWS(rows); i++) {
        const char *path = rows[i].path[0] == '/' ? rows[i].path : in_top(rows[i].path);

        failure = (struct failure){""};
        row_true(rows[i].path, !file_ring_open(&ring, path, "-w", 2, &failure));
        row_contains(rows[i].path, failure.text, rows[i].text);
        row_contains(rows[i].path, failure.text, "-w");
        file_ring_close(&ring);
    }
    assert_int_equal(count_files(), 3);
}

/* -b names its files after one that exists as after any other, and leaves that alone. */
static void test_path_of_a_file(void **state)
{
    struct stat status;
    const int descriptor = open(in_top("record"), O_WRONLY | O_CREAT, OLD_FILE);

    (void)state;
    assert_int_equal(write(descriptor, "old", 3), 3);
    close(descriptor);
    assert_true(open_ring("record", 1));
    next();
    assert_int_equal(stat(in_top("record"), &status), 0);
    assert_int_equal(status.st_size, 3);
}

#define RING_TEST(test) cmocka_unit_test_setup_teardown(test, make_top, remove_top)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RING_TEST(test_names),
        RING_TEST(test_date),
        RING_TEST(test_mode),
        RING_TEST(test_numbers_wrap),
        RING_TEST(test_existing_names_are_left_alone),
        RING_TEST(test_links_are_left_alone),
        RING_TEST(test_kept),
        RING_TEST(test_all_kept),
        RING_TEST(test_order_of_removal),
        RING_TEST(test_removed_by_others),
        RING_TEST(test_not_removable),
        RING_TEST(test_discarded),
        RING_TEST(test_descriptors_alternate),
        RING_TEST(test_holes_are_plugged),
        RING_TEST(test_folder_removed),
        RING_TEST(test_folder_is_a_link),
        RING_TEST(test_name_max),
        RING_TEST(test_paths_refused),
        RING_TEST(test_path_of_a_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
