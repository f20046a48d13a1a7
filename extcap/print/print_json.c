/*
 * A record as one object of JSON. Each name is that of a field of the dissector, and stands with
 * its punctuation in the code, since most of the work is to copy names. Values are numbers,
 * booleans and strings; what can occur several times is an array.
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

/* key: with the comma before it and the colon behind it. */
static inline void put_number(struct text *text, const char *key, uint64_t number)
{
    text_string(text, key);
    text_number(text, number);
}

static inline void put_boolean(struct text *text, const char *key, bool value)
{
    text_string(text, key);
    text_string(text, value ? "true" : "false");
}

static inline void put_string(struct text *text, const char *key, const char *string)
{
    text_string(text, key);
    text_char(text, '"');
    text_json(text, string);
    text_char(text, '"');
}

static inline void put_address(struct text *text, const char *key, uint8_t version,
                               const uint8_t *address)
{
    text_string(text, key);
    text_char(text, '"');
    text_address(text, version, address);
    text_char(text, '"');
}

/* An optional string or number: NULL and 0 mean that there is none. */
static void put_optional_string(struct text *text, const char *key, const char *string)
{
    if (string)
        put_string(text, key, string);
}

static void put_optional_number(struct text *text, const char *key, uint64_t number)
{
    if (number != 0)
        put_number(text, key, number);
}

/* The names of one side of the socket: of its address by version, and of its port. */
struct side_keys {
    const char *address;
    const char *address6;
    const char *port;
};

static void put_side(struct text *text, const struct side_keys *keys,
                     const struct packet_error_socket *socket, const uint8_t *address,
                     uint16_t port)
{
    put_address(text, socket->version == 4 ? keys->address : keys->address6, socket->version,
                address);
    if (socket->has_ports)
        put_number(text, keys->port, port);
}

static void put_socket(struct text *text, const struct packet_error *error)
{
    static const struct side_keys local = {
        ",\"ipmon.error.local.address\":", ",\"ipmon.error.local.address6\":",
        ",\"ipmon.error.local.port\":"};
    static const struct side_keys remote = {
        ",\"ipmon.error.remote.address\":", ",\"ipmon.error.remote.address6\":",
        ",\"ipmon.error.remote.port\":"};
    const struct packet_error_socket *socket = &error->socket;

    text_string(text, ",\"ipmon.error.socket\":\"");
    print_error_socket(text, error);
    text_char(text, '"');
    if (!socket->known)
        return;
    put_number(text, ",\"ipmon.error.protocol\":", socket->protocol);
    put_side(text, &local, socket, socket->local, socket->local_port);
    put_side(text, &remote, socket, socket->remote, socket->remote_port);
}

static void put_reporter(struct text *text, const struct packet_error *error)
{
    const char *kind = error_reporter_kind(error->reporter);

    if (!kind)
        return;
    put_address(text,
                error->reporter_version == 4 ? ",\"ipmon.error.reporter\":"
                                             : ",\"ipmon.error.reporter6\":",
                error->reporter_version, error->reporter_address);
    put_string(text, ",\"ipmon.error.reporter.kind\":", kind);
}

static void put_error_process(struct text *text, const struct socket_process *process)
{
    if (!process)
        return;
    put_string(text, ",\"ipmon.error.process\":", process->title);
    put_number(text, ",\"ipmon.error.process.id\":", process->id);
    put_optional_string(
        text, ",\"ipmon.error.process.name\":", process->name[0] != '\0' ? process->name : NULL);
}

static void put_error(struct text *text, const struct print_record *record)
{
    const struct packet_error *error = &record->error;
    const struct socket_error *winsock = socket_error_by_code(error->winsock);

    if (error->ignored) {
        put_string(text, ",\"ipmon.error.none\":", error->ignored);
        return;
    }
    text_string(text, ",\"ipmon.error\":\"");
    print_error_summary(text, error);
    text_char(text, '"');
    put_optional_number(text, ",\"ipmon.error.errno\":", (uint64_t)error->errno_value);
    put_optional_string(text, ",\"ipmon.error.name\":", error->errno_name);
    put_optional_number(text, ",\"ipmon.error.winsock\":", winsock ? (uint64_t)winsock->code : 0);
    put_optional_string(text, ",\"ipmon.error.winsock_name\":", winsock ? winsock->name : NULL);
    put_string(text, ",\"ipmon.error.reason\":", error->text);
    put_socket(text, error);
    put_error_process(text, record->error_process);
    put_reporter(text, error);
    put_boolean(text, ",\"ipmon.error.fatal\":", error->fatal);
    put_optional_number(text, ",\"ipmon.error.mtu\":", error->mtu);
    put_string(text, ",\"ipmon.error.reported_to\":", error->reported_to);
    text_string(text, ",\"ipmon.error.hint\":\"");
    print_error_hint(text, error);
    text_char(text, '"');
}

