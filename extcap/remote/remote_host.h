/*
 * The machines that --remote-host names, and what --remote-source captures on each of them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_REMOTE_HOST_H
#define IPMON_REMOTE_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "failure.h"

enum {
    REMOTE_HOST_SIZE = 256,   /* holds a destination */
    REMOTE_SOURCE_SIZE = 128, /* holds an address with its zone, or an interface */
    REMOTE_TARGETS_MAX = 64,
    REMOTE_NAME_SIZE = REMOTE_HOST_SIZE + REMOTE_SOURCE_SIZE,
};

/* One capture on another machine. */
struct remote_target {
    char host[REMOTE_HOST_SIZE];     /* destination of ssh(1), as the user wrote it */
    char source[REMOTE_SOURCE_SIZE]; /* address, interface, or SOURCE_ALL; without SOURCE_PREFIX */
    char name[REMOTE_NAME_SIZE];     /* for messages: HOST, or HOST:SOURCE when it has several */
    bool is_only;                    /* its host has no other */
};

struct remote_targets {
    size_t count;
    struct remote_target rows[REMOTE_TARGETS_MAX];
};

/*
 * Whether a text of that length is a destination of ssh(1): [USER@]HOST, an alias of ssh_config(5),
 * or ssh://[USER@]HOST[:PORT]. Refused, with 10022, is what ssh or the shell of a ProxyCommand
 * could take for something else: a '-' at the beginning of the host or the user, control
 * characters, blanks, and shell metacharacters, as in valid_hostname() of OpenSSH 9.6; and '=',
 * which separates the host from its source in --remote-source.
 */
bool remote_host_check(const char *text, size_t length, struct failure *failure);

/*
 * Whether a source of another machine can be one address or one interface, and is no word for
 * several of them or for none.
 */
bool remote_source_is_single(const char *source);

/*
 * Fills the targets with the hosts of a list, each of them once, with SOURCE_ALL. hosts: with
 * blanks between them HOST, a destination, or HOST=SOURCE. Fails with 10022 (what is wrong is in
 * the text) or 10055 (more than REMOTE_TARGETS_MAX).
 */
bool remote_hosts_read(struct remote_targets *targets, const char *hosts, struct failure *failure);

/*
 * Fills the targets. hosts: as above. sources: with blanks between them HOST=SOURCE for a host of
 * `hosts`, and at most one SOURCE alone, for the hosts that no HOST=SOURCE of either list names;
 * NULL or empty: SOURCE_ALL. If `sources` has only HOST=SOURCE, hosts without one have no target.
 * Several items may name the same host. Fails as above.
 */
bool remote_targets_read(struct remote_targets *targets, const char *hosts, const char *sources,
                         struct failure *failure);

#endif
