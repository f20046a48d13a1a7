/*
 * A source whose packets are to have processes gets another operation `next`: a capture without
 * them executes no instruction more.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "capture_process.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "link_header.h"
#include "process_watch.h"

/* The operations of the source, and what the new one needs. */
struct capture_process {
    struct packet_source_operations operations;
    bool (*next)(struct packet_source *source, struct captured_packet *packet);
    struct process_watch *watch;
    struct arrival *arrival;
    uint64_t settings;  /* of the clock, known so far */
    uint16_t link_type; /* of the source's packets */
    unsigned loopback;  /* index of the loopback interface; 0: there is none */
    struct pcapng_packet_options options;
};

/* False when no IP header is found. */
static bool find_ip_header(const struct capture_process *process,
                           const struct captured_packet *packet, struct process_packet *found)
{
    struct link_header link = {.length = 0};

    if (process->link_type != PCAPNG_LINKTYPE_RAW &&
        (!link_type_is_known(process->link_type) ||
         !link_header_read(&link, process->link_type, packet->bytes, packet->captured_length)))
        return false;
    *found = (struct process_packet){
        .bytes = packet->bytes + link.length,
        .captured_length = packet->captured_length - link.length,
        .wire_length = packet->wire_length - link.length,
        .arrival = packet->arrival,
        .is_loopback = packet->interface == process->loopback,
        .device = packet->interface,
        .direction = packet->direction,
    };
    return true;
}

static void set_options(struct capture_process *process, struct captured_packet *packet,
                        const struct pcapng_process *found)
{
    process->options = (struct pcapng_packet_options){
        .has_flags = true,
        .adds_drops = true,
        .flags = pcapng_flags(packet->direction, packet->reception),
        .has_process = found->has_sender,
        .process = found->process,
        .thread = found->thread,
        .comments = found->comments,
    };
    packet->options = &process->options;
}

/*
 * Reads the records, and the clocks: a packet that was stamped by a clock that was set meanwhile
 * would be taken for an older one.
 */
static void read_until_now(struct capture_process *process)
{
    process_watch_read(process->watch);
    arrival_read_clocks(process->arrival);
    if (arrival_settings(process->arrival) != process->settings)
        process_watch_distrust(process->watch);
    process->settings = arrival_settings(process->arrival);
}

static bool next_packet(struct packet_source *source, struct captured_packet *packet)
{
    struct capture_process *process = (struct capture_process *)(uintptr_t)source->operations;
    struct process_packet ip_packet;
    const struct pcapng_process *found;

    process_watch_count(process->watch);
    if (!process->next(source, packet))
        return false;
    if (process_watch_is_behind(process->watch, packet->arrival))
        read_until_now(process);
    if (!arrival_is_exact(process->arrival, packet->timestamp, packet->arrival) ||
        !find_ip_header(process, packet, &ip_packet)) {
        process_watch_skip(process->watch);
        return true;
    }
    found = process_watch_find(process->watch, &ip_packet);
    if (found)
        set_options(process, packet, found);
    return true;
}

bool capture_open_process(struct capture *capture)
{
    const uint32_t wanted = capture->settings->process_information;

    if (wanted == PROCESS_INFORMATION_NONE)
        return true;
    capture->process = calloc(1, sizeof *capture->process);
    if (!capture->process)
        return failure_set_errno(capture->failure, ENOMEM, "no memory for processes");
    capture->process->watch = process_watch_open(wanted == PROCESS_INFORMATION_COMMAND_LINE,
                                                 &capture->host.state, capture->failure);
    return capture->process->watch != NULL;
}

static unsigned find_loopback(const struct host_addresses *host)
{
    for (size_t i = 0; i < host->interface_count; i++)
        if (host->interfaces[i].flags & IFF_LOOPBACK)
            return host->interfaces[i].index;
    return 0;
}

static uint16_t link_type_of(const struct capture *capture)
{
    const struct packet_source_operations *operations = capture->source->operations;
    struct source_description description = {.block = {.link_type = PCAPNG_LINKTYPE_RAW}};

    if (operations->describe)
        operations->describe(capture->source, capture->host.interface.index, &description);
    return description.block.link_type;
}

/* The clocks are read until the difference is as exact as it gets: records have another clock. */
bool capture_add_process(struct capture *capture)
{
    enum { CLOCK_READINGS = 200 };
    struct capture_process *process = capture->process;

    if (!process)
        return true;
    for (unsigned i = 0; i < CLOCK_READINGS; i++)
        arrival_read_clocks(&capture->arrival);
    process->arrival = &capture->arrival;
    process->settings = arrival_settings(&capture->arrival);
    process->link_type = link_type_of(capture);
    process->loopback = find_loopback(&capture->host.state);
    process->operations = *capture->source->operations;
    process->next = process->operations.next;
    process->operations.next = next_packet;
    capture->source->operations = &process->operations;
    return true;
}

void capture_close_process(struct capture *capture)
{
    if (!capture->process)
        return;
    process_watch_close(capture->process->watch);
    free(capture->process);
    capture->process = NULL;
}

struct process_counts capture_process_counts(const struct capture *capture)
{
    static const struct process_counts none = {.exact = 0};

    return capture->process ? *process_watch_counts(capture->process->watch) : none;
}

const char *capture_process_describe(const struct capture *capture,
                                     const struct process_counts *before,
                                     char text[CAPTURE_PROCESS_TEXT])
{
    struct process_counts counts = capture_process_counts(capture);

    if (!capture->process)
        return NULL;
    process_counts_subtract(&counts, before);
    snprintf(text, CAPTURE_PROCESS_TEXT,
             "%" PRIu64 " exact, %" PRIu64 " listener, %" PRIu64 " uncertain, %" PRIu64
             " kernel, %" PRIu64 " none, %" PRIu64 " unknown; %" PRIu64 " reports lost, %" PRIu64
             " given up",
             counts.exact, counts.listener, counts.uncertain, counts.kernel, counts.none,
             counts.unknown, counts.events_lost, counts.events_given_up);
    return text;
}

static int process_descriptor(const struct capture *capture)
{
    return capture->process ? process_watch_descriptor(capture->process->watch) : -1;
}

static void read_records(struct capture *capture)
{
    process_watch_read(capture->process->watch);
}

const struct capture_watch capture_process_watch = {process_descriptor, POLLIN, read_records};
