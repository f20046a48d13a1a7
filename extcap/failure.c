/*
 * One line of text for each failure.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "console.h"
#include "log.h"
#include "mask.h"
#include "printable.h"
#include "socket_error.h"

static bool set_text(struct failure *failure, int code, int errno_value, const char *format,
                     va_list arguments)
{
    char message[FAILURE_TEXT_SIZE - 64];
    char shown[sizeof message];
    const char *name = errno_value != 0 ? strerrorname_np(errno_value) : NULL;

    if (failure->text[0] != '\0')
        return false;
    vsnprintf(message, sizeof message, format, arguments);
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

int failure_print(const struct failure *failure)
{
    char text[FAILURE_TEXT_SIZE];

    snprintf(text, sizeof text, "%s", failure->text);
    mask_text(text, sizeof text);
    log_line(IPMON_LOG_ERROR, "%s", text);
    console_print(text);
    console_finish();
    return 1;
}
