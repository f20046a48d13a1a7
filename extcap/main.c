/*
 * The program ipmon: reads the command line and runs one action.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "action.h"
#include "mask.h"
#include "output.h"
#include "permission.h"
#include "socket_error.h"
#include "toolbar.h"

const char *action_source_name(const struct settings *settings, struct failure *failure)
{
    const char *source = settings->interface;

    if (!source) {
        failure_set_errno(failure, EINVAL, "--extcap-interface is missing, see 'ipmon --help'");
        return NULL;
    }
    if (strncasecmp(source, SOURCE_PREFIX, strlen(SOURCE_PREFIX)) != 0) {
        failure_set(failure, SOCKET_ERROR_INVALID_LOCAL_HOST,
                    "'%s' is not a capture source, they begin with " SOURCE_PREFIX, source);
        return NULL;
    }
    return source + strlen(SOURCE_PREFIX);
}

static int print_version(void)
{
    printf("ipmon " IPMON_VERSION "\n"
           "Licence: GPL-2.0-or-later\n"
           "Built with %s for Wireshark " IPMON_WIRESHARK_VERSION "; %s\n",
           "gcc " __VERSION__, pcap_lib_version());
    return 0;
}

static int print_help(void)
{
    option_print_help(stdout);
    return 0;
}

static int run(const struct settings *settings)
{
    struct failure failure = {""};

    switch ((enum action)settings->action) {
    case ACTION_INTERFACES:
        return action_interfaces();
    case ACTION_DLTS:
        return action_dlts(settings);
    case ACTION_CONFIG:
        return action_config(settings);
    case ACTION_CAPTURE:
        return action_capture(settings);
    case ACTION_LIST_ADDRESSES:
        return action_list_addresses();
    case ACTION_LIST_INTERFACES:
        return action_list_interfaces();
    case ACTION_LIST_ERRORS:
        return action_list_errors();
    case ACTION_LIST_EVENTS:
        return action_list_events();
    case ACTION_VERSION:
        return print_version();
    case ACTION_HELP:
        return print_help();
    case ACTION_NONE:
        break;
    }
    if (settings->capture_filter)
        return action_filter(settings);
    failure_set_errno(&failure, EINVAL,
                      "nothing to do: neither an action nor a capture filter is given");
    option_print_help(stderr);
    return failure_print(&failure);
}

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
    return failure_print(&failure);
}

int main(int argc, char **argv)
{
    struct settings settings;
    struct failure failure = {""};
    struct toolbar toolbar;
    bool good;

    if (!fill_standard_descriptors()) {
        failure_set_errno(&failure, errno, "cannot open /dev/null for a closed descriptor");
        return failure_print(&failure);
    }
    if (permission_is_from_file())
        clearenv();           /* libraries read addresses, paths and names of drivers from it */
    signal(SIGPIPE, SIG_IGN); /* a write tells of it, too, and can be answered */
    signal(SIGXFSZ, SIG_IGN);
    good = option_parse(&settings, argc, argv, &failure);
    if (settings.mask_sensitive)
        mask_enable();
    if (!good) {
        if (settings.action != ACTION_CAPTURE)
            return failure_print(&failure);
        toolbar_open(&toolbar, settings.control_in, NULL);
        toolbar_meet(&toolbar, -1, output_parent(settings.fifo));
        return output_refuse(settings.fifo, &failure);
    }
    return finish(run(&settings));
}
