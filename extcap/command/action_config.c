/*
 * --extcap-config: the options dialog of a source.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>

#include "action.h"

int action_config(const struct settings *settings)
{
    struct failure failure = {""};
    struct host_addresses host;
    int status = 0;

    if (!action_source_name(settings, &failure))
        return failure_print(&failure);
    if (host_addresses_read(&host, &failure))
        option_print_config(stdout, option_source_kind(settings), &host, settings->reload_option);
    else
        status = failure_print(&failure);
    host_addresses_free(&host);
    return status;
}
