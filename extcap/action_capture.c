/*
 * --capture: one loop that waits for packets, for room in the output and for signals. Everything is
 * opened before the output is, so that whatever fails can still be told as a refusal.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/signalfd.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "action.h"
#include "clock.h"
#include "output.h"
#include "packet_source.h"
#include "pcapng_writer.h"

enum {
    WRITE_BUFFER_SIZE = 1024 * 1024,
    DOWN_INTERVAL = 200, /* milliseconds between two looks at an interface that is down */
    INTERFACE_ADDRESSES_MAX = 512,
};

/* A reader that stalls gets this long at the end; Wireshark kills an extcap after 30 s. */
#define STALL_LIMIT (20 * CLOCK_SECOND)

/* The kernel shows a packet only when its block is full or this old. */
#define STOP_LATENCY ((SOURCE_PACKET_LATENCY + 20) * CLOCK_MILLISECOND)

/* An interface that has a description block in the file. */
struct captured_interface {
    unsigned index;     /* the kernel's */
    uint64_t delivered; /* packets written */
    uint64_t discarded; /* packets that came after the end */
};

struct capture {
    const struct settings *settings;
    const struct host_interface *interface; /* NULL: all */
    struct host_addresses host;
    struct packet_source *source;
    struct pcapng_writer writer;
    struct failure *failure;
    int output;
    int signals;
    struct captured_interface *interfaces; /* in the order of their description blocks */
    size_t interface_count;
    size_t last_interface; /* the one that the previous packet belonged to */
    uint64_t start_time;   /* CLOCK_REALTIME */
    uint64_t delivered;
    uint64_t stop_time;     /* CLOCK_REALTIME; packets stamped later are not written; 0: none yet */
    uint64_t stop_deadline; /* CLOCK_MONOTONIC; the ring has shown all packets from before it */
    bool source_is_down;
    bool reader_gone;
    bool ended;
};

static bool choose_interface(struct capture *capture)
{
    const char *name = action_source_name(capture->settings, capture->failure);
    const struct host_address *address;

    if (!name || !host_addresses_read(&capture->host, capture->failure))
        return false;
    if (strcasecmp(name, SOURCE_ALL) == 0)
        return true;
    address = host_address_find(&capture->host, name, capture->failure);
    if (!address)
        return false;
    capture->interface = host_interface_by_index(&capture->host, address->interface_index);
    return capture->interface ||
           failure_set_errno(capture->failure, ENODEV, "the interface of %s has gone", name);
}

static bool open_signals(struct capture *capture)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    capture->signals = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    return capture->signals >= 0 ||
           failure_set_errno(capture->failure, errno, "cannot wait for signals");
}

static bool open_everything(struct capture *capture)
{
    if (!capture->settings->fifo)
        return failure_set_errno(capture->failure, EINVAL, "--capture needs --fifo PATH");
    if (!open_signals(capture) || !choose_interface(capture))
        return false;
    capture->source =
        source_packet_open(capture->settings, &capture->host, capture->interface, capture->failure);
    if (!capture->source)
        return false;
    if (!pcapng_writer_init(&capture->writer, -1, WRITE_BUFFER_SIZE))
        return failure_set_errno(capture->failure, ENOMEM, "no write buffer");
    return true;
}

static void close_everything(struct capture *capture)
{
    if (capture->source)
        capture->source->operations->close(capture->source);
    if (capture->output >= 0)
        close(capture->output);
    if (capture->signals >= 0)
        close(capture->signals);
    pcapng_writer_free(&capture->writer);
    host_addresses_free(&capture->host);
    free(capture->interfaces);
}

static const char *operating_system(char *text, size_t size)
{
    struct utsname name;

    if (uname(&name) != 0)
        return NULL;
    snprintf(text, size, "%s %s", name.sysname, name.release);
    return text;
}

