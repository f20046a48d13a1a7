/*
 * Differences between the Wireshark versions that the plugin builds with (4.0 to 4.6).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_COMPAT_H
#define IPMON_COMPAT_H

#include <stdbool.h>

#include <glib.h>
#include <ws_version.h>

#define COMPAT_VERSION (WIRESHARK_VERSION_MAJOR * 100 + WIRESHARK_VERSION_MINOR)

#if COMPAT_VERSION >= 404
typedef bool preference_bool;          /* what prefs_register_bool_preference points to */
#define STATISTICS_MENU "IP Monitor//" /* submenu of Statistics, with its separator */
#else
typedef gboolean preference_bool;
#define STATISTICS_MENU "IP Monitor/"
#endif

#endif
