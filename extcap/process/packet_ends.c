/*
 * Addresses and ports from the decoder; identifiers of ICMP messages.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "packet_ends.h"

#include <string.h>

#include "bytes.h"
#include "icmp_message.h"
#include "ip_packet.h"
#include "tcp_header.h"

enum {
    ECHO_IDENTIFIER_FIELD = 4, /* RFC 792, RFC 4443 section 4.1 */
    ECHO_FIELDS = 6,
    CODES = 256,
};

/* Echo messages: what a reply answers is a request. */
static const struct {
    uint8_t protocol;
    uint8_t type;
    uint8_t request;
} echoes[] = {
    {IP_PROTOCOL_ICMP, ICMP_TYPE_ECHO, ICMP_TYPE_ECHO},
    {IP_PROTOCOL_ICMP, ICMP_TYPE_ECHO_REPLY, ICMP_TYPE_ECHO},
    {IP_PROTOCOL_ICMPV6, ICMPV6_TYPE_ECHO, ICMPV6_TYPE_ECHO},
    {IP_PROTOCOL_ICMPV6, ICMPV6_TYPE_ECHO_REPLY, ICMPV6_TYPE_ECHO},
};

static bool find_message(struct packet_ends *ends, const struct ip_packet *packet)
{
    const uint8_t *message = packet->bytes + packet->payload_offset;

    if (packet->payload_captured < ECHO_FIELDS)
        return false;
    ends->sender.remote_port = bytes_u16(message);
    ends->receiver.remote_port = UINT16_MAX;
    for (size_t i = 0; i < sizeof echoes / sizeof *echoes; i++) {
        if (echoes[i].protocol != packet->protocol || echoes[i].type != message[ICMP_TYPE_FIELD])
            continue;
        ends->sender.local_port = bytes_u16(message + ECHO_IDENTIFIER_FIELD);
        if (echoes[i].type == echoes[i].request) /* the kernel answers, no process */
            return true;
        ends->receiver.local_port = ends->sender.local_port;
        ends->receiver.remote_port = (uint16_t)(echoes[i].request * CODES);
    }
    return true;
}

static bool has_data(const struct ip_packet *packet)
{
    const uint8_t *segment = packet->bytes + packet->payload_offset;

    return packet->protocol != IP_PROTOCOL_TCP || packet->payload_captured < TCP_SEGMENT_MIN ||
           packet->payload_length > tcp_header_length(segment);
}

static void find_sequence(struct packet_ends *ends, const struct ip_packet *packet)
{
    const uint8_t *segment = packet->bytes + packet->payload_offset;
    unsigned begins;

    if (packet->protocol != IP_PROTOCOL_TCP || packet->payload_captured < TCP_SEGMENT_MIN)
        return;
    begins = segment[TCP_FLAGS_FIELD] & (TCP_FLAG_SYN | TCP_FLAG_ACK);
    ends->is_request = begins == TCP_FLAG_SYN;
    ends->is_reply = begins == (TCP_FLAG_SYN | TCP_FLAG_ACK);
    ends->has_sequence = true;
    ends->sequence = bytes_u32(segment + TCP_SEQUENCE_FIELD);
}

static bool find_ports(struct packet_ends *ends, const struct ip_packet *packet)
{
    if (packet->protocol == IP_PROTOCOL_ICMP || packet->protocol == IP_PROTOCOL_ICMPV6)
        return find_message(ends, packet);
    if (!ip_protocol_has_ports(packet->protocol))
        return true;
    ends->sender.local_port = ends->receiver.remote_port = packet->source_port;
    ends->sender.remote_port = ends->receiver.local_port = packet->destination_port;
    return ip_packet_has(packet, IP_FIELD_DESTINATION_PORT);
}

bool packet_ends_find(struct packet_ends *ends, const uint8_t *bytes, uint32_t captured_length,
                      uint32_t wire_length)
{
    const uint32_t needed =
        (uint32_t)IP_FIELD_PROTOCOL | (uint32_t)IP_FIELD_SOURCE | (uint32_t)IP_FIELD_DESTINATION;
    struct ip_packet packet;
    size_t length;

    if (!ip_packet_decode(&packet, bytes, captured_length, wire_length) || packet.later_fragment ||
        (packet.present & needed) != needed)
        return false;
    *ends = (struct packet_ends){
        .sender = {.version = packet.version, .protocol = packet.protocol},
        .receiver = {.version = packet.version, .protocol = packet.protocol},
    };
    length = ip_address_length(packet.version);
    memcpy(ends->sender.local, bytes + packet.source_offset, length);
    memcpy(ends->sender.remote, bytes + packet.destination_offset, length);
    memcpy(ends->receiver.local, ends->sender.remote, length);
    memcpy(ends->receiver.remote, ends->sender.local, length);
    ends->to_group = ip_address_is_multicast(packet.version, ends->sender.remote) ||
                     ip_address_is_limited_broadcast(packet.version, ends->sender.remote);
    ends->has_data = has_data(&packet);
    find_sequence(ends, &packet);
    return find_ports(ends, &packet);
}
