/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "event_search.h"

void event_raise(struct event_search *search, enum network_event_id id, uint32_t offset,
                 uint32_t length)
{
    const uint32_t captured = search->packet->captured_length;

    for (size_t i = 0; i < search->count; i++)
        if (search->found[i].id == id) {
            search->found[i].count++;
            return;
        }
    offset = offset < captured ? offset : captured;
    search->found[search->count++] = (struct network_event_found){
        .id = id,
        .offset = offset,
        .length = length < captured - offset ? length : captured - offset,
        .count = 1,
    };
}

void event_raise_in_payload(struct event_search *search, enum network_event_id id, uint32_t offset,
                            uint32_t length)
{
    event_raise(search, id, search->packet->payload_offset + offset, length);
}
