/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "error_names.h"

#include <stddef.h>
#include <stdio.h>

#include "socket_error.h"

const char *error_name(const struct packet_error *error)
{
    if (error->ignored)
        return "";
    return error->errno_name ? error->errno_name : error->text;
}

const char *error_reporter_kind(enum packet_error_reporter reporter)
{
    static const char *const kinds[] = {
        [PACKET_ERROR_REPORTER_NONE] = NULL,
        [PACKET_ERROR_REPORTER_TARGET] = "target",
        [PACKET_ERROR_REPORTER_ROUTER] = "router",
        [PACKET_ERROR_REPORTER_CAPTURING_HOST] = "capturing host",
        [PACKET_ERROR_REPORTER_NEIGHBOUR_TABLE] = "capturing host's neighbour table",
    };

    return kinds[reporter];
}

void error_summary(char text[ERROR_SUMMARY_SIZE], const struct packet_error *error)
{
    const struct socket_error *winsock = socket_error_by_code(error->winsock);
    size_t length = 0;

    if (error->errno_name)
        length = (size_t)snprintf(text, ERROR_SUMMARY_SIZE, "%s (%d)", error->errno_name,
                                  error->errno_value);
    if (winsock)
        length += (size_t)snprintf(text + length, ERROR_SUMMARY_SIZE - length, "%s%s (%d)",
                                   length != 0 ? ", " : "", winsock->name, winsock->code);
    snprintf(text + length, ERROR_SUMMARY_SIZE - length, "%s: %s", error->likely ? ", likely" : "",
             error->text);
}
