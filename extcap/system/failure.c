/*
 * One line of text for each failure.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "printable.h"
#include "socket_error.h"

/* What is too long loses its middle: names are there, and what is wrong with them stands behind. */
static void copy_shortened(char *text, size_t size, const char *whole)
{
    static const char gap[] = " ... ";
    const size_t length = strlen(whole);
    const size_t part = (size - sizeof gap) / 2;

    if (length < size)
        memcpy(text, whole, length + 1);
    else
        snprintf(text, size, "%.*s%s%s", (int)part, whole, gap, whole + length - part);
}

static bool set_text(struct failure *failure, int code, int errno_value, const char *format,
                     va_list arguments)
{
    char message[FAILURE_TEXT_SIZE - 64];
    char shown[sizeof message];
    char *whole = NULL;
    const char *name = errno_value != 0 ? strerrorname_np(errno_value) : NULL;

    if (failure_is_set(failure))
        return false;
    if (vasprintf(&whole, format, arguments) < 0)
        whole = NULL;
    copy_shortened(message, sizeof message, whole ? whole : format);
    free(whole);
    printable_copy(shown, sizeof shown, message);
    snprintf(failure->text, sizeof failure->text, "error %d: %s%s%s%s", code, shown,
             name ? " (" : "", name ? name : "", name ? ")" : "");
    return false;
}

bool failure_set(struct failure *failure, int code, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    set_text(failure, code, 0, format, arguments);
    va_end(arguments);
    return false;
}

bool failure_set_errno(struct failure *failure, int errno_value, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    set_text(failure, socket_error_by_errno(errno_value)->code, errno_value, format, arguments);
    va_end(arguments);
    return false;
}

void failure_list_add(struct failure_list *list, const struct failure *failure)
{
    struct failure *rows = array_reserve(list->rows, list->count, &list->capacity, sizeof *rows);

    if (!rows)
        return;
    list->rows = rows;
    rows[list->count++] = *failure;
}

void failure_list_free(struct failure_list *list)
{
    free(list->rows);
    *list = (struct failure_list){.rows = NULL};
}
