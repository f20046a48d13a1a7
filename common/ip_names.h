/*
 * Names for what an IP header states, as Wireshark and both halves of ipmon show them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_IP_NAMES_H
#define IPMON_IP_NAMES_H

#include <stddef.h>

#include "ip_checksum.h"
#include "ip_packet.h"

enum {
    IP_FLAGS_RESERVED = 4, /* bits of ip_flags: the order of the header's, RFC 791 section 3.1 */
    IP_FLAGS_DONT_FRAGMENT = 2,
    IP_FLAGS_MORE_FRAGMENTS = 1,
    IP_FLAGS_VALUES = 8,

    TOS_TITLE_SIZE = 96, /* bytes of the longest ip_tos_title with its NUL */
};

/* The name of a protocol in Wireshark's table, which follows IANA's; "Unassigned" without one. */
const char *ip_protocol_name(uint8_t protocol);

/* The three flags of a decoded header as a number from 0 to 7; IPv6 has only "more fragments". */
static inline uint8_t ip_flags(const struct ip_packet *packet)
{
    return (uint8_t)((packet->reserved_flag ? IP_FLAGS_RESERVED : 0) |
                     (packet->dont_fragment ? IP_FLAGS_DONT_FRAGMENT : 0) |
                     (packet->more_fragments ? IP_FLAGS_MORE_FRAGMENTS : 0));
}

/* The names of the flags that are set, "Don't Fragment, More Fragments"; "None". */
const char *ip_flags_name(uint8_t flags);

/* "Good", "Bad", "Unverified", "Offloaded". */
const char *ip_checksum_status_name(enum ip_checksum_status status);

/*
 * Row number `index` of the fields that every header has: what a header lacks of them is missing
 * (`extent` tells why). NULL after the last row.
 */
struct ip_field_name {
    enum ip_field field;
    const char *name;
};
const struct ip_field_name *ip_field_name_at(size_t index);

/* Why fields are missing: "not captured"; NULL for a whole header. */
const char *ip_extent_reason(enum ip_header_extent extent);

/* "echo request" for a type of ICMP or, when version is 6, of ICMPv6; NULL: it has no name here. */
const char *icmp_type_name(uint8_t version, uint8_t type);

/*
 * The TOS byte in words: DSCP and precedence, "EF (CRITIC/ECP)". The class selectors are the
 * precedences (RFC 2474 section 4.2.2) and Default is Routine: then it is the precedence alone. A
 * value without a name was probably set as the TOS of RFC 791: "DSCP 4 (Routine, low delay)".
 */
void ip_tos_title(char text[TOS_TITLE_SIZE], uint8_t tos);

#endif
