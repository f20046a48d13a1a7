/*
 * A hash table of a fixed number of rows, of which the next that was not found lately is
 * overwritten.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "process_names.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "process_text.h"

enum {
    ROWS = 16384,    /* as many as the kernel knows as reported (socket_programs.h) */
    BUCKETS = 16384, /* a power of two */
};

struct process_name_row {
    struct process_names names;
    uint32_t bucket;
    uint32_t older; /* of the same bucket; 0: none */
    bool is_filled;
    bool is_found; /* since the search for a row passed */
};

bool process_names_init(struct process_name_table *table, bool arguments)
{
    *table = (struct process_name_table){
        .rows = calloc(ROWS + 1, sizeof *table->rows),
        .buckets = calloc(BUCKETS, sizeof *table->buckets),
        .arguments = arguments ? calloc(ROWS + 1, PROCESS_ARGUMENTS_TEXT_SIZE) : NULL,
        .next = 1,
    };
    user_names_read(&table->users);
    return table->rows && table->buckets && (table->arguments || !arguments);
}

void process_names_free(struct process_name_table *table)
{
    free(table->rows);
    free(table->buckets);
    free(table->arguments);
    user_names_free(&table->users);
    *table = (struct process_name_table){.rows = NULL};
}

static uint32_t bucket_of(uint32_t process)
{
    return (uint32_t)hash_word(0, process) & (BUCKETS - 1);
}

static void forget(struct process_name_table *table, uint32_t at)
{
    uint32_t *link = &table->buckets[table->rows[at].bucket];

    while (*link != at)
        link = &table->rows[*link].older;
    *link = table->rows[at].older;
}

static uint32_t take_row(struct process_name_table *table)
{
    uint32_t at;

    for (;;) {
        at = table->next;
        table->next = at == ROWS ? 1 : at + 1;
        if (!table->rows[at].is_found)
            break;
        table->rows[at].is_found = false;
    }
    if (table->rows[at].is_filled)
        forget(table, at);
    return at;
}

static void fill_arguments(struct process_name_table *table, uint32_t at, const char *arguments,
                           size_t length)
{
    char *text = table->arguments + (size_t)at * PROCESS_ARGUMENTS_TEXT_SIZE;

    text[0] = '\0';
    if (arguments && length != 0)
        process_text_arguments(text, PROCESS_ARGUMENTS_TEXT_SIZE, arguments, length,
                               length >= PROCESS_ARGUMENTS_SIZE);
    table->rows[at].names.arguments = text;
}

void process_names_add(struct process_name_table *table, const struct process_record *record,
                       const char *arguments, size_t length)
{
    const uint32_t at = take_row(table);
    struct process_name_row *row = &table->rows[at];
    char name[PROCESS_NAME_SIZE + 1] = "";

    memcpy(name, record->name, PROCESS_NAME_SIZE);
    row->names.time = record->time;
    row->names.process = record->process;
    row->names.program = record->program;
    process_text_escape(row->names.name, sizeof row->names.name, name);
    process_text_command(row->names.command, sizeof row->names.command, record);
    process_text_container(row->names.container, sizeof row->names.container, record);
    row->names.users = &table->users;
    row->names.arguments = "";
    if (table->arguments)
        fill_arguments(table, at, arguments, length);
    row->is_filled = true;
    row->is_found = false;
    row->bucket = bucket_of(record->process);
    row->older = table->buckets[row->bucket];
    table->buckets[row->bucket] = at;
}

/* The newest at that time; of one that was there before the capture, the oldest. 0: none. */
static uint32_t find_row(const struct process_name_table *table, uint32_t process, uint32_t program,
                         uint64_t time)
{
    uint32_t found = 0;

    for (uint32_t at = table->buckets[bucket_of(process)]; at != 0; at = table->rows[at].older) {
        const struct process_names *names = &table->rows[at].names;

        if (names->process != process || names->program != program ||
            (time != 0 && names->time > time))
            continue;
        found = at;
        if (time != 0)
            break;
    }
    return found;
}

void process_names_add_arguments(struct process_name_table *table, uint32_t process,
                                 uint32_t program, const char *arguments, size_t length)
{
    const uint32_t at = find_row(table, process, program, 0);

    if (at != 0 && table->arguments && table->rows[at].names.arguments[0] == '\0')
        fill_arguments(table, at, arguments, length);
}

const struct process_names *process_names_find(struct process_name_table *table, uint32_t process,
                                               uint32_t program, uint64_t time)
{
    const uint32_t at = find_row(table, process, program, time);

    if (at == 0)
        return NULL;
    table->rows[at].is_found = true;
    return &table->rows[at].names;
}
