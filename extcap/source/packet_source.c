/*
 * Functions that several packet sources use.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "packet_source.h"

#include <errno.h>
#include <string.h>

#include "ip_address.h"
#include "ip_header.h"
#include "permission.h"

enum packet_source_state packet_source_never_ends(struct packet_source *source,
                                                  struct failure *failure)
{
    (void)source;
    (void)failure;
    return PACKET_SOURCE_RUNNING;
}

uint64_t packet_source_unwrap(uint64_t counted, uint64_t least)
{
    const uint64_t lacking = least > counted ? least - counted : 0;

    return counted + ((lacking + (UINT64_C(1) << 31)) >> 32 << 32);
}

enum pcapng_reception packet_source_reception(const struct captured_packet *packet)
{
    struct ip_header_addresses found;

    if (!ip_header_find_addresses(&found, packet->bytes, packet->captured_length))
        return PCAPNG_UNICAST;
    if (ip_address_is_limited_broadcast(found.version, found.destination))
        return PCAPNG_BROADCAST;
    return ip_address_is_multicast(found.version, found.destination) ? PCAPNG_MULTICAST
                                                                     : PCAPNG_UNICAST;
}

unsigned packet_source_loopback(const struct packet_source_request *request,
                                enum receive_all_mode mode)
{
    for (size_t i = 0; i < request->host->interface_count; i++) {
        const struct host_interface *interface = &request->host->interfaces[i];

        if (interface->flags & IFF_LOOPBACK &&
            (!request->interface || request->interface->index == interface->index ||
             mode == RECEIVE_ALL_OFF))
            return interface->index;
    }
    return 0;
}

bool packet_source_refused(struct failure *failure, int errno_value, const char *what)
{
    struct permission_facts facts;
    char advice[PERMISSION_ADVICE_SIZE];

    if (errno_value != EPERM && errno_value != EACCES)
        return failure_set_errno(failure, errno_value, "%s: %s", what, strerror(errno_value));
    permission_read(&facts);
    permission_advise(&facts, advice, sizeof advice);
    return failure_set_errno(failure, errno_value, "%s", advice);
}
