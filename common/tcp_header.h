/*
 * The TCP header (RFC 9293 section 3.1) as it is on the wire: where its fields are, its flags, and
 * the kinds of its options. Lengths and offsets are bytes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_TCP_HEADER_H
#define IPMON_TCP_HEADER_H

#include <stdint.h>

enum {
    TCP_SEGMENT_MIN = 20, /* of the header without options */
    TCP_SEQUENCE_FIELD = 4,
    TCP_ACKNOWLEDGMENT_FIELD = 8,
    TCP_OFFSET_FIELD = 12,
    TCP_FLAGS_FIELD = 13,
    TCP_WINDOW_FIELD = 14,
    TCP_CHECKSUM_FIELD = 16,
    TCP_URGENT_FIELD = 18,
};

/* Kinds of options (IANA "TCP Option Kind Numbers"). */
enum {
    TCP_OPTION_END = 0,
    TCP_OPTION_NOP = 1,
    TCP_OPTION_MSS = 2,          /* RFC 9293 section 3.7.1 */
    TCP_OPTION_SCALE = 3,        /* RFC 7323 section 2 */
    TCP_OPTION_SACK_OK = 4,      /* RFC 2018 section 2 */
    TCP_OPTION_SACK = 5,         /* RFC 2018 section 3 */
    TCP_OPTION_TIME = 8,         /* RFC 7323 section 3 */
    TCP_OPTION_CHECKSUM = 14,    /* Alternate Checksum Request, RFC 1146 */
    TCP_OPTION_TRAILER = 18,     /* Trailer Checksum */
    TCP_OPTION_MD5 = 19,         /* RFC 2385 */
    TCP_OPTION_QUICK_START = 27, /* Quick-Start Response, RFC 4782 */
    TCP_OPTION_TIMEOUT = 28,     /* User Timeout, RFC 5482 */
    TCP_OPTION_AO = 29,          /* RFC 5925 section 2.2 */
    TCP_OPTION_MPTCP = 30,       /* RFC 8684 section 3 */
    TCP_OPTION_EXPERIMENT = 253, /* and 254, RFC 6994 */
    TCP_SCALE_MAX = 14,          /* larger ones count as this, RFC 7323 section 2.3 */
};

enum tcp_flag {
    TCP_FLAG_FIN = 1 << 0,
    TCP_FLAG_SYN = 1 << 1,
    TCP_FLAG_RST = 1 << 2,
    TCP_FLAG_ACK = 1 << 4,
    TCP_FLAG_URG = 1 << 5,
};

/* The header's length as it states it: 0 to 60, also below the minimum. */
static inline uint32_t tcp_header_length(const uint8_t *header)
{
    return (header[TCP_OFFSET_FIELD] >> 4) * 4U;
}

#endif
