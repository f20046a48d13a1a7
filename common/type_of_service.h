/*
 * Names for the parts of the TOS byte, by RFC 791 and by RFC 2474 and RFC 3168.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_TYPE_OF_SERVICE_H
#define IPMON_TYPE_OF_SERVICE_H

#include <stdint.h>

/* RFC 791 section 3.1: precedence is the upper three bits, then one bit each. */
enum {
    TOS_PRECEDENCE_MASK = 0xE0,
    TOS_DELAY_MASK = 0x10,
    TOS_THROUGHPUT_MASK = 0x08,
    TOS_RELIABILITY_MASK = 0x04,
    TOS_DSCP_MASK = 0xFC, /* RFC 2474 section 3 */
    TOS_ECN_MASK = 0x03,  /* RFC 3168 section 5 */
    TOS_PRECEDENCE_SHIFT = 5,
    TOS_DSCP_SHIFT = 2,
    TOS_PRECEDENCES = 8,
    TOS_DSCPS = 64,
    TOS_ECNS = 4,
};

/* The name of a precedence 0..7 (RFC 791 section 3.1); higher bits of the argument are ignored. */
const char *tos_precedence_name(uint8_t precedence);

/*
 * The name of a DSCP 0..63 in IANA's registry, "EF", or NULL when it has none for it
 * (RFC 2474, 2597, 3246, 5865, 8622). 0 is "Default".
 */
const char *tos_dscp_name(uint8_t dscp);

/* The name of an ECN codepoint 0..3 (RFC 3168 section 5); higher bits are ignored. */
const char *tos_ecn_name(uint8_t ecn);

#endif
