/*
 * What the program can be asked to do: one function, in a file of its own, for each action of
 * Wireshark's extcap interface and of the command line. Each returns the exit status.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_ACTION_H
#define IPMON_ACTION_H

#include <stdbool.h>

#include "host_address.h"
#include "option.h"

/* --extcap-interfaces: the capture sources. */
int action_interfaces(void);

/* --extcap-dlts: the link type. */
int action_dlts(const struct settings *settings);

/* --extcap-config: the options dialog. */
int action_config(const struct settings *settings);

/* --extcap-capture-filter without --capture: judges the filter. */
int action_filter(const struct settings *settings);

/* --capture. */
int action_capture(const struct settings *settings);

/* --list-addresses and --list-interfaces. */
int action_list_addresses(void);
int action_list_interfaces(void);

/* --list-errors: the catalogue, a line for each code with fields separated by tabs. */
int action_list_errors(void);

/* --list-events: the dictionary, a line for each event with fields separated by tabs. */
int action_list_events(void);

/*
 * What stands behind SOURCE_PREFIX in --extcap-interface: an address or one of the names above.
 * NULL with error 1118 when the option is missing or names no source of ours.
 */
const char *action_source_name(const struct settings *settings, struct failure *failure);

#endif
