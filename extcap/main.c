/*
 * The program ipmon: reads the command line and runs one action.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "action.h"
#include "console.h"
#include "mask.h"
#include "option.h"
#include "permission.h"

typedef int action_function(const struct settings *settings);

static action_function *const actions[] = {
    [ACTION_NONE] = action_filter,     [ACTION_INTERFACES] = action_interfaces,
    [ACTION_DLTS] = action_dlts,       [ACTION_CONFIG] = action_config,
    [ACTION_CAPTURE] = action_capture, [ACTION_ADDRESSES] = action_addresses,
    [ACTION_DEVICES] = action_devices, [ACTION_ERRORS] = action_errors,
    [ACTION_EVENTS] = action_events,   [ACTION_VERSION] = action_version,
    [ACTION_HELP] = action_help,
};

/*
 * A standard descriptor that the caller closed would be taken by the next socket or file, and what
 * is printed would go there. Opened the other way round it fails as a closed one does.
 */
static bool fill_standard_descriptors(void)
{
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++)
        if (fcntl(descriptor, F_GETFD) < 0 &&
            open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY) != descriptor)
            return false;
    return true;
}

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

    if (!fill_standard_descriptors()) {
        failure_set_errno(&failure, errno, "cannot open /dev/null for a closed descriptor");
        return console_print_failure(&failure);
    }
    if (permission_is_from_file())
        clearenv();           /* libraries read addresses, paths and names of drivers from it */
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
