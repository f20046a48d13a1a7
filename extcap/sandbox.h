/*
 * Giving up power: what a capture needs is opened before, and the packets' bytes are looked at
 * without it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_SANDBOX_H
#define IPMON_SANDBOX_H

#include <stdbool.h>

#include "failure.h"

/*
 * Drops every capability, for good: ambient, bounding (as far as the process may, root may) and its
 * own sets; no program started from here gains any, and the process's memory is closed to others.
 * Source: capabilities(7), prctl(2).
 */
bool sandbox_drop_capabilities(struct failure *failure);

#endif
