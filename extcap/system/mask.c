/*
 * Finds whatever reads as an address and masks it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "mask.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum {
    TEXT_MAX = 2048,
    IPV6_KEPT = 8, /* bytes of an address that stay */
    ETHERNET_BYTES = 6,
    ETHERNET_KEPT = 3,
    HEX_PREFIX = 2,             /* characters: 0x */
    HEX_SMALL = HEX_PREFIX + 4, /* of a hexadecimal number that is no address */
    HEX_HOST = 2,               /* characters behind the first 24 bits */
};

static bool enabled;

static const char address_characters[] = "0123456789abcdefABCDEF:.";

void mask_enable(void)
{
    enabled = true;
}

bool mask_is_enabled(void)
{
    return enabled;
}

/* Characters of an Ethernet address up to its fourth byte; 0: the word is none. */
static size_t ethernet_kept(const char *word)
{
    size_t at = 0;
    size_t kept = 0;

    for (unsigned group = 1; group <= ETHERNET_BYTES; group++) {
        size_t digits = strspn(word + at, "0123456789abcdefABCDEF");

        if (digits == 0 || digits > 2 || word[at + digits] != (group < ETHERNET_BYTES ? ':' : '\0'))
            return 0;
        at += digits + 1;
        if (group == ETHERNET_KEPT)
            kept = at;
    }
    return kept;
}

/* The masked form of a word, or false when the word is no address. */
static bool mask_word(const char *word, char *masked, size_t size)
{
    struct in_addr ipv4;
    struct in6_addr ipv6;
    size_t used;

    if (inet_pton(AF_INET, word, &ipv4) == 1) {
        snprintf(masked, size, "%.*sx", (int)(strrchr(word, '.') + 1 - word), word);
        return true;
    }
    if (ethernet_kept(word) != 0) {
        snprintf(masked, size, "%.*sx", (int)ethernet_kept(word), word);
        return true;
    }
    if (inet_pton(AF_INET6, word, &ipv6) != 1)
        return false;
    memset(ipv6.s6_addr + IPV6_KEPT, 0, sizeof ipv6.s6_addr - IPV6_KEPT);
    inet_ntop(AF_INET6, &ipv6, masked, (socklen_t)size - 1);
    used = strlen(masked);
    snprintf(masked + used, size - used, "x");
    return true;
}

/* Takes the longest address at the front of the word: a full stop or colon may follow it. */
static size_t mask_front(const char *word, size_t length, char *masked, size_t size)
{
    char copy[INET6_ADDRSTRLEN];

    for (size_t n = length < sizeof copy ? length : sizeof copy - 1; n > 1; n--) {
        memcpy(copy, word, n);
        copy[n] = '\0';
        if (mask_word(copy, masked, size))
            return n;
    }
    return 0;
}

/* Characters of the hexadecimal number that the text begins with; 0: none, or a masked one. */
static size_t hexadecimal_length(const char *text)
{
    size_t length;

    if (text[0] != '0' || (text[1] != 'x' && text[1] != 'X'))
        return 0;
    length = HEX_PREFIX + strspn(text + HEX_PREFIX, "0123456789abcdefABCDEF");
    return text[length] == 'x' ? 0 : length;
}

/* What of the text is masked, at its front; 0: nothing. */
static size_t mask_next(const char *text, char *masked, size_t size)
{
    const size_t hexadecimal = hexadecimal_length(text);
    const size_t length = strspn(text, address_characters);

    if (hexadecimal <= HEX_SMALL)
        return length ? mask_front(text, length, masked, size) : 0;
    snprintf(masked, size, "%.*sx", (int)hexadecimal - HEX_HOST, text);
    return hexadecimal;
}

void mask_text(char *text, size_t size)
{
    char result[TEXT_MAX];
    size_t used = 0;
    const char *at = text;

    if (!enabled)
        return;
    while (*at && used < sizeof result - 1) {
        char masked[INET6_ADDRSTRLEN + 1];
        size_t taken = mask_next(at, masked, sizeof masked);

        if (taken) {
            used += (size_t)snprintf(result + used, sizeof result - used, "%s", masked);
            at += taken;
        } else {
            result[used++] = *at++;
        }
    }
    result[used < sizeof result ? used : sizeof result - 1] = '\0';
    snprintf(text, size, "%s", result);
}
