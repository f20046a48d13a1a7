/*
 * Reads TCP headers for the history of their connections.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcp_segment.h"

#include "bytes.h"

static bool is_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

/* The right edges of the blocks: pairs of sequence numbers behind kind and length. */
static void read_sack(struct tcp_segment *segment, const uint8_t *option, uint32_t length)
{
    enum { BLOCK = 8, RIGHT_EDGE = 4 };

    for (uint32_t i = 2; i + BLOCK <= length; i += BLOCK) {
        const uint32_t edge = bytes_u32(option + i + RIGHT_EDGE);

        if (!segment->has_sack || is_before(segment->sack_edge, edge))
            segment->sack_edge = edge;
        segment->has_sack = true;
    }
}

/* Two numbers behind kind and length: that of the sender, and the one that it echoes. */
static void read_timestamps(struct tcp_segment *segment, const uint8_t *option, uint32_t length)
{
    enum { LENGTH = 10, VALUE = 2, ECHO = 6 };

    if (length != LENGTH)
        return;
    segment->has_timestamp = true;
    segment->timestamp = bytes_u32(option + VALUE);
    segment->echo = bytes_u32(option + ECHO);
}

static void read_options(struct tcp_segment *segment, const uint8_t *header, uint32_t end)
{
    for (uint32_t i = TCP_SEGMENT_MIN; i + 1 < end && header[i] != TCP_OPTION_END;) {
        const uint32_t length = header[i] == TCP_OPTION_NOP ? 1 : header[i + 1];

        if ((length < 2 && header[i] != TCP_OPTION_NOP) || length > end - i)
            return;
        if (header[i] == TCP_OPTION_SACK)
            read_sack(segment, header + i, length);
        if (header[i] == TCP_OPTION_TIME)
            read_timestamps(segment, header + i, length);
        if (header[i] == TCP_OPTION_SCALE && length == 3) {
            segment->has_scale = true;
            segment->window_scale = header[i + 2] < TCP_SCALE_MAX ? header[i + 2] : TCP_SCALE_MAX;
        }
        i += length;
    }
}

bool tcp_segment_read(struct tcp_segment *segment, const struct ip_packet *packet)
{
    const uint8_t *header = packet->bytes + packet->payload_offset;
    uint32_t header_length;

    if (packet->protocol != IP_PROTOCOL_TCP || packet->later_fragment ||
        packet->extent != IP_HEADER_WHOLE || packet->payload_captured <= TCP_FLAGS_FIELD)
        return false;
    header_length = (header[TCP_OFFSET_FIELD] >> 4) * 4U;
    *segment = (struct tcp_segment){
        .sequence = bytes_u32(header + TCP_SEQUENCE_FIELD),
        .acknowledgment = bytes_u32(header + TCP_ACKNOWLEDGMENT_FIELD),
        .flags = header[TCP_FLAGS_FIELD],
    };
    if (packet->payload_length > header_length)
        segment->length = packet->payload_length - header_length;
    if (packet->payload_captured >= TCP_WINDOW_FIELD + 2)
        segment->window = bytes_u16(header + TCP_WINDOW_FIELD);
    if (header_length > TCP_SEGMENT_MIN && header_length <= packet->payload_captured)
        read_options(segment, header, header_length);
    return true;
}
