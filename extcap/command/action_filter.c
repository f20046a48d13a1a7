/*
 * --extcap-capture-filter without --capture: Wireshark asks at every key whether a filter is good.
 * Silence and status 0 is yes, text on stdout and status 0 is no, another status is "perhaps".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>

#include "action.h"
#include "capture_filter.h"
#include "mask.h"

enum {
    STATUS_PERHAPS = 2,
};

int action_filter(const struct settings *settings)
{
    struct failure failure = {""};

    switch (capture_filter_check(settings->capture_filter, &failure)) {
    case CAPTURE_FILTER_VALID:
        return 0;
    case CAPTURE_FILTER_NEEDS_LINK_LAYER:
        failure_print(&failure);
        return STATUS_PERHAPS;
    case CAPTURE_FILTER_INVALID:
        mask_text(failure.text, sizeof failure.text);
        puts(failure.text);
        return 0;
    }
    return 0;
}
