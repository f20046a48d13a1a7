/*
 * The texts of a comment: no name can be another line.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "process_comment.h"
#include "process_names.h"
#include "process_text.h"

static void test_escapes(void **state)
{
    static const struct {
        const char *text;
        const char *escaped;
    } rows[] = {
        {"", ""},
        {"curl", "curl"},
        {"a b", "a b"},
        {" a ", "\\x20a\\x20"},
        {"x\nPID: 1", "x\\x0aPID: 1"},
        {"a\\b", "a\\x5cb"},
        {"\x7f\x01\t", "\\x7f\\x01\\x09"},
        {"\xc3\xa4", "\xc3\xa4"},
        {"\xc3", "\\xc3"},
        {"\xff\xfe", "\\xff\\xfe"},
        {"\xc2\x85", "\\xc2\\x85"},            /* a control character, NEL */
        {"a\xe2\x80\xae", "a\\xe2\\x80\\xae"}, /* the right-to-left override */
        {"a...", "a..\\x2e"},                  /* it is not cut */
        {"...", "..\\x2e"},
        {"..", ".."},
        {"...a", "...a"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        char copy[64];

        process_text_escape(copy, sizeof copy, rows[i].text);
        row_text(rows[i].escaped, copy, rows[i].escaped);
    }
}

/* Whatever its size, the copy ends within it, and not in the middle of an escape. */
static void test_cut(void **state)
{
    (void)state;
    for (size_t size = sizeof "..."; size < 12; size++) {
        char copy[16];

        memset(copy, '#', sizeof copy);
        process_text_escape(copy, size, "a\nb\nc\nd");
        assert_true(strlen(copy) < size);
        assert_string_equal(copy + strlen(copy) - 3, "...");
        assert_int_equal(copy[size], '#');
    }
}

static void test_arguments(void **state)
{
    static const char given[] = "curl\0-4\0http://x\0";
    char text[64];

    (void)state;
    process_text_arguments(text, sizeof text, given, sizeof given - 1, false);
    assert_string_equal(text, "curl -4 http://x");
    process_text_arguments(text, sizeof text, given, sizeof given - 1, true);
    assert_string_equal(text, "curl -4 http://x...");
    process_text_arguments(text, sizeof text, "x...", 5, false);
    assert_string_equal(text, "x..\\x2e");
    process_text_arguments(text, sizeof text, "\0\0", 2, false);
    assert_string_equal(text, "");
}

