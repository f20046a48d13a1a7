/*
 * The fields of a process, in the forms that the dissector has.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PRINT_PROCESS_H
#define IPMON_PRINT_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "process_information.h"

enum print_process_kind {
    PRINT_PROCESS_TITLE,
    PRINT_PROCESS_NUMBER,
    PRINT_PROCESS_STRING,
    PRINT_PROCESS_WORD,
};

struct print_process_field {
    const char *name;  /* of the dissector's field */
    const char *label; /* of its line */
    enum print_process_kind kind;
    uint8_t index; /* by kind: enum process_number, process_string or process_word */
};

enum { PRINT_PROCESS_FIELDS = 13 };

/* In the order in which they are printed; the first one is the title. */
extern const struct print_process_field print_process_fields[PRINT_PROCESS_FIELDS];

/* Writes the value of a field as text. False when the process does not have it. */
bool print_process_value(char value[PROCESS_TEXT_SIZE], const struct process *process,
                         const struct print_process_field *field);

#endif
