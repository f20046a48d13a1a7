/*
 * --extcap-dlts: every source delivers packets from the IP header on.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>

#include "action.h"
#include "pcapng_writer.h"

int action_dlts(const struct settings *settings)
{
    struct failure failure = {""};

    if (!action_source_name(settings, &failure))
        return failure_print(&failure);
    printf("dlt {number=%d}{name=RAW}{display=Raw IP}\n", PCAPNG_LINKTYPE_RAW);
    return 0;
}
