/*
 * The names of processes: what a comment says of them, ready to be copied.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PROCESS_NAMES_H
#define IPMON_PROCESS_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process_event.h"
#include "user_names.h"

enum {
    PROCESS_COMMAND_SIZE = 512,
    PROCESS_ARGUMENTS_TEXT_SIZE = 4096,
    PROCESS_CONTAINER_SIZE = 160,
};

/* Texts are escaped (process_text_escape); "": not known. */
struct process_names {
    uint64_t time; /* from which on they hold, see process_event.h */
    uint32_t process;
    uint32_t program;
    char name[4 * PROCESS_NAME_SIZE];
    char command[PROCESS_COMMAND_SIZE]; /* the executable's path; or the name */
    char container[PROCESS_CONTAINER_SIZE];
    const char *arguments;
    const struct user_names *users; /* of the host; NULL: not known */
};

struct process_name_row;

/* All zero at first. */
struct process_name_table {
    struct process_name_row *rows; /* a fixed number of them; one long not found is overwritten */
    uint32_t *buckets;
    char *arguments; /* a text of each row; NULL: not wanted */
    struct user_names users;
    uint32_t next;
};

/* Allocates all memory and reads the names of the users; false when there is no memory. */
bool process_names_init(struct process_name_table *table, bool arguments);

void process_names_free(struct process_name_table *table);

/* Adds a record. arguments: `length` bytes, each argument ended by a NUL; NULL: not known. */
void process_names_add(struct process_name_table *table, const struct process_record *record,
                       const char *arguments, size_t length);

/*
 * Adds the command line, as above, of a process that was there before the capture, if it is one of
 * the table and has none.
 */
void process_names_add_arguments(struct process_name_table *table, uint32_t process,
                                 uint32_t program, const char *arguments, size_t length);

/*
 * The names of a process at a time (0: before the capture), or NULL; valid until the next one is
 * added.
 */
const struct process_names *process_names_find(struct process_name_table *table, uint32_t process,
                                               uint32_t program, uint64_t time);

#endif
