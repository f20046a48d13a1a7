/*
 * --list-errors: the catalogue of error codes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "action.h"
#include "socket_error.h"

int action_errors(const struct settings *settings)
{
    const struct socket_error *error;

    (void)settings;
    for (size_t i = 0; (error = socket_error_at(i)) != NULL; i++) {
        const char *errno_name = error->errno_value ? strerrorname_np(error->errno_value) : NULL;

        printf("%d\t%s\t%s\t%s%s\t%s\n", error->code, error->name ? error->name : "-",
               errno_name ? errno_name : "-", error->text,
               error->never_raised ? " (never raised here)" : "", error->hint);
    }
    return 0;
}
