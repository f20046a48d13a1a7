/*
 * The whole record on several lines, in the order and the words of the dissector's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "error_names.h"
#include "ip_names.h"
#include "print.h"
#include "print_error.h"
#include "print_process.h"
#include "socket_error.h"
#include "type_of_service.h"

enum {
    INDENT = 4,         /* columns for each level */
    PAYLOAD_SHOWN = 36, /* bytes; tshark cuts it, too */
};

/* Begins a line: its label, and what separates it from the value. */
static void begin(struct text *text, unsigned level, const char *label)
{
    memset(text->end, ' ', (size_t)level * INDENT);
    text->end += (size_t)level * INDENT;
    text_string(text, label);
    text_string(text, ": ");
}

static void put_line(struct text *text, unsigned level, const char *label, const char *value)
{
    if (!value)
        return;
    begin(text, level, label);
    text_string(text, value);
    text_char(text, '\n');
}

static void put_number(struct text *text, unsigned level, const char *label, uint64_t number)
{
    begin(text, level, label);
    text_number(text, number);
    text_char(text, '\n');
}

static void put_hex(struct text *text, unsigned level, const char *label, uint32_t number,
                    unsigned digits, const char *remark)
{
    begin(text, level, label);
    text_string(text, "0x");
    text_hex(text, number, digits);
    if (remark) {
        text_string(text, " (");
        text_string(text, remark);
        text_char(text, ')');
    }
    text_char(text, '\n');
}

/* "CRITIC/ECP (5)" */
static void put_named(struct text *text, unsigned level, const char *label, const char *name,
                      uint64_t number)
{
    begin(text, level, label);
    text_string(text, name ? name : "Unassigned");
    text_string(text, " (");
    text_number(text, number);
    text_string(text, ")\n");
}

static void put_address(struct text *text, unsigned level, const char *label, uint8_t version,
                        const uint8_t *address)
{
    begin(text, level, label);
    text_address(text, version, address);
    text_char(text, '\n');
}

static void put_socket(struct text *text, const struct packet_error *error)
{
    const struct packet_error_socket *socket = &error->socket;

    begin(text, 2, "Socket");
    print_error_socket(text, error);
    text_char(text, '\n');
    if (!socket->known)
        return;
    put_named(text, 2, "Socket Protocol", ip_protocol_name(socket->protocol), socket->protocol);
    put_address(text, 2, "Local Address", socket->version, socket->local);
    if (socket->has_ports)
        put_number(text, 2, "Local Port", socket->local_port);
    put_address(text, 2, "Remote Address", socket->version, socket->remote);
    if (socket->has_ports)
        put_number(text, 2, "Remote Port", socket->remote_port);
}

static void put_error_process(struct text *text, const struct socket_process *process)
{
    if (!process)
        return;
    put_line(text, 2, "Process", process->title);
    put_number(text, 2, "Process ID", process->id);
    if (process->name[0] != '\0')
        put_line(text, 2, "Process Name", process->name);
}

static void put_error(struct text *text, const struct print_record *record)
{
    const struct packet_error *error = &record->error;
    const struct socket_error *winsock = socket_error_by_code(error->winsock);
    const char *reporter = error_reporter_kind(error->reporter);

    if (error->ignored) {
        put_line(text, 1, "No Socket Error", error->ignored);
        return;
    }
    begin(text, 1, "Socket Error");
    print_error_summary(text, error);
    text_char(text, '\n');
    if (error->errno_value != 0)
        put_number(text, 2, "Error Number", (uint64_t)error->errno_value);
    put_line(text, 2, "Error Name", error->errno_name);
    if (winsock)
        put_number(text, 2, "Winsock Error", (uint64_t)winsock->code);
    put_line(text, 2, "Winsock Name", winsock ? winsock->name : NULL);
    put_line(text, 2, "Reason", error->text);
    put_socket(text, error);
    put_error_process(text, record->error_process);
    if (reporter)
        put_address(text, 2, "Reporter", error->reporter_version, error->reporter_address);
    put_line(text, 2, "Reporter Kind", reporter);
    put_line(text, 2, "Fatal", error->fatal ? "Yes" : "No");
    if (error->mtu != 0)
        put_number(text, 2, "Path MTU", error->mtu);
    put_line(text, 2, "Reported to", error->reported_to);
    begin(text, 2, "Hint");
    print_error_hint(text, error);
    text_char(text, '\n');
}

static void put_event(struct text *text, const struct network_event_found *found)
{
    const struct network_event *event = network_event_of(found->id);

    begin(text, 2, event->name);
    text_string(text, event->meaning);
    text_string(text, ", level ");
    text_number(text, event->level);
    text_char(text, ' ');
    text_string(text, network_event_level_name(event->level));
    text_string(text, ", class ");
    text_string(text, network_event_class_name(event->class));
    if (found->count > 1) {
        text_string(text, " (");
        text_number(text, found->count);
        text_string(text, " times)");
    }
    text_char(text, '\n');
}

