/*
 * Appends to a text in memory. Nothing is checked: the caller has made room for the longest record
 * (PRINT_RECORD_MAX). Functions for each kind of value, for a format would be parsed for each
 * packet.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_TEXT_H
#define IPMON_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
    char *end; /* where the next byte is written */
};

static inline void text_bytes(struct text *text, const char *bytes, size_t length)
{
    memcpy(text->end, bytes, length);
    text->end += length;
}

static inline void text_char(struct text *text, char byte)
{
    *text->end++ = byte;
}

static inline void text_string(struct text *text, const char *string)
{
    text_bytes(text, string, strlen(string));
}

/* A number in decimal. */
void text_number(struct text *text, uint64_t number);

/* The last `digits` hexadecimal digits of a number. */
void text_hex(struct text *text, uint32_t number, unsigned digits);

/* Bytes in hexadecimal, two digits each. */
void text_hex_bytes(struct text *text, const uint8_t *bytes, size_t length);

/* An address of 4 bytes, or 16 when version is 6; see ip_address_text. */
void text_address(struct text *text, uint8_t version, const uint8_t *bytes);

/* A string of JSON without its quotes (RFC 8259 section 7); the string is UTF-8. */
void text_json(struct text *text, const char *string);

#endif
