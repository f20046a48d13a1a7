/*
 * Comments of any bytes: nothing is read outside them, what is found lies within them, and its
 * texts are printable UTF-8 of a limited length. A name that is escaped as the capture escapes it
 * changes nothing but the name. Input: comments, each ended by a NUL; the first is also a name.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include "process_information.h"
#include "utf8.h"

enum { ESCAPE_LENGTH = 4 };

static void check_text(const char *text, size_t size)
{
    const size_t length = strlen(text);

    FUZZ_CHECK(length > 0 && length < size);
    for (size_t at = 0; at < length;) {
        const size_t taken = utf8_printable_length(text + at, length - at);

        FUZZ_CHECK(taken > 0);
        at += taken;
    }
}

static void check_process(const struct process *process)
{
    char text[PROCESS_TEXT_SIZE];
    char title[PROCESS_TITLE_SIZE];

    FUZZ_CHECK(process->known < 1 << PROCESS_NUMBERS);
    FUZZ_CHECK(process_word_name(process, PROCESS_SOURCE) != NULL);
    for (enum process_word i = 0; i < PROCESS_WORDS; i++)
        FUZZ_CHECK(process->words[i] == 0 || process_word_name(process, i));
    for (enum process_string i = 0; i < PROCESS_STRINGS; i++)
        if (process_text(text, process, i))
            check_text(text, sizeof text);
    process_title(title, process);
    check_text(title, sizeof title);
}

static void check_comments(const char *text, size_t size)
{
    struct process_list list = {.count = 0};
    char title[PROCESS_LIST_TITLE_SIZE];

    for (const char *at = text; at < text + size;) {
        const size_t length = strnlen(at, (size_t)(text + size - at));

        process_list_add_comment(&list, at, length);
        at += length + 1;
    }
    process_list_add_option(&list, (uint32_t)size, 1);
    FUZZ_CHECK(list.count <= PROCESSES_MAX);
    for (size_t i = 0; i < list.count; i++)
        check_process(&list.processes[i]);
    process_list_title(title, &list);
    check_text(title, sizeof title);
}

static size_t escape(char *text, const char *name, size_t length)
{
    char *end = text;

    for (size_t at = 0; at < length;) {
        const size_t taken = utf8_printable_length(name + at, length - at);

        if (taken == 0 || name[at] == '\\') {
            end += sprintf(end, "\\x%02x", (unsigned)(uint8_t)name[at++]);
        } else {
            memcpy(end, name + at, taken);
            end += taken;
            at += taken;
        }
    }
    return (size_t)(end - text);
}

/* Dots, since blanks at the ends do not count. */
static void check_name(const char *name, size_t length)
{
    static const char before[] = "PID: 77\nThreadId: 78\nCmd: .";
    static const char after[] = ".\nUserId: 7\nRole: sender\nHow: use\nCertainty: exact";
    char *comment = malloc(sizeof before + ESCAPE_LENGTH * length + sizeof after);
    struct process_list list = {.count = 0};
    const struct process *process = list.processes;
    size_t end = sizeof before - 1;

    FUZZ_CHECK(comment);
    memcpy(comment, before, end);
    end += escape(comment + end, name, length);
    memcpy(comment + end, after, sizeof after);
    process_list_add_comment(&list, comment, strlen(comment));
    FUZZ_CHECK(list.count == 1 && process->known == 7);
    FUZZ_CHECK(process->numbers[PROCESS_ID] == 77 && process->numbers[PROCESS_USER] == 7);
    FUZZ_CHECK(process->words[PROCESS_ROLE] == PROCESS_ROLE_SENDER &&
               process->words[PROCESS_HOW] == PROCESS_HOW_USE &&
               process->words[PROCESS_SOURCE] == PROCESS_SOURCE_IPMON);
    FUZZ_CHECK(process->strings[PROCESS_COMMAND_LINE].length == 0);
    FUZZ_CHECK(process->strings[PROCESS_NAME].length <= end);
    free(comment);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = (char *)fuzz_copy(data, size);

    check_comments(text, size);
    check_name(text, strnlen(text, size));
    free(text);
    return 0;
}
