/*
 * The search for events in one packet: the state that the rules share, and the bytes that they may
 * read.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_EVENT_SEARCH_H
#define IPMON_EVENT_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event_context.h"
#include "event_dictionary.h"
#include "ip_packet.h"

struct event_search {
    const struct ip_packet *packet;
    const struct network_event_context *context;
    struct network_event_found *found; /* EVENT_RAISED elements */
    size_t count;                      /* of events found */
    /* The header's checksum is wrong: no event that rests on its fields and lengths is raised. */
    bool header_is_doubtful;
};

/*
 * Adds an event with the bytes that show it, offset from the IP header's start. One that was raised
 * before is only counted.
 */
void event_raise(struct event_search *search, enum network_event_id id, uint32_t offset,
                 uint32_t length);

/* The same with an offset from the start of the payload. */
void event_raise_in_payload(struct event_search *search, enum network_event_id id, uint32_t offset,
                            uint32_t length);

/* The payload, as far as it was captured. */
static inline const uint8_t *event_payload(const struct event_search *search)
{
    return search->packet->bytes + search->packet->payload_offset;
}

/* Whether `length` bytes of the payload from `offset` on were captured. */
static inline bool event_captured(const struct ip_packet *packet, uint32_t offset, uint32_t length)
{
    return packet->payload_captured >= offset && packet->payload_captured - offset >= length;
}

static inline bool event_is_all_zero(const uint8_t *bytes, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

/* A set of byte values, 32 bytes small: an array of 256 would cost more than the rules do. */
struct byte_set {
    uint64_t bits[4];
};

/* Adds a value. Returns whether it was in the set already. */
static inline bool byte_set_add(struct byte_set *set, uint8_t value)
{
    const uint64_t bit = UINT64_C(1) << (value & 63);
    const bool present = (set->bits[value >> 6] & bit) != 0;

    set->bits[value >> 6] |= bit;
    return present;
}

#endif
