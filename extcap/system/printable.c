/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "printable.h"

#include <string.h>

#include "utf8.h"

enum { CHARACTER_MAX = 4 }; /* bytes */

size_t printable_character_length(const char *text)
{
    return utf8_printable_length(text, strnlen(text, CHARACTER_MAX));
}

void printable_copy(char *copy, size_t size, const char *text)
{
    size_t used = 0;

    while (*text) {
        size_t length = printable_character_length(text);
        size_t taken = length != 0 ? length : 1;

        if (used + taken >= size)
            break;
        for (size_t i = 0; i < taken; i++)
            copy[used++] = length != 0 ? text[i] : '?';
        text += taken;
    }
    copy[used] = '\0';
}

void printable_put_value(FILE *out, const char *text)
{
    char copy[256];

    printable_copy(copy, sizeof copy, text);
    for (const char *at = copy; *at; at++)
        putc(*at == '{' ? '(' : *at == '}' ? ')' : *at, out);
}
