/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "print_process.h"

#include <stdio.h>

const struct print_process_field print_process_fields[PRINT_PROCESS_FIELDS] = {
    {"ipmon.process", "Process", PRINT_PROCESS_TITLE, 0},
    {"ipmon.process.id", "Process ID", PRINT_PROCESS_NUMBER, PROCESS_ID},
    {"ipmon.process.thread", "Thread ID", PRINT_PROCESS_NUMBER, PROCESS_THREAD},
    {"ipmon.process.name", "Name", PRINT_PROCESS_STRING, PROCESS_NAME},
    {"ipmon.process.executable", "Executable", PRINT_PROCESS_STRING, PROCESS_EXECUTABLE},
    {"ipmon.process.command_line", "Command Line", PRINT_PROCESS_STRING, PROCESS_COMMAND_LINE},
    {"ipmon.process.user", "User ID", PRINT_PROCESS_NUMBER, PROCESS_USER},
    {"ipmon.process.user_name", "User Name", PRINT_PROCESS_STRING, PROCESS_USER_NAME},
    {"ipmon.process.container", "Container", PRINT_PROCESS_STRING, PROCESS_CONTAINER},
    {"ipmon.process.role", "Role", PRINT_PROCESS_WORD, PROCESS_ROLE},
    {"ipmon.process.how", "How", PRINT_PROCESS_WORD, PROCESS_HOW},
    {"ipmon.process.certainty", "Certainty", PRINT_PROCESS_WORD, PROCESS_CERTAINTY},
    {"ipmon.process.source", "Source", PRINT_PROCESS_WORD, PROCESS_SOURCE},
};

static bool write_number(char value[PROCESS_TEXT_SIZE], const struct process *process,
                         enum process_number number)
{
    snprintf(value, PROCESS_TEXT_SIZE, "%u", (unsigned)process->numbers[number]);
    return process_has(process, number);
}

static bool write_word(char value[PROCESS_TEXT_SIZE], const struct process *process,
                       enum process_word word)
{
    const char *name = process_word_name(process, word);

    snprintf(value, PROCESS_TEXT_SIZE, "%s", name ? name : "");
    return name != NULL;
}

bool print_process_value(char value[PROCESS_TEXT_SIZE], const struct process *process,
                         const struct print_process_field *field)
{
    switch (field->kind) {
    case PRINT_PROCESS_NUMBER:
        return write_number(value, process, (enum process_number)field->index);
    case PRINT_PROCESS_STRING:
        return process_text(value, process, (enum process_string)field->index);
    case PRINT_PROCESS_WORD:
        return write_word(value, process, (enum process_word)field->index);
    default:
        process_title(value, process);
        return true;
    }
}
