/*
 * Reads TCP headers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcp_segment.h"

#include <string.h>

#include "bytes.h"
#include "ip_checksum.h"
#include "ip_option.h"

/* The right edges of the blocks: pairs of sequence numbers behind kind and length. */
static void read_sack(struct tcp_segment *segment, const uint8_t *option, uint32_t length)
{
    enum { BLOCK = 8, RIGHT_EDGE = 4 };

    for (uint32_t i = IP_OPTION_MIN; i + BLOCK <= length; i += BLOCK) {
        const uint32_t edge = bytes_u32(option + i + RIGHT_EDGE);

        if (!segment->has_sack || tcp_is_before(segment->sack_edge, edge))
            segment->sack_edge = edge;
        segment->has_sack = true;
    }
}

/* Two numbers behind kind and length: the sender's timestamp, and the one that it echoes. */
static void read_timestamps(struct tcp_segment *segment, const uint8_t *option, uint32_t length)
{
    enum { LENGTH = 10, VALUE = 2, ECHO = 6 };

    if (length != LENGTH)
        return;
    segment->has_timestamp = true;
    segment->timestamp = bytes_u32(option + VALUE);
    segment->echo = bytes_u32(option + ECHO);
}

static void read_scale(struct tcp_segment *segment, const uint8_t *option, uint32_t length)
{
    enum { LENGTH = 3, SHIFT = 2 };

    if (length != LENGTH)
        return;
    segment->has_scale = true;
    segment->window_scale = option[SHIFT] < TCP_SCALE_MAX ? option[SHIFT] : TCP_SCALE_MAX;
}

static void read_options(struct tcp_segment *segment, const uint8_t *header, uint32_t end)
{
    struct ip_option option = {.offset = TCP_SEGMENT_MIN};

    while (ipv4_option_next(&option, header, end) && !option.is_bad) {
        const uint8_t *bytes = header + option.offset;

        if (option.type == TCP_OPTION_SACK)
            read_sack(segment, bytes, option.length);
        else if (option.type == TCP_OPTION_TIME)
            read_timestamps(segment, bytes, option.length);
        else if (option.type == TCP_OPTION_SCALE)
            read_scale(segment, bytes, option.length);
    }
}

/* All but the length of the data. captured: bytes that can be read, 14 at least. */
static void read_header(struct tcp_segment *segment, const uint8_t *header, uint32_t captured)
{
    const uint32_t header_length = tcp_header_length(header);

    *segment = (struct tcp_segment){
        .sequence = bytes_u32(header + TCP_SEQUENCE_FIELD),
        .acknowledgment = bytes_u32(header + TCP_ACKNOWLEDGMENT_FIELD),
        .flags = header[TCP_FLAGS_FIELD],
    };
    if (captured >= TCP_WINDOW_FIELD + 2)
        segment->window = bytes_u16(header + TCP_WINDOW_FIELD);
    if (header_length > TCP_SEGMENT_MIN && header_length <= captured)
        read_options(segment, header, header_length);
}

bool tcp_segment_read(struct tcp_segment *segment, const struct ip_packet *packet)
{
    const uint8_t *header = packet->bytes + packet->payload_offset;
    uint32_t header_length;

    if (packet->protocol != IP_PROTOCOL_TCP || packet->later_fragment ||
        packet->extent != IP_HEADER_WHOLE || packet->payload_captured <= TCP_FLAGS_FIELD)
        return false;
    read_header(segment, header, packet->payload_captured);
    header_length = tcp_header_length(header);
    if (packet->payload_length > header_length)
        segment->length = packet->payload_length - header_length;
    segment->time_to_live = packet->time_to_live;
    if (packet->version == 4)
        segment->identification = (uint16_t)packet->identification;
    return true;
}

/* The sum of `count` 32-bit words, as ip_checksum_sum but not folded, and in memory order. */
static inline uint64_t sum_words(const uint8_t *bytes, unsigned count)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < count; i++) {
        uint32_t word;

        memcpy(&word, bytes + i * sizeof word, sizeof word);
        sum += word;
    }
    return sum;
}

/* Folds a sum in memory order. Of a right checksum it is all ones in any order. */
static inline uint16_t fold(uint64_t sum)
{
    sum = (sum & UINT32_MAX) + (sum >> 32);
    sum = (sum & UINT16_MAX) + (sum >> 16 & UINT16_MAX) + (sum >> 32);
    sum = (sum & UINT16_MAX) + (sum >> 16);
    return (uint16_t)((sum & UINT16_MAX) + (sum >> 16));
}

static inline uint16_t in_memory_order(uint32_t number)
{
    const uint8_t bytes[2] = {(uint8_t)(number >> 8), (uint8_t)number};
    uint16_t word;

    memcpy(&word, bytes, sizeof word);
    return word;
}

/* Offset of the TCP header in a plain packet; 0: it is not plain. *end: where the packet ends. */
static uint32_t find_plain_header(const uint8_t *bytes, uint32_t captured, uint32_t *end)
{
    enum {
        IPV4_PLAIN = 0x45, /* version 4, 20 bytes */
        FRAGMENT = IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET,
    };

    if (captured < IPV6_HEADER_LENGTH)
        return 0;
    if (bytes[0] == IPV4_PLAIN) {
        *end = bytes_u16(bytes + IPV4_TOTAL_LENGTH_FIELD);
        return bytes[IPV4_PROTOCOL_FIELD] == IP_PROTOCOL_TCP &&
                       (bytes_u16(bytes + IPV4_FRAGMENT_FIELD) & FRAGMENT) == 0 &&
                       fold(sum_words(bytes, IPV4_HEADER_MIN / 4)) == UINT16_MAX
                   ? IPV4_HEADER_MIN
                   : 0;
    }
    *end = IPV6_HEADER_LENGTH + bytes_u16(bytes + IPV6_PAYLOAD_LENGTH_FIELD);
    return ip_header_version(bytes) == 6 && bytes[IPV6_NEXT_HEADER_FIELD] == IP_PROTOCOL_TCP
               ? IPV6_HEADER_LENGTH
               : 0;
}

bool tcp_segment_read_plain(struct tcp_segment *segment, const uint8_t *bytes, uint32_t captured)
{
    uint32_t end;
    const uint32_t start = find_plain_header(bytes, captured, &end);
    const uint8_t *header = bytes + start;
    uint32_t header_length;
    uint32_t length;
    uint64_t pseudo;

    if (start == 0 || end > captured || end < start + TCP_SEGMENT_MIN)
        return false;
    length = end - start;
    header_length = tcp_header_length(header);
    if (header_length < TCP_SEGMENT_MIN || header_length > length)
        return false;
    pseudo = start == IPV4_HEADER_MIN ? sum_words(bytes + IPV4_SOURCE_FIELD, 2)
                                      : sum_words(bytes + IPV6_SOURCE_FIELD, 8);
    pseudo += (uint64_t)in_memory_order(IP_PROTOCOL_TCP) + in_memory_order(length);
    if (fold(pseudo) != in_memory_order(bytes_u16(header + TCP_CHECKSUM_FIELD)) &&
        fold(pseudo + in_memory_order(ip_checksum_sum(header, length))) != UINT16_MAX)
        return false;
    read_header(segment, header, length);
    segment->length = length - header_length;
    if (start == IPV4_HEADER_MIN) {
        segment->time_to_live = bytes[IPV4_TIME_TO_LIVE_FIELD];
        segment->identification = bytes_u16(bytes + IPV4_IDENTIFICATION_FIELD);
    } else {
        segment->time_to_live = bytes[IPV6_HOP_LIMIT_FIELD];
    }
    return true;
}
