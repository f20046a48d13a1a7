/*
 * Receive-all modes 0, 1 and 3: an AF_PACKET socket with a TPACKET_V3 ring shared with the kernel.
 * SOCK_DGRAM hands packets over from the IP header on, whatever the link layer is; of several VLAN
 * tags all but one are still in front of it.
 * Source: packet(7), Documentation/networking/packet_mmap.rst of Linux.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "packet_source.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture_filter.h"
#include "change_history.h"
#include "clock.h"
#include "log.h"
#include "packet_ring.h"
#include "receive_mode.h"
#include "vlan_tag.h"

enum {
    HEADER_LEAST = 40, /* bytes that tell a packet's addresses: the IPv6 header */
    /* One for each mode that a packet socket can have, and one for the time of a change. */
    PROGRAMS = RECEIVE_ALL_IP_LEVEL + 1,
    WIDEST = RECEIVE_ALL_SOCKET_LEVEL, /* the mode without a packet socket has the place for it */
};

/* A packet that was stamped may be under way to the filter for so long at most. */
#define SETTLE_TIME (200 * CLOCK_MILLISECOND)

struct source_packet {
    struct packet_source source;
    const struct settings *settings;
    const struct host_addresses *host;
    struct arrival *arrival;
    struct arrival_queue queue;
    struct bpf_program expression; /* the user's, compiled */
    struct capture_filter filters[PROGRAMS];
    struct change_history modes; /* enum receive_all_mode */
    bool mode_may_change;
    uint64_t narrow_at;     /* CLOCK_MONOTONIC; the widest filter is in place; 0: the mode's is */
    uint64_t checked_until; /* CLOCK_MONOTONIC; packets from up to then may be of another mode */
    struct packet_ring ring;
    uint64_t drops;              /* lost before the next packet */
    struct packet_counts counts; /* the kernel's */
    uint64_t taken;              /* packets read from the ring */
    uint64_t drops_told;         /* of counts.dropped */
    uint64_t refused;            /* by what the kernel does not run, or did not run yet */
    unsigned interface_index;    /* 0: all */
    unsigned loopback_index;     /* the machine's; 0: none */
    struct host_address address; /* of mode 0; family 0: any of the machine's */
    bool addresses_changed;      /* and mode 0's program not yet */
};

static enum receive_all_mode mode_of(const struct source_packet *source)
{
    return (enum receive_all_mode)change_history_latest(&source->modes);
}

static struct packet_counts read_counts(struct packet_source *base)
{
    struct source_packet *source = (struct source_packet *)base;
    struct tpacket_stats_v3 statistics;
    socklen_t length = sizeof statistics;

    /* The kernel's read sets its counters to zero: each is added once. */
    if (getsockopt(base->descriptor, SOL_PACKET, PACKET_STATISTICS, &statistics, &length) == 0) {
        source->counts.received += statistics.tp_packets;
        source->counts.dropped += statistics.tp_drops;
        source->counts.received =
            packet_source_unwrap(source->counts.received, source->taken + source->counts.dropped);
    }
    return (struct packet_counts){
        .received = source->counts.received - source->refused,
        .dropped = source->counts.dropped,
    };
}

/* Reading the kernel's counters here would take the mark off the block behind the gap. */
static uint64_t known_drops(struct packet_source *base)
{
    return ((struct source_packet *)base)->counts.dropped;
}

/*
 * The kernel loses packets when the block behind a full one is not free yet, and marks the block
 * that it begins afterwards: the losses belong to that block's first packet.
 */
static void take_drops(struct source_packet *source)
{
    uint64_t drops = read_counts(&source->source).dropped - source->drops_told;

    source->drops += drops;
    source->drops_told += drops;
}

static void set_direction(const struct source_packet *source, struct captured_packet *packet,
                          unsigned char packet_type)
{
    static const enum pcapng_reception receptions[] = {
        [PACKET_HOST] = PCAPNG_UNICAST,
        [PACKET_BROADCAST] = PCAPNG_BROADCAST,
        [PACKET_MULTICAST] = PCAPNG_MULTICAST,
        [PACKET_OTHERHOST] = PCAPNG_PROMISCUOUS,
    };

    packet->direction = PCAPNG_INBOUND;
    if (packet->interface == source->loopback_index) {
        packet->direction = PCAPNG_DIRECTION_UNKNOWN;
        packet->reception = packet_source_reception(packet);
    } else if (packet_type == PACKET_OUTGOING) {
        packet->direction = PCAPNG_OUTBOUND;
        packet->reception = packet_source_reception(packet);
    } else {
        packet->reception = packet_type < sizeof receptions / sizeof *receptions
                                ? receptions[packet_type]
                                : PCAPNG_RECEPTION_UNKNOWN;
    }
}

