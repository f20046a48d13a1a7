/*
 * A hash table that finds a row of an array by its number.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PLACE_TABLE_H
#define IPMON_PLACE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero: an empty one. */
struct place_table {
    struct place *slots;
    size_t size; /* slots: 0 or a power of two */
    size_t used;
};

/* The row's place in its array; SIZE_MAX when none was set for the number. */
size_t place_table_find(const struct place_table *table, uint64_t number);

/* Sets the place, instead of one that was set before. False without memory. */
bool place_table_set(struct place_table *table, uint64_t number, size_t place);

void place_table_free(struct place_table *table);

#endif
