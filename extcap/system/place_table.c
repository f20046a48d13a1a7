/*
 * A hash table with open addressing, at most half full.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "place_table.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"

enum {
    SIZE_AT_FIRST = 16, /* slots */
};

struct place {
    uint64_t number;
    size_t place;
    bool used;
};

/*
 * The slot that has the number, or the free one where it belongs. Numbers of interfaces and
 * sections are assigned one after the other: they cannot be chosen to share a slot.
 */
static struct place *slot_of(const struct place_table *table, uint64_t number)
{
    size_t at = hash_word(0, number) & (table->size - 1);

    while (table->slots[at].used && table->slots[at].number != number)
        at = (at + 1) & (table->size - 1);
    return &table->slots[at];
}

size_t place_table_find(const struct place_table *table, uint64_t number)
{
    const struct place *slot = table->size != 0 ? slot_of(table, number) : NULL;

    return slot && slot->used ? slot->place : SIZE_MAX;
}

static bool grow(struct place_table *table)
{
    struct place_table grown = {.size = table->size != 0 ? table->size * 2 : SIZE_AT_FIRST,
                                .used = table->used};

    grown.slots = calloc(grown.size, sizeof *grown.slots);
    if (!grown.slots)
        return false;
    for (size_t i = 0; i < table->size; i++)
        if (table->slots[i].used)
            *slot_of(&grown, table->slots[i].number) = table->slots[i];
    free(table->slots);
    *table = grown;
    return true;
}

bool place_table_set(struct place_table *table, uint64_t number, size_t place)
{
    struct place *slot;

    if (table->used >= table->size / 2 && !grow(table))
        return false;
    slot = slot_of(table, number);
    table->used += !slot->used;
    *slot = (struct place){.number = number, .place = place, .used = true};
    return true;
}

void place_table_free(struct place_table *table)
{
    free(table->slots);
    memset(table, 0, sizeof *table);
}
