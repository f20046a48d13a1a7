/*
 * Processes in comments of packets: those that ipmon, ptcpdump and etl2pcapng write, and others.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "process_information.h"
#include "utf8.h"

enum { SOME = 16 };

/* What is read of the comments of one packet; a title for each process. */
static const struct {
    const char *comments[SOME];
    const char *titles[SOME];
    const char *source; /* of the first, and its words */
    const char *role;
    const char *how;
    const char *certainty;
    const char *strings[PROCESS_STRINGS];
} rows[] = {
    {{"PID: 1234\nThreadId: 1235\nCmd: /usr/bin/curl\nArgs: curl -4 a:b\nUserId: 1000\nName: curl\n"
      "Container: docker:0123456789ab\nRole: sender\nHow: connect\nCertainty: exact"},
     {"curl (pid 1234, user 1000)"},
     "ipmon",
     "sender",
     "connect",
     "exact",
     {"curl", "/usr/bin/curl", "curl -4 a:b", NULL, "docker:0123456789ab"}},
    {{"PID: 1\nThreadId: 1\nCmd: a\nUserId: 0\nName: a b\nUser: root\nRole: listener\nHow: listen\n"
      "Certainty: listener\n"},
     {"a b (pid 1, root)"},
     "ipmon",
     "listener",
     "listen",
     "listener",
     {"a b", NULL, NULL, "root", NULL}},
    {{"Role: sender\nHow: kernel\nCertainty: exact"},
     {"kernel"},
     "ipmon",
     "sender",
     "kernel",
     "exact",
     {NULL}},
    {{"Role: sender\nnobody\nUserId: 0\nHow: kernel\nCertainty: exact"},
     {"kernel"},
     "ipmon",
     "sender",
     "kernel",
     "exact",
     {NULL}},
    /* Of equal lines the first one counts; blanks around values do not, nor does a control. */
    {{"PID:\v5 \nThreadId: 5\nPID: 6\nName: a\x0e\nName: b\nCertainty: exact\nCertainty: listener"},
     {"a\\x0e (pid 5)"},
     "ipmon",
     NULL,
     NULL,
     "exact",
     {"a\\x0e", NULL, NULL, NULL, NULL}},
    {{"PID: 5\nThreadId: 5\nRole: sender\nHow: use", "PID: 6\nThreadId: 6\nRole: sender\nHow: raw"},
     {"process (pid 5)", "process (pid 6)"},
     "ipmon",
     "sender",
     "use",
     "unknown",
     {NULL}},
    {{"PID: 5\nThreadId: 5\nHow: use"},
     {"process (pid 5)"},
     "ipmon",
     NULL,
     "use",
     "unknown",
     {NULL}},
    {{"Role: sender\nHow: none\nCertainty: exact"},
     {"no process"},
     "ipmon",
     "sender",
     "none",
     "exact",
     {NULL}},
    /* Both ends, and a note of a user before and behind. */
    {{"Look here:\nPID: 5\nThreadId: 5\nName: nginx\nRole: receiver\nHow: accept\nCertainty: exact",
      "this one is slow",
      "PID: 6\nThreadId: 7\nName: curl\nRole: sender\nHow: connect\nCertainty: uncertain\nwhy?"},
     {"curl (pid 6, uncertain)", "nginx (pid 5)"},
     "ipmon",
     "sender",
     "connect",
     "uncertain",
     {"curl", NULL, NULL, NULL, NULL}},
    {{"PID: 1\nThreadId: 1\nName: x\nUser: al\nRole: listener\nHow: listen\nCertainty: uncertain"},
     {"x (pid 1, al, uncertain)"},
     "ipmon",
     "listener",
     "listen",
     "uncertain",
     {"x", NULL, NULL, "al", NULL}},
    {{"Role: sender\nHow: kernel\nCertainty: uncertain"},
     {"kernel (uncertain)"},
     "ipmon",
     "sender",
     "kernel",
     "uncertain",
     {NULL}},
    /* A user's lines with known keys before it. */
    {{"Name: my note\nContainer: blue\nHow: see the log\nUser: me\nCmd: ls\nArgs: -l\nRole: mine\n"
      "PID: see below\nRole: receiver\nPID: 5\nThreadId: 5\nName: x\nRole: sender\nHow: use\n"
      "Certainty: exact"},
     {"x (pid 5)"},
     "ipmon",
     "sender",
     "use",
     "exact",
     {"x", NULL, NULL, NULL, NULL}},
    {{"Certainty: none\nRole: receiver\nRole: sender\nHow: kernel\nCertainty: exact"},
     {"kernel"},
     "ipmon",
     "sender",
     "kernel",
     "exact",
     {NULL}},
    {{"Cmd: my note\nPID: 22\nCmd: /bin/x\nArgs: x\nPID: 1\nThreadId: 1\nRole: sender"},
     {"x (pid 22)"},
     "ptcpdump",
     NULL,
     NULL,
     "unknown",
     {"x", "/bin/x", "x", NULL, NULL}},
    /* Words that are none are not known. */
    {{"PID: 5\nThreadId: 5\nName: x\nRole: owner\nHow: \nCertainty: exact"},
     {"x (pid 5)"},
     "ipmon",
     NULL,
     NULL,
     "exact",
     {"x", NULL, NULL, NULL, NULL}},
    /* ptcpdump, in one comment and with those of its further contexts. */
    {{"PID: 22\r\nCmd: /usr/bin/wget\r\nArgs: wget -T 10 1.1.1.1\r\n"},
     {"wget (pid 22)"},
     "ptcpdump",
     NULL,
     NULL,
     "unknown",
     {"wget", "/usr/bin/wget", "wget -T 10 1.1.1.1", NULL, NULL}},
    {{"PID: 22\nCmd: /usr/bin/wg...\nArgs: wget...", "ThreadId: 23\nThreadName: worker",
      "UserId: 33\nGroupId: 33", "ParentPID: 1\nParentCmd: /sbin/init\nParentArgs: ",
      "ContainerName: web\nContainerId: abc\nContainerImage: i\nContainerLabels: {}"},
     {"wg... (pid 22, user 33)"},
     "ptcpdump",
     NULL,
     NULL,
     "unknown",
     {"wg...", "/usr/bin/wg...", "wget...", NULL, "abc"}},
    {{"PID: 22"}, {"process (pid 22)"}, "ptcpdump", NULL, NULL, "unknown", {NULL}},
    /* Its arguments and paths are not escaped. */
    {{"PID: 22\nCmd: /bin/x\nArgs: x\nPID: 1\nThreadId: 1\nUserId: 0\nName: sshd\nRole: sender\n"
      "How: connect\nCertainty: exact"},
     {"x (pid 22)"},
     "ptcpdump",
     NULL,
     NULL,
     "unknown",
     {"x", "/bin/x", "x", NULL, NULL}},
    {{"PID: 22\nCmd: /bin/x\nName: sshd\nUserId: 0\nRole: sender\nHow: connect\nCertainty: exact\n"
      "Args: x"},
     {"x (pid 22)"},
     "ptcpdump",
     NULL,
     NULL,
     "unknown",
     {"x", "/bin/x", "x", NULL, NULL}},
    /* etl2pcapng */
    {{"PID=1234"}, {"process (pid 1234)"}, "etl2pcapng", NULL, NULL, "unknown", {NULL}},
    {{"PID=4 TID=8 VlanId=0 SrcNicName=a\nb"},
     {"process (pid 4)"},
     "etl2pcapng",
     NULL,
     NULL,
     "unknown",
     {NULL}},
    /* Nothing of the kind. */
    {.comments = {"PID=-1 TID=-1"}},
    {.comments = {"PID=12a"}},
    {.comments = {"PID = 12"}},
    {.comments = {"PID=4294967296"}},
    {.comments = {"pid=12"}},
    {.comments = {""}},
    {.comments = {"\n\n:\n : \n"}},
    {.comments = {"PID"}},
    {.comments = {"PID:"}},
    {.comments = {"PID: 12 is slow"}},
    {.comments = {"PID: +12"}},
    {.comments = {"PID: -12\nThreadId: 1\nRole: sender\nHow: connect\nCertainty: exact"}},
    {.comments = {"PID: 4294967296"}},
    {.comments = {"PID: 99999999999999999999999999999"}},
    {.comments = {"the PID: 12"}},
    /* Names and arguments of ptcpdump's other comments are not escaped either. */
    {.comments = {"ThreadId: 23\nThreadName: \nPID: 1\nThreadId: 1\nRole: sender\nHow: use"}},
    {.comments = {"UserId: 5\nGroupId: 5\nPID: 1\nThreadId: 1\nRole: sender\nHow: use"}},
    {.comments = {"ParentPID: 1\nParentArgs: x\nPID: 1\nThreadId: 1\nRole: sender\nHow: use"}},
    {.comments = {"ParentCmd: x\nRole: sender\nHow: kernel\nCertainty: exact"}},
    {.comments = {"ContainerName: x\nPID: 1\nThreadId: 1\nRole: sender\nHow: use"}},
    {.comments = {"PodName: x\nPID: 1\nThreadId: 1\nRole: sender\nHow: use"}},
    {.comments = {"ThreadId: 23\nThreadName: worker"}},
    {.comments = {"Role: manager\nHow: kernel"}},
    {.comments = {"Role: sender\nHow: connect\nCertainty: exact"}},
    {.comments = {"Role: sender"}},
};

