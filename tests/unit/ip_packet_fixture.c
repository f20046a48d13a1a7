/*
 * Packets for the tests of the IP decoder, and what holds for every packet that it has decoded.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ip_packet_fixture.h"

#include <stdlib.h>

void put_u16(uint8_t *at, uint32_t number)
{
    at[0] = (uint8_t)(number >> 8);
    at[1] = (uint8_t)number;
}

void put_u32(uint8_t *at, uint32_t number)
{
    put_u16(at, number >> 16);
    put_u16(at + 2, number);
}

void check_invariants(const char *row, const struct ip_packet *p)
{
    const struct {
        enum ip_field field;
        uint64_t values;
    } absent[] = {
        {.field = IP_FIELD_VERSION, .values = p->version},
        {.field = IP_FIELD_HEADER_LENGTH, .values = p->header_length},
        {.field = IP_FIELD_TYPE_OF_SERVICE, .values = p->type_of_service},
        {.field = IP_FIELD_TOTAL_LENGTH, .values = p->total_length},
        {.field = IP_FIELD_IDENTIFICATION, .values = p->identification},
        {.field = IP_FIELD_FLAGS,
         .values = p->fragment_offset | p->reserved_flag | p->dont_fragment | p->more_fragments |
                   p->later_fragment},
        {.field = IP_FIELD_TIME_TO_LIVE, .values = p->time_to_live},
        {.field = IP_FIELD_PROTOCOL, .values = p->protocol | p->protocol_offset},
        {.field = IP_FIELD_CHECKSUM, .values = p->checksum},
        {.field = IP_FIELD_SOURCE, .values = p->source_offset},
        {.field = IP_FIELD_DESTINATION, .values = p->destination_offset},
        {.field = IP_FIELD_SOURCE_PORT, .values = p->source_port},
        {.field = IP_FIELD_DESTINATION_PORT, .values = p->destination_port},
        {.field = IP_FIELD_PAYLOAD,
         .values = p->payload_offset | p->payload_length | p->payload_captured},
    };
    struct ip_extension extension = {0};
    uint32_t behind = IPV6_HEADER_LENGTH;
    unsigned steps = 0;

    for (size_t i = 0; i < ROWS(absent); i++)
        if (!ip_packet_has(p, absent[i].field))
            row_equal(row, absent[i].values, 0);
    row_true(row, p->captured_length <= p->wire_length);
    row_true(row, p->datagram_end <= p->wire_length);
    row_true(row, p->payload_captured <= p->payload_length);
    if (p->payload_length > 0)
        row_true(row, p->payload_offset + p->payload_length == p->datagram_end);
    if (p->payload_captured > 0)
        row_true(row, p->payload_offset + p->payload_captured <= p->captured_length);
    row_true(row, !ip_packet_has(p, IP_FIELD_SOURCE_PORT) || p->payload_captured >= 2);
    row_true(row, !ip_packet_has(p, IP_FIELD_DESTINATION_PORT) || p->payload_captured >= 4);
    row_true(row, !p->later_fragment || (p->present & PORTS) == 0);
    row_true(row, p->protocol_offset == 0 || p->protocol_offset < p->captured_length);
    if (p->extent == IP_HEADER_WHOLE)
        row_true(row, p->header_length <= p->captured_length);
    while (ip_packet_next_extension(p, &extension)) {
        row_true(row, p->version == 6);
        row_equal(row, extension.offset, behind);
        row_true(row, extension.offset + 2 <= p->captured_length);
        row_true(row, extension.offset + 2 <= p->datagram_end);
        row_true(row, extension.length >= 8);
        row_true(row, ip_extension_name(extension.type) != NULL);
        row_true(row, ++steps < WALK_MAX);
        behind = extension.offset + extension.length;
    }
}

struct ip_packet decode(const char *row, const uint8_t *bytes, uint32_t captured, uint32_t wire)
{
    struct ip_packet packet;

    memset(&packet, 0xA5, sizeof packet); /* nothing of the caller's may be left */
    row_true(row, ip_packet_decode(&packet, bytes, captured, wire));
    row_true(row, packet.bytes == bytes);
    check_invariants(row, &packet);
    return packet;
}