static const struct network_event *event_at(const struct print_record *record, size_t index)
{
    return network_event_of(record->events[index].id);
}

static void put_events(struct text *text, const struct print_record *record)
{
    const size_t count = record->event_count;

    if (count == 0)
        return;
    put_number(text, ",\"ipmon.event.count\":", count);
    for (size_t i = 0; i < count; i++)
        put_string(text, i == 0 ? ",\"ipmon.event\":[" : ",", event_at(record, i)->name);
    for (size_t i = 0; i < count; i++)
        put_number(text, i == 0 ? "],\"ipmon.event.level\":[" : ",", event_at(record, i)->level);
    for (size_t i = 0; i < count; i++)
        put_string(text, i == 0 ? "],\"ipmon.event.class\":[" : ",",
                   network_event_class_name(event_at(record, i)->class));
    text_char(text, ']');
}

/* The values that processes have for a field. */
static void put_process_field(struct text *text, const struct process_list *processes,
                              const struct print_process_field *field)
{
    const bool is_number = field->kind == PRINT_PROCESS_NUMBER;
    char value[PROCESS_TEXT_SIZE];
    size_t count = 0;

    for (size_t i = 0; i < processes->count; i++) {
        if (!print_process_value(value, &processes->processes[i], field))
            continue;
        if (count++ == 0) {
            put_string(text, ",", field->name);
            text_string(text, ":[");
        } else {
            text_char(text, ',');
        }
        if (is_number)
            text_string(text, value);
        else
            put_string(text, "", value);
    }
    if (count != 0)
        text_char(text, ']');
}

static void put_processes(struct text *text, const struct process_list *processes)
{
    if (processes->count == 0)
        return;
    for (size_t i = 0; i < PRINT_PROCESS_FIELDS; i++)
        put_process_field(text, processes, &print_process_fields[i]);
}

/* The same address has up to three names; its text is made once. */
static void put_addresses(struct text *text, const struct ip_packet *packet)
{
    static const struct {
        const char *source, *destination, *either;
    } typed[] = {
        {",\"ipmon.src\":", ",\"ipmon.dst\":", ",\"ipmon.addr\":["},
        {",\"ipmon.src6\":", ",\"ipmon.dst6\":", ",\"ipmon.addr6\":["},
    };
    const struct {
        enum ip_field field;
        uint32_t offset;
        const char *typed, *plain;
    } sides[] = {
        {IP_FIELD_SOURCE, packet->source_offset, typed[packet->version == 6].source,
         ",\"ipmon.src.text\":"},
        {IP_FIELD_DESTINATION, packet->destination_offset, typed[packet->version == 6].destination,
         ",\"ipmon.dst.text\":"},
    };
    char both[2 * (IP_ADDRESS_TEXT_SIZE + sizeof "\"\",")];
    struct text list = {both};

    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        const char *start = list.end + (list.end != both);

        if (!ip_packet_has(packet, sides[i].field))
            continue;
        put_address(&list, list.end != both ? "," : "", packet->version,
                    packet->bytes + sides[i].offset);
        text_string(text, sides[i].typed);
        text_bytes(text, start, (size_t)(list.end - start));
        text_string(text, sides[i].plain);
        text_bytes(text, start, (size_t)(list.end - start));
    }
    if (list.end == both)
        return;
    text_string(text, typed[packet->version == 6].either);
    text_bytes(text, both, (size_t)(list.end - both));
    text_char(text, ']');
}

static void put_ports(struct text *text, const struct ip_packet *packet)
{
    if (!ip_packet_has(packet, IP_FIELD_SOURCE_PORT))
        return;
    put_number(text, ",\"ipmon.srcport\":", packet->source_port);
    if (ip_packet_has(packet, IP_FIELD_DESTINATION_PORT))
        put_number(text, ",\"ipmon.dstport\":", packet->destination_port);
    put_number(text, ",\"ipmon.port\":[", packet->source_port);
    if (ip_packet_has(packet, IP_FIELD_DESTINATION_PORT))
        put_number(text, ",", packet->destination_port);
    text_char(text, ']');
}