static void read_row(struct process_list *list, const char *const *comments)
{
    list->count = 0;
    for (; *comments; comments++)
        process_list_add_comment(list, *comments, strlen(*comments));
}

static void check_strings(const char *row, const struct process *process,
                          const char *const *expected)
{
    for (enum process_string i = 0; i < PROCESS_STRINGS; i++) {
        char text[PROCESS_TEXT_SIZE];
        const bool known = process_text(text, process, i);

        row_text(row, known ? text : NULL, expected[i]);
    }
}

static void test_comments(void **state)
{
    struct process_list list;
    char title[PROCESS_TITLE_SIZE];

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const char *row = rows[i].comments[0];
        const struct process *first = list.processes;

        read_row(&list, rows[i].comments);
        for (size_t j = 0; j < list.count; j++) {
            process_title(title, &list.processes[j]);
            row_text(row, title, rows[i].titles[j]);
        }
        row_text(row, rows[i].titles[list.count], NULL);
        if (list.count == 0)
            continue;
        row_text(row, process_word_name(first, PROCESS_SOURCE), rows[i].source);
        row_text(row, process_word_name(first, PROCESS_ROLE), rows[i].role);
        row_text(row, process_word_name(first, PROCESS_HOW), rows[i].how);
        row_text(row, process_word_name(first, PROCESS_CERTAINTY), rows[i].certainty);
        check_strings(row, first, rows[i].strings);
    }
}

