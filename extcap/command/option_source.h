/*
 * The source that -i names: an address or an interface of this machine, or HOST:SOURCE of another.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_OPTION_SOURCE_H
#define IPMON_OPTION_SOURCE_H

#include <stdbool.h>

#include "failure.h"
#include "settings.h"

/*
 * Sets the interface of the settings; for HOST:SOURCE also the remote host and the remote source.
 * What is the name or the address of an interface here is never HOST:SOURCE, nor is an IPv6 address
 * or what looks like one. HOST may be [ADDRESS] or USER@[ADDRESS]. is_first: no -i came before.
 * HOST:SOURCE may be given several times, any other source only once. typed: the option as it was
 * written, for messages. Fails with 10022.
 */
bool option_source_set(struct settings *settings, const char *typed, const char *text,
                       bool is_first, struct failure *failure);

/* Whether -i has named HOST:SOURCE. */
bool option_source_names_host(const struct settings *settings);

/* Whether a word is an IP address, perhaps with a zone; it need not be one of this machine. */
bool option_source_is_address(const char *word);

#endif
