/*
 * The sources that other machines offer: their own answers to --extcap-interfaces. All machines are
 * asked at the same time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_REMOTE_LISTING_H
#define IPMON_REMOTE_LISTING_H

#include <stdbool.h>
#include <stddef.h>

#include "failure.h"
#include "remote_host.h"

enum {
    REMOTE_INTERFACE_SIZE = 64, /* holds the shown name of an interface */
    REMOTE_LISTED_MAX = 64,     /* addresses of one machine */
    REMOTE_LISTING_SECONDS = 10,
};

/* An address of a machine. */
struct remote_address {
    char text[REMOTE_SOURCE_SIZE];
    char interface[REMOTE_INTERFACE_SIZE]; /* printable; empty: not known */
};

/* What one machine answered. */
struct remote_listing {
    char host[REMOTE_HOST_SIZE];
    struct failure failure; /* why there is no answer; the addresses are then none */
    size_t count;
    struct remote_address addresses[REMOTE_LISTED_MAX];
};

struct remote_listings {
    size_t count;
    struct remote_listing *rows;
};

/*
 * Asks the hosts. hosts, command: --remote-host and --remote-command. Waits until each has
 * answered, failed, or not answered for REMOTE_LISTING_SECONDS. Fails when no host can be asked;
 * the faults of single hosts are in their rows. The listings are to be freed in either case.
 */
bool remote_listings_read(struct remote_listings *listings, const char *hosts, const char *command,
                          struct failure *failure);

void remote_listings_free(struct remote_listings *listings);

/*
 * Reads the answer of a host, which is untrusted: text lines of the extcap interface, between which
 * other lines may stand. Fails with 10022 when it is no such answer, and quotes its beginning.
 */
bool remote_listing_parse(struct remote_listing *listing, const char *text,
                          struct failure *failure);

#endif
