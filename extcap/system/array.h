/*
 * Arrays that grow.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_ARRAY_H
#define IPMON_ARRAY_H

#include <stddef.h>

/*
 * Makes space for one more element behind `count`. array: of `size` bytes each, or NULL; *capacity:
 * elements that there is memory for. Returns the array, which may have moved; or NULL without
 * memory: the array is then unchanged.
 */
void *array_reserve(void *array, size_t count, size_t *capacity, size_t size);

#endif
