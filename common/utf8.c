/*
 * A check of UTF-8 by its table of first and second bytes (RFC 3629, section 4).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Characters by their first bytes: how long they are, and where the second byte must lie. */
static const struct {
    uint8_t first;
    uint8_t last;
    uint8_t length;
    uint8_t second_least;
    uint8_t second_most;
} rows[] = {
    {0x20, 0x7E, 1, 0, 0},       {0xC2, 0xC2, 2, 0xA0, 0xBF}, /* below are control characters */
    {0xC3, 0xDF, 2, 0x80, 0xBF}, {0xE0, 0xE0, 3, 0xA0, 0xBF},
    {0xE1, 0xEC, 3, 0x80, 0xBF}, {0xED, 0xED, 3, 0x80, 0x9F}, /* above are surrogates */
    {0xEE, 0xEF, 3, 0x80, 0xBF}, {0xF0, 0xF0, 4, 0x90, 0xBF},
    {0xF1, 0xF3, 4, 0x80, 0xBF}, {0xF4, 0xF4, 4, 0x80, 0x8F},
};

/* Controls of the direction of text, as characters from `first` to `last` of the same length. */
static const struct {
    char first[4];
    char last[4];
} bidirectional[] = {
    {"\xD8\x9C", "\xD8\x9C"},         /* U+061C */
    {"\xE2\x80\x8E", "\xE2\x80\x8F"}, /* U+200E, U+200F */
    {"\xE2\x80\xAA", "\xE2\x80\xAE"}, /* U+202A to U+202E */
    {"\xE2\x81\xA6", "\xE2\x81\xA9"}, /* U+2066 to U+2069 */
};

static bool is_bidirectional_control(const char *text, size_t length)
{
    for (size_t i = 0; i < sizeof bidirectional / sizeof *bidirectional; i++)
        if (strlen(bidirectional[i].first) == length &&
            memcmp(text, bidirectional[i].first, length) >= 0 &&
            memcmp(text, bidirectional[i].last, length) <= 0)
            return true;
    return false;
}

static bool is_continuation(char byte)
{
    return ((uint8_t)byte & 0xC0) == 0x80;
}

static bool continues(const char *text, size_t length)
{
    for (size_t i = 2; i < length; i++)
        if (!is_continuation(text[i]))
            return false;
    return true;
}

size_t utf8_printable_length(const char *text, size_t available)
{
    const uint8_t *bytes = (const uint8_t *)text;

    if (available == 0)
        return 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (bytes[0] < rows[i].first || bytes[0] > rows[i].last)
            continue;
        if (rows[i].length > available || (rows[i].length > 1 && (bytes[1] < rows[i].second_least ||
                                                                  bytes[1] > rows[i].second_most)))
            return 0;
        if (!continues(text, rows[i].length) || is_bidirectional_control(text, rows[i].length))
            return 0;
        return rows[i].length;
    }
    return 0;
}
