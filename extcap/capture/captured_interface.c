/*
 * Rows of counters, found by the number that the source or the file has for an interface.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "captured_interface.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"

/* The row that packets with an index belong to, or NULL. */
static struct captured_interface *row_at(const struct captured_interfaces *interfaces, size_t at,
                                         unsigned index)
{
    struct captured_interface *row = at < interfaces->count ? &interfaces->rows[at] : NULL;

    return row && row->index == index && !row->gone ? row : NULL;
}

static struct captured_interface *add_row(struct captured_interfaces *interfaces, unsigned index)
{
    struct captured_interface *rows =
        array_reserve(interfaces->rows, interfaces->count, &interfaces->capacity, sizeof *rows);

    if (!rows)
        return NULL;
    interfaces->rows = rows;
    if (!place_table_set(&interfaces->places, index, interfaces->count))
        return NULL;
    interfaces->rows[interfaces->count] = (struct captured_interface){.index = index};
    interfaces->last = interfaces->count++;
    return &interfaces->rows[interfaces->last];
}

struct captured_interface *captured_interface_find(struct captured_interfaces *interfaces,
                                                   unsigned index)
{
    struct captured_interface *row = row_at(interfaces, interfaces->last, index);
    size_t at;

    if (row)
        return row;
    at = place_table_find(&interfaces->places, index);
    row = row_at(interfaces, at, index);
    if (!row)
        return add_row(interfaces, index);
    interfaces->last = at;
    return row;
}

void captured_interface_gone(struct captured_interfaces *interfaces, unsigned index)
{
    struct captured_interface *row =
        row_at(interfaces, place_table_find(&interfaces->places, index), index);

    if (row)
        row->gone = true;
}

void captured_interface_described(struct captured_interfaces *interfaces,
                                  struct captured_interface *interface,
                                  enum capture_stream_id stream, uint32_t number, uint8_t exponent)
{
    interface->in[stream].described = true;
    interface->in[stream].number = number;
    interface->exponent = exponent;
    interfaces->rows[number].in[stream].numbered = (size_t)(interface - interfaces->rows);
}

struct captured_interface *captured_interface_by_number(struct captured_interfaces *interfaces,
                                                        enum capture_stream_id stream,
                                                        uint32_t number)
{
    struct captured_interface *row =
        number < interfaces->count ? &interfaces->rows[interfaces->rows[number].in[stream].numbered]
                                   : NULL;

    return row && row->in[stream].described && row->in[stream].number == number ? row : NULL;
}

void captured_interfaces_begin_file(struct captured_interfaces *interfaces)
{
    for (size_t i = 0; i < interfaces->count; i++) {
        interfaces->rows[i].in[STREAM_RECORD].described = false;
        interfaces->rows[i].before = interfaces->rows[i].tally;
    }
}

struct packet_tally packet_tally_since(const struct packet_tally *tally,
                                       const struct packet_tally *before)
{
    struct packet_tally since = *tally;

    for (size_t fate = 0; fate < PACKET_FATES; fate++)
        since.fates[fate] -= before->fates[fate];
    since.not_shown -= before->not_shown;
    since.dropped -= before->dropped;
    return since;
}

void captured_interfaces_free(struct captured_interfaces *interfaces)
{
    place_table_free(&interfaces->places);
    free(interfaces->rows);
    memset(interfaces, 0, sizeof *interfaces);
}
