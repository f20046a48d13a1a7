/*
 * Text that others chose, such as the names of interfaces: Linux allows nearly every byte in them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PRINTABLE_H
#define IPMON_PRINTABLE_H

#include <stddef.h>
#include <stdio.h>

/*
 * Copies `text`, at most size - 1 bytes of it: what is no UTF-8, and control characters, become
 * question marks, one for each byte.
 */
void printable_copy(char *copy, size_t size, const char *text);

/*
 * Prints a value of a sentence of Wireshark's extcap interface: the same, and a brace, which could
 * end the value, becomes a parenthesis.
 */
void printable_put_value(FILE *out, const char *text);

#endif
