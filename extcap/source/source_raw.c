/*
 * Receive-all mode 2: raw sockets, one for each protocol of IPv4 and of IPv6. They receive what
 * passed the host's firewall and its reassembly (raw_packet.h).
 * Source: raw(7), ipv6(7), epoll(7).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "packet_source.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "capture_filter.h"
#include "clock.h"
#include "ip_header.h"
#include "log.h"
#include "raw_packet.h"

enum {
    PROTOCOLS = 256,
    SOCKETS_MAX = 2 * PROTOCOLS,
    EVENTS_MAX = 64,
};

/*
 * Protocols without a socket, for packets would come twice: the socket of the protocol inside
 * receives them, too, or this one does again when the kernel has gone past its header.
 */
static const struct {
    int family;
    int protocol;
} left_out[] = {
    {AF_INET, IPPROTO_IP}, /* every packet again */
    {AF_INET, IP_PROTOCOL_AH},       {AF_INET6, IP_PROTOCOL_HOP_BY_HOP},
    {AF_INET6, IP_PROTOCOL_ROUTING}, {AF_INET6, IP_PROTOCOL_FRAGMENT},
    {AF_INET6, IP_PROTOCOL_AH},      {AF_INET6, IP_PROTOCOL_DESTINATION_OPTIONS},
};

/* A socket, with the packet that was read from it and not yet handed out. */
struct raw_socket {
    int descriptor;
    int family;
    uint8_t protocol;
    bool ready;      /* epoll reported it, and it has not been read empty since */
    bool loaded;     /* `packet` holds one */
    uint8_t *buffer; /* RAW_PACKET_MAX bytes, from the first packet on */
    struct captured_packet packet;
    struct arrival_queue queue;
    uint32_t drops;          /* the kernel's counter, which wraps around */
    uint64_t drops_reported; /* of the total, in packets' drops */
    uint64_t drops_total;
};

struct source_raw {
    struct packet_source source; /* the descriptor is epoll's */
    const struct settings *settings;
    struct arrival *arrival;
    struct capture_filter filter; /* its expression runs on each packet */
    struct raw_socket sockets[SOCKETS_MAX];
    size_t socket_count;
    struct raw_socket *active[SOCKETS_MAX]; /* those with a buffer */
    size_t active_count;
    unsigned loopback_index;
    uint64_t taken; /* packets handed out */
    uint64_t drops; /* lost before the next packet */
};

static bool is_left_out(int family, int protocol)
{
    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
        if (left_out[i].family == family && left_out[i].protocol == protocol)
            return true;
    return false;
}

static bool enable(int descriptor, int level, int option)
{
    const int on = 1;

    return setsockopt(descriptor, level, option, &on, sizeof on) == 0;
}

/* Requests the ancillary data that raw_packet.h reads. */
static bool enable_ancillary(int descriptor, int family)
{
    static const int of_ipv6[] = {IPV6_RECVPKTINFO,  IPV6_RECVHOPLIMIT, IPV6_RECVTCLASS,
                                  RAW_IPV6_FLOWINFO, IPV6_RECVHOPOPTS,  IPV6_RECVRTHDR,
                                  IPV6_RECVDSTOPTS};
    bool enabled = enable(descriptor, SOL_SOCKET, SO_TIMESTAMPNS) &&
                   enable(descriptor, SOL_SOCKET, SO_RXQ_OVFL);

    if (family == AF_INET)
        return enabled && enable(descriptor, IPPROTO_IP, IP_PKTINFO);
    for (size_t i = 0; enabled && i < sizeof of_ipv6 / sizeof *of_ipv6; i++)
        enabled = enable(descriptor, IPPROTO_IPV6, of_ipv6[i]);
    return enabled;
}

static bool watch(struct source_raw *source, struct raw_socket *raw)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = raw};

    return epoll_ctl(source->source.descriptor, EPOLL_CTL_ADD, raw->descriptor, &event) == 0;
}

/*
 * A raw socket receives from its creation on: what came before it was bound and its options were
 * set is thrown away.
 */
static void discard_received(int descriptor)
{
    char byte;

    capture_filter_refuse_all(descriptor); /* or a fast line would keep the loop going */
    while (recv(descriptor, &byte, sizeof byte, MSG_DONTWAIT) >= 0)
        ;
}

