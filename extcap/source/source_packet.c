/*
 * Receive-all modes 0, 1 and 3: an AF_PACKET socket with a TPACKET_V3 ring shared with the kernel.
 * A socket of type SOCK_DGRAM delivers packets from the IP header on, whatever the link layer is;
 * of several VLAN tags all but one are still in front of it.
 * Source: packet(7), Documentation/networking/packet_mmap.rst of Linux.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "packet_source.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "packet_ring.h"
#include "receive_mode.h"
#include "vlan_tag.h"

struct source_packet {
    struct packet_source source;
    const struct settings *settings;
    struct arrival *arrival;
    struct arrival_queue queue;
    struct receive_mode mode;
    struct packet_ring ring;
    uint64_t drops;              /* lost before the next packet */
    struct packet_counts counts; /* the kernel's */
    uint64_t taken;              /* packets read from the ring */
    uint64_t drops_reported;     /* of counts.dropped */
    uint64_t refused; /* packets that passed the kernel's filter and not the tests here */
};

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

/* Without reading the kernel's counters: the block behind a gap would lose its mark. */
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
    uint64_t drops = read_counts(&source->source).dropped - source->drops_reported;

    source->drops += drops;
    source->drops_reported += drops;
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
    if (packet->interface == source->mode.loopback_index) {
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
        arrival_next_block(&source->queue);
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

/*
 * Removes the VLAN tags in front of the IP header, if there are any. False when no IP header is
 * behind them; else *tested says whether the kernel applied its whole filter: not to frames whose
 * protocol is a tag.
 */
static bool remove_tags(const struct source_packet *source, struct captured_packet *packet,
                        const struct tpacket3_hdr *header, bool *tested)
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

    *tested = true;
    if (!(header->tp_status & TP_STATUS_VLAN_VALID) && !vlan_tag_is(tagged.protocol))
        return true;
    tags = vlan_tags_length(&tagged);
    if (tags < 0)
        return false;
    /* A sent frame may begin with the header either way; what was tested was cut at once, too. */
    *tested =
        tags == 0 && (!tagged.sent || (packet->captured_length < packet->wire_length &&
                                       packet->captured_length <= source->mode.snapshot_length));
    packet->bytes += tags;
    packet->captured_length -= (uint32_t)tags;
    packet->wire_length -= (uint32_t)tags;
    return true;
}

/* Does what the kernel left to do: the tests, and cutting a packet that was kept whole for them. */
static bool passes(struct source_packet *source, struct captured_packet *packet,
                   const struct tpacket3_hdr *header)
{
    unsigned char packet_type = packet_ring_address(header)->sll_pkttype;
    bool tested;

    if (!remove_tags(source, packet, header, &tested) ||
        !receive_mode_passes(&source->mode, packet, packet_type, tested)) {
        source->refused++;
        return false;
    }
    set_direction(source, packet, packet_type);
    if (packet->captured_length > source->settings->snapshot_length)
        packet->captured_length = source->settings->snapshot_length;
    return true;
}

/* Reading the pending error (an interface that went down) clears it, so that poll() can wait. */
static void clear_error(const struct source_packet *source)
{
    int error = 0;
    socklen_t length = sizeof error;

    getsockopt(source->source.descriptor, SOL_SOCKET, SO_ERROR, &error, &length);
}

/* The next packet that passes, among as many as one turn may refuse. */
static bool find_packet(struct source_packet *source, struct captured_packet *packet)
{
    source->source.busy = false;
    for (unsigned i = 0; i < PACKET_SOURCE_TURN; i++) {
        const struct tpacket3_hdr *header = next_header(source);

        if (!header)
            return false;
        read_packet(source, packet, header);
        if (passes(source, packet, header))
            return true;
    }
    source->source.busy = true;
    return false;
}

static bool next_packet(struct packet_source *base, struct captured_packet *packet)
{
    struct source_packet *source = (struct source_packet *)base;

    if (!find_packet(source, packet)) {
        receive_mode_settle(&source->mode);
        clear_error(source);
        return false;
    }
    packet->drops = source->drops;
    source->drops = 0;
    return true;
}

