/*
 * The IP decoder. Every read is checked against captured_length and every stated length against
 * wire_length, so that a packet cut by the snapshot length differs from a short one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ip_packet.h"

#include <string.h>

#include "bytes.h"
#include "ip_option.h"
#include "tcp_header.h"
#include "udp_header.h"

static uint32_t min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Sets the field's bit when its bytes, which end at `end`, were captured. */
static bool captured(struct ip_packet *packet, uint32_t end, enum ip_field field)
{
    if (packet->captured_length < end)
        return false;
    packet->present |= (uint32_t)field;
    return true;
}

/* How far a header of `end` bytes can be followed. limit: the bytes that it may have. */
static enum ip_header_extent extent_to(const struct ip_packet *packet, uint64_t end, uint64_t limit)
{
    if (end > limit)
        return IP_HEADER_OVERRUN;
    return end > packet->captured_length ? IP_HEADER_CUT : IP_HEADER_WHOLE;
}

static void set_payload(struct ip_packet *packet)
{
    uint32_t start = packet->header_length;
    uint32_t captured_end = min_u32(packet->captured_length, packet->datagram_end);

    packet->present |= IP_FIELD_PAYLOAD;
    packet->payload_offset = start;
    packet->payload_length = packet->datagram_end > start ? packet->datagram_end - start : 0;
    packet->payload_captured = captured_end > start ? captured_end - start : 0;
}

bool ip_protocol_has_ports(uint8_t protocol)
{
    switch (protocol) {
    case IP_PROTOCOL_TCP:
    case IP_PROTOCOL_UDP:
    case IP_PROTOCOL_DCCP:
    case IP_PROTOCOL_SCTP:
    case IP_PROTOCOL_UDPLITE:
        return true;
    default:
        return false;
    }
}

/* All five transports begin with source and destination port, 16 bits each. */
static void decode_ports(struct ip_packet *packet)
{
    const uint8_t *transport = packet->bytes + packet->payload_offset;

    if (!ip_packet_has(packet, IP_FIELD_PAYLOAD) || !ip_protocol_has_ports(packet->protocol) ||
        packet->later_fragment)
        return;
    if (packet->payload_captured >= 2) {
        packet->source_port = bytes_u16(transport);
        packet->present |= IP_FIELD_SOURCE_PORT;
    }
    if (packet->payload_captured >= 4) {
        packet->destination_port = bytes_u16(transport + 2);
        packet->present |= IP_FIELD_DESTINATION_PORT;
    }
}

static void decode_ipv4_payload(struct ip_packet *packet)
{
    packet->datagram_end = packet->wire_length;
    if (packet->extent == IP_HEADER_INVALID || packet->extent == IP_HEADER_OVERRUN ||
        !ip_packet_has(packet, IP_FIELD_TOTAL_LENGTH))
        return;
    if (packet->total_length != 0)
        packet->datagram_end = min_u32((uint32_t)packet->total_length, packet->wire_length);
    else
        packet->segmentation_offload = packet->wire_length > packet->header_length;
    set_payload(packet);
    if (ip_packet_has(packet, IP_FIELD_PROTOCOL))
        decode_ports(packet);
}

static void decode_ipv4_fragment(struct ip_packet *packet, uint16_t field)
{
    packet->reserved_flag = (field & IPV4_RESERVED_FLAG) != 0;
    packet->dont_fragment = (field & IPV4_DONT_FRAGMENT) != 0;
    packet->more_fragments = (field & IPV4_MORE_FRAGMENTS) != 0;
    packet->fragment_offset = (field & IPV4_FRAGMENT_OFFSET) * 8U;
    packet->later_fragment = packet->fragment_offset != 0;
}

