/*
 * The kernel's programs of the modes, and the tests of these programs in C.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "receive_mode.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "ip_address.h"
#include "ip_header.h"
#include "log.h"

enum {
    SNAPSHOT_LEAST = IPV6_HEADER_LENGTH, /* bytes that hold a packet's addresses */
};

/* How long a packet is under way between its stamp and the filter, at most. */
#define SETTLE_TIME (200 * CLOCK_MILLISECOND)

static bool has_address(const struct receive_scope *scope, const struct captured_packet *packet)
{
    struct ip_header_addresses found;
    int family;

    if (!ip_header_find_addresses(&found, packet->bytes, packet->captured_length))
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

/* The addresses of mode 0's interface, or of all: they are sorted by interface. */
static void set_addresses(struct receive_scope *scope, const struct host_addresses *host)
{
    size_t first = 0;
    size_t end = host->address_count;

    if (scope->interface_index != 0) {
        while (first < end && host->addresses[first].interface_index != scope->interface_index)
            first++;
        while (end > first && host->addresses[end - 1].interface_index != scope->interface_index)
            end--;
    }
    scope->addresses = host->addresses ? host->addresses + first : NULL;
    scope->address_count = end - first;
}

static struct receive_scope scope_of(const struct receive_mode *mode)
{
    struct receive_scope scope = {
        .interface_index = mode->interface_index,
        .loopback_index = mode->loopback_index,
        .addresses = &mode->address,
        .address_count = 1,
    };

    if (mode->address.family == 0)
        set_addresses(&scope, mode->host);
    return scope;
}

bool receive_mode_allows(const struct receive_mode *mode, const struct captured_packet *packet,
                         unsigned char packet_type)
{
    const struct receive_scope scope = scope_of(mode);

    return receive_mode_takes(
        (enum receive_all_mode)change_history_at(&mode->history, packet->arrival), &scope, packet,
        packet_type == PACKET_OTHERHOST);
}

/* Makes a program anew; the one before stays after a failure. */
static bool build(struct receive_mode *mode, unsigned program, struct failure *failure)
{
    static const struct {
        bool loopback; /* the machine's is received, whatever the interface */
        bool other_hosts;
        bool of_addresses;
    } passing[RECEIVE_PROGRAMS] = {
        [RECEIVE_ALL_OFF] = {.loopback = true, .of_addresses = true},
        [RECEIVE_ALL_PROMISCUOUS] = {.other_hosts = true},
        [RECEIVE_PROGRAM_WIDEST] = {.loopback = true, .other_hosts = true},
    };
    const bool on_loopback =
        mode->interface_index == 0 || mode->interface_index == mode->loopback_index;
    const struct receive_scope scope = scope_of(mode);
    const struct capture_filter_request request = {
        .compiled = &mode->expression,
        .snapshot_length = mode->snapshot_length,
        .loopback_index = on_loopback || passing[program].loopback ? mode->loopback_index : 0,
        .interface_index = mode->bound_to_all ? mode->interface_index : 0,
        .other_hosts = passing[program].other_hosts,
        .of_addresses = passing[program].of_addresses,
        .addresses = scope.addresses,
        .address_count = scope.address_count,
    };
    struct capture_filter filter;

    if (!capture_filter_build(&filter, &request, failure))
        return false;
    capture_filter_free(&mode->programs[program]);
    mode->programs[program] = filter;
    return true;
}

static bool is_built(const struct receive_mode *mode, unsigned program)
{
    return mode->programs[program].program.len != 0;
}

/*
 * When one of the programs leaves the expression to user space, all do: a packet is then tested in
 * the same way whichever program it passed.
 */
static bool unify_expression(struct receive_mode *mode, struct failure *failure)
{
    bool in_user_space = false;

    for (size_t i = 0; i < RECEIVE_PROGRAMS; i++)
        in_user_space = in_user_space || capture_filter_in_user_space(&mode->programs[i]);
    for (size_t i = 0; in_user_space && i < RECEIVE_PROGRAMS; i++)
        if (!capture_filter_to_user_space(&mode->programs[i], failure))
            return false;
    return true;
}

static bool attach(struct receive_mode *mode, unsigned program, struct failure *failure)
{
    return unify_expression(mode, failure) &&
           capture_filter_attach(&mode->programs[program], mode->descriptor, failure) &&
           unify_expression(mode, failure);
}

/* A mode without a program is refused when it is chosen. */
static void build_others(struct receive_mode *mode)
{
    static const unsigned programs[] = {RECEIVE_ALL_OFF, RECEIVE_ALL_PROMISCUOUS,
                                        RECEIVE_ALL_IP_LEVEL, RECEIVE_PROGRAM_WIDEST};
    struct failure ignored = {""};

    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        if (programs[i] != receive_mode_latest(mode))
            build(mode, programs[i], &ignored);
}

static bool prepare_programs(struct receive_mode *mode, const char *expression,
                             struct failure *failure)
{
    const enum receive_all_mode first = receive_mode_latest(mode);

    if (!capture_filter_prepare(&mode->expression, expression, mode->snapshot_length, failure) ||
        !build(mode, first, failure))
        return false;
    if (mode->may_change)
        build_others(mode);
    if (!attach(mode, first, failure))
        return false;
    if (capture_filter_in_user_space(&mode->programs[first]))
        log_line(IPMON_LOG_WARNING, CAPTURE_FILTER_HERE);
    return true;
}

/*
 * Mode 0 may need two interfaces: then the socket is bound to all, and the filter restricts it.
 * Binding it anew at a change of the mode would lose packets.
 */
static bool must_be_bound_to_all(const struct receive_mode *mode)
{
    return mode->interface_index == 0 ||
           (mode->interface_index != mode->loopback_index && mode->loopback_index != 0 &&
            (mode->may_change || receive_mode_latest(mode) == RECEIVE_ALL_OFF));
}

bool receive_mode_open(struct receive_mode *mode, const struct packet_source_request *request,
                       int descriptor, struct failure *failure)
{
    const struct settings *settings = request->settings;

    memset(mode, 0, sizeof *mode);
    mode->descriptor = descriptor;
    mode->may_change = request->mode_may_change;
    mode->interface_index = request->interface ? request->interface->index : 0;
    mode->loopback_index = packet_source_loopback(request, RECEIVE_ALL_OFF);
    mode->snapshot_length =
        settings->snapshot_length < SNAPSHOT_LEAST ? SNAPSHOT_LEAST : settings->snapshot_length;
    mode->host = request->host;
    if (request->address)
        mode->address = *request->address;
    mode->history.before = settings->receive_all_mode;
    mode->bound_to_all = must_be_bound_to_all(mode);
    return prepare_programs(mode, settings->capture_filter, failure);
}

/*
 * Adds a membership, or takes one back; the kernel does that itself when the socket is closed.
 * option: PACKET_ADD_MEMBERSHIP or PACKET_DROP_MEMBERSHIP.
 */
static bool set_membership(const struct receive_mode *mode, int option, unsigned interface_index)
{
    const struct packet_mreq membership = {
        .mr_ifindex = (int)interface_index,
        .mr_type = PACKET_MR_PROMISC,
    };

    return setsockopt(mode->descriptor, SOL_PACKET, option, &membership, sizeof membership) == 0;
}

static bool set_promiscuous(const struct receive_mode *mode, int option, struct failure *failure)
{
    if (mode->interface_index != 0)
        return set_membership(mode, option, mode->interface_index) ||
               failure_set_errno(failure, errno, "no promiscuous mode: %s", strerror(errno));
    /* On "all" an interface that cannot be promiscuous still shows its own traffic. */
    for (size_t i = 0; i < mode->host->interface_count; i++)
        set_membership(mode, option, mode->host->interfaces[i].index);
    return true;
}

bool receive_mode_begin(struct receive_mode *mode, struct failure *failure)
{
    return receive_mode_latest(mode) != RECEIVE_ALL_PROMISCUOUS ||
           set_promiscuous(mode, PACKET_ADD_MEMBERSHIP, failure);
}

bool receive_mode_change(struct receive_mode *mode, enum receive_all_mode wanted,
                         struct arrival *arrival, uint64_t *time, struct failure *failure)
{
    const enum receive_all_mode before = receive_mode_latest(mode);
    uint64_t now;

    if (wanted == RECEIVE_ALL_SOCKET_LEVEL)
        return failure_set_errno(failure, EINVAL,
                                 "receive-all mode 2 needs other sockets: choose it in the options "
                                 "before the start");
    if (!is_built(mode, wanted) && !build(mode, wanted, failure))
        return false;
    if (wanted == RECEIVE_ALL_PROMISCUOUS && !set_promiscuous(mode, PACKET_ADD_MEMBERSHIP, failure))
        return false;
    if (!attach(mode, RECEIVE_PROGRAM_WIDEST, failure)) {
        if (wanted == RECEIVE_ALL_PROMISCUOUS)
            set_promiscuous(mode, PACKET_DROP_MEMBERSHIP, failure);
        return false;
    }
    now = arrival_read_clocks(arrival);
    *time = arrival_stamp(arrival, now);
    change_history_add(&mode->history, wanted, now);
    mode->checked_until = UINT64_MAX;
    mode->narrow_at = now + SETTLE_TIME;
    if (before == RECEIVE_ALL_PROMISCUOUS)
        set_promiscuous(mode, PACKET_DROP_MEMBERSHIP, failure);
    return true;
}

void receive_mode_settle(struct receive_mode *mode)
{
    struct failure failure = {""};

    if (mode->narrow_at == 0 || clock_now(CLOCK_MONOTONIC) < mode->narrow_at)
        return;
    if (!attach(mode, receive_mode_latest(mode), &failure)) {
        mode->narrow_at = clock_now(CLOCK_MONOTONIC) + SETTLE_TIME;
        return;
    }
    mode->narrow_at = 0;
    mode->checked_until = clock_now(CLOCK_MONOTONIC) + SETTLE_TIME;
}

/* Mode 0 without a chosen address follows those of the interface or of the machine. */
static void follow_addresses(struct receive_mode *mode)
{
    const bool chosen = receive_mode_latest(mode) == RECEIVE_ALL_OFF;
    struct failure failure = {""};

    if (build(mode, RECEIVE_ALL_OFF, &failure)) {
        if (chosen && mode->narrow_at == 0)
            attach(mode, RECEIVE_ALL_OFF, &failure);
    } else if (!chosen) { /* it is tried again when the mode is chosen */
        capture_filter_free(&mode->programs[RECEIVE_ALL_OFF]);
    }
    if (chosen && failure_is_set(&failure))
        log_line(IPMON_LOG_WARNING, "%s", failure.text);
}

void receive_mode_host_changed(struct receive_mode *mode, const struct host_change *change)
{
    if (mode->address.family != 0)
        return;
    if (!change) { /* one program for all of them: many may change at once */
        if (mode->addresses_changed && is_built(mode, RECEIVE_ALL_OFF))
            follow_addresses(mode);
        mode->addresses_changed = false;
        return;
    }
    if (change->kind == HOST_INTERFACE_NEW && mode->interface_index == 0 &&
        receive_mode_latest(mode) == RECEIVE_ALL_PROMISCUOUS &&
        !set_membership(mode, PACKET_ADD_MEMBERSHIP, change->interface.index))
        log_line(IPMON_LOG_WARNING, "no promiscuous mode on %s: %s", change->interface.shown,
                 strerror(errno));
    if (change->kind == HOST_ADDRESS_NEW || change->kind == HOST_ADDRESS_GONE)
        mode->addresses_changed = true;
}

void receive_mode_end(struct receive_mode *mode)
{
    mode->narrow_at = 0;
    capture_filter_refuse_all(mode->descriptor);
}

void receive_mode_close(struct receive_mode *mode)
{
    for (size_t i = 0; i < RECEIVE_PROGRAMS; i++)
        capture_filter_free(&mode->programs[i]);
    pcap_freecode(&mode->expression);
}