static void test_numbers(void **state)
{
    static const char *const comments[] = {
        "PID: 4294967295\nThreadId: 7\nUserId: 0\nRole: sender\nHow: use\nCertainty: exact", NULL};
    struct process_list list;

    (void)state;
    read_row(&list, comments);
    assert_int_equal(list.count, 1);
    assert_true(process_has(list.processes, PROCESS_USER));
    assert_int_equal(list.processes[0].numbers[PROCESS_ID], UINT32_MAX);
    assert_int_equal(list.processes[0].numbers[PROCESS_THREAD], 7);
    assert_int_equal(list.processes[0].numbers[PROCESS_USER], 0);
}

/* The option says nothing that a comment does not, unless it was edited. */
static void test_option(void **state)
{
    static const char *const comments[] = {"PID: 5\nThreadId: 6\nRole: sender\nHow: use", NULL};
    static const char *const kernel[] = {"Role: sender\nHow: kernel", NULL};
    struct process_list list;

    (void)state;
    read_row(&list, kernel);
    process_list_add_option(&list, 0, 0);
    assert_int_equal(list.count, 2);
    read_row(&list, comments);
    process_list_add_option(&list, 5, 6);
    assert_int_equal(list.count, 1);
    process_list_add_option(&list, 9, 10);
    process_list_add_darwin(&list, 11, "mDNSResponder");
    process_list_add_darwin(&list, 12, NULL);
    process_list_add_darwin(&list, 13, NULL);
    assert_int_equal(list.count, PROCESSES_MAX);
    assert_string_equal(process_word_name(&list.processes[1], PROCESS_SOURCE),
                        "epb_processid_threadid");
    assert_int_equal(list.processes[1].numbers[PROCESS_THREAD], 10);
    check_strings("darwin", &list.processes[2],
                  (const char *[PROCESS_STRINGS]){[PROCESS_NAME] = "mDNSResponder"});
    process_list_add_comment(&list, comments[0], strlen(comments[0]));
    assert_int_equal(list.count, PROCESSES_MAX);
}

