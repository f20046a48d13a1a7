/*
 * Capabilities by libcap.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "sandbox.h"

#include <errno.h>
#include <sys/capability.h>
#include <sys/prctl.h>

/* Without CAP_SETPCAP the set stays; no_new_privs makes it harmless. */
static void clear_bounding_set(void)
{
    for (cap_value_t capability = 0; cap_get_bound(capability) >= 0; capability++)
        if (cap_drop_bound(capability) != 0)
            return;
}

static bool clear_own_sets(void)
{
    cap_t none = cap_init();
    bool cleared = none && cap_set_proc(none) == 0;

    cap_free(none);
    return cleared;
}

bool sandbox_drop_capabilities(struct failure *failure)
{
    cap_reset_ambient();
    clear_bounding_set();
    if (clear_own_sets() && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
        return true;
    return failure_set_errno(failure, errno, "cannot give up capabilities");
}