static void decode_ipv4(struct ip_packet *packet)
{
    const uint8_t *bytes = packet->bytes;

    packet->present |= IP_FIELD_HEADER_LENGTH;
    packet->header_length = ipv4_header_length(bytes);
    if (captured(packet, IPV4_TYPE_OF_SERVICE_FIELD + 1, IP_FIELD_TYPE_OF_SERVICE))
        packet->type_of_service = bytes[IPV4_TYPE_OF_SERVICE_FIELD];
    if (captured(packet, IPV4_TOTAL_LENGTH_FIELD + 2, IP_FIELD_TOTAL_LENGTH))
        packet->total_length = bytes_u16(bytes + IPV4_TOTAL_LENGTH_FIELD);
    if (captured(packet, IPV4_IDENTIFICATION_FIELD + 2, IP_FIELD_IDENTIFICATION))
        packet->identification = bytes_u16(bytes + IPV4_IDENTIFICATION_FIELD);
    if (captured(packet, IPV4_FRAGMENT_FIELD + 2, IP_FIELD_FLAGS))
        decode_ipv4_fragment(packet, bytes_u16(bytes + IPV4_FRAGMENT_FIELD));
    if (captured(packet, IPV4_TIME_TO_LIVE_FIELD + 1, IP_FIELD_TIME_TO_LIVE))
        packet->time_to_live = bytes[IPV4_TIME_TO_LIVE_FIELD];
    if (captured(packet, IPV4_PROTOCOL_FIELD + 1, IP_FIELD_PROTOCOL)) {
        packet->protocol = bytes[IPV4_PROTOCOL_FIELD];
        packet->protocol_offset = IPV4_PROTOCOL_FIELD;
    }
    if (captured(packet, IPV4_CHECKSUM_FIELD + 2, IP_FIELD_CHECKSUM))
        packet->checksum = bytes_u16(bytes + IPV4_CHECKSUM_FIELD);
    if (captured(packet, IPV4_SOURCE_FIELD + IPV4_ADDRESS_LENGTH, IP_FIELD_SOURCE))
        packet->source_offset = IPV4_SOURCE_FIELD;
    if (captured(packet, IPV4_DESTINATION_FIELD + IPV4_ADDRESS_LENGTH, IP_FIELD_DESTINATION))
        packet->destination_offset = IPV4_DESTINATION_FIELD;

    if (packet->header_length < IPV4_HEADER_MIN)
        packet->extent = IP_HEADER_INVALID;
    else
        packet->extent = extent_to(packet, packet->header_length, packet->wire_length);
    decode_ipv4_payload(packet);
}

/* ESP is no extension here: what follows it is encrypted, so it counts as the upper layer. */
static const char *const extension_names[UINT8_MAX + 1] = {
    [IP_PROTOCOL_HOP_BY_HOP] = "Hop-by-Hop Options",
    [IP_PROTOCOL_ROUTING] = "Routing",
    [IP_PROTOCOL_FRAGMENT] = "Fragment",
    [IP_PROTOCOL_AH] = "Authentication Header",
    [IP_PROTOCOL_DESTINATION_OPTIONS] = "Destination Options",
    [IP_PROTOCOL_MOBILITY] = "Mobility",
    [IP_PROTOCOL_HIP] = "Host Identity Protocol",
    [IP_PROTOCOL_SHIM6] = "Shim6",
};

const char *ip_extension_name(uint8_t type)
{
    return extension_names[type];
}

static bool is_extension(uint8_t type)
{
    return extension_names[type] != NULL;
}

/* Bytes of an extension header from its type and length byte (RFC 8200, AH: RFC 4302 2.2). */
static uint32_t extension_length(uint8_t type, uint8_t length_byte)
{
    if (type == IP_PROTOCOL_FRAGMENT)
        return IPV6_FRAGMENT_LENGTH;
    if (type == IP_PROTOCOL_AH)
        return (length_byte + 2U) * 4;
    return (length_byte + 1U) * 8;
}

/* Reads the extension header of the given type at `offset`; false if it was not captured. */
static bool read_extension(const struct ip_packet *packet, uint8_t type, uint32_t offset,
                           struct ip_extension *extension)
{
    if (!is_extension(type) || packet->captured_length < IPV6_EXTENSION_MIN ||
        offset > packet->captured_length - IPV6_EXTENSION_MIN)
        return false;
    extension->type = type;
    extension->offset = offset;
    extension->length = extension_length(type, packet->bytes[offset + IPV6_EXTENSION_LENGTH_FIELD]);
    return true;
}

/* A fragment that is not the first has no further headers: its bytes are payload (RFC 8200 4.5). */
static bool is_later_fragment(const struct ip_packet *packet, const struct ip_extension *extension)
{
    const uint32_t field = extension->offset + IPV6_FRAGMENT_FIELD;

    return extension->type == IP_PROTOCOL_FRAGMENT && packet->captured_length >= field + 2 &&
           (bytes_u16(packet->bytes + field) & IPV6_FRAGMENT_OFFSET) != 0;
}

bool ip_packet_next_extension(const struct ip_packet *packet, struct ip_extension *extension)
{
    struct ip_extension next;

    if (packet->version != 6 || packet->captured_length < IPV6_HEADER_LENGTH)
        return false;
    if (extension->offset == 0) {
        if (!read_extension(packet, packet->bytes[IPV6_NEXT_HEADER_FIELD], IPV6_HEADER_LENGTH,
                            &next))
            return false;
    } else if (is_later_fragment(packet, extension) ||
               !read_extension(packet, packet->bytes[extension->offset],
                               extension->offset + extension->length, &next)) {
        return false;
    }
    if (next.offset + IPV6_EXTENSION_MIN >
        packet->datagram_end) /* it is padding of the frame, not a header */
        return false;
    *extension = next;
    return true;
}

