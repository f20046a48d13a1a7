/*
 * The header of a TCP segment (RFC 9293 section 3.1): where its fields are, and its flags.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_TCP_SEGMENT_H
#define IPMON_TCP_SEGMENT_H

#include <stdint.h>

#include "ip_packet.h"

enum {
    TCP_SEGMENT_MIN = 20, /* bytes of the header without options */
    TCP_SEQUENCE_FIELD = 4,
    TCP_ACKNOWLEDGMENT_FIELD = 8,
    TCP_FLAGS_FIELD = 13,
    TCP_CHECKSUM_FIELD = 16,
    TCP_URGENT_FIELD = 18,
};

enum tcp_flag {
    TCP_FLAG_FIN = 1 << 0,
    TCP_FLAG_SYN = 1 << 1,
    TCP_FLAG_RST = 1 << 2,
    TCP_FLAG_ACK = 1 << 4,
    TCP_FLAG_URG = 1 << 5,
};

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