static bool set_mode(struct packet_source *base, enum receive_all_mode mode, uint64_t *time,
                     struct failure *failure)
{
    struct source_packet *source = (struct source_packet *)base;

    return receive_mode_change(&source->mode, mode, source->arrival, time, failure);
}

static void host_changed(struct packet_source *base, const struct host_addresses *host,
                         const struct host_change *change)
{
    (void)host;
    receive_mode_host_changed(&((struct source_packet *)base)->mode, change);
}

static bool bind_to(const struct source_packet *source, uint16_t protocol)
{
    const struct sockaddr_ll address = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(protocol),
        .sll_ifindex = source->mode.bound_to_all ? 0 : (int)source->mode.interface_index,
    };

    return bind(source->source.descriptor, (const struct sockaddr *)&address, sizeof address) == 0;
}

/* Another filter does not wait for packets that are under way; leaving the protocol does. */
static void stop(struct packet_source *base)
{
    struct source_packet *source = (struct source_packet *)base;

    receive_mode_end(&source->mode);
    bind_to(source, ETH_P_LOOPBACK);
}

static void close_source(struct packet_source *base)
{
    struct source_packet *source = (struct source_packet *)base;

    packet_ring_unmap(&source->ring);
    if (base->descriptor >= 0)
        close(base->descriptor);
    receive_mode_close(&source->mode);
    free(source);
}

static const struct packet_source_operations operations = {
    .next = next_packet,
    .state = packet_source_never_ends,
    .counts = read_counts,
    .dropped = known_drops,
    .set_mode = set_mode,
    .host_changed = host_changed,
    .stop = stop,
    .close = close_source,
};

static bool open_socket(struct source_packet *source, struct failure *failure)
{
    /* Protocol 0: nothing is received until bind, when the filter is in place. */
    source->source.descriptor = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return source->source.descriptor >= 0 ||
           packet_source_refused(failure, errno, "cannot open a packet socket");
}

static bool start(struct source_packet *source, const struct host_interface *interface,
                  struct failure *failure)
{
    if (interface && !(interface->flags & IFF_UP)) {
        log_event(EVENT_IFPROMISC_IFDOWN, "%s is down", interface->shown);
        return failure_set_errno(failure, ENETDOWN,
                                 "interface %s is down; run: sudo ip link set %s up",
                                 interface->shown, interface->shown);
    }
    return bind_to(source, ETH_P_ALL) || /* outgoing packets are seen by no other protocol */
           failure_set_errno(failure, errno, "cannot capture on %s",
                             interface ? interface->shown : "all interfaces");
}

/* The filter is in place before the ring, and the ring before the first packet. */
static bool prepare(struct source_packet *source, const struct packet_source_request *request,
                    struct failure *failure)
{
    return open_socket(source, failure) &&
           receive_mode_open(&source->mode, request, source->source.descriptor, failure) &&
           packet_ring_map(&source->ring, source->source.descriptor,
                           request->settings->in_buffer_size, source->source.latency, failure) &&
           start(source, request->interface, failure) && receive_mode_begin(&source->mode, failure);
}

struct packet_source *source_packet_open(const struct packet_source_request *request,
                                         struct failure *failure)
{
    struct source_packet *source = calloc(1, sizeof *source);

    if (!source) {
        failure_set_errno(failure, ENOMEM, "cannot open a packet socket");
        return NULL;
    }
    source->source = (struct packet_source){
        .operations = &operations,
        .kind = SANDBOX_PACKET_SOCKET,
        .descriptor = -1,
        .latency = request->is_watched ? PACKET_RING_LATENCY : PACKET_RING_LATENCY_UNWATCHED};
    source->settings = request->settings;
    source->arrival = request->arrival;
    source->queue.in_blocks = true;
    if (prepare(source, request, failure))
        return &source->source;
    close_source(&source->source);
    return NULL;
}