static void decode_fragment_header(struct ip_packet *packet, uint32_t offset)
{
    const uint8_t *fragment = packet->bytes + offset;

    if (packet->fragment_header_offset != 0) /* only the first one is the packet's */
        return;
    packet->fragment_header_offset = offset;
    if (captured(packet, offset + IPV6_FRAGMENT_FIELD + 2, IP_FIELD_FLAGS)) {
        const uint16_t field = bytes_u16(fragment + IPV6_FRAGMENT_FIELD);

        packet->fragment_offset = field & IPV6_FRAGMENT_OFFSET;
        packet->more_fragments = (field & IPV6_MORE_FRAGMENTS) != 0;
    }
    if (captured(packet, offset + IPV6_FRAGMENT_LENGTH, IP_FIELD_IDENTIFICATION))
        packet->identification = bytes_u32(fragment + IPV6_FRAGMENT_IDENTIFICATION_FIELD);
}

/*
 * Searches a hop-by-hop header for the jumbo payload option. end: where the header ends. Returns
 * IP_HEADER_CUT when bytes that could be the option were not captured.
 */
static enum ip_header_extent find_jumbo_option(struct ip_packet *packet, uint32_t end)
{
    const uint32_t captured_end = min_u32(end, packet->captured_length);
    struct ip_option option = {.offset = IPV6_HEADER_LENGTH + IPV6_OPTIONS_FIELD};

    while (ipv6_option_next(&option, packet->bytes, captured_end)) {
        const uint32_t data = option.offset + IP_OPTION_MIN;

        if (data > packet->captured_length && data <= end)
            return IP_HEADER_CUT;
        if (option.type != IPV6_OPTION_JUMBO ||
            option.length != IP_OPTION_MIN + IPV6_JUMBO_LENGTH || data + IPV6_JUMBO_LENGTH > end)
            continue;
        if (option.is_bad) /* it exceeds what was captured */
            return IP_HEADER_CUT;
        packet->jumbo_offset = data;
        packet->total_length = IPV6_HEADER_LENGTH + (uint64_t)bytes_u32(packet->bytes + data);
        return IP_HEADER_WHOLE;
    }
    return option.offset + option.length + IP_OPTION_MIN <= end ? IP_HEADER_CUT : IP_HEADER_WHOLE;
}

/* The option is only valid in a hop-by-hop header that follows the IPv6 header. */
static enum ip_header_extent find_jumbo(struct ip_packet *packet)
{
    const uint32_t start = IPV6_HEADER_LENGTH;
    uint32_t end = start + IPV6_EXTENSION_MIN;

    if (packet->bytes[IPV6_NEXT_HEADER_FIELD] != IP_PROTOCOL_HOP_BY_HOP ||
        packet->wire_length < end)
        return IP_HEADER_WHOLE;
    if (packet->captured_length < end)
        return IP_HEADER_CUT;
    end = start + extension_length(IP_PROTOCOL_HOP_BY_HOP,
                                   packet->bytes[start + IPV6_EXTENSION_LENGTH_FIELD]);
    return find_jumbo_option(packet, min_u32(end, packet->wire_length));
}

/* Payload length 0 with a whole transport header behind: left to the network card. */
static bool is_ipv6_offload(const struct ip_packet *packet)
{
    uint32_t behind =
        packet->wire_length > IPV6_HEADER_LENGTH ? packet->wire_length - IPV6_HEADER_LENGTH : 0;

    return (packet->bytes[IPV6_NEXT_HEADER_FIELD] == IP_PROTOCOL_TCP &&
            behind >= TCP_SEGMENT_MIN) ||
           (packet->bytes[IPV6_NEXT_HEADER_FIELD] == IP_PROTOCOL_UDP &&
            behind >= UDP_HEADER_LENGTH);
}

/* Follows the extension headers within the datagram; sets extent, protocol and header_length. */
static void walk_extensions(struct ip_packet *packet)
{
    struct ip_extension extension = {0};
    uint32_t offset = IPV6_HEADER_LENGTH;
    uint32_t name_offset = IPV6_NEXT_HEADER_FIELD;
    uint8_t type = packet->bytes[name_offset];

    packet->extent = IP_HEADER_WHOLE;
    while (is_extension(type)) {
        if (!read_extension(packet, type, offset, &extension)) {
            packet->extent =
                extent_to(packet, (uint64_t)offset + IPV6_EXTENSION_MIN, packet->datagram_end);
            return;
        }
        packet->extent =
            extent_to(packet, (uint64_t)offset + extension.length, packet->datagram_end);
        if (packet->extent == IP_HEADER_OVERRUN)
            return;
        if (type == IP_PROTOCOL_FRAGMENT)
            decode_fragment_header(packet, offset);
        name_offset = offset;
        type = packet->bytes[offset];
        offset += extension.length;
        packet->header_length = offset;
        if (is_later_fragment(packet, &extension)) {
            packet->later_fragment = true;
            break;
        }
        if (extension.type == IP_PROTOCOL_FRAGMENT &&
            packet->captured_length < extension.offset + IPV6_FRAGMENT_FIELD + 2)
            break; /* the bytes that show whether headers follow were cut off */
    }
    if (is_extension(type) && !packet->later_fragment)
        return;
    packet->present |= IP_FIELD_PROTOCOL;
    packet->protocol = type;
    packet->protocol_offset = name_offset;
}