uint32_t fields_within(const struct field_end *fields, size_t count, uint32_t captured)
{
    uint32_t present = 0;

    for (size_t i = 0; i < count; i++)
        if (captured >= fields[i].end)
            present |= (uint32_t)fields[i].field;
    return present;
}

uint8_t *prefix_of(const uint8_t *bytes, uint32_t length)
{
    uint8_t *prefix = malloc(length > 0 ? length : 1);

    assert_non_null(prefix);
    memcpy(prefix, bytes, length);
    return prefix;
}

unsigned count_extensions(const struct ip_packet *p)
{
    struct ip_extension extension = {0};
    unsigned count = 0;

    while (count < WALK_MAX && ip_packet_next_extension(p, &extension))
        count++;
    return count;
}

const uint8_t ipv4_packet[IPV4_PACKET_LENGTH] = {
    0x46, 0xB4, 0x00, 0x20, /* version 4, IHL 6; TOS; total length 32 */
    0x12, 0x34, 0x40, 0x00, /* id; DF */
    0x7B, 0x11, 0xAB, 0xCD, /* TTL 123, UDP, checksum */
    192,  0,    2,    10,   198, 51, 100, 7, 0x94, 0x04, 0x00, 0x00, /* router alert option */
    0x0F, 0xA0, 0x00, 0x09,                                          /* ports 4000 and 9 */
    0x00, 0x08, 0x00, 0x00,
};

void make_ipv4(uint8_t *bytes, uint8_t ihl, uint32_t total_length, uint32_t flags_offset,
               uint8_t protocol)
{
    for (uint32_t i = 0; i < BUFFER; i++)
        bytes[i] = (uint8_t)(i + 1);
    bytes[0] = (uint8_t)(0x40 | ihl);
    put_u16(bytes + 2, total_length);
    put_u16(bytes + 6, flags_offset);
    bytes[9] = protocol;
}

void begin_ipv6(struct builder *b)
{
    memset(b, 0, sizeof *b);
    for (uint32_t i = 0; i < BUFFER; i++)
        b->bytes[i] = (uint8_t)(i + 1);
    memset(b->bytes, 0, 8);
    b->bytes[0] = 0x60;
    b->bytes[7] = 64;
    b->bytes[6] = IP_PROTOCOL_NO_NEXT;
    b->name_offset = 6;
    b->length = IPV6_HEADER_LENGTH;
}

void end_ipv6(struct builder *b)
{
    put_u16(b->bytes + 4, b->length - IPV6_HEADER_LENGTH);
}

uint8_t *add_extension(struct builder *b, uint8_t type, uint32_t length)
{
    uint8_t *header = b->bytes + b->length;

    b->bytes[b->name_offset] = type;
    b->name_offset = b->length;
    memset(header, 0, length);
    header[0] = IP_PROTOCOL_NO_NEXT;
    if (type == IP_PROTOCOL_AH)
        header[1] = (uint8_t)(length / 4 - 2); /* RFC 4302 section 2.2 */
    else if (type != IP_PROTOCOL_FRAGMENT)
        header[1] = (uint8_t)(length / 8 - 1);
    b->length += length;
    return header;
}

void add_transport(struct builder *b, uint8_t protocol, uint32_t length)
{
    b->bytes[b->name_offset] = protocol;
    b->length += length;
}