static void put_type_of_service(struct text *text, uint8_t tos)
{
    put_number(text, ",\"ipmon.tos\":", tos);
    put_number(text, ",\"ipmon.tos.precedence\":", tos >> 5);
    put_boolean(text, ",\"ipmon.tos.delay\":", tos & TOS_DELAY_MASK);
    put_boolean(text, ",\"ipmon.tos.throughput\":", tos & TOS_THROUGHPUT_MASK);
    put_boolean(text, ",\"ipmon.tos.reliability\":", tos & TOS_RELIABILITY_MASK);
    put_number(text, ",\"ipmon.tos.dscp\":", tos >> 2);
    put_number(text, ",\"ipmon.tos.ecn\":", tos & TOS_ECN_MASK);
}

static void put_fragmentation(struct text *text, const struct ip_packet *packet)
{
    if (ip_packet_has(packet, IP_FIELD_IDENTIFICATION))
        put_number(text, ",\"ipmon.id\":", packet->identification);
    if (!ip_packet_has(packet, IP_FIELD_FLAGS))
        return;
    put_number(text, ",\"ipmon.flags\":", ip_flags(packet));
    if (packet->version == 4) {
        put_boolean(text, ",\"ipmon.flags.reserved\":", packet->reserved_flag);
        put_boolean(text, ",\"ipmon.flags.df\":", packet->dont_fragment);
    }
    put_boolean(text, ",\"ipmon.flags.mf\":", packet->more_fragments);
    put_number(text, ",\"ipmon.offset\":", packet->fragment_offset);
}

static void put_extensions(struct text *text, const struct ip_packet *packet)
{
    struct ip_extension extension = {0};
    const char *before = ",\"ipmon.extension_header\":[";

    for (; ip_packet_next_extension(packet, &extension); before = ",")
        put_string(text, before, ip_extension_name(extension.type));
    if (extension.offset != 0)
        text_char(text, ']');
}

/* What a cut or broken header lacks. */
static void put_missing(struct text *text, const struct ip_packet *packet)
{
    char missing[IP_MISSING_SIZE];

    if (packet->extent == IP_HEADER_WHOLE)
        return;
    ip_missing_text(missing, packet);
    put_string(text, ",\"ipmon.missing\":", missing);
}

static void put_lengths(struct text *text, const struct ip_packet *packet)
{
    if (ip_packet_has(packet, IP_FIELD_HEADER_LENGTH))
        put_number(text, ",\"ipmon.header_length\":", packet->header_length);
    if (ip_packet_has(packet, IP_FIELD_TOTAL_LENGTH))
        put_number(text, ",\"ipmon.total_length\":", packet->total_length);
}

static void put_header(struct text *text, const struct print_record *record)
{
    const struct ip_packet *packet = &record->packet;

    put_addresses(text, packet);
    put_ports(text, packet);
    put_number(text, ",\"ipmon.version\":", packet->version);
    if (ip_packet_has(packet, IP_FIELD_TYPE_OF_SERVICE))
        put_type_of_service(text, packet->type_of_service);
    put_lengths(text, packet);
    put_fragmentation(text, packet);
    if (ip_packet_has(packet, IP_FIELD_TIME_TO_LIVE))
        put_number(text, ",\"ipmon.ttl\":", packet->time_to_live);
    if (ip_packet_has(packet, IP_FIELD_CHECKSUM)) {
        put_number(text, ",\"ipmon.checksum\":", packet->checksum);
        put_number(text, ",\"ipmon.checksum.status\":", record->header_checksum);
    }
    if (packet->version == 6)
        put_extensions(text, packet);
    if (ip_packet_has(packet, IP_FIELD_PROTOCOL))
        put_number(text, ",\"ipmon.protocol\":", packet->protocol);
    if (record->has_time)
        put_number(text, ",\"ipmon.timestamp\":", record->microseconds);
    put_number(text, ",\"ipmon.layer\":", 0);
    put_missing(text, packet);
}

static void put_payload(struct text *text, const struct ip_packet *packet)
{
    if (!ip_packet_has(packet, IP_FIELD_PAYLOAD))
        return;
    if (packet->payload_captured > 0) {
        text_string(text, ",\"ipmon.payload\":\"");
        text_hex_bytes(text, packet->bytes + packet->payload_offset, packet->payload_captured);
        text_char(text, '"');
    }
    put_number(text, ",\"ipmon.payload_length\":", packet->payload_length);
}

void print_json(struct text *text, const struct print_record *record, struct print_clock *clock)
{
    (void)clock;
    put_number(text, "{\"frame.number\":", record->number);
    if (record->has_error)
        put_error(text, record);
    put_events(text, record);
    put_processes(text, &record->processes);
    put_header(text, record);
    put_payload(text, &record->packet);
    text_string(text, "}\n");
}
