/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "print_record.h"

#include <string.h>

#include "link_header.h"

enum {
    MICROSECONDS = 6, /* exponents of units of a second: 10^-n */
};

/* The context of the outermost header. */
static struct network_event_context context_of(const struct print_frame *frame,
                                               const struct link_header *link,
                                               const struct ip_packet *packet)
{
    struct network_event_context context = {
        .expected_version = link->announced_version,
        .loopback = link->loopback != NETWORK_UNKNOWN ? link->loopback : frame->interface->loopback,
        .verify_checksums = true,
    };

    frame_passage_apply(&context,
                        frame_passage_join(frame_passage_of_flags(frame->flags), link->passage));
    context.header_checksum_due = link_header_checksum_due(link, packet, context.outgoing);
    return context;
}

/*
 * Whether the bytes behind the datagram are none of the packet's. A payload length of 0 may mean
 * that the network card was to fill it in.
 */
static bool has_end(const struct ip_packet *packet)
{
    return ip_packet_has(packet, IP_FIELD_PAYLOAD) && packet->datagram_end < packet->wire_length &&
           packet->datagram_end >= packet->header_length &&
           !(packet->version == 6 && packet->total_length == IPV6_HEADER_LENGTH);
}

/*
 * Behind some link headers, what follows the datagram belongs to no packet: a check sequence, or
 * flags of the line.
 */
static void decode(struct ip_packet *packet, const struct print_frame *frame,
                   const struct link_header *link)
{
    const uint8_t *bytes = frame->bytes + link->length;
    const uint32_t captured = frame->captured_length - link->length;
    const uint32_t wire =
        frame->wire_length > link->length ? frame->wire_length - link->length : captured;

    ip_packet_decode(packet, bytes, captured, wire);
    if (!link->has_trailer && has_end(packet))
        ip_packet_decode(packet, bytes,
                         captured < packet->datagram_end ? captured : packet->datagram_end,
                         packet->datagram_end);
    if (link->announced_version != 0 && packet->version != link->announced_version)
        ip_packet_refuse_version(packet);
}

static uint64_t microseconds_of(const struct print_frame *frame)
{
    uint64_t time = frame->timestamp;
    unsigned exponent = frame->interface->ticks_exponent;

    if (exponent == 9) /* constant, for the compiler */
        return time / 1000;
    for (; exponent > MICROSECONDS; exponent--)
        time /= 10;
    for (; exponent < MICROSECONDS; exponent++)
        time *= 10;
    return time;
}

/* Connections, senders and the tunnels around a header are known to the dissector only. */
static bool find_error(struct print_record *record, const struct network_event_context *context)
{
    return packet_error_find(&record->error, &record->packet,
                             &(struct packet_error_context){
                                 .connection = {.situation = SITUATION_UNKNOWN, .likely = true},
                                 .outgoing = context->outgoing,
                                 .loopback = context->loopback,
                                 .header_checksum_due = context->header_checksum_due,
                             });
}

static void read_processes(struct process_list *processes, const struct print_frame *frame)
{
    processes->count = 0;
    for (size_t i = 0; i < frame->comment_count; i++)
        process_list_add_comment(processes, frame->comments[i], strlen(frame->comments[i]));
}

static void find_error_process(struct print_record *record, struct print_history *history,
                               enum network_known outgoing)
{
    record->error_process = NULL;
    print_history_add(history, &record->packet, &record->processes, outgoing);
    if (record->has_error && !record->error.ignored)
        record->error_process = print_history_find(history, &record->error.socket, &record->packet,
                                                   &record->processes, outgoing, &record->own);
}

bool print_record_read(struct print_record *record, const struct print_frame *frame,
                       struct print_history *history)
{
    struct network_event_context context;
    struct link_header link;

    if (!link_header_read(&link, frame->interface->link_type, frame->bytes,
                          frame->captured_length) ||
        frame->captured_length == link.length)
        return false;
    decode(&record->packet, frame, &link);
    context = context_of(frame, &link, &record->packet);
    record->number = frame->number;
    record->has_time = frame->has_time;
    record->microseconds = microseconds_of(frame);
    if (ip_packet_has(&record->packet, IP_FIELD_CHECKSUM))
        record->header_checksum = ip_checksum_header(&record->packet, context.header_checksum_due);
    record->event_count = network_events_find(&record->packet, &context, record->events);
    record->has_error = find_error(record, &context);
    read_processes(&record->processes, frame);
    find_error_process(record, history, context.outgoing);
    return true;
}
