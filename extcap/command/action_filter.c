/*
 * --extcap-capture-filter without an action, which Wireshark runs at every key typed into a filter.
 * Status 0 without output: the filter is valid; status 0 with text on standard output: it is not;
 * another status: it may be.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <stdio.h>

#include "action.h"
#include "capture_filter.h"
#include "console.h"
#include "mask.h"
#include "option.h"

enum {
    STATUS_MAY_BE_VALID = 2,
};

/* Without an action: an option that only a capture uses means that something is missing. */
static bool check_missing(const struct settings *settings, struct failure *failure)
{
    const char *source = settings->interface;

    if (source && (settings->fifo || !settings->capture_filter))
        return failure_set_errno(failure, EINVAL,
                                 "--capture is missing, without which ipmon does nothing with %s",
                                 source);
    if (settings->fifo || settings->is_command)
        return failure_set_errno(failure, EINVAL,
                                 "no source is given; to capture: ipmon -i ADDRESS|INTERFACE|all, "
                                 "to read: ipmon -r FILE; ipmon -D lists the interfaces");
    return true;
}

static int print_nothing_to_do(struct failure *failure)
{
    failure_set_errno(failure, EINVAL,
                      "nothing to do: neither an action nor a capture filter is given");
    option_print_help(stderr);
    return console_print_failure(failure);
}

int action_filter(const struct settings *settings)
{
    struct failure failure = {""};

    if (!check_missing(settings, &failure))
        return console_print_failure(&failure);
    if (!settings->capture_filter)
        return print_nothing_to_do(&failure);
    switch (capture_filter_check(settings->capture_filter, &failure)) {
    case CAPTURE_FILTER_VALID:
        return 0;
    case CAPTURE_FILTER_NEEDS_LINK_LAYER:
        console_print_failure(&failure);
        return STATUS_MAY_BE_VALID;
    case CAPTURE_FILTER_INVALID:
        mask_text(failure.text, sizeof failure.text);
        puts(failure.text);
        return 0;
    }
    return 0;
}
