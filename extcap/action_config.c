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

    if (!action_source_name(settings, &failure))
        return failure_print(&failure);
    option_print_config(stdout);
    return 0;
}
