/*
 * Receive-all modes 1 and 3: an AF_PACKET socket with a TPACKET_V3 ring shared with the kernel.
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
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture_filter.h"

enum {
    BLOCK_SIZE = 512 * 1024, /* a packet of PCAPNG_PACKET_MAX and its headers must fit */
    FRAME_SIZE = 2048,       /* no limit with TPACKET_V3, but the kernel checks it */
    ADDRESS_AFTER_HEADER = TPACKET_ALIGN(sizeof(struct tpacket3_hdr)),
    NANOSECONDS = 1000000000,
};

struct source_packet {
    struct packet_source source;
    struct capture_filter filter;
    uint32_t snapshot_length;
    uint8_t *ring;
    size_t ring_size;
    unsigned block_count;
    unsigned block;                         /* the one being read, or waited for */
    bool owns_block;                        /* the kernel has handed it over */
    bool statistics_read;                   /* for the losses that this block tells of */
    uint32_t left;                          /* packets of it not yet handed out */
    const uint8_t *at;                      /* the next packet's header */
    struct packet_counts counts;            /* the kernel's */
    uint64_t drops_told;                    /* of counts.dropped */
    uint64_t refused;                       /* by a filter that the kernel does not run */
    const struct host_interface *interface; /* the caller's; NULL: all */
    unsigned loopback_index;                /* 0: not captured */
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

/* Losses belong to the first packet that the kernel marks after them. */
static uint64_t drops_before(struct source_packet *source, const struct tpacket3_hdr *header)
{
    uint64_t drops;

    if (!(header->tp_status & TP_STATUS_LOSING) || source->statistics_read)
        return 0;
    source->statistics_read = true;
    drops = read_counts(&source->source).dropped - source->drops_told;
    source->drops_told += drops;
    return drops;
}

static bool is_multicast(const struct captured_packet *packet)
{
    return packet->captured_length >= 25 &&
           ((packet->bytes[0] >> 4 == 6 && packet->bytes[24] == 0xFF) ||
            (packet->bytes[0] >> 4 == 4 && packet->bytes[16] >> 4 == 0xE));
}

static bool is_broadcast(const struct captured_packet *packet)
{
    static const uint8_t limited[4] = {0xFF, 0xFF, 0xFF, 0xFF};

    return packet->captured_length >= 20 && packet->bytes[0] >> 4 == 4 &&
           memcmp(packet->bytes + 16, limited, sizeof limited) == 0;
}

/* The kernel tells it for what came in; for what went out only the destination can. */
static enum pcapng_reception reception_by_destination(const struct captured_packet *packet)
{
    if (is_broadcast(packet))
        return PCAPNG_BROADCAST;
    return is_multicast(packet) ? PCAPNG_MULTICAST : PCAPNG_UNICAST;
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
    if (packet->interface_index == source->loopback_index) {
        packet->direction = PCAPNG_DIRECTION_UNKNOWN;
        packet->reception = reception_by_destination(packet);
    } else if (packet_type == PACKET_OUTGOING) {
        packet->direction = PCAPNG_OUTBOUND;
        packet->reception = reception_by_destination(packet);
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

    do {
        if (source->owns_block)
            release_block(source);
        block = block_at(source, source->block);
        if (!(__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
            return false;
        source->owns_block = true;
        source->statistics_read = false;
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
    packet->drops = drops_before(source, header);
    packet->interface_index = (unsigned)address->sll_ifindex;
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
    if (packet->captured_length > source->snapshot_length)
        packet->captured_length = source->snapshot_length;
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

static bool is_up(const struct source_packet *source)
{
    struct ifreq request = {0};

    memcpy(request.ifr_name, source->interface->name, sizeof request.ifr_name);
    return ioctl(source->source.descriptor, SIOCGIFFLAGS, &request) == 0 &&
           (request.ifr_flags & IFF_UP) != 0;
}

static enum packet_source_state look_at_interface(struct packet_source *base,
                                                  struct failure *failure)
{
    struct source_packet *source = (struct source_packet *)base;
    struct sockaddr_ll address;
    socklen_t length = sizeof address;
    int error = 0;
    socklen_t error_length = sizeof error;

    /* Reading the pending error clears it, so that poll() can wait again. */
    getsockopt(base->descriptor, SOL_SOCKET, SO_ERROR, &error, &error_length);
    if (!source->interface)
        return PACKET_SOURCE_RUNNING;
    /* The kernel reports a deleted interface only as one that went down, but unbinds the socket. */
    if (getsockname(base->descriptor, (struct sockaddr *)&address, &length) == 0 &&
        address.sll_ifindex == -1) {
        failure_set_errno(failure, ENODEV, "interface %s was deleted while capturing on it",
                          source->interface->name);
        return PACKET_SOURCE_FAILED;
    }
    return is_up(source) ? PACKET_SOURCE_RUNNING : PACKET_SOURCE_DOWN;
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
    char program[512] = "ipmon";
    ssize_t length;

    /* Protocol 0: nothing is received until bind, when the filter is in place. */
    source->source.descriptor = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (source->source.descriptor >= 0)
        return true;
    if (errno != EPERM && errno != EACCES)
        return failure_set_errno(failure, errno, "cannot open a packet socket");
    length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length > 0)
        program[length] = '\0';
    return failure_set_errno(
        failure, errno, "no permission to capture; run: sudo setcap cap_net_raw=ep %s", program);
}

static bool attach_filter(struct source_packet *source, const struct settings *settings,
                          struct failure *failure)
{
    const struct capture_filter_request request = {
        .expression = settings->capture_filter,
        .snapshot_length = settings->snapshot_length,
        .loopback_index = source->loopback_index,
        .other_hosts = settings->receive_all_mode == RECEIVE_ALL_PROMISCUOUS,
    };

    return capture_filter_build(&source->filter, &request, failure) &&
           capture_filter_attach(&source->filter, source->source.descriptor, failure);
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
        .tp_retire_blk_tov = SOURCE_PACKET_LATENCY,
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
    source->block_count = request.tp_block_nr;
    source->ring_size = (size_t)request.tp_block_nr * BLOCK_SIZE;
    source->ring = mmap(NULL, source->ring_size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (source->ring == MAP_FAILED) {
        source->ring = NULL;
        return failure_set_errno(failure, errno, "cannot map the receive ring");
    }
    return true;
}

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

static bool add_memberships(struct source_packet *source, const struct settings *settings,
                            const struct host_addresses *host, struct failure *failure)
{
    struct failure ignored = {""};

    if (settings->receive_all_mode != RECEIVE_ALL_PROMISCUOUS)
        return true;
    if (source->interface)
        return add_promiscuous(source, source->interface, failure);
    /* On "all" an interface that cannot be promiscuous still shows its own traffic. */
    for (size_t i = 0; i < host->interface_count; i++)
        if (host->interfaces[i].flags & IFF_UP)
            add_promiscuous(source, &host->interfaces[i], &ignored);
    return true;
}

static bool start(struct source_packet *source, struct failure *failure)
{
    const struct host_interface *interface = source->interface;
    const struct sockaddr_ll address = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(ETH_P_ALL), /* outgoing packets are seen by no other */
        .sll_ifindex = interface ? (int)interface->index : 0,
    };

    if (interface && !(interface->flags & IFF_UP))
        return failure_set_errno(failure, ENETDOWN,
                                 "interface %s is down; run: sudo ip link set %s up",
                                 interface->name, interface->name);
    if (bind(source->source.descriptor, (const struct sockaddr *)&address, sizeof address) == 0)
        return true;
    return failure_set_errno(failure, errno, "cannot capture on %s",
                             interface ? interface->name : "all interfaces");
}

static unsigned find_loopback(const struct host_addresses *host,
                              const struct host_interface *interface)
{
    for (size_t i = 0; i < host->interface_count; i++)
        if (host->interfaces[i].flags & IFF_LOOPBACK &&
            (!interface || interface->index == host->interfaces[i].index))
            return host->interfaces[i].index;
    return 0;
}

static const struct packet_source_operations operations = {
    .next = next_packet,
    .state = look_at_interface,
    .counts = read_counts,
    .close = close_source,
};

struct packet_source *source_packet_open(const struct settings *settings,
                                         const struct host_addresses *host,
                                         const struct host_interface *interface,
                                         struct failure *failure)
{
    struct source_packet *source = calloc(1, sizeof *source);

    if (!source) {
        failure_set_errno(failure, ENOMEM, "cannot open a packet socket");
        return NULL;
    }
    source->source.operations = &operations;
    source->source.descriptor = -1;
    source->interface = interface;
    source->snapshot_length = settings->snapshot_length;
    source->loopback_index = find_loopback(host, interface);
    if (open_socket(source, failure) && attach_filter(source, settings, failure) &&
        map_ring(source, settings->in_buffer_size, failure) && start(source, failure) &&
        add_memberships(source, settings, host, failure))
        return &source->source;
    close_source(&source->source);
    return NULL;
}
