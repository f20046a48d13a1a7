/*
 * Receive-all modes 0, 1 and 3: an AF_PACKET socket with a TPACKET_V3 ring shared with the kernel.
 * SOCK_DGRAM hands packets over from the IP header on, whatever the link layer is.
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
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture_filter.h"
#include "log.h"

enum {
    BLOCK_SIZE = 512 * 1024, /* a packet of PCAPNG_PACKET_MAX and its headers must fit */
    BLOCK_LATENCY = 30,      /* milliseconds until the kernel hands over a block not yet full */
    FRAME_SIZE = 2048,       /* no limit with TPACKET_V3, but the kernel checks it */
    ADDRESS_AFTER_HEADER = TPACKET_ALIGN(sizeof(struct tpacket3_hdr)),
    NANOSECONDS = 1000000000,
};

struct source_packet {
    struct packet_source source;
    struct capture_filter filter;
    const struct settings *settings;
    uint8_t *ring;
    size_t ring_size;
    unsigned block_count;
    unsigned block;              /* the one being read, or waited for */
    bool owns_block;             /* the kernel has handed it over */
    uint64_t drops;              /* lost before the next packet */
    uint32_t left;               /* packets of it not yet handed out */
    const uint8_t *at;           /* the next packet's header */
    struct packet_counts counts; /* the kernel's */
    uint64_t drops_told;         /* of counts.dropped */
    uint64_t refused;            /* by a filter that the kernel does not run */
    unsigned interface_index;    /* 0: all */
    unsigned loopback_index;     /* 0: not captured */
    struct host_address address; /* of mode 0; family 0: any of the machine's */
};

static struct tpacket_block_desc *block_at(const struct source_packet *source, unsigned block)
{
    return (struct tpacket_block_desc *)(void *)(source->ring + (size_t)block * BLOCK_SIZE);
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
    }
    return (struct packet_counts){
        .received = source->counts.received - source->refused,
        .dropped = source->counts.dropped,
    };
}

/*
 * The kernel loses packets when the block behind a full one is not free yet, and marks the block
 * that it begins afterwards: the losses belong to that block's first packet.
 */
