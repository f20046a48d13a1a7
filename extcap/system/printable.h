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
 * Prints a value of a sentence of the extcap interface: the same, and braces, which could end the
 * value, become parentheses.
 */
void printable_put_value(FILE *out, const char *text);

#endif
