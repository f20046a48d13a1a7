/*
 * What the files of event rules share: the search under way and one entry for each kind of header.
 * Only for common's own files.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_EVENT_RULES_H
#define IPMON_EVENT_RULES_H

#include "network_event.h"

struct event_search {
    const struct ip_packet *packet;
    const struct network_event_context *context;
    struct network_event_found *found;
    size_t count;
    /* The header's checksum is wrong: what rests on its fields and lengths is not concluded. */
    bool header_is_doubtful;
};

/*
 * Notes an event with the bytes that show it, offset from the IP header's start. One that was noted
 * before is only counted.
 */
void event_raise(struct event_search *search, enum network_event_id id, uint32_t offset,
                 uint32_t length);

/*
 * The rules of the IP header with its options or extension headers. Returns false when one was
 * fatal: a stack would not look further. False also when the header was not captured whole, for
 * the bytes that are missing may be fatal, or tell that the transport header is elsewhere.
 */
bool event_rules_ipv4(struct event_search *search);
bool event_rules_ipv6(struct event_search *search);

/* The rules of the message behind the header, which is there at least in part. */
void event_rules_icmp(struct event_search *search);
void event_rules_icmpv6(struct event_search *search);
void event_rules_igmp(struct event_search *search);
void event_rules_tcp(struct event_search *search);
void event_rules_udp(struct event_search *search);

/* How many bytes of the message from `offset` (in the payload) on were captured. */
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