static bool prepare(struct source_raw *source, struct raw_socket *raw,
                    const struct packet_source_request *request)
{
    const int size = (int)request->settings->in_buffer_size;
    const char *name = request->interface ? request->interface->name : "";

    setsockopt(raw->descriptor, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if ((*name && setsockopt(raw->descriptor, SOL_SOCKET, SO_BINDTODEVICE, name,
                             (socklen_t)strlen(name) + 1) != 0) ||
        !enable_ancillary(raw->descriptor, raw->family))
        return false;
    discard_received(raw->descriptor);
    return enable(raw->descriptor, SOL_SOCKET, SO_DETACH_FILTER) && watch(source, raw);
}

/* A kernel without IPv6 or without this protocol, not one that lacks a resource. */
static bool is_unknown(int error)
{
    return error == EAFNOSUPPORT || error == EPROTONOSUPPORT || error == ESOCKTNOSUPPORT;
}

/* False when a socket fails that the kernel knows: its packets would be missing silently. */
static bool open_socket(struct source_raw *source, const struct packet_source_request *request,
                        int family, int protocol, struct failure *failure)
{
    struct raw_socket *raw = &source->sockets[source->socket_count];
    int descriptor = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);

    if (descriptor < 0 && !is_unknown(errno))
        return packet_source_refused(failure, errno, "cannot open a raw socket");
    if (descriptor < 0) {
        log_line(IPMON_LOG_DEBUG, "no raw socket for IPv%d protocol %d: %s",
                 family == AF_INET ? 4 : 6, protocol, strerror(errno));
        return true;
    }
    *raw = (struct raw_socket){
        .descriptor = descriptor, .family = family, .protocol = (uint8_t)protocol};
    if (!prepare(source, raw, request)) {
        failure_set_errno(failure, errno, "cannot set up a raw socket for protocol %d", protocol);
        close(descriptor);
        return false;
    }
    source->socket_count++;
    return true;
}

static bool open_sockets(struct source_raw *source, const struct packet_source_request *request,
                         struct failure *failure)
{
    static const int families[] = {AF_INET, AF_INET6};

    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        for (int protocol = 0; protocol < PROTOCOLS; protocol++)
            if (!is_left_out(families[i], protocol) &&
                !open_socket(source, request, families[i], protocol, failure))
                return false;
    return source->socket_count != 0 ||
           failure_set_errno(failure, EPROTONOSUPPORT, "this kernel opens no raw socket");
}

static void set_direction(const struct source_raw *source, struct captured_packet *packet)
{
    packet->direction =
        packet->interface == source->loopback_index ? PCAPNG_DIRECTION_UNKNOWN : PCAPNG_INBOUND;
    packet->reception = packet_source_reception(packet);
}

/* The kernel's counter is one of 32 bits. */
static void count_drops(struct raw_socket *raw, uint32_t counter)
{
    raw->drops_total += (uint32_t)(counter - raw->drops);
    raw->drops = counter;
}

static bool give_buffer(struct source_raw *source, struct raw_socket *raw)
{
    if (raw->buffer)
        return true;
    raw->buffer = malloc(RAW_PACKET_MAX);
    if (!raw->buffer)
        return false;
    source->active[source->active_count++] = raw;
    return true;
}

/* Reads one packet of a socket that has none loaded. */
static void load(struct source_raw *source, struct raw_socket *raw)
{
    struct raw_packet received;

    if (!give_buffer(source, raw))
        return;
    if (!raw_packet_receive(&received, raw->descriptor, raw->family, raw->protocol, raw->buffer)) {
        raw->ready = errno != EAGAIN && errno != EWOULDBLOCK;
        if (raw->ready && errno != EINTR)
            log_event(EVENT_SORECEIVE_ERROR, "raw socket of IPv%d protocol %d: %s",
                      raw->family == AF_INET ? 4 : 6, raw->protocol, strerror(errno));
        return;
    }
    if (received.has_drops)
        count_drops(raw, received.drops);
    raw->packet = (struct captured_packet){
        .bytes = received.bytes,
        .captured_length = received.captured_length,
        .wire_length = received.wire_length,
        .timestamp = received.timestamp,
        .arrival = arrival_time(source->arrival, &raw->queue, received.timestamp),
        .drops = raw->drops_total - raw->drops_reported,
        .interface = received.interface,
    };
    raw->drops_reported = raw->drops_total;
    set_direction(source, &raw->packet);
    raw->loaded = true;
}

/* Loads the sockets that epoll reports; true when it may report more. */
static bool find_ready(struct source_raw *source)
{
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(source->source.descriptor, events, EVENTS_MAX, 0);

    for (int i = 0; i < count; i++) {
        struct raw_socket *raw = events[i].data.ptr;

        raw->ready = true;
        if (!raw->loaded)
            load(source, raw);
    }
    return count == EVENTS_MAX;
}

/*
 * The oldest of the packets at the front of the sockets. Those known to have packets are loaded
 * before epoll reports others: what arrives on another socket after that is younger than all.
 */
static struct raw_socket *oldest(struct source_raw *source)
{
    struct raw_socket *found = NULL;

