/*
 * UTF-8 in text that others wrote.
 * Sources: RFC 3629; Unicode Standard Annex 9, section 2 (the controls of the direction of text).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_UTF8_H
#define IPMON_UTF8_H

#include <stddef.h>

/*
 * Bytes of the character at the beginning of a text, 1 to 4; 0 when it is invalid, longer than the
 * `available` bytes, a control character (U+0000 to U+001F, U+007F to U+009F), or a control of the
 * direction of text (U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069), which could make
 * what stands around the text look like something else.
 */
size_t utf8_printable_length(const char *text, size_t available);

#endif