/* The next packet in the ring, NULL when there is none. */
static const struct tpacket3_hdr *next_header(struct source_packet *source)
{
    bool losing;

    while (source->ring.left == 0) {
        if (!packet_ring_acquire(&source->ring, &losing)) {
            arrival_drained(source->arrival);
            return NULL;
        }
        if (losing)
            take_drops(source);
    }
    source->taken++;
    return packet_ring_next(&source->ring);
}

static void read_packet(struct source_packet *source, struct captured_packet *packet,
                        const struct tpacket3_hdr *header)
{
    packet->bytes = (const uint8_t *)header + header->tp_net;
    packet->captured_length = header->tp_snaplen;
    packet->wire_length = header->tp_len;
    packet->timestamp = (uint64_t)header->tp_sec * CLOCK_SECOND + header->tp_nsec;
    packet->arrival = arrival_time(source->arrival, &source->queue, packet->timestamp);
    packet->interface = (unsigned)packet_ring_address(header)->sll_ifindex;
    packet->options = NULL;
}

/* What is judged here by its addresses is cut here, too. */
static uint32_t kernel_snapshot(const struct source_packet *source)
{
    uint32_t wanted = source->settings->snapshot_length;

    return wanted < HEADER_LEAST ? HEADER_LEAST : wanted;
}

/*
 * Takes the VLAN tags off the front, if there are any. False when no IP header is behind them; else
 * *judged says whether the kernel applied its whole filter: not to frames whose protocol is a tag.
 */
static bool take_tags_off(const struct source_packet *source, struct captured_packet *packet,
                          const struct tpacket3_hdr *header, bool *judged)
{
    const struct sockaddr_ll *address = packet_ring_address(header);
    const struct vlan_packet tagged = {
        .bytes = packet->bytes,
        .captured_length = packet->captured_length,
        .wire_length = packet->wire_length,
        .protocol = ntohs(address->sll_protocol),
        .sent = address->sll_pkttype == PACKET_OUTGOING,
    };
    int tags;

    *judged = true;
    if (!(header->tp_status & TP_STATUS_VLAN_VALID) && !vlan_tag_is(tagged.protocol))
        return true;
    tags = vlan_tags_length(&tagged);
    if (tags < 0)
        return false;
    /* A sent frame may begin with the header either way; what was judged was cut at once, too. */
    *judged = tags == 0 && (!tagged.sent || (packet->captured_length < packet->wire_length &&
                                             packet->captured_length <= kernel_snapshot(source)));
    packet->bytes += tags;
    packet->captured_length -= (uint32_t)tags;
    packet->wire_length -= (uint32_t)tags;
    return true;
}

static bool is_of_mode(const struct source_packet *source, const struct captured_packet *packet,
                       unsigned char packet_type)
{
    bool one = source->address.family != 0;
    const struct receive_scope scope = {
        .interface_index = source->interface_index,
        .loopback_index = source->loopback_index,
        .addresses = one ? &source->address : source->host->addresses,
        .address_count = one ? 1 : source->host->address_count,
    };

    return receive_mode_takes(
        (enum receive_all_mode)change_history_at(&source->modes, packet->arrival), &scope, packet,
        packet_type == PACKET_OTHERHOST);
}

/* What the expression demands and the kernel did not test. */
static bool matches(const struct source_packet *source, const struct captured_packet *packet,
                    bool judged)
{
    const struct capture_filter *filter = &source->filters[mode_of(source)];

    return judged ? capture_filter_matches(filter, packet->bytes, packet->captured_length,
                                           packet->wire_length)
                  : capture_filter_accepts(&source->expression, packet->bytes,
                                           packet->captured_length, packet->wire_length);
}