static void test_command(void **state)
{
    struct process_record record = {.name = "name"};
    char text[PROCESS_COMMAND_SIZE];

    (void)state;
    strcpy(record.path[0], "curl");
    strcpy(record.path[2], "bin"); /* a mount in between */
    process_text_command(text, sizeof text, &record);
    assert_string_equal(text, "name"); /* the root was not reached */
    record.path_whole = 1;
    process_text_command(text, sizeof text, &record);
    assert_string_equal(text, "/bin/curl");
    memset(record.path[1], 'x', PROCESS_PART_SIZE - 1); /* perhaps cut */
    process_text_command(text, sizeof text, &record);
    assert_string_equal(text, "name");
}

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_containers(void **state)
{
    static const struct {
        const char *groups[PROCESS_GROUP_PARTS];
        const char *container;
    } rows[] = {
        {{""}, ""},
        {{"docker-" ID ".scope", "system.slice"}, "docker:0123456789ab"},
        {{ID, "docker"}, "docker:0123456789ab"},
        {{"container", "libpod-" ID ".scope"}, "podman:0123456789ab"},
        {{"cri-containerd-" ID ".scope"}, "containerd:0123456789ab"},
        {{ID, "pod1", "kubepods"}, "containerd:0123456789ab"},
        {{"lxc.payload.web"}, "lxc:web"},
        {{"web", "lxc"}, "lxc:web"},
        {{"ssh.service", "system.slice"}, "systemd:ssh.service"},
        {{"session-1.scope", "user-0.slice"}, ""},
        {{"docker-0123.scope"}, ""},
        {{"x\ny.service"}, "systemd:x\\x0ay.service"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct process_record record = {.process = 1};
        char text[PROCESS_CONTAINER_SIZE];

        for (size_t part = 0; part < PROCESS_GROUP_PARTS && rows[i].groups[part]; part++)
            strcpy(record.group[part], rows[i].groups[part]);
        process_text_container(text, sizeof text, &record);
        row_text(rows[i].groups[0], text, rows[i].container);
    }
}

/* A process number may belong to another process later, and a process execute another program. */
static void test_names(void **state)
{
    struct process_name_table table;
    struct process_record record = {.time = 100, .process = 7, .program = 1, .name = "first"};

    (void)state;
    assert_true(process_names_init(&table, true));
    process_names_add(&table, &record, "first\0-x\0", 9);
    record.time = 200;
    strcpy(record.name, "second");
    process_names_add(&table, &record, NULL, 0);
    record.program = 2;
    strcpy(record.name, "third");
    process_names_add(&table, &record, NULL, 0);
    assert_string_equal(process_names_find(&table, 7, 1, 150)->name, "first");
    assert_string_equal(process_names_find(&table, 7, 1, 150)->arguments, "first -x");
    assert_string_equal(process_names_find(&table, 7, 1, 0)->name, "first");
    assert_string_equal(process_names_find(&table, 7, 1, 300)->name, "second");
    assert_string_equal(process_names_find(&table, 7, 2, 300)->name, "third");
    assert_null(process_names_find(&table, 7, 1, 50));
    assert_null(process_names_find(&table, 8, 1, 300));
    process_names_free(&table);
}

/* One that is found from time to time stays among any number of others. */
static void test_names_are_limited(void **state)
{
    struct process_name_table table;
    struct process_record record = {.time = 1, .process = 1, .name = "kept"};

    (void)state;
    assert_true(process_names_init(&table, false));
    process_names_add(&table, &record, NULL, 0);
    for (uint32_t i = 2; i < 50000; i++) {
        record.process = i;
        process_names_add(&table, &record, NULL, 0);
        assert_non_null(process_names_find(&table, 1, 0, 1));
    }
    assert_null(process_names_find(&table, 2, 0, 1));
    process_names_free(&table);
}

/* Of users with one id the first counts; there may be many, and their names may be anything. */
static void test_users(void **state)
{
    struct user_names users = {.rows = NULL};

    (void)state;
    user_names_sort(&users);
    assert_null(user_names_find(&users, 0));
    user_names_add(&users, 1000, "alice");
    user_names_add(&users, 0, "root");
    user_names_add(&users, UINT32_MAX, "x\nPID: 1");
    user_names_add(&users, 0, "toor");
    for (uint32_t i = 0; i < USER_NAMES_MAX + 10; i++)
        user_names_add(&users, 2000000 - i, "many");
    assert_int_equal(users.count, USER_NAMES_MAX);
    user_names_sort(&users);
    assert_string_equal(user_names_find(&users, 0), "root");
    assert_string_equal(user_names_find(&users, 1000), "alice");
    assert_string_equal(user_names_find(&users, UINT32_MAX), "x\\x0aPID: 1");
    assert_null(user_names_find(&users, 1));
    assert_null(user_names_find(&users, UINT32_MAX - 1));
    assert_string_equal(user_names_find(&users, 2000000), "many");
    assert_null(user_names_find(&users, 2000001 - USER_NAMES_MAX));
    user_names_free(&users);
}

static void test_a_comment_with_a_user(void **state)
{
    struct user_names users = {.rows = NULL};
    const struct process_names names = {.name = "curl", .users = &users};
    struct process_answer answer = {.certainty = PROCESS_EXACT,
                                    .how = PROCESS_EVENT_SEND,
                                    .process = 12,
                                    .thread = 12,
                                    .user = 5};
    char text[PROCESS_COMMENT_SIZE];

    (void)state;
    user_names_add(&users, 5, "alice");
    process_comment_write(text, &answer, PROCESS_SENDER, &names, 0);
    assert_string_equal(text, "PID: 12\nThreadId: 12\nUserId: 5\nName: curl\nUser: alice\n"
                              "Role: sender\nHow: use\nCertainty: exact");
    answer.user = 6;
    process_comment_write(text, &answer, PROCESS_SENDER, &names, 0);
    assert_null(strstr(text, "User:"));
    user_names_free(&users);
}

static void test_comments(void **state)
{
    const struct process_names names = {
        .name = "curl", .command = "/bin/curl", .container = "", .arguments = "curl -4 x"};
    const struct process_answer sender = {.certainty = PROCESS_EXACT,
                                          .how = PROCESS_EVENT_CONNECT,
                                          .process = 12,
                                          .thread = 13,
                                          .user = 1000};
    const struct process_answer listener = {.certainty = PROCESS_LISTENER,
                                            .is_listener = true,
                                            .how = PROCESS_EVENT_LISTEN,
                                            .process = 1,
                                            .thread = 1};
    const struct process_answer uncertain = {.certainty = PROCESS_UNCERTAIN,
                                             .is_listener = true,
                                             .how = PROCESS_EVENT_LISTEN,
                                             .process = 1,
                                             .thread = 1};
    const struct process_answer kernel = {.certainty = PROCESS_KERNEL, .how = PROCESS_EVENT_KERNEL};
    char text[PROCESS_COMMENT_SIZE];

    (void)state;
    process_comment_write(text, &sender, PROCESS_SENDER, &names, 0);
    assert_string_equal(text, "PID: 12\nThreadId: 13\nCmd: /bin/curl\nArgs: curl -4 x\n"
                              "UserId: 1000\nName: curl\nRole: sender\nHow: connect\n"
                              "Certainty: exact");
    process_comment_write(text, &listener, PROCESS_RECEIVER, NULL, 0);
    assert_string_equal(text, "PID: 1\nThreadId: 1\nUserId: 0\nRole: listener\nHow: listen\n"
                              "Certainty: listener");
    for (enum process_role role = PROCESS_SENDER; role <= PROCESS_RECEIVER; role++) {
        process_comment_write(text, &uncertain, role, NULL, 0);
        assert_string_equal(text, "PID: 1\nThreadId: 1\nUserId: 0\nRole: listener\nHow: listen\n"
                                  "Certainty: uncertain");
    }
    process_comment_write(text, &kernel, PROCESS_SENDER, NULL, 0);
    assert_string_equal(text, "Role: sender\nHow: kernel\nCertainty: exact");
}

/* No value of a comment before this one is taken for one of its own. */
static void test_comments_behind_others(void **state)
{
    static const struct process_names whole = {.command = "/bin/a", .arguments = "a -b"};
    static const struct process_names named = {.command = "/bin/a", .arguments = ""};
    static const struct {
        const char *name;
        const struct process_names *names;
        const struct process_names *before;
        const char *lines;
    } rows[] = {
        {"alone", NULL, NULL, ""},
        {"named", &named, NULL, "Cmd: /bin/a\n"},
        {"both whole", &whole, &whole, "Cmd: /bin/a\nArgs: a -b\n"},
        {"both named", &named, &named, "Cmd: /bin/a\n"},
        {"no arguments", &named, &whole, "Cmd: /bin/a\nArgs: \n"},
        {"no names", NULL, &whole, "Cmd: \nArgs: \n"},
        {"no command", NULL, &named, "Cmd: \n"},
        {"more than before", &whole, &named, "Cmd: /bin/a\nArgs: a -b\n"},
    };
    const struct process_answer sender = {
        .certainty = PROCESS_EXACT, .how = PROCESS_EVENT_SEND, .process = 1, .thread = 2};

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        char text[PROCESS_COMMENT_SIZE];
        char expected[PROCESS_COMMENT_SIZE];

        process_comment_write(text, &sender, PROCESS_SENDER, rows[i].names,
                              process_comment_blanks(rows[i].names, rows[i].before));
        snprintf(expected, sizeof expected,
                 "PID: 1\nThreadId: 2\n%sUserId: 0\nRole: sender\nHow: use\nCertainty: exact",
                 rows[i].lines);
        row_text(rows[i].name, text, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_command),
        cmocka_unit_test(test_containers),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_names_are_limited),
        cmocka_unit_test(test_comments),
        cmocka_unit_test(test_comments_behind_others),
        cmocka_unit_test(test_users),
        cmocka_unit_test(test_a_comment_with_a_user),
    };

    return cmocka_run_group_tests_name("process_text", tests, NULL, NULL);
}
