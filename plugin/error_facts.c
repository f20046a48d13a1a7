/*
 * A hash table with open addressing: a file may have millions of resets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "error_facts.h"

#include <string.h>

#include <epan/packet.h>

#include "hash.h"

static struct {
    struct error_facts *slots; /* frame 0: free */
    guint count;               /* a power of 2; 0 before the first */
    guint filled;
} table;

/* The memory itself goes with the file. */
static void reset(void)
{
    memset(&table, 0, sizeof table);
}

void error_facts_register(void)
{
    register_init_routine(reset);
    register_cleanup_routine(reset);
}

/* The slot of a header, or the free one where it would be. */
static struct error_facts *slot_of(guint32 frame, guint8 layer)
{
    guint i = (guint)(hash_word(layer, frame) >> 32) & (table.count - 1);

    while (table.slots[i].frame != 0 &&
           (table.slots[i].frame != frame || table.slots[i].layer != layer))
        i = (i + 1) & (table.count - 1);
    return &table.slots[i];
}

static void enlarge(void)
{
    enum { FIRST = 256 };
    struct error_facts *before = table.slots;
    const guint count = table.count;

    table.count = count != 0 ? 2 * count : FIRST;
    table.slots = wmem_alloc0_array(wmem_file_scope(), struct error_facts, table.count);
    for (guint i = 0; i < count; i++)
        if (before[i].frame != 0)
            *slot_of(before[i].frame, before[i].layer) = before[i];
    wmem_free(wmem_file_scope(), before);
}

struct error_facts *error_facts_find(guint32 frame, unsigned layer)
{
    struct error_facts *facts = table.count != 0 ? slot_of(frame, (guint8)layer) : NULL;

    return facts && facts->frame != 0 ? facts : NULL;
}

struct error_facts *error_facts_make(guint32 frame, unsigned layer)
{
    struct error_facts *facts;

    if (4 * table.filled >= 3 * table.count)
        enlarge();
    facts = slot_of(frame, (guint8)layer);
    if (facts->frame == 0) {
        facts->frame = frame;
        facts->layer = (guint8)layer;
        table.filled++;
    }
    return facts;
}
