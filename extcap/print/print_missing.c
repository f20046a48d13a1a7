/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ip_names.h"
#include "print.h"

void print_missing(struct text *text, const struct ip_packet *packet)
{
    const struct ip_field_name *row;
    const char *start = text->end;

    for (size_t i = 0; (row = ip_field_name_at(i)) != NULL; i++)
        if (!ip_packet_has(packet, row->field)) {
            text_string(text, text->end != start ? ", " : "");
            text_string(text, row->name);
        }
    if (text->end == start)
        text_string(text, "part of the header");
}