/* Alone, at their longest, and in the order of RFC 8200 section 4.1. */
const struct chain chains[CHAINS] = {
    {.name = "hop-by-hop", .headers = {{IP_PROTOCOL_HOP_BY_HOP, 8}}, .protocol = IP_PROTOCOL_UDP},
    {.name = "hop-by-hop, longest",
     .headers = {{IP_PROTOCOL_HOP_BY_HOP, 512}},
     .protocol = IP_PROTOCOL_UDP},
    {.name = "routing", .headers = {{IP_PROTOCOL_ROUTING, 24}}, .protocol = IP_PROTOCOL_TCP},
    {.name = "fragment", .headers = {{IP_PROTOCOL_FRAGMENT, 8}}, .protocol = IP_PROTOCOL_UDP},
    {.name = "AH", .headers = {{IP_PROTOCOL_AH, 24}}, .protocol = IP_PROTOCOL_UDP},
    {.name = "AH, not a multiple of 8",
     .headers = {{IP_PROTOCOL_AH, 28}},
     .protocol = IP_PROTOCOL_UDP},
    {.name = "AH, shortest", .headers = {{IP_PROTOCOL_AH, 8}}, .protocol = IP_PROTOCOL_UDP},
    {.name = "destination options",
     .headers = {{IP_PROTOCOL_DESTINATION_OPTIONS, 16}},
     .protocol = IP_PROTOCOL_SCTP},
    {.name = "mobility", .headers = {{IP_PROTOCOL_MOBILITY, 16}}, .protocol = IP_PROTOCOL_NO_NEXT},
    {.name = "HIP", .headers = {{IP_PROTOCOL_HIP, 40}}, .protocol = IP_PROTOCOL_NO_NEXT},
    {.name = "Shim6", .headers = {{IP_PROTOCOL_SHIM6, 8}}, .protocol = IP_PROTOCOL_UDPLITE},
    {.name = "RFC order",
     .headers = {{IP_PROTOCOL_HOP_BY_HOP, 16},
                 {IP_PROTOCOL_DESTINATION_OPTIONS, 8},
                 {IP_PROTOCOL_ROUTING, 24},
                 {IP_PROTOCOL_FRAGMENT, 8},
                 {IP_PROTOCOL_AH, 24},
                 {IP_PROTOCOL_DESTINATION_OPTIONS, 16},
                 {IP_PROTOCOL_MOBILITY, 8}},
     .protocol = IP_PROTOCOL_DCCP},
    {.name = "twice the same",
     .headers = {{IP_PROTOCOL_DESTINATION_OPTIONS, 8}, {IP_PROTOCOL_DESTINATION_OPTIONS, 16}},
     .protocol = IP_PROTOCOL_TCP},
    {.name = "ESP ends the chain", .headers = {{IP_PROTOCOL_ROUTING, 8}}, .protocol = 50},
    {.name = "unknown protocol", .headers = {{IP_PROTOCOL_HOP_BY_HOP, 8}}, .protocol = 253},
    {.name = "none", .headers = {{0, 0}}, .protocol = IP_PROTOCOL_TCP},
};

void build_chain(struct builder *b, const struct chain *chain, uint32_t transport)
{
    begin_ipv6(b);
    for (size_t i = 0; chain->headers[i].length > 0; i++)
        add_extension(b, chain->headers[i].type, chain->headers[i].length);
    add_transport(b, chain->protocol, transport);
    end_ipv6(b);
}

void check_walk(const struct chain *chain, const struct ip_packet *p)
{
    struct ip_extension extension = {0};
    uint32_t offset = IPV6_HEADER_LENGTH;

    for (size_t i = 0; chain->headers[i].length > 0; i++) {
        row_true(chain->name, ip_packet_next_extension(p, &extension));
        row_equal(chain->name, extension.type, chain->headers[i].type);
        row_equal(chain->name, extension.offset, offset);
        row_equal(chain->name, extension.length, chain->headers[i].length);
        offset += chain->headers[i].length;
    }
    row_true(chain->name, !ip_packet_next_extension(p, &extension));
}

void build_jumbo(struct builder *b, const uint8_t *options, uint32_t length)
{
    begin_ipv6(b);
    memcpy(add_extension(b, IP_PROTOCOL_HOP_BY_HOP, 2 + length) + 2, options, length);
    add_transport(b, IP_PROTOCOL_UDP, 8);
}

void build_cut_chain(struct builder *b)
{
    uint8_t *fragment;

    begin_ipv6(b);
    add_extension(b, IP_PROTOCOL_HOP_BY_HOP, 8);
    add_extension(b, IP_PROTOCOL_ROUTING, 8);
    fragment = add_extension(b, IP_PROTOCOL_FRAGMENT, 8);
    put_u16(fragment + 2, 1);
    put_u32(fragment + 4, 0xCAFEF00D);
    add_extension(b, IP_PROTOCOL_DESTINATION_OPTIONS, 8);
    add_transport(b, IP_PROTOCOL_UDP, 8);
    end_ipv6(b);
}
