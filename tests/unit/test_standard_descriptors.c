/*
 * Standard descriptors that the caller closed: they are taken, and fail as closed ones do.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "standard_descriptors.h"

/* Whether reading from standard input and writing to the other two fails as if they were closed. */
static bool is_as_closed(int descriptor)
{
    char byte = 0;
    ssize_t moved = descriptor == STDIN_FILENO ? read(descriptor, &byte, sizeof byte)
                                               : write(descriptor, &byte, sizeof byte);

    return moved < 0 && errno == EBADF;
}

/* In a child, whose standard descriptors are not those of the test. */
static int fill_closed(void (*close_some)(void), bool (*is_right)(void))
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        struct failure failure = {""};

        close_some();
        _exit(standard_descriptors_fill(&failure) && failure.text[0] == '\0' && is_right() ? 0 : 1);
    }
    return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void close_all(void)
{
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++)
        close(descriptor);
}

static bool is_all_taken(void)
{
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++)
        if (fcntl(descriptor, F_GETFD) < 0 || !is_as_closed(descriptor))
            return false;
    return open("/dev/null", O_RDONLY) > STDERR_FILENO;
}

static void test_all_closed(void **state)
{
    (void)state;
    assert_int_equal(fill_closed(close_all, is_all_taken), 0);
}

static void close_output(void)
{
    dup2(open("/dev/null", O_RDWR), STDIN_FILENO);
    close(STDOUT_FILENO);
}

static bool is_input_left(void)
{
    return (fcntl(STDIN_FILENO, F_GETFL) & O_ACCMODE) == O_RDWR && is_as_closed(STDOUT_FILENO);
}

static void test_open_ones_stay(void **state)
{
    (void)state;
    assert_int_equal(fill_closed(close_output, is_input_left), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_closed),
        cmocka_unit_test(test_open_ones_stay),
    };

    return cmocka_run_group_tests_name("standard_descriptors", tests, NULL, NULL);
}
