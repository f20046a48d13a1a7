/*
 * Digits come from tables.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "text.h"

#include <stdbool.h>

#include "bytes.h"
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

static void put_byte(struct text *text, uint8_t number)
{
    if (number >= 100)
        text_char(text, (char)('0' + number / 100));
    if (number >= 10)
        text_char(text, (char)('0' + number / 10 % 10));
    text_char(text, (char)('0' + number % 10));
}

static void put_ipv4(struct text *text, const uint8_t *bytes)
{
    for (unsigned i = 0; i < IPV4_ADDRESS_LENGTH; i++) {
        if (i != 0)
            text_char(text, '.');
        put_byte(text, bytes[i]);
    }
}

enum { WORDS = IPV6_ADDRESS_LENGTH / 2 };

/* Without leading zeros. */
static void put_word(struct text *text, uint16_t word)
{
    unsigned digits = 1;

    while (digits < 4 && word >> 4 * digits != 0)
        digits++;
    text_hex(text, word, digits);
}

/* The first of the longest runs of at least two zeros; *length 0: there is none. */
static unsigned longest_zeros(const uint16_t words[WORDS], unsigned *length)
{
    unsigned best = 0;

    *length = 1;
    for (unsigned i = 0, run; i < WORDS; i += run + 1) {
        for (run = 0; i + run < WORDS && words[i + run] == 0;)
            run++;
        if (run > *length) {
            best = i;
            *length = run;
        }
    }
    if (*length == 1)
        *length = 0;
    return best;
}

/* Compatible and mapped IPv4 addresses (RFC 4291 section 2.5.5). */
static bool ends_in_ipv4(const uint16_t words[WORDS], unsigned zeros, unsigned length)
{
    return zeros == 0 && (length == 6 || (length == 5 && words[5] == 0xFFFF));
}

static void put_ipv6(struct text *text, const uint8_t *bytes)
{
    uint16_t words[WORDS];
    unsigned zeros;
    unsigned length;
    unsigned end = WORDS;

    for (unsigned i = 0; i < WORDS; i++)
        words[i] = bytes_u16(bytes + 2 * (size_t)i);
    zeros = longest_zeros(words, &length);
    if (ends_in_ipv4(words, zeros, length))
        end = WORDS - IPV4_ADDRESS_LENGTH / 2;
    for (unsigned i = 0; i < end;) {
        if (length != 0 && i == zeros) {
            text_bytes(text, "::", 2);
            i += length;
            continue;
        }
        put_word(text, words[i++]);
        if (i < end && !(length != 0 && i == zeros))
            text_char(text, ':');
    }
    if (end < WORDS) {
        if (length == 5)
            text_char(text, ':');
        put_ipv4(text, bytes + IPV6_ADDRESS_LENGTH - IPV4_ADDRESS_LENGTH);
    }
}

void text_address(struct text *text, uint8_t version, const uint8_t *bytes)
{
    if (version == 4)
        put_ipv4(text, bytes);
    else
        put_ipv6(text, bytes);
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
