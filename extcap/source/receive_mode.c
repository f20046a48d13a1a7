/*
 * The history of modes, and in C what their filters say in BPF.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "receive_mode.h"

#include <string.h>

void receive_modes_begin(struct receive_modes *modes, enum receive_all_mode mode)
{
    modes->changes[0].time = 0;
    modes->changes[0].mode = mode;
    modes->count = 1;
}

void receive_modes_change(struct receive_modes *modes, enum receive_all_mode mode, uint64_t now)
{
    if (modes->count == RECEIVE_MODES_MAX) {
        modes->count--;
        memmove(modes->changes, modes->changes + 1, modes->count * sizeof *modes->changes);
    }
    modes->changes[modes->count].time = now;
    modes->changes[modes->count].mode = mode;
    modes->count++;
}

enum receive_all_mode receive_modes_at(const struct receive_modes *modes, uint64_t time)
{
    size_t at = modes->count - 1;

    while (at > 0 && time <= modes->changes[at].time)
        at--;
    return modes->changes[at].mode;
}

/* Where the header has the source address; the destination follows it. */
static bool find_addresses(const struct captured_packet *packet, int *family, size_t *at,
                           size_t *size)
{
    bool is_ipv6 = packet->captured_length > 0 && packet->bytes[0] >> 4 == 6;

    *family = is_ipv6 ? AF_INET6 : AF_INET;
    *at = is_ipv6 ? 8 : 12;
    *size = is_ipv6 ? sizeof(struct in6_addr) : sizeof(struct in_addr);
    return packet->captured_length >= *at + 2 * *size;
}

static bool has_address(const struct receive_scope *scope, const struct captured_packet *packet)
{
    int family;
    size_t at;
    size_t size;

    if (!find_addresses(packet, &family, &at, &size))
        return false;
    for (size_t i = 0; i < scope->address_count; i++) {
        const struct host_address *address = &scope->addresses[i];

        if (address->family == family &&
            (memcmp(packet->bytes + at, address->bytes, size) == 0 ||
             memcmp(packet->bytes + at + size, address->bytes, size) == 0))
            return true;
    }
    return false;
}

bool receive_mode_takes(enum receive_all_mode mode, const struct receive_scope *scope,
                        const struct captured_packet *packet, bool other_host)
{
    bool here = scope->interface_index == 0 || packet->interface == scope->interface_index;

    switch (mode) {
    case RECEIVE_ALL_OFF:
        return !other_host && (here || packet->interface == scope->loopback_index) &&
               has_address(scope, packet);
    case RECEIVE_ALL_IP_LEVEL:
        return here && !other_host;
    case RECEIVE_ALL_PROMISCUOUS:
    case RECEIVE_ALL_SOCKET_LEVEL:
        break;
    }
    return here;
}
