/*
 * The tests of capture_filter.c's programs, in C.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "receive_mode.h"

static bool has_address(const struct receive_scope *scope, const struct captured_packet *packet)
{
    struct packet_addresses found;
    int family;

    if (!packet_find_addresses(packet, &found))
        return false;
    family = found.version == 6 ? AF_INET6 : AF_INET;
    for (size_t i = 0; i < scope->address_count; i++) {
        const struct host_address *address = &scope->addresses[i];

        if (address->family == family &&
            (ip_address_equal(found.version, found.source, address->bytes) ||
             ip_address_equal(found.version, found.destination, address->bytes)))
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
