/*
 * The program ipmon: reads the command line and runs one action.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "action.h"
#include "caller_environment.h"
#include "console.h"
#include "mask.h"
#include "option.h"
#include "permission.h"
#include "standard_descriptors.h"

typedef int action_function(const struct settings *settings);

static action_function *const actions[] = {
    [ACTION_NONE] = action_filter,
    [ACTION_INTERFACES] = action_interfaces,
    [ACTION_DLTS] = action_dlts,
    [ACTION_CONFIG] = action_config,
    [ACTION_CAPTURE] = action_capture,
    [ACTION_ADDRESSES] = action_addresses,
    [ACTION_DEVICES] = action_devices,
    [ACTION_ERRORS] = action_errors,
    [ACTION_EVENTS] = action_events,
    [ACTION_SOURCES] = action_sources,
    [ACTION_COMPLETION] = action_completion,
    [ACTION_VERSION] = action_version,
    [ACTION_HELP] = action_help,
};

/* Output that could not be written must not pass for success. */
static int finish(int status)
{
    struct failure failure = {""};

    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    failure_set_errno(&failure, errno, "cannot write to standard output");
    return console_print_failure(&failure);
}

int main(int argc, char **argv)
{
    struct settings settings;
    struct failure failure = {""};
    bool valid;

    if (!standard_descriptors_fill(&failure))
        return console_print_failure(&failure);
    if (permission_is_from_file()) {
        console_open(-1); /* reads JOURNAL_STREAM: the one harmless variable */
        caller_environment_hide(); /* libraries take addresses, names of drivers from it */
    }
    signal(SIGPIPE, SIG_IGN); /* a write returns EPIPE, which can be handled */
    signal(SIGXFSZ, SIG_IGN);
    valid = option_parse(&settings, argc, argv, &failure);
    if (settings.mask_sensitive)
        mask_enable();
    if (valid)
        return finish(actions[settings.action](&settings));
    if (settings.action == ACTION_CAPTURE)
        return action_capture_refuse(&settings, &failure);
    return console_print_failure(&failure);
}
