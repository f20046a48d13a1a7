/*
 * Why something could not be done: one line for the user, with a code of the catalogue.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_FAILURE_H
#define IPMON_FAILURE_H

#include <stdbool.h>
#include <stddef.h>

enum {
    FAILURE_TEXT_SIZE = 1000, /* Wireshark keeps about 1 KB of an extcap's stderr */
};

struct failure {
    char text[FAILURE_TEXT_SIZE]; /* empty: nothing failed */
};

/* Failures of single parts, without which the whole goes on. All zero at first. */
struct failure_list {
    struct failure *rows; /* in the order in which they came */
    size_t count;
    size_t capacity; /* rows that there is memory for */
};

static inline bool failure_is_set(const struct failure *failure)
{
    return failure->text[0] != '\0';
}

/*
 * Sets the text to "error CODE: ..." unless one is set already: the first failure is the cause.
 * Control characters and invalid UTF-8 in it become '?' (printable.h), so that it stays one line
 * and has no effect on a terminal. Returns false, so that a function can end with
 * `return failure_set(...)`.
 */
bool failure_set(struct failure *failure, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * The same with the catalogue's code for an errno value; the errno's name follows the text in
 * brackets.
 */
bool failure_set_errno(struct failure *failure, int errno_value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds a copy of a failure; without memory the list stays as it is. */
void failure_list_add(struct failure_list *list, const struct failure *failure);

void failure_list_free(struct failure_list *list);

#endif
