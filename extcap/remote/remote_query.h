/*
 * Asks other machines for their sources, all of them at the same time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_REMOTE_QUERY_H
#define IPMON_REMOTE_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "remote_listing.h"

enum {
    REMOTE_QUERY_SECONDS = 10,
};

struct remote_listings {
    bool has_sources; /* --remote-host has HOST=SOURCE */
    size_t count;
    struct remote_listing *rows;
};

/*
 * Asks the hosts. hosts, command: --remote-host and --remote-command. Waits until each has
 * answered, failed, or not answered for REMOTE_QUERY_SECONDS. Fails when no host can be asked; the
 * faults of single hosts are in their rows. The listings are to be freed in either case.
 */
bool remote_listings_read(struct remote_listings *listings, const char *hosts, const char *command,
                          struct failure *failure);

void remote_listings_free(struct remote_listings *listings);

#endif
