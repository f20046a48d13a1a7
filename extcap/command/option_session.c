/*
 * All connections between the two machines to the port of that server are left out, not only the
 * one of the session: two captures of one machine would otherwise feed each other.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "option_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ssh_session.h"

void option_session_exclude(struct settings *settings)
{
    static char *filter;
    const char *given = settings->capture_filter ? settings->capture_filter : "";
    const bool is_given = given[strspn(given, " \t\n")] != '\0';
    struct ssh_session session;
    char *joined;

    if (!settings->control_in || strcmp(settings->control_in, "-") != 0 ||
        !ssh_session_find(&session))
        return;
    if (asprintf(&joined, "%s%s%snot (host %s and host %s and tcp port %u)", is_given ? "(" : "",
                 given, is_given ? ") and " : "", session.client, session.server,
                 session.server_port) < 0)
        return;
    free(filter);
    settings->capture_filter = filter = joined;
}
