/*
 * What every fuzzing program includes: libFuzzer's entry, checks that end the run, and the input
 * read piece by piece.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_FUZZ_H
#define IPMON_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that does not hold is a finding, as a crash is. */
#define FUZZ_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);         \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

struct fuzz_input {
    const uint8_t *data;
    size_t left;
};

/* The next `length` bytes (at most 8) as a number; what is missing counts as zeros. */
static inline uint64_t fuzz_number(struct fuzz_input *input, size_t length)
{
    uint64_t number = 0;

    for (; length > 0 && input->left > 0; length--, input->left--)
        number = number << 8 | *input->data++;
    return number;
}

/* A copy of just that size, so that a sanitizer sees any access behind it. Release with free. */
static inline uint8_t *fuzz_copy(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);

    FUZZ_CHECK(copy);
    if (size)
        memcpy(copy, data, size);
    return copy;
}

#endif