static void put_events(struct text *text, const struct print_record *record)
{
    if (record->event_count == 0)
        return;
    put_number(text, 1, "Network Events", record->event_count);
    for (size_t i = 0; i < record->event_count; i++)
        put_event(text, &record->events[i]);
}

static void put_process(struct text *text, const struct process *process)
{
    char value[PROCESS_TEXT_SIZE];

    for (size_t i = 0; i < PRINT_PROCESS_FIELDS; i++)
        if (print_process_value(value, process, &print_process_fields[i]))
            put_line(text, i == 0 ? 1 : 2, print_process_fields[i].label, value);
}

static void put_addresses_and_ports(struct text *text, const struct ip_packet *packet)
{
    if (ip_packet_has(packet, IP_FIELD_SOURCE))
        put_address(text, 2, "Source Address", packet->version,
                    packet->bytes + packet->source_offset);
    if (ip_packet_has(packet, IP_FIELD_DESTINATION))
        put_address(text, 2, "Destination Address", packet->version,
                    packet->bytes + packet->destination_offset);
    if (ip_packet_has(packet, IP_FIELD_SOURCE_PORT))
        put_number(text, 2, "Source Port", packet->source_port);
    if (ip_packet_has(packet, IP_FIELD_DESTINATION_PORT))
        put_number(text, 2, "Destination Port", packet->destination_port);
}

static void put_type_of_service(struct text *text, const struct ip_packet *packet)
{
    const uint8_t tos = packet->type_of_service;

    put_hex(text, 2, packet->version == 4 ? "Type of Service" : "Traffic Class", tos, 2,
            tos_precedence_name(tos >> 5));
    put_named(text, 3, "Precedence", tos_precedence_name(tos >> 5), tos >> 5);
    put_line(text, 3, "Delay", tos & TOS_DELAY_MASK ? "Low" : "Normal");
    put_line(text, 3, "Throughput", tos & TOS_THROUGHPUT_MASK ? "High" : "Normal");
    put_line(text, 3, "Reliability", tos & TOS_RELIABILITY_MASK ? "High" : "Normal");
    put_named(text, 3, "Differentiated Services Codepoint", tos_dscp_name(tos >> 2), tos >> 2);
    put_named(text, 3, "Explicit Congestion Notification", tos_ecn_name(tos & TOS_ECN_MASK),
              tos & TOS_ECN_MASK);
}

static void put_lengths(struct text *text, const struct ip_packet *packet)
{
    if (ip_packet_has(packet, IP_FIELD_HEADER_LENGTH))
        put_number(text, 2, "Header Length", packet->header_length);
    if (!ip_packet_has(packet, IP_FIELD_TOTAL_LENGTH))
        return;
    begin(text, 2, "Total Length");
    text_number(text, packet->total_length);
    if (packet->segmentation_offload)
        text_string(text, " (segmentation offload)");
    else if (packet->jumbo_offset != 0)
        text_string(text, " (jumbogram)");
    text_char(text, '\n');
}

static const char *set_or_not(bool flag)
{
    return flag ? "Set" : "Not set";
}

static void put_fragmentation(struct text *text, const struct ip_packet *packet)
{
    if (ip_packet_has(packet, IP_FIELD_IDENTIFICATION))
        put_hex(text, 2, "Identification", packet->identification, packet->version == 4 ? 4 : 8,
                NULL);
    if (!ip_packet_has(packet, IP_FIELD_FLAGS))
        return;
    put_hex(text, 2, "Flags", ip_flags(packet), 1, ip_flags_name(ip_flags(packet)));
    if (packet->version == 4) {
        put_line(text, 3, "Reserved", set_or_not(packet->reserved_flag));
        put_line(text, 3, "Don't Fragment", set_or_not(packet->dont_fragment));
    }
    put_line(text, 3, "More Fragments", set_or_not(packet->more_fragments));
    put_number(text, 2, "Fragment Offset", packet->fragment_offset);
}

static void put_checksum(struct text *text, const struct print_record *record)
{
    const struct ip_packet *packet = &record->packet;

    begin(text, 2, "Header Checksum");
    text_string(text, "0x");
    text_hex(text, packet->checksum, 4);
    if (record->header_checksum == IP_CHECKSUM_BAD) {
        text_string(text, " (bad, should be 0x");
        text_hex(text, ip_checksum_header_expected(packet), 4);
        text_char(text, ')');
    }
    text_char(text, '\n');
    put_line(text, 2, "Header Checksum Status", ip_checksum_status_name(record->header_checksum));
}

static void put_extensions(struct text *text, const struct ip_packet *packet)
{
    struct ip_extension extension = {0};

    while (ip_packet_next_extension(packet, &extension))
        put_line(text, 2, "Extension Header", ip_extension_name(extension.type));
}

