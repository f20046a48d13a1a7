/*
 * The command line. One table (option_table.c) describes every option; the parser, --help, the
 * dialog's `arg` lines and the defaults are all made from it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_OPTION_H
#define IPMON_OPTION_H

#include <stdbool.h>
#include <stdio.h>

#include "failure.h"
#include "host_address.h"
#include "remote_query.h"
#include "settings.h"
#include "source_name.h"

/*
 * Fills the settings from the command line; option_form.h explains its forms. After a failure the
 * rest of the line is still parsed, so that the caller knows the action and the fifo to report to.
 * Unknown options are a failure, except those that begin with --extcap-: they are skipped with
 * their value, because a newer Wireshark may add some.
 */
bool option_parse(struct settings *settings, int argc, char **argv, struct failure *failure);

/* Fails with 10022 when the command line names an option that does not belong to the source. */
bool option_check_source(const struct settings *settings, struct failure *failure);

/*
 * Prints the `arg` and `value` lines of Wireshark's options dialog for a kind of sources. Selectors
 * of addresses offer those of `host`. With reload_option, only the values of that option; those of
 * other machines are in `remote`, which is NULL when they were not asked.
 */
void option_print_config(FILE *out, enum source_kind kind, const struct host_addresses *host,
                         const struct remote_listings *remote, const char *reload_option);

/* Prints the text of --help. */
void option_print_help(FILE *out);

/* Prints a script that completes the program's command line in bash. */
void option_print_completion(FILE *out);

#endif
