/*
 * --extcap-config: the options dialog of a source.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>

#include "action.h"
#include "console.h"
#include "host_address.h"
#include "option.h"
#include "source_name.h"

int action_config(const struct settings *settings)
{
    struct failure failure = {""};
    struct host_addresses host;
    int status = 0;

    if (!source_name_target(settings->interface, &failure))
        return console_print_failure(&failure);
    if (source_name_kind(settings->interface) == SOURCE_KIND_REMOTE)
        return action_remote_config(settings);
    if (host_addresses_read(&host, &failure))
        option_print_config(stdout, source_name_kind(settings->interface), &host, NULL,
                            settings->reload_option);
    else
        status = console_print_failure(&failure);
    host_addresses_free(&host);
    return status;
}
