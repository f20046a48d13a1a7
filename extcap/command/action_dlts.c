/*
 * --extcap-dlts: every source delivers packets from the IP header on.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>

#include "action.h"
#include "console.h"
#include "pcapng.h"
#include "source_name.h"

int action_dlts(const struct settings *settings)
{
    struct failure failure = {""};

    if (!source_name_target(settings->interface, &failure))
        return console_print_failure(&failure);
    printf("dlt {number=%d}{name=RAW}{display=Raw IP}\n", PCAPNG_LINKTYPE_RAW);
    return 0;
}