/* What the kernel would have to judge is judged here; cuts a packet that it left whole for that. */
static bool passes(struct source_packet *source, struct captured_packet *packet,
                   const struct tpacket3_hdr *header)
{
    unsigned char packet_type = packet_ring_address(header)->sll_pkttype;
    bool judged;

    if (!take_tags_off(source, packet, header, &judged) ||
        ((!judged || packet->arrival <= source->checked_until) &&
         !is_of_mode(source, packet, packet_type)) ||
        !matches(source, packet, judged)) {
        source->refused++;
        return false;
    }
    set_direction(source, packet, packet_type);
    if (packet->captured_length > source->settings->snapshot_length)
        packet->captured_length = source->settings->snapshot_length;
    return true;
}

static bool next_packet(struct packet_source *base, struct captured_packet *packet)
{
    struct source_packet *source = (struct source_packet *)base;

    base->busy = false;
    for (unsigned i = 0; i < PACKET_SOURCE_TURN; i++) {
        const struct tpacket3_hdr *header = next_header(source);

        if (!header)
            return false;
        read_packet(source, packet, header);
        if (!passes(source, packet, header))
            continue;
        packet->drops = source->drops;
        source->drops = 0;
        return true;
    }
    base->busy = true;
    return false;
}

static void close_source(struct packet_source *base)
{
    struct source_packet *source = (struct source_packet *)base;

    packet_ring_unmap(&source->ring);
    if (base->descriptor >= 0)
        close(base->descriptor);
    for (size_t i = 0; i < PROGRAMS; i++)
        capture_filter_free(&source->filters[i]);
    pcap_freecode(&source->expression);
    free(source);
}

static bool open_socket(struct source_packet *source, struct failure *failure)
{
    /* Protocol 0: nothing is received until bind, when the filter is in place. */
    source->source.descriptor = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return source->source.descriptor >= 0 ||
           packet_source_refused(failure, errno, "cannot open a packet socket");
}

/*
 * Mode 0 may need two interfaces: then the socket is bound to all, and the filter restricts it.
 * Binding it anew at a change of the mode would lose packets.
 */
static bool is_bound_to_all(const struct source_packet *source)
{
    return source->interface_index == 0 ||
           (source->interface_index != source->loopback_index && source->loopback_index != 0 &&
            (source->mode_may_change || mode_of(source) == RECEIVE_ALL_OFF));
}

/* Makes the program of a mode anew, or the widest. */
static bool build_filter(struct source_packet *source, unsigned program, struct failure *failure)
{
    bool one = source->address.family != 0;
    bool own = source->interface_index == 0 || source->interface_index == source->loopback_index;
    bool loopback = own || program == RECEIVE_ALL_OFF || program == WIDEST;
    struct capture_filter_request request = {
        .compiled = &source->expression,
        .snapshot_length = kernel_snapshot(source),
        .loopback_index = loopback ? source->loopback_index : 0,
        .interface_index = is_bound_to_all(source) ? source->interface_index : 0,
        .other_hosts = program == RECEIVE_ALL_PROMISCUOUS || program == WIDEST,
    };
    struct capture_filter filter;

    if (program == RECEIVE_ALL_OFF) {
        request.of_addresses = true;
        request.addresses = one ? &source->address : source->host->addresses;
        request.address_count = one ? 1 : source->host->address_count;
    }
    if (!capture_filter_build(&filter, &request, failure))
        return false;
    capture_filter_free(&source->filters[program]);
    source->filters[program] = filter;
    return true;
}

static bool is_built(const struct source_packet *source, unsigned program)
{
    return source->filters[program].program.len != 0;
}

/* When one of the programs leaves the expression to us, all do: what is run here is then the same.
 */
static bool run_expression_here(struct source_packet *source, struct failure *failure)
{
    bool here = false;

    for (size_t i = 0; i < PROGRAMS; i++)
        here = here || capture_filter_in_user_space(&source->filters[i]);
    for (size_t i = 0; here && i < PROGRAMS; i++)
        if (!capture_filter_to_user_space(&source->filters[i], failure))
            return false;
    return true;
}

static bool attach_filter(struct source_packet *source, unsigned program, struct failure *failure)
{
    return run_expression_here(source, failure) &&
           capture_filter_attach(&source->filters[program], source->source.descriptor, failure) &&
           run_expression_here(source, failure);
}

