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

/* Whether a source of another machine is an address, and not a word for several of them or none. */
bool remote_source_is_address(const char *source);

/*
 * Fills the targets. hosts: destinations with blanks between them. sources: with blanks between
 * them HOST=SOURCE for a host of `hosts`, and at most one SOURCE alone, for the hosts that no item
 * names; NULL or empty: SOURCE_ALL. If there are only items of HOST=SOURCE, other hosts have no
 * target. Several items may name the same host. Fails with 10022 (what is wrong is in the text)
 * or 10055 (more than REMOTE_TARGETS_MAX).
 */
bool remote_targets_read(struct remote_targets *targets, const char *hosts, const char *sources,
                         struct failure *failure);

#endif
