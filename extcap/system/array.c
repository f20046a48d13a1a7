/*
 * The capacity doubles: an element costs the same however many there are.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "array.h"

#include <stdlib.h>

enum {
    CAPACITY_AT_FIRST = 8, /* elements */
};

void *array_reserve(void *array, size_t count, size_t *capacity, size_t size)
{
    const size_t wanted = *capacity != 0 ? *capacity * 2 : CAPACITY_AT_FIRST;
    void *grown;

    if (count < *capacity)
        return array;
    grown = realloc(array, wanted * size);
    if (grown)
        *capacity = wanted;
    return grown;
}
