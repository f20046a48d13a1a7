/*
 * UTF-8 in text that others wrote.
 * Source: RFC 3629.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_UTF8_H
#define IPMON_UTF8_H

#include <stddef.h>

/*
 * Bytes of the character at the beginning of a text, 1 to 4; 0 when it is invalid, a control
 * character (U+0000 to U+001F, U+007F to U+009F), or longer than the `available` bytes.
 */
size_t utf8_printable_length(const char *text, size_t available);

#endif
