/*
 * A short list of counters.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "captured_interface.h"

#include <stdlib.h>
#include <string.h>

static bool is_at(const struct captured_interfaces *interfaces, size_t at, unsigned index)
{
    return at < interfaces->count && interfaces->rows[at].index == index &&
           !interfaces->rows[at].gone;
}

struct captured_interface *captured_interface_find(struct captured_interfaces *interfaces,
                                                   unsigned index)
{
    struct captured_interface *grown;

    if (is_at(interfaces, interfaces->last, index))
        return &interfaces->rows[interfaces->last];
    for (size_t i = 0; i < interfaces->count; i++) {
        if (is_at(interfaces, i, index)) {
            interfaces->last = i;
            return &interfaces->rows[i];
        }
    }
    grown = realloc(interfaces->rows, (interfaces->count + 1) * sizeof *grown);
    if (!grown)
        return NULL;
    interfaces->rows = grown;
    interfaces->last = interfaces->count++;
    grown[interfaces->last] = (struct captured_interface){.index = index};
    return &grown[interfaces->last];
}

void captured_interface_gone(struct captured_interfaces *interfaces, unsigned index)
{
    for (size_t i = 0; i < interfaces->count; i++)
        if (is_at(interfaces, i, index))
            interfaces->rows[i].gone = true;
}

struct captured_interface *captured_interface_by_number(struct captured_interfaces *interfaces,
                                                        uint32_t number)
{
    for (size_t i = 0; i < interfaces->count; i++)
        if (interfaces->rows[i].described && interfaces->rows[i].number == number)
            return &interfaces->rows[i];
    return NULL;
}

uint64_t captured_interfaces_seen(const struct captured_interfaces *interfaces)
{
    uint64_t seen = 0;

    for (size_t i = 0; i < interfaces->count; i++)
        seen += captured_interface_seen(&interfaces->rows[i]);
    return seen;
}

uint64_t captured_interfaces_paused(const struct captured_interfaces *interfaces)
{
    uint64_t paused = 0;

    for (size_t i = 0; i < interfaces->count; i++)
        paused += interfaces->rows[i].paused;
    return paused;
}

void captured_interfaces_free(struct captured_interfaces *interfaces)
{
    free(interfaces->rows);
    memset(interfaces, 0, sizeof *interfaces);
}
