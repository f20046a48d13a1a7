/*
 * --help: every option.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>

#include "action.h"
#include "option.h"

int action_help(const struct settings *settings)
{
    (void)settings;
    option_print_help(stdout);
    return 0;
}
