/*
 * Makes untrusted text printable, such as interface names, in which Linux allows nearly every byte.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PRINTABLE_H
#define IPMON_PRINTABLE_H

#include <stddef.h>
#include <stdio.h>

/*
 * Bytes of the character of UTF-8 that the text begins with; 0 when that is a control character,
 * one that changes the direction of text (utf8.h), or no valid one.
 */
size_t printable_character_length(const char *text);

/*
 * Copies at most size - 1 bytes of `text`. Invalid UTF-8 and what is not printable become question
 * marks, one for each byte.
 */
void printable_copy(char *copy, size_t size, const char *text);

/*
 * Prints a value in a line of the extcap interface. The same as above; in addition, braces become
 * parentheses, because a brace could end the value.
 */
void printable_put_value(FILE *out, const char *text);

#endif
