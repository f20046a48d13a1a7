/*
 * A record on one line. It begins as a line of tcpdump -n does. What follows in parentheses is what
 * tcpdump -v prints of an IP header, and TOS and checksum in words. Network events, the socket
 * error and the processes come last.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "icmp_error.h"
#include "icmp_message.h"
#include "ip_names.h"
#include "print.h"
#include "print_error.h"
#include "tcp_segment.h"
#include "type_of_service.h"
#include "udp_header.h"

static void put_endpoints(struct text *text, const struct ip_packet *packet)
{
    print_packet_endpoint(text, PORT_BY_DOT, packet, IP_FIELD_SOURCE, packet->source_offset,
                          IP_FIELD_SOURCE_PORT, packet->source_port);
    text_string(text, " > ");
    print_packet_endpoint(text, PORT_BY_DOT, packet, IP_FIELD_DESTINATION,
                          packet->destination_offset, IP_FIELD_DESTINATION_PORT,
                          packet->destination_port);
    text_string(text, ": ");
}

static void put_named(struct text *text, const char *name, uint64_t number)
{
    text_string(text, name);
    text_number(text, number);
}

/* In the order of the bits (RFC 9293 section 3.1, RFC 3168 section 6.1), in tcpdump's letters. */
static void put_tcp_flags(struct text *text, uint8_t flags)
{
    static const char letters[] = "FSRP.UEW";

    text_string(text, "Flags [");
    for (unsigned bit = 0; bit < sizeof letters - 1; bit++)
        if (flags >> bit & 1)
            text_char(text, letters[bit]);
    if (flags == 0)
        text_string(text, "none");
    text_char(text, ']');
}

/* Sequence numbers as they are on the wire. */
static void put_segment(struct text *text, const struct tcp_segment *segment)
{
    put_tcp_flags(text, segment->flags);
    put_named(text, ", seq ", segment->sequence);
    if (segment->length != 0)
        put_named(text, ":", (uint32_t)(segment->sequence + segment->length));
    if (segment->flags & TCP_FLAG_ACK)
        put_named(text, ", ack ", segment->acknowledgment);
    put_named(text, ", win ", segment->window);
    put_named(text, ", length ", segment->length);
}

static void put_icmp(struct text *text, const struct ip_packet *packet)
{
    const uint8_t *message = packet->bytes + packet->payload_offset;
    const char *name = icmp_type_name(packet->version, message[ICMP_TYPE_FIELD]);
    const struct icmp_error *row =
        icmp_error_of(packet->version, message[ICMP_TYPE_FIELD], message[ICMP_CODE_FIELD]);

    text_string(text, packet->version == 4 ? "ICMP " : "ICMP6 ");
    if (name)
        text_string(text, name);
    else
        put_named(text, "type ", message[ICMP_TYPE_FIELD]);
    if (row) {
        text_string(text, " (");
        text_string(text, row->text);
        text_char(text, ')');
    } else if (message[ICMP_CODE_FIELD] != 0) {
        put_named(text, ", code ", message[ICMP_CODE_FIELD]);
    }
    put_named(text, ", length ", packet->payload_length);
}

static bool has_icmp(const struct ip_packet *packet)
{
    return packet->protocol == (packet->version == 4 ? IP_PROTOCOL_ICMP : IP_PROTOCOL_ICMPV6) &&
           !packet->later_fragment && packet->payload_captured > ICMP_CODE_FIELD;
}

/* What the packet carries. */
static void put_payload(struct text *text, const struct ip_packet *packet)
{
    struct tcp_segment segment;

    if (!ip_packet_has(packet, IP_FIELD_PROTOCOL)) {
        text_string(text, "unknown protocol");
    } else if (tcp_segment_read(&segment, packet)) {
        put_segment(text, &segment);
    } else if (has_icmp(packet)) {
        put_icmp(text, packet);
    } else {
        const bool udp = packet->protocol == IP_PROTOCOL_UDP && !packet->later_fragment &&
                         packet->payload_length >= UDP_HEADER_LENGTH;

        text_string(text, ip_protocol_name(packet->protocol));
        if (ip_packet_has(packet, IP_FIELD_PAYLOAD))
            put_named(text, ", length ", packet->payload_length - (udp ? UDP_HEADER_LENGTH : 0));
    }
}

/* "tos 0xb8 EF (CRITIC/ECP)", and ECN unless it is 0. */
static void put_type_of_service(struct text *text, const struct ip_packet *packet)
{
    const uint8_t tos = packet->type_of_service;
    char title[TOS_TITLE_SIZE];

    text_string(text, packet->version == 4 ? "tos 0x" : "class 0x");
    text_hex(text, tos, tos < 0x10 ? 1 : 2);
    text_char(text, ' ');
    if ((tos & TOS_DSCP_MASK) == 0) { /* most packets */
        text_string(text, "Routine");
    } else {
        ip_tos_title(title, tos);
        text_string(text, title);
    }
    if (tos & TOS_ECN_MASK) {
        text_char(text, ' ');
        text_string(text, tos_ecn_name(tos & TOS_ECN_MASK));
    }
}