static uint64_t drops_before_block(struct source_packet *source, uint32_t block_status)
{
    uint64_t drops = 0;

    if (block_status & TP_STATUS_LOSING) {
        drops = read_counts(&source->source).dropped - source->drops_told;
        source->drops_told += drops;
    }
    return drops;
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

static void release_block(struct source_packet *source)
{
    struct tpacket_block_desc *block = block_at(source, source->block);

    __atomic_store_n(&block->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    source->block = (source->block + 1) % source->block_count;
    source->owns_block = false;
}

/* Takes over the next block that holds packets, if it is ready; blocks can be empty. */
static bool acquire_block(struct source_packet *source)
{
    const struct tpacket_block_desc *block;
    uint32_t status;

    do {
        if (source->owns_block)
            release_block(source);
        block = block_at(source, source->block);
        status = __atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE);
        if (!(status & TP_STATUS_USER))
            return false;
        source->owns_block = true;
        source->drops += drops_before_block(source, status);
        source->left = block->hdr.bh1.num_pkts;
        source->at = (const uint8_t *)block + block->hdr.bh1.offset_to_first_pkt;
    } while (source->left == 0);
    return true;
}

static void read_packet(struct source_packet *source, struct captured_packet *packet)
{
    const struct tpacket3_hdr *header = (const void *)source->at;
    const struct sockaddr_ll *address = (const void *)(source->at + ADDRESS_AFTER_HEADER);

    packet->bytes = source->at + header->tp_net;
    packet->captured_length = header->tp_snaplen;
    packet->wire_length = header->tp_len;
    packet->timestamp = (uint64_t)header->tp_sec * NANOSECONDS + header->tp_nsec;
    packet->drops = source->drops;
    source->drops = 0;
    packet->interface = (unsigned)address->sll_ifindex;
    set_direction(source, packet, address->sll_pkttype);
    source->at += header->tp_next_offset;
    source->left--;
}

/* Cuts a packet that the kernel left whole for the filter that is run here. */
static bool passes(struct source_packet *source, struct captured_packet *packet)
{
    if (!capture_filter_in_user_space(&source->filter))
        return true;
    if (!capture_filter_matches(&source->filter, packet->bytes, packet->captured_length,
                                packet->wire_length)) {
        source->refused++;
        return false;
    }
    if (packet->captured_length > source->settings->snapshot_length)
        packet->captured_length = source->settings->snapshot_length;
    return true;
}

static bool next_packet(struct packet_source *base, struct captured_packet *packet)
{
    struct source_packet *source = (struct source_packet *)base;
    uint64_t drops = 0;

    do {
        if (source->left == 0 && !acquire_block(source))
            return false;
        read_packet(source, packet);
        packet->drops = drops += packet->drops;
    } while (!passes(source, packet));
    return true;
}

/* Reading the pending error (an interface that went down) clears it, so that poll() can wait. */
static enum packet_source_state clear_error(struct packet_source *base, struct failure *failure)
{
    int error = 0;
    socklen_t length = sizeof error;

    (void)failure;
    getsockopt(base->descriptor, SOL_SOCKET, SO_ERROR, &error, &length);
    return PACKET_SOURCE_RUNNING;
}

static void close_source(struct packet_source *base)
{
    struct source_packet *source = (struct source_packet *)base;

    if (source->ring)
        munmap(source->ring, source->ring_size);
    if (base->descriptor >= 0)
        close(base->descriptor);
    capture_filter_free(&source->filter);
    free(source);
}

static bool open_socket(struct source_packet *source, struct failure *failure)
{
    /* Protocol 0: nothing is received until bind, when the filter is in place. */
    source->source.descriptor = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return source->source.descriptor >= 0 ||
           packet_source_refused(failure, errno, "cannot open a packet socket");
}

/* Mode 0 may need two interfaces: then the socket is bound to all, and the filter restricts it. */
static bool is_bound_to_all(const struct source_packet *source)
{
    return source->interface_index == 0 ||
           (source->loopback_index != 0 && source->loopback_index != source->interface_index);
}

static bool attach_filter(struct source_packet *source, const struct host_addresses *host,
                          struct failure *failure)
{
    struct capture_filter_request request = {
        .expression = source->settings->capture_filter,
        .snapshot_length = source->settings->snapshot_length,
        .loopback_index = source->loopback_index,
        .other_hosts = source->settings->receive_all_mode == RECEIVE_ALL_PROMISCUOUS,
    };
    struct capture_filter filter;
    bool attached;

    if (source->interface_index != 0 && is_bound_to_all(source))
        request.interface_index = source->interface_index;
    if (source->settings->receive_all_mode == RECEIVE_ALL_OFF) {
        bool one = source->address.family != 0;

        request.addresses = one ? &source->address : host->addresses;
        request.address_count = one ? 1 : host->address_count;
    }
    if (!capture_filter_build(&filter, &request, failure))
        return false;
    attached = capture_filter_attach(&filter, source->source.descriptor, failure);
    if (attached) {
        capture_filter_free(&source->filter);
        source->filter = filter;
        if (capture_filter_in_user_space(&filter))
            log_line(IPMON_LOG_WARNING,
                     "the kernel does not take the capture filter: ipmon runs it on each packet");
    } else {
        capture_filter_free(&filter);
    }
    return attached;
}

/* Asks for the ring, halving it until the kernel grants it. */
static bool map_ring(struct source_packet *source, uint32_t size, struct failure *failure)
{
    int descriptor = source->source.descriptor;
    int version = TPACKET_V3;
    struct tpacket_req3 request = {
        .tp_block_size = BLOCK_SIZE,
        .tp_frame_size = FRAME_SIZE,
        .tp_block_nr = size / BLOCK_SIZE,
        .tp_retire_blk_tov = BLOCK_LATENCY,
    };

    if (setsockopt(descriptor, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0)
        return failure_set_errno(failure, errno, "this kernel has no TPACKET_V3 rings");
    for (;; request.tp_block_nr /= 2) {
        request.tp_frame_nr = request.tp_block_nr * (BLOCK_SIZE / FRAME_SIZE);
        if (setsockopt(descriptor, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) == 0)
            break;
        if (errno != ENOMEM || request.tp_block_nr < 4)
            return failure_set_errno(failure, errno, "no receive ring of %u bytes",
                                     request.tp_block_nr * BLOCK_SIZE);
    }
    if (request.tp_block_nr < size / BLOCK_SIZE)
        log_line(IPMON_LOG_WARNING, "the kernel grants a receive ring of %u bytes only",
                 request.tp_block_nr * BLOCK_SIZE);
    source->block_count = request.tp_block_nr;
    source->ring_size = (size_t)request.tp_block_nr * BLOCK_SIZE;
    source->ring = mmap(NULL, source->ring_size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (source->ring == MAP_FAILED) {
        source->ring = NULL;
        return failure_set_errno(failure, errno, "cannot map the receive ring");
    }
    return true;
}

/* The kernel takes the mode back when the socket is closed. */
static bool add_promiscuous(struct source_packet *source, const struct host_interface *interface,
                            struct failure *failure)
{
    struct packet_mreq membership = {
        .mr_ifindex = (int)interface->index,
        .mr_type = PACKET_MR_PROMISC,
    };

    if (setsockopt(source->source.descriptor, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership,
                   sizeof membership) == 0)
        return true;
    return failure_set_errno(failure, errno, "no promiscuous mode on %s", interface->name);
}

static bool add_memberships(struct source_packet *source,
                            const struct packet_source_request *request, struct failure *failure)
{
    struct failure ignored = {""};

    if (request->settings->receive_all_mode != RECEIVE_ALL_PROMISCUOUS)
        return true;
    if (request->interface)
        return add_promiscuous(source, request->interface, failure);
    /* On "all" an interface that cannot be promiscuous still shows its own traffic. */
    for (size_t i = 0; i < request->host->interface_count; i++)
        add_promiscuous(source, &request->host->interfaces[i], &ignored);
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
        log_event("ifpromisc-ifdown", "%s is down", interface->name);
        return failure_set_errno(failure, ENETDOWN,
                                 "interface %s is down; run: sudo ip link set %s up",
                                 interface->name, interface->name);
    }
    return bind_to(source, ETH_P_ALL) || /* outgoing packets are seen by no other protocol */
           failure_set_errno(failure, errno, "cannot capture on %s",
                             interface ? interface->name : "all interfaces");
}

/* Another filter does not wait for packets that are under way; leaving the protocol does. */
static void stop(struct packet_source *base)
{
    struct source_packet *source = (struct source_packet *)base;
    struct sock_filter nothing[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
    const struct sock_fprog program = {.len = 1, .filter = nothing};

    setsockopt(base->descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
    bind_to(source, ETH_P_LOOPBACK);
}

static void host_changed(struct packet_source *base, const struct host_addresses *host,
                         const struct host_change *change)
{
    struct source_packet *source = (struct source_packet *)base;
    struct failure failure = {""};
    bool addresses = change->kind == HOST_ADDRESS_NEW || change->kind == HOST_ADDRESS_GONE;

    if (source->interface_index != 0)
        return;
    if (change->kind == HOST_INTERFACE_NEW &&
        source->settings->receive_all_mode == RECEIVE_ALL_PROMISCUOUS)
        add_promiscuous(source, &change->interface, &failure);
    else if (addresses && source->settings->receive_all_mode == RECEIVE_ALL_OFF)
        attach_filter(source, host, &failure);
    if (failure.text[0] != '\0')
        log_line(IPMON_LOG_WARNING, "%s", failure.text);
}

static const struct packet_source_operations operations = {
    .next = next_packet,
    .state = clear_error,
    .counts = read_counts,
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
    source->source = (struct packet_source){&operations, -1, BLOCK_LATENCY};
    source->settings = request->settings;
    source->interface_index = request->interface ? request->interface->index : 0;
    source->loopback_index = packet_source_loopback(request);
    if (request->address)
        source->address = *request->address;
    if (open_socket(source, failure) && attach_filter(source, request->host, failure) &&
        map_ring(source, request->settings->in_buffer_size, failure) &&
        start(source, request->interface, failure) && add_memberships(source, request, failure))
        return &source->source;
    close_source(&source->source);
    return NULL;
}
