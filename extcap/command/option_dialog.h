/*
 * The values of a selector in the options dialog.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_OPTION_DIALOG_H
#define IPMON_OPTION_DIALOG_H

#include <stdbool.h>
#include <stdio.h>

#include "remote_query.h"

/* Prints one value. number: of its `arg` line. display: made printable. */
void option_print_value(FILE *out, int number, const char *value, const char *display,
                        bool is_default);

/*
 * Prints the values of --remote-source: all interfaces, those that several hosts have, then for
 * each host its interfaces and its addresses, guests' interfaces last. Values of several hosts are
 * HOST=SOURCE. The fault of a host that gave no list comes first; what is left out of the list of
 * a host is counted at its end. Both are lines without a value. listings: NULL when no host was
 * asked.
 */
void option_print_remote(FILE *out, int number, const struct remote_listings *listings);

#endif
