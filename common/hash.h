/*
 * Hashes of addresses and other numbers. A table whose keys come from packets starts from a random
 * number, so that a capture that fills one bucket is harder to forge.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_HASH_H
#define IPMON_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Adds a word to a hash. */
static inline uint64_t hash_word(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 32;
}

/* Adds an address to a hash. length: 4 or 16 bytes. */
static inline uint64_t hash_address(uint64_t hash, const uint8_t *address, size_t length)
{
    uint64_t words[2] = {0};

    if (length == 4) /* constant sizes, for the compiler */
        memcpy(words, address, 4);
    else
        memcpy(words, address, 16);
    return hash_word(hash_word(hash, words[0]), words[1] ^ length);
}

#endif