static void write_section(struct capture *capture)
{
    struct utsname name;
    char system[256];

    pcapng_write_section(&capture->writer, uname(&name) == 0 ? name.machine : NULL,
                         operating_system(system, sizeof system), "ipmon " IPMON_VERSION);
}

/* Writes the description block of an interface. False when there is no memory. */
static bool describe_interface(struct capture *capture, unsigned index)
{
    const struct host_interface *interface = host_interface_by_index(&capture->host, index);
    struct pcapng_address addresses[INTERFACE_ADDRESSES_MAX];
    size_t address_count = 0;
    char system[256];
    char name[32];
    char description[64];
    struct pcapng_interface block = {
        .link_type = PCAPNG_LINKTYPE_RAW,
        .snapshot_length = capture->settings->snapshot_length,
        .name = name,
        .description = description,
        .filter = capture->settings->capture_filter,
        .operating_system = operating_system(system, sizeof system),
    };
    struct captured_interface *grown =
        realloc(capture->interfaces, (capture->interface_count + 1) * sizeof *grown);

    if (!grown)
        return failure_set_errno(capture->failure, ENOMEM, "no memory for another interface");
    capture->interfaces = grown;
    grown[capture->interface_count++] = (struct captured_interface){.index = index};

    snprintf(name, sizeof name, "interface %u", index);
    snprintf(description, sizeof description, "IP Monitor, receive-all mode %u",
             capture->settings->receive_all_mode);
    if (interface) {
        snprintf(name, sizeof name, "%s", interface->name);
        block.speed = host_interface_speed(capture->source->descriptor, interface);
        if (interface->hardware_length == 6)
            block.hardware_address = interface->hardware_address;
    }
    for (size_t i = 0; i < capture->host.address_count; i++) {
        const struct host_address *address = &capture->host.addresses[i];

        if (address->interface_index == index && address_count < INTERFACE_ADDRESSES_MAX)
            addresses[address_count++] = (struct pcapng_address){
                .family = address->family,
                .bytes = address->bytes,
                .netmask = address->netmask,
                .prefix_length = address->prefix_length,
            };
    }
    pcapng_write_interface(&capture->writer, &block, addresses, address_count);
    return true;
}

/* The machine has an interface more than when the capture began. */
static void read_host_again(struct capture *capture)
{
    struct failure ignored = {""};
    struct host_addresses host;

    if (host_addresses_read(&host, &ignored)) {
        host_addresses_free(&capture->host);
        capture->host = host;
    } else {
        host_addresses_free(&host);
    }
}

/* Number of the packet's description block; writes the block when it is the first packet's. */
static bool find_interface(struct capture *capture, unsigned index, size_t *number)
{
    if (capture->last_interface < capture->interface_count &&
        capture->interfaces[capture->last_interface].index == index) {
        *number = capture->last_interface;
        return true;
    }
    for (size_t i = 0; i < capture->interface_count; i++) {
        if (capture->interfaces[i].index == index) {
            capture->last_interface = *number = i;
            return true;
        }
    }
    if (!capture->interface && !host_interface_by_index(&capture->host, index))
        read_host_again(capture);
    if (!describe_interface(capture, index))
        return false;
    capture->last_interface = *number = capture->interface_count - 1;
    return true;
}

static bool is_wanted(const struct capture *capture, const struct captured_packet *packet)
{
    if (capture->settings->packet_count != 0 &&
        capture->delivered >= capture->settings->packet_count)
        return false;
    return capture->stop_time == 0 || packet->timestamp <= capture->stop_time;
}

/* Whether the packet came so long after the signal that none from before it can follow. */
static bool is_past_stop(const struct capture *capture, const struct captured_packet *packet)
{
    return capture->stop_time != 0 && packet->timestamp > capture->stop_time + STOP_LATENCY;
}

