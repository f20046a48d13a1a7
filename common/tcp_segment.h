/*
 * Reads what concerns the connection from the header of a TCP segment.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_TCP_SEGMENT_H
#define IPMON_TCP_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "ip_packet.h"
#include "tcp_header.h"

/* Whether a sequence number is before another one, modulo 2^32 (RFC 9293 section 3.4). */
static inline bool tcp_is_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

static inline bool tcp_is_after(uint32_t a, uint32_t b)
{
    return tcp_is_before(b, a);
}

/*
 * The fields of a segment that concern its connection, and two of its IP header; numbers in host
 * byte order.
 */
struct tcp_segment {
    uint32_t sequence;
    uint32_t acknowledgment;
    uint32_t length;    /* bytes of data */
    uint32_t window;    /* as stated, not scaled */
    uint32_t sack_edge; /* highest right edge of the SACK blocks */
    uint32_t timestamp; /* TSval */
    uint32_t echo;      /* TSecr; 0: none */
    uint8_t flags;      /* enum tcp_flag and others */
    uint8_t window_scale;
    bool has_sack;
    bool has_scale;
    bool has_timestamp;
    uint8_t time_to_live;    /* or hop limit */
    uint16_t identification; /* IPv4; 0 for IPv6 */
};

/*
 * Reads the segment in a decoded packet. False when it carries none, or none of which the flags
 * were captured; a window that was not captured is 0.
 */
bool tcp_segment_read(struct tcp_segment *segment, const struct ip_packet *packet);

/*
 * The same for the most common packet, at little cost: IPv4 without options and not fragmented, or
 * IPv6 without extension headers, captured whole, with right checksums or a partial one of TCP.
 * bytes: from the IP header on. False: any other packet.
 */
bool tcp_segment_read_plain(struct tcp_segment *segment, const uint8_t *bytes, uint32_t captured);

/* The sequence number behind the segment: SYN and FIN take one each (RFC 9293 section 3.4). */
static inline uint32_t tcp_segment_end(const struct tcp_segment *segment)
{
    return segment->sequence + segment->length + ((segment->flags & TCP_FLAG_SYN) != 0) +
           ((segment->flags & TCP_FLAG_FIN) != 0);
}

/*
 * The flags (enum tcp_flag and others) of the segment in a decoded packet; 0 when it carries none,
 * or none of which that much was captured.
 */
static inline uint8_t tcp_segment_flags(const struct ip_packet *packet)
{
    if (packet->protocol != IP_PROTOCOL_TCP || packet->later_fragment ||
        packet->payload_captured <= TCP_FLAGS_FIELD)
        return 0;
    return packet->bytes[packet->payload_offset + TCP_FLAGS_FIELD];
}

#endif