static void put_missing(struct text *text, const struct ip_packet *packet)
{
    char missing[IP_MISSING_SIZE];

    if (packet->extent == IP_HEADER_WHOLE)
        return;
    ip_missing_text(missing, packet);
    begin(text, 2, "Missing");
    text_string(text, missing);
    text_string(text, " (");
    text_string(text, ip_extent_reason(packet->extent));
    text_string(text, ")\n");
}

static void put_fields(struct text *text, const struct print_record *record)
{
    const struct ip_packet *packet = &record->packet;

    put_addresses_and_ports(text, packet);
    put_number(text, 2, "IP Version", packet->version);
    if (ip_packet_has(packet, IP_FIELD_TYPE_OF_SERVICE))
        put_type_of_service(text, packet);
    put_lengths(text, packet);
    put_fragmentation(text, packet);
    if (ip_packet_has(packet, IP_FIELD_TIME_TO_LIVE))
        put_number(text, 2, "Time to Live", packet->time_to_live);
    if (ip_packet_has(packet, IP_FIELD_CHECKSUM))
        put_checksum(text, record);
    put_extensions(text, packet);
    if (ip_packet_has(packet, IP_FIELD_PROTOCOL))
        put_named(text, 2, "Protocol", ip_protocol_name(packet->protocol), packet->protocol);
    if (record->has_time)
        put_number(text, 2, "Timestamp", record->microseconds);
    put_number(text, 2, "Layer", 0);
    put_missing(text, packet);
}

static void put_payload(struct text *text, const struct ip_packet *packet)
{
    const uint32_t captured = packet->payload_captured;

    if (!ip_packet_has(packet, IP_FIELD_PAYLOAD))
        return;
    if (captured > 0) {
        begin(text, 1, "Payload");
        text_hex_bytes(text, packet->bytes + packet->payload_offset,
                       captured < PAYLOAD_SHOWN ? captured : PAYLOAD_SHOWN);
        text_string(text, captured > PAYLOAD_SHOWN ? "…\n" : "\n");
    }
    begin(text, captured > 0 ? 2 : 1, "Payload Length");
    text_number(text, packet->payload_length);
    if (captured < packet->payload_length) {
        text_string(text, " (");
        text_number(text, captured);
        text_string(text, " captured)");
    }
    text_char(text, '\n');
}

/* "10.9.0.1:4000 → 10.9.0.2:9, UDP, EF (CRITIC/ECP), TTL 64" */
static void put_words(struct text *text, const struct ip_packet *packet)
{
    char title[TOS_TITLE_SIZE];

    print_packet_endpoint(text, PORT_BY_COLON, packet, IP_FIELD_SOURCE, packet->source_offset,
                          IP_FIELD_SOURCE_PORT, packet->source_port);
    text_string(text, " → ");
    print_packet_endpoint(text, PORT_BY_COLON, packet, IP_FIELD_DESTINATION,
                          packet->destination_offset, IP_FIELD_DESTINATION_PORT,
                          packet->destination_port);
    if (ip_packet_has(packet, IP_FIELD_PROTOCOL)) {
        text_string(text, ", ");
        text_string(text, ip_protocol_name(packet->protocol));
    }
    if (ip_packet_has(packet, IP_FIELD_TYPE_OF_SERVICE)) {
        ip_tos_title(title, packet->type_of_service);
        text_string(text, ", ");
        text_string(text, title);
    }
    if (packet->more_fragments || packet->fragment_offset != 0) {
        text_string(text, packet->more_fragments ? ", fragment at " : ", last fragment at ");
        text_number(text, packet->fragment_offset);
    }
    if (ip_packet_has(packet, IP_FIELD_TIME_TO_LIVE)) {
        text_string(text, ", TTL ");
        text_number(text, packet->time_to_live);
    }
}

static void put_title(struct text *text, const struct print_record *record)
{
    begin(text, 0, "IP Monitor");
    if (record->has_error && !record->error.ignored) {
        print_error_title(text, PORT_BY_COLON, &record->error, record->error_process);
    } else {
        put_words(text, &record->packet);
        text_string(text, record->processes.count != 0 ? ", " : "");
        process_list_title(text->end, &record->processes);
        text->end += strlen(text->end);
    }
    text_char(text, '\n');
}

void print_details(struct text *text, const struct print_record *record, struct print_clock *clock)
{
    text_string(text, "Frame ");
    text_number(text, record->number);
    text_string(text, ": ");
    print_time(text, record, clock);
    text_char(text, '\n');
    put_title(text, record);
    if (record->has_error)
        put_error(text, record);
    put_events(text, record);
    for (size_t i = 0; i < record->processes.count; i++)
        put_process(text, &record->processes.processes[i]);
    text_string(text, "    IP Header: ");
    put_words(text, &record->packet);
    text_char(text, '\n');
    put_fields(text, record);
    put_payload(text, &record->packet);
    text_char(text, '\n');
}
