/*
 * Names for what a socket error consists of, as both halves of ipmon show them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_ERROR_NAMES_H
#define IPMON_ERROR_NAMES_H

#include "packet_error.h"

enum { ERROR_SUMMARY_SIZE = 256 }; /* bytes of the longest error_summary with its NUL */

/*
 * The name of the errno, "ECONNREFUSED", or what happened when it has none; empty when no
 * application gets the error.
 */
const char *error_name(const struct packet_error *error);

/* Who reported an error: "router"; NULL: nobody. */
const char *error_reporter_kind(enum packet_error_reporter reporter);

/*
 * Writes the error that an application gets: "ECONNREFUSED (111), WSAECONNREFUSED (10061), likely:
 * port unreachable". Filters may use how it begins.
 */
void error_summary(char text[ERROR_SUMMARY_SIZE], const struct packet_error *error);

#endif
