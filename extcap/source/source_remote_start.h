/*
 * The start of the source of other machines: ssh is run for each host, and all that have answered
 * begin together.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_SOURCE_REMOTE_START_H
#define IPMON_SOURCE_REMOTE_START_H

#include <stdbool.h>

#include "failure.h"
#include "packet_source.h"

struct source_remote;

/*
 * Starts the hosts of source->targets, a few at a time of those that are the same machine, and
 * waits until each has answered, has ended, or has had its time. Some may be missing, but not all.
 * Fails with the reason of the first that is missing, and with EINTR when request->signals became
 * readable.
 */
bool source_remote_start(struct source_remote *source, const struct packet_source_request *request,
                         struct failure *failure);

#endif