    for (size_t i = 0; i < source->active_count; i++)
        if (source->active[i]->ready && !source->active[i]->loaded)
            load(source, source->active[i]);
    while (find_ready(source))
        ;
    for (size_t i = 0; i < source->active_count; i++) {
        struct raw_socket *raw = source->active[i];

        if (raw->loaded && (!found || raw->packet.arrival < found->packet.arrival))
            found = raw;
    }
    return found;
}

static bool next_packet(struct packet_source *base, struct captured_packet *packet)
{
    struct source_raw *source = (struct source_raw *)base;

    base->busy = false;
    for (unsigned i = 0; i < PACKET_SOURCE_TURN; i++) {
        struct raw_socket *raw = oldest(source);

        if (!raw) {
            arrival_drained(source->arrival);
            return false;
        }
        raw->loaded = false;
        *packet = raw->packet;
        source->drops += raw->packet.drops;
        if (!capture_filter_matches(&source->filter, packet->bytes, packet->captured_length,
                                    packet->wire_length))
            continue;
        if (packet->captured_length > source->settings->snapshot_length)
            packet->captured_length = source->settings->snapshot_length;
        packet->drops = source->drops;
        source->drops = 0;
        source->taken++;
        return true;
    }
    base->busy = true;
    return false;
}

static struct packet_counts read_counts(struct packet_source *base)
{
    struct source_raw *source = (struct source_raw *)base;
    struct packet_counts counts = {.received = source->taken};

    for (size_t i = 0; i < source->socket_count; i++) {
        uint32_t memory[SK_MEMINFO_VARS];
        socklen_t length = sizeof memory;

        if (getsockopt(source->sockets[i].descriptor, SOL_SOCKET, SO_MEMINFO, memory, &length) == 0)
            count_drops(&source->sockets[i], memory[SK_MEMINFO_DROPS]);
        counts.dropped += source->sockets[i].drops_total;
    }
    counts.received += counts.dropped;
    return counts;
}

static uint64_t dropped(struct packet_source *base)
{
    return read_counts(base).dropped;
}

static void describe(struct packet_source *base, unsigned interface,
                     struct source_description *description)
{
    size_t used = strlen(description->name);

    (void)base;
    (void)interface;
    snprintf(description->name + used, sizeof description->name - used, " (socket level)");
    snprintf(description->text, sizeof description->text,
             "IP Monitor, receive-all mode 2: from raw sockets, IPv6 headers are rebuilt");
}

/* A filter that refuses everything: what was queued before can still be read. */
static void stop(struct packet_source *base)
{
    struct source_raw *source = (struct source_raw *)base;

    for (size_t i = 0; i < source->socket_count; i++)
        capture_filter_refuse_all(source->sockets[i].descriptor);
}

static void close_source(struct packet_source *base)
{
    struct source_raw *source = (struct source_raw *)base;

    for (size_t i = 0; i < source->socket_count; i++) {
        close(source->sockets[i].descriptor);
        free(source->sockets[i].buffer);
    }
    if (base->descriptor >= 0)
        close(base->descriptor);
    capture_filter_free(&source->filter);
    free(source);
}

static bool compile_filter(struct source_raw *source, struct failure *failure)
{
    struct capture_filter_request request = {
        .expression = source->settings->capture_filter,
        .snapshot_length = PCAPNG_PACKET_MAX,
        .other_hosts = true,
    };

    return capture_filter_build(&source->filter, &request, failure) &&
           capture_filter_to_user_space(&source->filter, failure);
}

static const struct packet_source_operations operations = {
    .next = next_packet,
    .state = packet_source_never_ends,
    .counts = read_counts,
    .dropped = dropped,
    .describe = describe,
    .stop = stop,
    .close = close_source,
};

struct packet_source *source_raw_open(const struct packet_source_request *request,
                                      struct failure *failure)
{
    struct source_raw *source = calloc(1, sizeof *source);

    if (!source) {
        failure_set_errno(failure, ENOMEM, "cannot open raw sockets");
        return NULL;
    }
    source->source = (struct packet_source){.operations = &operations,
                                            .kind = SANDBOX_RAW_SOCKETS,
                                            .descriptor = epoll_create1(EPOLL_CLOEXEC)};
    source->settings = request->settings;
    source->arrival = request->arrival;
    source->loopback_index = packet_source_loopback(request, RECEIVE_ALL_SOCKET_LEVEL);
    if (source->source.descriptor < 0)
        failure_set_errno(failure, errno, "cannot wait for packets");
    else if (compile_filter(source, failure) && open_sockets(source, request, failure))
        return &source->source;
    close_source(&source->source);
    return NULL;
}
