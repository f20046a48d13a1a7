/*
 * What the command line can request: one function, in a file of its own, for each action of
 * Wireshark's extcap interface and of the program. Each returns the exit status.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_ACTION_H
#define IPMON_ACTION_H

#include "failure.h"
#include "settings.h"

/* --extcap-interfaces: the capture sources. */
int action_interfaces(const struct settings *settings);

/* --extcap-dlts: the link type. */
int action_dlts(const struct settings *settings);

/* --extcap-config: the options dialog. */
int action_config(const struct settings *settings);

/*
 * No action: checks --extcap-capture-filter. If that option is missing as well, prints the help on
 * standard error and fails.
 */
int action_filter(const struct settings *settings);

/* --capture. */
int action_capture(const struct settings *settings);

/* --capture with an invalid command line: reports the failure as Wireshark expects it. */
int action_capture_refuse(const struct settings *settings, const struct failure *failure);

/* --list-addresses: a line for each, with fields separated by tabs. */
int action_addresses(const struct settings *settings);

/* --list-interfaces: the same for the devices of libpcap. */
int action_devices(const struct settings *settings);

/* --list-errors: the same for the catalogue of error codes. */
int action_errors(const struct settings *settings);

/* --list-events: the same for the dictionary of network events. */
int action_events(const struct settings *settings);

/* --list-sources: a numbered list of the interfaces, with their addresses. */
int action_sources(const struct settings *settings);

/* --list-sources with --remote-host: the sources of other machines. */
int action_remote_sources(const struct settings *settings);

/*
 * --extcap-config of ipmon:remote: the options dialog. At a reload of --remote-source the hosts are
 * asked; a fault becomes a line of the list, because Wireshark shows nothing else.
 */
int action_remote_config(const struct settings *settings);

/* --print-completion: the script for bash; the build runs it. */
int action_completion(const struct settings *settings);

int action_version(const struct settings *settings);
int action_help(const struct settings *settings);

#endif
