/*
 * What the packet sources share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "packet_source.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>

#include "permission.h"

uint64_t packet_source_unwrap(uint64_t counted, uint64_t least)
{
    const uint64_t lacking = least > counted ? least - counted : 0;

    return counted + ((lacking + (UINT64_C(1) << 31)) >> 32 << 32);
}

enum pcapng_reception packet_source_reception(const struct captured_packet *packet)
{
    struct packet_addresses found;

    if (!packet_find_addresses(packet, &found))
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

void packet_source_refuse_all(int descriptor)
{
    struct sock_filter nothing[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
    const struct sock_fprog program = {.len = 1, .filter = nothing};

    setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

bool packet_source_refuse_copies(int descriptor, unsigned loopback_index)
{
    enum { OWN = 5 };
    struct sock_filter filter[BPF_MAXINSNS] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_IFINDEX)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, loopback_index, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX), /* when there is none */
    };
    socklen_t count = BPF_MAXINSNS - OWN; /* of instructions */
    struct sock_fprog program = {.filter = filter};

    if (getsockopt(descriptor, SOL_SOCKET, SO_GET_FILTER, filter + OWN, &count) != 0)
        return false;
    program.len = (unsigned short)(OWN + (count != 0 ? count : 1));
    return setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
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
