/*
 * Command lines of processes that have sockets already: here of this process, as /proc has it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process_existing.h"
#include "process_text.h"

enum { PROGRAM = 3, STARTED = 77, NOBODY = 0x7FFFFFFF };

static const struct process_event *next;
static size_t next_count;

static bool find_next(struct process_feed *feed)
{
    feed->existing = next;
    feed->existing_count = next_count;
    return next != NULL;
}

static struct process_event socket_of(uint32_t process, uint32_t program, uint32_t started)
{
    return (struct process_event){
        .kind = PROCESS_EVENT_EXISTING, .process = process, .program = program, .started = started};
}

static void add_name(struct process_name_table *names, uint32_t process, const char *arguments)
{
    const struct process_record record = {.process = process, .program = PROGRAM, .name = "unit"};

    process_names_add(names, &record, arguments, arguments ? strlen(arguments) + 1 : 0);
}

static const char *arguments_of(struct process_name_table *names, uint32_t process)
{
    return process_names_find(names, process, PROGRAM, 0)->arguments;
}

/* As the comment has it; in a pid namespace that is not the first one it is not known. */
static void read_own(char text[PROCESS_ARGUMENTS_TEXT_SIZE])
{
    struct stat status;
    char bytes[PROCESS_ARGUMENTS_SIZE];
    const int descriptor = open("/proc/self/cmdline", O_RDONLY);
    const ssize_t length = read(descriptor, bytes, sizeof bytes);

    close(descriptor);
    assert_true(length > 0);
    process_text_arguments(text, PROCESS_ARGUMENTS_TEXT_SIZE, bytes, (size_t)length,
                           length == PROCESS_ARGUMENTS_SIZE);
    assert_int_equal(stat("/proc/self/ns/pid", &status), 0);
    if (status.st_ino != 0xEFFFFFFC)
        text[0] = '\0';
}

static void test_what_the_second_search_confirms(void **state)
{
    const uint32_t own = (uint32_t)getpid();
    const struct process_event sockets[] = {socket_of(own, PROGRAM, STARTED),
                                            socket_of(NOBODY, PROGRAM, STARTED),
                                            socket_of(own, PROGRAM, STARTED)};
    const struct {
        const char *name;
        struct process_event again[2];
        size_t count;
        bool is_added;
    } rows[] = {
        {"found again", {socket_of(1, 1, 1), socket_of(own, PROGRAM, STARTED)}, 2, true},
        {"another program", {socket_of(own, PROGRAM + 1, STARTED)}, 1, false},
        {"another process", {socket_of(own, PROGRAM, STARTED + 1)}, 1, false},
        {"gone", {{0}}, 0, false},
        {"no search", {{0}}, SIZE_MAX, false},
    };
    char expected[PROCESS_ARGUMENTS_TEXT_SIZE];

    (void)state;
    read_own(expected);
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct process_feed feed = {
            .existing = sockets, .existing_count = ROWS(sockets), .find_existing = find_next};
        struct process_name_table names = {.rows = NULL};

        assert_true(process_names_init(&names, true));
        add_name(&names, own, NULL);
        add_name(&names, NOBODY, NULL);
        next = rows[i].count == SIZE_MAX ? NULL : rows[i].again;
        next_count = rows[i].count;
        process_existing_add_arguments(&feed, &names);
        row_text(rows[i].name, arguments_of(&names, own), rows[i].is_added ? expected : "");
        assert_string_equal(arguments_of(&names, NOBODY), "");
        process_names_free(&names);
    }
}

/* The kernel's programs have reported it, perhaps of a later time. */
static void test_a_command_line_that_is_known_is_kept(void **state)
{
    const uint32_t own = (uint32_t)getpid();
    const struct process_event sockets[] = {socket_of(own, PROGRAM, STARTED)};
    struct process_feed feed = {
        .existing = sockets, .existing_count = ROWS(sockets), .find_existing = find_next};
    struct process_name_table names = {.rows = NULL};

    (void)state;
    assert_true(process_names_init(&names, true));
    add_name(&names, own, "known");
    next = sockets;
    next_count = ROWS(sockets);
    process_existing_add_arguments(&feed, &names);
    assert_string_equal(arguments_of(&names, own), "known");
    process_names_free(&names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_the_second_search_confirms),
        cmocka_unit_test(test_a_command_line_that_is_known_is_kept),
    };

    return cmocka_run_group_tests_name("process_existing", tests, NULL, NULL);
}