/* Nothing can be compiled later: all programs that a change of the mode may need are made now. */
static bool prepare_filters(struct source_packet *source, struct failure *failure)
{
    unsigned mode = mode_of(source);
    struct failure later = {""}; /* a mode that cannot be told as a filter is refused when chosen */

    if (!capture_filter_prepare(&source->expression, source->settings->capture_filter,
                                kernel_snapshot(source), failure) ||
        !build_filter(source, mode, failure))
        return false;
    for (unsigned i = 0; source->mode_may_change && i < PROGRAMS; i++)
        if (i != mode)
            build_filter(source, i, &later);
    if (!attach_filter(source, mode, failure))
        return false;
    if (capture_filter_in_user_space(&source->filters[mode]))
        log_line(IPMON_LOG_WARNING, CAPTURE_FILTER_HERE);
    return true;
}

/*
 * Some time after a change of the mode the kernel refuses what is not of the mode. Not at once: a
 * packet stamped before the change may come to the filter after it.
 */
static void narrow(struct source_packet *source)
{
    struct failure failure = {""};

    if (source->narrow_at == 0 || clock_now(CLOCK_MONOTONIC) < source->narrow_at)
        return;
    if (!attach_filter(source, mode_of(source), &failure)) {
        source->narrow_at = clock_now(CLOCK_MONOTONIC) + SETTLE_TIME;
        return;
    }
    source->narrow_at = 0;
    source->checked_until = clock_now(CLOCK_MONOTONIC) + SETTLE_TIME;
}

/* Reading the pending error (an interface that went down) clears it, so that poll() can wait. */
static enum packet_source_state clear_error(struct packet_source *base, struct failure *failure)
{
    int error = 0;
    socklen_t length = sizeof error;

    (void)failure;
    narrow((struct source_packet *)base);
    getsockopt(base->descriptor, SOL_SOCKET, SO_ERROR, &error, &length);
    return PACKET_SOURCE_RUNNING;
}

/*
 * Adds a membership, or takes one back; the kernel does that itself when the socket is closed.
 * option: PACKET_ADD_MEMBERSHIP or PACKET_DROP_MEMBERSHIP.
 */
static bool set_membership(struct source_packet *source, int option, unsigned interface_index)
{
    struct packet_mreq membership = {
        .mr_ifindex = (int)interface_index,
        .mr_type = PACKET_MR_PROMISC,
    };

    return setsockopt(source->source.descriptor, SOL_PACKET, option, &membership,
                      sizeof membership) == 0;
}

static bool set_promiscuous(struct source_packet *source, int option, struct failure *failure)
{
    if (source->interface_index != 0)
        return set_membership(source, option, source->interface_index) ||
               failure_set_errno(failure, errno, "no promiscuous mode: %s", strerror(errno));
    /* On "all" an interface that cannot be promiscuous still shows its own traffic. */
    for (size_t i = 0; i < source->host->interface_count; i++)
        set_membership(source, option, source->host->interfaces[i].index);
    return true;
}

static bool set_mode(struct packet_source *base, enum receive_all_mode mode, uint64_t *time,
                     struct failure *failure)
{
    struct source_packet *source = (struct source_packet *)base;
    enum receive_all_mode before = mode_of(source);
    uint64_t now;

    if (mode == RECEIVE_ALL_SOCKET_LEVEL)
        return failure_set_errno(failure, EINVAL,
                                 "receive-all mode 2 needs other sockets: choose it in the options "
                                 "before the start");
    if (!is_built(source, mode) && !build_filter(source, mode, failure))
        return false;
    if (mode == RECEIVE_ALL_PROMISCUOUS && !set_promiscuous(source, PACKET_ADD_MEMBERSHIP, failure))
        return false;
    if (!attach_filter(source, WIDEST, failure)) {
        if (mode == RECEIVE_ALL_PROMISCUOUS)
            set_promiscuous(source, PACKET_DROP_MEMBERSHIP, failure);
        return false;
    }
    /* From here on everything comes that any mode takes: the time is the change's. */
    now = arrival_look(source->arrival);
    *time = clock_now(CLOCK_REALTIME);
    change_history_add(&source->modes, mode, now);
    source->checked_until = UINT64_MAX;
    source->narrow_at = now + SETTLE_TIME;
    if (before == RECEIVE_ALL_PROMISCUOUS)
        set_promiscuous(source, PACKET_DROP_MEMBERSHIP, failure);
    return true;
}

static bool bind_to(struct source_packet *source, uint16_t protocol)
{
    const struct sockaddr_ll address = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(protocol),
        .sll_ifindex = is_bound_to_all(source) ? 0 : (int)source->interface_index,
    };

    return bind(source->source.descriptor, (const struct sockaddr *)&address, sizeof address) == 0;
}