static void put_flags(struct text *text, const struct ip_packet *packet)
{
    static const char *const names[IP_FLAGS_VALUES] = {
        "none",     "MF",           "DF",           "DF, MF",
        "reserved", "reserved, MF", "reserved, DF", "reserved, DF, MF",
    };

    text_string(text, ", flags [");
    text_string(text, names[ip_flags(packet)]);
    text_char(text, ']');
}

static void put_fragmentation(struct text *text, const struct ip_packet *packet)
{
    if (ip_packet_has(packet, IP_FIELD_IDENTIFICATION))
        put_named(text, ", id ", packet->identification);
    if (!ip_packet_has(packet, IP_FIELD_FLAGS))
        return;
    if (packet->more_fragments || packet->fragment_offset != 0)
        put_named(text, ", offset ", packet->fragment_offset);
    put_flags(text, packet);
}

static void put_extensions(struct text *text, const struct ip_packet *packet)
{
    struct ip_extension extension = {0};
    const char *before = ", headers [";

    for (; ip_packet_next_extension(packet, &extension); before = ", ") {
        text_string(text, before);
        text_string(text, ip_extension_name(extension.type));
    }
    if (extension.offset != 0)
        text_char(text, ']');
}

static void put_lengths(struct text *text, const struct ip_packet *packet)
{
    if (!ip_packet_has(packet, IP_FIELD_TOTAL_LENGTH))
        return;
    put_named(text, ", length ", packet->total_length);
    if (packet->segmentation_offload)
        text_string(text, " (segmentation offload)");
    if (packet->payload_captured < packet->payload_length)
        put_named(text, ", captured ", packet->captured_length);
}

/* Only what is not good is printed. */
static void put_checksum(struct text *text, const struct print_record *record)
{
    const struct ip_packet *packet = &record->packet;

    if (!ip_packet_has(packet, IP_FIELD_CHECKSUM) || record->header_checksum == IP_CHECKSUM_GOOD)
        return;
    if (record->header_checksum != IP_CHECKSUM_BAD) {
        text_string(text, ", cksum ");
        text_string(text, ip_checksum_status_name(record->header_checksum));
        return;
    }
    text_string(text, ", bad cksum ");
    text_hex(text, packet->checksum, 4);
    text_string(text, " (->");
    text_hex(text, ip_checksum_header_expected(packet), 4);
    text_string(text, ")!");
}

static void put_missing(struct text *text, const struct ip_packet *packet)
{
    if (packet->extent == IP_HEADER_WHOLE)
        return;
    text_string(text, ", incomplete: ");
    text_string(text, ip_extent_reason(packet->extent));
}

static void put_header(struct text *text, const struct print_record *record)
{
    const struct ip_packet *packet = &record->packet;

    text_string(text, " (");
    if (ip_packet_has(packet, IP_FIELD_TYPE_OF_SERVICE))
        put_type_of_service(text, packet);
    else
        put_named(text, "version ", packet->version);
    if (ip_packet_has(packet, IP_FIELD_TIME_TO_LIVE))
        put_named(text, packet->version == 4 ? ", ttl " : ", hlim ", packet->time_to_live);
    put_fragmentation(text, packet);
    if (packet->version == 6)
        put_extensions(text, packet);
    put_lengths(text, packet);
    put_checksum(text, record);
    put_missing(text, packet);
    text_char(text, ')');
}

static void put_events(struct text *text, const struct print_record *record)
{
    for (size_t i = 0; i < record->event_count; i++) {
        text_string(text, i == 0 ? "; events: " : ", ");
        text_string(text, network_event_of(record->events[i].id)->name);
    }
}

static void put_error(struct text *text, const struct print_record *record)
{
    const struct packet_error *error = &record->error;

    text_string(text, error->ignored ? "; no error: " : "; error: ");
    if (error->ignored)
        text_string(text, error->ignored);
    else
        print_error_title(text, PORT_BY_DOT, error, record->error_process);
}

static void put_processes(struct text *text, const struct process_list *processes)
{
    if (processes->count == 0)
        return;
    text_string(text, "; ");
    process_list_title(text->end, processes);
    text->end += strlen(text->end);
}

void print_line(struct text *text, const struct print_record *record, struct print_clock *clock)
{
    const struct ip_packet *packet = &record->packet;

    print_time(text, record, clock);
    text_string(text, packet->version == 6 ? " IP6 " : " IP ");
    put_endpoints(text, packet);
    put_payload(text, packet);
    put_header(text, record);
    put_events(text, record);
    if (record->has_error)
        put_error(text, record);
    put_processes(text, &record->processes);
    text_char(text, '\n');
}