static void decode_ipv6_chain(struct ip_packet *packet)
{
    packet->header_length = IPV6_HEADER_LENGTH;
    packet->present |= IP_FIELD_HEADER_LENGTH;
    packet->datagram_end = packet->wire_length;
    if (packet->total_length == IPV6_HEADER_LENGTH) {
        packet->extent = find_jumbo(packet);
        if (packet->extent == IP_HEADER_CUT)
            return;
        packet->segmentation_offload = packet->jumbo_offset == 0 && is_ipv6_offload(packet);
    }
    if (!packet->segmentation_offload && packet->total_length < packet->wire_length)
        packet->datagram_end = (uint32_t)packet->total_length;
    walk_extensions(packet);
    if (packet->extent == IP_HEADER_OVERRUN || !ip_packet_has(packet, IP_FIELD_PROTOCOL))
        return;
    set_payload(packet);
    decode_ports(packet);
}

static void decode_ipv6(struct ip_packet *packet)
{
    const uint8_t *bytes = packet->bytes;

    if (captured(packet, 2, IP_FIELD_TYPE_OF_SERVICE))
        packet->type_of_service = (uint8_t)(bytes_u16(bytes) >> 4);
    if (captured(packet, IPV6_PAYLOAD_LENGTH_FIELD + 2, IP_FIELD_TOTAL_LENGTH))
        packet->total_length =
            IPV6_HEADER_LENGTH + (uint64_t)bytes_u16(bytes + IPV6_PAYLOAD_LENGTH_FIELD);
    if (captured(packet, IPV6_HOP_LIMIT_FIELD + 1, IP_FIELD_TIME_TO_LIVE))
        packet->time_to_live = bytes[IPV6_HOP_LIMIT_FIELD];
    if (captured(packet, IPV6_SOURCE_FIELD + IPV6_ADDRESS_LENGTH, IP_FIELD_SOURCE))
        packet->source_offset = IPV6_SOURCE_FIELD;
    if (captured(packet, IPV6_DESTINATION_FIELD + IPV6_ADDRESS_LENGTH, IP_FIELD_DESTINATION))
        packet->destination_offset = IPV6_DESTINATION_FIELD;

    packet->extent = extent_to(packet, IPV6_HEADER_LENGTH, packet->wire_length);
    if (packet->extent == IP_HEADER_WHOLE) {
        decode_ipv6_chain(packet);
    } else if (packet->captured_length > IPV6_NEXT_HEADER_FIELD &&
               !is_extension(bytes[IPV6_NEXT_HEADER_FIELD])) {
        packet->present |= IP_FIELD_PROTOCOL;
        packet->protocol = bytes[IPV6_NEXT_HEADER_FIELD];
        packet->protocol_offset = IPV6_NEXT_HEADER_FIELD;
    }
}

bool ip_packet_decode(struct ip_packet *packet, const uint8_t *bytes, uint32_t captured_length,
                      uint32_t wire_length)
{
    memset(packet, 0, sizeof *packet);
    packet->bytes = bytes;
    packet->captured_length = captured_length;
    packet->wire_length = wire_length > captured_length ? wire_length : captured_length;
    if (captured_length == 0) {
        packet->extent = packet->wire_length == 0 ? IP_HEADER_OVERRUN : IP_HEADER_CUT;
        return false;
    }
    packet->version = ip_header_version(bytes);
    packet->present = IP_FIELD_VERSION;
    if (packet->version == 4) {
        decode_ipv4(packet);
        return true;
    }
    if (packet->version == 6) {
        decode_ipv6(packet);
        return true;
    }
    packet->extent = IP_HEADER_INVALID;
    return false;
}

void ip_packet_refuse_version(struct ip_packet *packet)
{
    *packet = (struct ip_packet){
        .bytes = packet->bytes,
        .captured_length = packet->captured_length,
        .wire_length = packet->wire_length,
        .present = packet->present & IP_FIELD_VERSION,
        .extent = packet->present & IP_FIELD_VERSION ? IP_HEADER_INVALID : packet->extent,
        .version = packet->version,
    };
}
