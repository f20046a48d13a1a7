/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "packet_identity.h"

#include <string.h>

#include "bytes.h"
#include "hash.h"
#include "icmp_message.h"
#include "tcp_header.h"
#include "udp_header.h"

enum {
    MESSAGE_HEAD = 8, /* bytes that are quoted at least */
    NUMBER_FIELD = 4, /* of ICMP, TCP, and tunnels; of UDP it is the length, 2 bytes */
};

static bool is_icmp(uint8_t protocol)
{
    return protocol == IP_PROTOCOL_ICMP || protocol == IP_PROTOCOL_ICMPV6;
}

/* Never 0. The bytes behind `length` count as zeros. */
static uint32_t hash_data(const uint8_t *data, uint32_t length)
{
    uint64_t words[PACKET_IDENTITY_DATA / sizeof(uint64_t)] = {0};
    uint64_t hash = length;

    if (length == sizeof words) /* a constant size, for the compiler */
        memcpy(words, data, sizeof words);
    else
        memcpy(words, data, length);
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
        hash = hash_word(hash, words[i]);
    return (uint32_t)(hash >> 32) | 1;
}

/* Both functions read a message of which `captured` bytes, at least MESSAGE_HEAD, are there. */
static uint32_t number_of(uint8_t protocol, const uint8_t *message)
{
    return protocol == IP_PROTOCOL_UDP ? bytes_u16(message + UDP_LENGTH_FIELD)
                                       : bytes_u32(message + NUMBER_FIELD);
}

/* length: bytes of the message that were sent. */
static uint32_t data_extent(const uint8_t *message, uint32_t captured, uint32_t length)
{
    uint32_t data = length > MESSAGE_HEAD ? length - MESSAGE_HEAD : 0;

    if (data > PACKET_IDENTITY_DATA)
        data = PACKET_IDENTITY_DATA;
    return captured - MESSAGE_HEAD >= data ? hash_data(message + MESSAGE_HEAD, data) : 0;
}

/* The data of a segment, as far as its header was captured; at least 1. */
static uint32_t tcp_extent(const uint8_t *segment, uint32_t captured, uint32_t length)
{
    const uint32_t header =
        captured > TCP_OFFSET_FIELD ? tcp_header_length(segment) : TCP_SEGMENT_MIN;

    return length > header ? length - header : 1;
}

bool packet_identity_read(struct packet_identity *identity, const struct ip_packet *packet)
{
    const uint32_t header = packet->header_length;
    const uint8_t *message = packet->bytes + header;
    uint32_t captured;
    uint32_t length;

    if (!ip_packet_has(packet, IP_FIELD_PROTOCOL) || packet->extent != IP_HEADER_WHOLE ||
        packet->later_fragment || packet->captured_length < header ||
        packet->captured_length - header < MESSAGE_HEAD)
        return false;
    captured = packet->captured_length - header;
    length = packet->total_length > header ? (uint32_t)(packet->total_length - header) : captured;
    *identity = (struct packet_identity){
        .number = number_of(packet->protocol, message),
        .identification = packet->version == 4 ? (uint16_t)packet->identification : 0,
        .time_to_live = packet->time_to_live,
    };
    if (packet->protocol == IP_PROTOCOL_UDP && identity->number != 0) /* else a jumbogram */
        length = identity->number;
    if (packet->protocol == IP_PROTOCOL_TCP)
        identity->extent = tcp_extent(message, captured, length);
    else if (identity->identification == 0)
        identity->extent = data_extent(message, captured, length);
    return true;
}

bool packet_identity_read_plain(struct packet_identity *identity, const uint8_t *bytes,
                                uint32_t captured)
{
    enum { IPV4_PLAIN = 0x45 }; /* version 4, 20 bytes */
    const bool ipv4 = bytes[0] == IPV4_PLAIN;
    const uint32_t header = ipv4 ? IPV4_HEADER_MIN : IPV6_HEADER_LENGTH;
    const uint8_t *message = bytes + header;

    if (ipv4 ? bytes[IPV4_PROTOCOL_FIELD] != IP_PROTOCOL_UDP ||
                   (bytes_u16(bytes + IPV4_FRAGMENT_FIELD) & IPV4_FRAGMENT_OFFSET) != 0
             : ip_header_version(bytes) != 6 || bytes[IPV6_NEXT_HEADER_FIELD] != IP_PROTOCOL_UDP)
        return false;
    if (captured - header < MESSAGE_HEAD)
        return false;
    identity->number = number_of(IP_PROTOCOL_UDP, message);
    identity->extent = 0;
    identity->identification = ipv4 ? bytes_u16(bytes + IPV4_IDENTIFICATION_FIELD) : 0;
    identity->time_to_live = bytes[ipv4 ? IPV4_TIME_TO_LIVE_FIELD : IPV6_HOP_LIMIT_FIELD];
    identity->layer = 0;
    if (identity->identification == 0)
        identity->extent =
            data_extent(message, captured - header,
                        identity->number != 0 ? identity->number : captured - header);
    return true;
}

uint32_t packet_identity_ports(uint8_t protocol, const uint8_t *message)
{
    if (ip_protocol_has_ports(protocol))
        return bytes_u32(message);
    return is_icmp(protocol) ? bytes_u16(message + NUMBER_FIELD) : 0;
}

enum packet_match packet_identity_match(uint8_t protocol, const struct packet_identity *sent,
                                        const struct packet_identity *quoted)
{
    const bool same_identification =
        sent->identification == quoted->identification && sent->identification != 0;

    if (protocol == IP_PROTOCOL_TCP) {
        if (quoted->number - sent->number >= sent->extent)
            return PACKET_MATCH_NONE;
        return same_identification ? PACKET_MATCH_EXACT : PACKET_MATCH_POSSIBLE;
    }
    if (sent->number != quoted->number || sent->identification != quoted->identification)
        return PACKET_MATCH_NONE;
    if (same_identification)
        return PACKET_MATCH_EXACT;
    return sent->extent == 0 || quoted->extent == 0 || sent->extent == quoted->extent
               ? PACKET_MATCH_POSSIBLE
               : PACKET_MATCH_NONE;
}
