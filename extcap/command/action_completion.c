/*
 * --print-completion: the script for bash.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "action.h"
#include "option.h"

int action_completion(const struct settings *settings)
{
    (void)settings;
    option_print_completion(stdout);
    return 0;
}
