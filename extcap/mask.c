/*
 * Finds whatever reads as an IP address and masks it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "mask.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
    TEXT_MAX = 2048,
    IPV6_KEPT = 8, /* bytes of an address that stay */
};

static bool enabled;

static const char address_characters[] = "0123456789abcdefABCDEF:.";

void mask_enable(void)
{
    enabled = true;
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

void mask_text(char *text, size_t size)
{
    char result[TEXT_MAX];
    size_t used = 0;
    const char *at = text;

    if (!enabled)
        return;
    while (*at && used < sizeof result - 1) {
        size_t length = strspn(at, address_characters);
        char masked[INET6_ADDRSTRLEN + 1];
        size_t taken = length ? mask_front(at, length, masked, sizeof masked) : 0;

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