static bool start(struct source_packet *source, const struct host_interface *interface,
                  struct failure *failure)
{
    if (interface && !(interface->flags & IFF_UP)) {
        log_event("ifpromisc-ifdown", "%s is down", interface->shown);
        return failure_set_errno(failure, ENETDOWN,
                                 "interface %s is down; run: sudo ip link set %s up",
                                 interface->shown, interface->shown);
    }
    return bind_to(source, ETH_P_ALL) || /* outgoing packets are seen by no other protocol */
           failure_set_errno(failure, errno, "cannot capture on %s",
                             interface ? interface->shown : "all interfaces");
}

/* Another filter does not wait for packets that are under way; leaving the protocol does. */
static void stop(struct packet_source *base)
{
    struct source_packet *source = (struct source_packet *)base;

    source->narrow_at = 0;
    capture_filter_refuse_all(base->descriptor);
    bind_to(source, ETH_P_LOOPBACK);
}

/* Mode 0 on all interfaces follows the machine's addresses. */
static void follow_addresses(struct source_packet *source)
{
    struct failure failure = {""};
    bool chosen = mode_of(source) == RECEIVE_ALL_OFF;

    if (build_filter(source, RECEIVE_ALL_OFF, &failure)) {
        if (chosen && source->narrow_at == 0)
            attach_filter(source, RECEIVE_ALL_OFF, &failure);
    } else if (!chosen) { /* it is tried again when the mode is chosen */
        capture_filter_free(&source->filters[RECEIVE_ALL_OFF]);
    }
    if (chosen && failure_is_set(&failure))
        log_line(IPMON_LOG_WARNING, "%s", failure.text);
}

static void host_changed(struct packet_source *base, const struct host_addresses *host,
                         const struct host_change *change)
{
    struct source_packet *source = (struct source_packet *)base;

    (void)host;
    if (source->interface_index != 0)
        return;
    if (!change) { /* one program for all of them: many may change at once */
        if (source->addresses_changed && is_built(source, RECEIVE_ALL_OFF))
            follow_addresses(source);
        source->addresses_changed = false;
        return;
    }
    if (change->kind == HOST_INTERFACE_NEW && mode_of(source) == RECEIVE_ALL_PROMISCUOUS &&
        !set_membership(source, PACKET_ADD_MEMBERSHIP, change->interface.index))
        log_line(IPMON_LOG_WARNING, "no promiscuous mode on %s: %s", change->interface.shown,
                 strerror(errno));
    if (change->kind == HOST_ADDRESS_NEW || change->kind == HOST_ADDRESS_GONE)
        source->addresses_changed = true;
}

static const struct packet_source_operations operations = {
    .next = next_packet,
    .state = clear_error,
    .counts = read_counts,
    .dropped = known_drops,
    .set_mode = set_mode,
    .host_changed = host_changed,
    .stop = stop,
    .close = close_source,
};

struct packet_source *source_packet_open(const struct packet_source_request *request,
                                         struct failure *failure)
{
    struct source_packet *source = calloc(1, sizeof *source);

    if (!source) {
        failure_set_errno(failure, ENOMEM, "cannot open a packet socket");
        return NULL;
    }
    source->source = (struct packet_source){.operations = &operations,
                                            .kind = SANDBOX_PACKET_SOCKET,
                                            .descriptor = -1,
                                            .latency = PACKET_RING_LATENCY};
    source->settings = request->settings;
    source->host = request->host;
    source->arrival = request->arrival;
    source->mode_may_change = request->mode_may_change;
    source->modes.before = request->settings->receive_all_mode;
    source->interface_index = request->interface ? request->interface->index : 0;
    source->loopback_index = packet_source_loopback(request, RECEIVE_ALL_OFF);
    if (request->address)
        source->address = *request->address;
    if (open_socket(source, failure) && prepare_filters(source, failure) &&
        packet_ring_map(&source->ring, source->source.descriptor, request->settings->in_buffer_size,
                        failure) &&
        start(source, request->interface, failure) &&
        (mode_of(source) != RECEIVE_ALL_PROMISCUOUS ||
         set_promiscuous(source, PACKET_ADD_MEMBERSHIP, failure)))
        return &source->source;
    close_source(&source->source);
    return NULL;
}