static void take_packet(struct capture *capture, const struct captured_packet *packet)
{
    struct pcapng_packet block;
    size_t number;

    if (!find_interface(capture, packet->interface_index, &number)) {
        capture->ended = true;
        return;
    }
    if (!is_wanted(capture, packet)) {
        capture->interfaces[number].discarded++;
        capture->ended = is_past_stop(capture, packet);
        return;
    }
    block = (struct pcapng_packet){
        .interface = (uint32_t)number,
        .timestamp = packet->timestamp,
        .bytes = packet->bytes,
        .captured_length = packet->captured_length,
        .wire_length = packet->wire_length,
        .direction = packet->direction,
        .reception = packet->reception,
        .drops = packet->drops,
    };
    pcapng_write_packet(&capture->writer, &block);
    capture->interfaces[number].delivered++;
    if (++capture->delivered == capture->settings->packet_count)
        capture->ended = true;
}

/* Room for a packet and the description of its interface, which may be new. */
static bool has_room(const struct capture *capture)
{
    return pcapng_writer_has_room(&capture->writer, 2);
}

static void flush(struct capture *capture)
{
    switch (pcapng_writer_flush(&capture->writer)) {
    case PCAPNG_FLUSHED:
    case PCAPNG_PENDING:
        return;
    case PCAPNG_READER_GONE:
        capture->reader_gone = true;
        break;
    case PCAPNG_FAILED:
        failure_set_errno(capture->failure, errno, "cannot write the capture: %s", strerror(errno));
        capture->reader_gone = true;
        break;
    }
    capture->ended = true;
}

/* Moves what can be moved without waiting. Returns true when the source has no more. */
static bool move_packets(struct capture *capture)
{
    const struct packet_source_operations *operations = capture->source->operations;
    struct captured_packet packet;
    bool drained = false;

    do {
        while (!capture->ended && !drained && has_room(capture)) {
            drained = !operations->next(capture->source, &packet);
            if (!drained)
                take_packet(capture, &packet);
        }
        flush(capture);
    } while (!capture->ended && !drained && has_room(capture));
    return drained;
}

/* From now on only what came before is written; what the ring still hides shows up soon. */
static void begin_stop(struct capture *capture)
{
    if (capture->stop_time != 0)
        return;
    capture->stop_time = clock_now(CLOCK_REALTIME);
    capture->stop_deadline = clock_now(CLOCK_MONOTONIC) + STOP_LATENCY;
}

static void read_signals(struct capture *capture)
{
    struct signalfd_siginfo signal;

    while (read(capture->signals, &signal, sizeof signal) > 0)
        begin_stop(capture);
}

/* Milliseconds that poll may wait; -1: without limit. */
static int wait_limit(const struct capture *capture)
{
    uint64_t now;
    uint64_t deadline = capture->stop_deadline;

    if (capture->stop_time == 0)
        return capture->source_is_down ? DOWN_INTERVAL : -1;
    now = clock_now(CLOCK_MONOTONIC);
    if (now >= deadline)
        deadline += STALL_LIMIT;
    return now >= deadline ? 0 : (int)((deadline - now) / CLOCK_MILLISECOND) + 1;
}

/* After a signal: done when the ring has been read to its end, or the reader takes too long. */
static bool stop_is_complete(const struct capture *capture, bool drained)
{
    uint64_t now = clock_now(CLOCK_MONOTONIC);

    return (drained && now >= capture->stop_deadline) ||
           now >= capture->stop_deadline + STALL_LIMIT;
}

static void look_at_source(struct capture *capture)
{
    switch (capture->source->operations->state(capture->source, capture->failure)) {
    case PACKET_SOURCE_RUNNING:
        capture->source_is_down = false;
        break;
    case PACKET_SOURCE_DOWN:
        capture->source_is_down = true;
        break;
    case PACKET_SOURCE_FAILED:
        begin_stop(capture);
        break;
    }
}