static void test_list_title(void **state)
{
    static const char *const comments[] = {
        "PID: 5\nThreadId: 5\nRole: receiver\nHow: accept",
        "PID: 6\nThreadId: 6\nName: x\nRole: listener\nHow: listen",
        "PID: 7\nThreadId: 7\nName: curl\nRole: sender\nHow: connect\nCertainty: uncertain",
        "PID=8",
        NULL,
    };
    char title[PROCESS_LIST_TITLE_SIZE];
    struct process_list list;

    (void)state;
    read_row(&list, comments);
    process_list_title(title, &list);
    assert_string_equal(title,
                        "from curl (pid 7, uncertain), to process (pid 5), listener x (pid 6), "
                        "process (pid 8)");
    list.count = 0;
    process_list_title(title, &list);
    assert_string_equal(title, "");
}

/* The text of a name. */
static const struct {
    const char *name;
    const char *text;
} texts[] = {
    {"curl", "curl"},
    {"a\\x0ab", "a\\x0ab"},
    {"a\tb\x01\x7f", "a\\x09b\\x01\\x7f"},
    {"gr\xC3\xBC\xC3\x9F", "gr\xC3\xBC\xC3\x9F"},
    {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
    {"\xFF\xC3", "\\xff\\xc3"},
    {"\xC2\x85x", "\\xc2\\x85x"},
    {"\xED\xA0\x80", "\\xed\\xa0\\x80"},
    {"\xEF\xBF\xBE\xEF\xBF\xBD", "\\xef\\xbf\\xbe\xEF\xBF\xBD"},
    {"\xE2\x82", "\\xe2\\x82"},
    {"\xE2\x82(", "\\xe2\\x82("},
    {"\xE2(\x82", "\\xe2(\\x82"},
    {"\xF5", "\\xf5"},
    {"a\xE2\x80\xAE"
     "b\xD8\x9C",
     "a\\xe2\\x80\\xaeb\\xd8\\x9c"},
};

static void test_texts(void **state)
{
    struct process process = {.known = 1};
    char text[PROCESS_TEXT_SIZE];

    (void)state;
    assert_int_equal(utf8_printable_length("", 0), 0);
    for (size_t i = 0; i < ROWS(texts); i++) {
        process.strings[PROCESS_NAME] = (struct process_span){texts[i].name, strlen(texts[i].name)};
        row_true(texts[i].name, process_text(text, &process, PROCESS_NAME));
        row_text(texts[i].name, text, texts[i].text);
    }
}

/* What is too long ends with dots, and in no part of a character or of an escape. */
static void test_long_texts(void **state)
{
    static const char *const fills[] = {"a", "\xC3\xBC", "\xE2\x82\xAC", "\x01", "\xFF"};
    enum { LENGTH = 128 * 1024 };
    char *long_text = malloc(LENGTH + 4);
    char text[PROCESS_TEXT_SIZE];
    char title[PROCESS_TITLE_SIZE];

    (void)state;
    assert_non_null(long_text);
    for (size_t i = 0; i < ROWS(fills); i++) {
        const size_t step = strlen(fills[i]);
        struct process process = {.known = 1 << PROCESS_ID, .numbers = {UINT32_MAX}};

        for (size_t at = 0; at < LENGTH; at += step)
            memcpy(long_text + at, fills[i], step);
        process.strings[PROCESS_NAME] = (struct process_span){long_text, LENGTH / step * step};
        process.strings[PROCESS_USER_NAME] = process.strings[PROCESS_NAME];
        assert_true(process_text(text, &process, PROCESS_NAME));
        assert_in_range(strlen(text), PROCESS_TEXT_SIZE - 8, PROCESS_TEXT_SIZE - 1);
        assert_string_equal(text + strlen(text) - 3, "...");
        for (const char *at = text; *at;) {
            const size_t length = utf8_printable_length(at, strlen(at));

            assert_int_not_equal(length, 0);
            at += length;
        }
        process_title(title, &process);
        row_contains(fills[i], title, "... (pid 4294967295, ");
        assert_string_equal(title + strlen(title) - 4, "...)");
    }
    free(long_text);
}

/* As the capture writes it: no name can end its line or look like an escape. */
static void escape(char *text, const char *name, size_t length)
{
    for (const char *at = name; at < name + length;) {
        const size_t taken = utf8_printable_length(at, (size_t)(name + length - at));

        if (taken == 0 || *at == '\\') {
            text += sprintf(text, "\\x%02x", (unsigned)(uint8_t)*at++);
        } else {
            memcpy(text, at, taken);
            text += taken;
            at += taken;
        }
    }
    *text = '\0';
}

static void check_forged(const char *name, size_t length)
{
    char escaped[4 * SOME * SOME + 1];
    char comment[sizeof escaped + 256];
    char text[PROCESS_TEXT_SIZE];
    struct process_list list = {.count = 0};

    escape(escaped, name, length);
    snprintf(
        comment, sizeof comment,
        "PID: 77\nThreadId: 78\nUserId: 1000\nName: .%s.\nRole: sender\nHow: use\nCertainty: exact",
        escaped);
    process_list_add_comment(&list, comment, strlen(comment));
    assert_int_equal(list.count, 1);
    assert_int_equal(list.processes[0].numbers[PROCESS_ID], 77);
    assert_int_equal(list.processes[0].numbers[PROCESS_USER], 1000);
    assert_int_equal(list.processes[0].words[PROCESS_ROLE], PROCESS_ROLE_SENDER);
    assert_true(process_text(text, &list.processes[0], PROCESS_NAME));
    assert_int_equal(strlen(text), strlen(escaped) + 2);
    assert_memory_equal(text + 1, escaped, strlen(escaped));
}

static void test_forged_names(void **state)
{
    static const struct process_span pieces[] = {
        {"\n", 1}, {"PID:", 4}, {" ", 1},    {"1", 1}, {"Role:", 5},
        {"\0", 1}, {"\\", 1},   {"\xC3", 1}, {"a", 1}, {"receiver", 8},
    };
    static const char *const names[] = {
        "x\nPID: 1",
        "x\nRole: receiver\n",
        "\n\nPID: 1\nThreadId: 1\n",
        "PID: 1",
        "\r\nUserId: 0",
        ": : :",
        "\xE2\x80\xA8PID: 1",
        "\xC2\x85PID: 1",
        "\\nPID: 1",
        "\\x0aPID: 1",
    };
    uint32_t random = 1;

    (void)state;
    for (size_t i = 0; i < ROWS(names); i++)
        check_forged(names[i], strlen(names[i]));
    for (unsigned i = 0; i < 20000; i++) {
        char name[SOME * SOME];
        size_t length = 0;

        for (unsigned j = unit_random(&random) % SOME; j > 0; j--) {
            const struct process_span *piece = &pieces[unit_random(&random) % ROWS(pieces)];

            memcpy(name + length, piece->start, piece->length);
            length += piece->length;
        }
        check_forged(name, length);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comments),     cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_option),       cmocka_unit_test(test_texts),
        cmocka_unit_test(test_list_title),   cmocka_unit_test(test_long_texts),
        cmocka_unit_test(test_forged_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
