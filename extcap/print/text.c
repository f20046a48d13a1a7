/*
 * Digits come from tables.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "text.h"

#include "ip_address.h"

static const char digit_pairs[] = "00010203040506070809"
                                  "10111213141516171819"
                                  "20212223242526272829"
                                  "30313233343536373839"
                                  "40414243444546474849"
                                  "50515253545556575859"
                                  "60616263646566676869"
                                  "70717273747576777879"
                                  "80818283848586878889"
                                  "90919293949596979899";
static const char hex_digits[] = "0123456789abcdef";

/* From the last digits to the first, two at a time. */
void text_number(struct text *text, uint64_t number)
{
    char digits[20]; /* of UINT64_MAX */
    size_t at = sizeof digits;

    while (number >= 100) {
        at -= 2;
        memcpy(digits + at, digit_pairs + 2 * (number % 100), 2);
        number /= 100;
    }
    if (number >= 10) {
        at -= 2;
        memcpy(digits + at, digit_pairs + 2 * number, 2);
    } else {
        digits[--at] = (char)('0' + number);
    }
    text_bytes(text, digits + at, sizeof digits - at);
}

void text_hex(struct text *text, uint32_t number, unsigned digits)
{
    for (unsigned i = digits; i > 0; i--)
        text_char(text, hex_digits[number >> (i - 1) * 4 & 0xF]);
}

static uint8_t hex_digit(uint8_t half)
{
    return (uint8_t)(half + (half > 9 ? 'a' - 10 : '0'));
}

/* Plain enough for the compiler to do many bytes at once: most of a record in JSON is this. */
void text_hex_bytes(struct text *text, const uint8_t *bytes, size_t length)
{
    uint8_t *restrict digits = (uint8_t *)text->end;
    const uint8_t *restrict from = bytes;

    for (size_t i = 0; i < length; i++) {
        digits[2 * i] = hex_digit(from[i] >> 4);
        digits[2 * i + 1] = hex_digit(from[i] & 0xF);
    }
    text->end += 2 * length;
}

void text_address(struct text *text, uint8_t version, const uint8_t *bytes)
{
    ip_address_text(version, bytes, text->end);
    text->end += strlen(text->end);
}

/* Control characters, the quote and the backslash. */
void text_json(struct text *text, const char *string)
{
    for (; *string; string++) {
        const uint8_t byte = (uint8_t)*string;

        if (byte == '"' || byte == '\\')
            text_char(text, '\\');
        if (byte < ' ') {
            text_string(text, "\\u00");
            text_hex(text, byte, 2);
        } else {
            text_char(text, *string);
        }
    }
}