static void wait_for_something(struct capture *capture)
{
    enum { SOURCE, OUTPUT, SIGNALS, DESCRIPTORS };
    bool pending = pcapng_writer_pending(&capture->writer) != 0;
    struct pollfd polled[DESCRIPTORS] = {
        /* With the output full the ring holds what comes; its readiness must not wake us. */
        [SOURCE] = {.fd = capture->source->descriptor, .events = has_room(capture) ? POLLIN : 0},
        [OUTPUT] = {.fd = capture->output, .events = pending ? POLLOUT : 0},
        [SIGNALS] = {.fd = capture->signals, .events = POLLIN},
    };

    if (poll(polled, DESCRIPTORS, wait_limit(capture)) < 0 && errno != EINTR) {
        failure_set_errno(capture->failure, errno, "cannot wait for packets");
        capture->ended = true;
        return;
    }
    if (polled[SIGNALS].revents & POLLIN)
        read_signals(capture);
    if (polled[OUTPUT].revents & POLLERR)
        capture->reader_gone = capture->ended = true;
    if (polled[SOURCE].revents & POLLERR || capture->source_is_down)
        look_at_source(capture);
}

/* Waits until the buffer is empty, within the time a stalled reader gets. */
static void flush_all(struct capture *capture, uint64_t deadline)
{
    for (;;) {
        struct pollfd output = {.fd = capture->output, .events = POLLOUT};
        uint64_t now = clock_now(CLOCK_MONOTONIC);

        flush(capture);
        if (capture->reader_gone || pcapng_writer_pending(&capture->writer) == 0 || now >= deadline)
            return;
        poll(&output, 1, (int)((deadline - now) / CLOCK_MILLISECOND) + 1);
    }
}

static void write_statistics(struct capture *capture)
{
    struct packet_counts counts = capture->source->operations->counts(capture->source);
    uint64_t now = clock_now(CLOCK_REALTIME);

    for (size_t i = 0; i < capture->interface_count && has_room(capture); i++) {
        const struct captured_interface *interface = &capture->interfaces[i];
        struct pcapng_statistics block = {
            .interface = (uint32_t)i,
            .start_time = capture->start_time,
            .end_time = now,
            .received = interface->delivered + interface->discarded,
            .delivered = interface->delivered,
        };

        if (capture->interface) { /* one socket for one interface: the kernel's counts are its */
            block.received = counts.received;
            block.dropped = counts.dropped;
        } else if (i == 0) { /* one socket for all: its losses are told once */
            block.received += counts.dropped;
            block.dropped = counts.dropped;
        }
        pcapng_write_statistics(&capture->writer, &block);
    }
}

static void finish(struct capture *capture)
{
    uint64_t deadline =
        (capture->stop_time != 0 ? capture->stop_deadline : clock_now(CLOCK_MONOTONIC)) +
        STALL_LIMIT;

    if (capture->reader_gone)
        return;
    flush_all(capture, deadline);
    write_statistics(capture);
    flush_all(capture, deadline);
    if (!capture->reader_gone)
        output_drain(capture->output, deadline);
}

static void capture_packets(struct capture *capture)
{
    capture->writer.descriptor = capture->output;
    capture->start_time = clock_now(CLOCK_REALTIME);
    write_section(capture);
    if (capture->interface && !describe_interface(capture, capture->interface->index))
        capture->ended = true;
    while (!capture->ended) {
        bool stopping = capture->stop_time != 0;
        bool drained = move_packets(capture);

        if (stopping && stop_is_complete(capture, drained))
            capture->ended = true;
        else if (!capture->ended)
            wait_for_something(capture);
    }
    finish(capture);
}

int action_capture(const struct settings *settings)
{
    struct failure failure = {""};
    struct capture capture = {
        .settings = settings,
        .failure = &failure,
        .output = -1,
        .signals = -1,
    };
    int status = 0;

    if (!open_everything(&capture)) {
        status = output_refuse(settings->fifo, &failure);
    } else {
        capture.output = output_open(settings->fifo, settings->out_buffer_size, &failure);
        if (capture.output >= 0)
            capture_packets(&capture);
        if (failure.text[0] != '\0')
            status = failure_print(&failure);
    }
    close_everything(&capture);
    return status;
}
