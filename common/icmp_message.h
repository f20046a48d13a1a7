/*
 * ICMP and ICMPv6 messages, with neighbour discovery and MLD, as they are on the wire: types, codes
 * and where the fields are. Lengths and offsets are bytes from the start of the message.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_ICMP_MESSAGE_H
#define IPMON_ICMP_MESSAGE_H

/* RFC 792, RFC 4443 section 2.1. */
enum {
    ICMP_HEADER_LENGTH = 8, /* with four bytes of the type's own; an error quotes a packet behind */
    ICMP_TYPE_FIELD = 0,
    ICMP_CODE_FIELD = 1,
    ICMP_CHECKSUM_FIELD = 2,
    ICMP_QUOTED_DATA = 8, /* of the quoted packet behind its header at least, RFC 792 */

    ICMP_GATEWAY_FIELD = 4,        /* of a redirect: an IPv4 address */
    ICMP_MTU_FIELD = 6,            /* 16 bits, RFC 1191 section 4 */
    ICMPV6_MTU_FIELD = 4,          /* 32 bits, RFC 4443 section 3.2 */
    ICMP_QUOTE_LENGTH_FIELD = 5,   /* in units of 4 bytes, RFC 4884 section 4.1 */
    ICMPV6_QUOTE_LENGTH_FIELD = 4, /* in units of 8 bytes, RFC 4884 section 4.2 */
    ICMP_QUOTE_LENGTH_UNIT = 4,
    ICMPV6_QUOTE_LENGTH_UNIT = 8,

    ICMP_EXTENSION_HEADER = 4, /* RFC 4884 section 7 */
    ICMP_EXTENSION_CHECKSUM_FIELD = 2,
    ICMP_EXTENSION_VERSION = 0x2000, /* the first 16 bits: version 2 */
};

/* IANA "ICMP Type Numbers". */
enum icmp_type {
    ICMP_TYPE_ECHO_REPLY = 0,           /* RFC 792 */
    ICMP_TYPE_UNREACHABLE = 3,          /* RFC 792 */
    ICMP_TYPE_SOURCE_QUENCH = 4,        /* RFC 792; deprecated, RFC 6633 */
    ICMP_TYPE_REDIRECT = 5,             /* RFC 792 */
    ICMP_TYPE_ALTERNATE_HOST = 6,       /* deprecated, RFC 6918 */
    ICMP_TYPE_ECHO = 8,                 /* RFC 792 */
    ICMP_TYPE_ROUTER_ADVERTISEMENT = 9, /* RFC 1256 */
    ICMP_TYPE_ROUTER_SOLICITATION = 10, /* RFC 1256 */
    ICMP_TYPE_TIME_EXCEEDED = 11,       /* RFC 792 */
    ICMP_TYPE_PARAMETER_PROBLEM = 12,   /* RFC 792 */
    ICMP_TYPE_TIMESTAMP = 13,           /* RFC 792 */
    ICMP_TYPE_TIMESTAMP_REPLY = 14,     /* RFC 792 */
    ICMP_TYPE_INFORMATION_REQUEST = 15, /* RFC 792; deprecated, as those up to 18, RFC 6918 */
    ICMP_TYPE_INFORMATION_REPLY = 16,
    ICMP_TYPE_MASK_REQUEST = 17, /* RFC 950 */
    ICMP_TYPE_MASK_REPLY = 18,
    ICMP_TYPE_TRACEROUTE = 30,       /* RFC 1393; deprecated, as those up to 39, RFC 6918 */
    ICMP_TYPE_CONVERSION_ERROR = 31, /* RFC 1475 */
    ICMP_TYPE_MOBILE_REDIRECT = 32,
    ICMP_TYPE_WHERE_ARE_YOU = 33,
    ICMP_TYPE_I_AM_HERE = 34,
    ICMP_TYPE_MOBILE_REQUEST = 35,
    ICMP_TYPE_MOBILE_REPLY = 36,
    ICMP_TYPE_DOMAIN_REQUEST = 37, /* RFC 1788 */
    ICMP_TYPE_DOMAIN_REPLY = 38,
    ICMP_TYPE_SKIP = 39,
    ICMP_TYPE_PHOTURIS = 40,            /* RFC 2521 */
    ICMP_TYPE_MOBILITY = 41,            /* experimental, RFC 4065 */
    ICMP_TYPE_EXTENDED_ECHO = 42,       /* RFC 8335 */
    ICMP_TYPE_EXTENDED_ECHO_REPLY = 43, /* RFC 8335 */
};

/* Codes of ICMP_TYPE_UNREACHABLE: RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1. */
enum icmp_unreachable_code {
    ICMP_CODE_NETWORK_UNREACHABLE = 0,
    ICMP_CODE_HOST_UNREACHABLE = 1,
    ICMP_CODE_PROTOCOL_UNREACHABLE = 2,
    ICMP_CODE_PORT_UNREACHABLE = 3,
    ICMP_CODE_FRAGMENTATION_NEEDED = 4,
    ICMP_CODE_SOURCE_ROUTE_FAILED = 5,
    ICMP_CODE_NETWORK_UNKNOWN = 6,
    ICMP_CODE_HOST_UNKNOWN = 7,
    ICMP_CODE_SOURCE_ISOLATED = 8,
    ICMP_CODE_NETWORK_PROHIBITED = 9,
    ICMP_CODE_HOST_PROHIBITED = 10,
    ICMP_CODE_NETWORK_UNREACHABLE_FOR_TOS = 11,
    ICMP_CODE_HOST_UNREACHABLE_FOR_TOS = 12,
    ICMP_CODE_PROHIBITED = 13,
    ICMP_CODE_PRECEDENCE_VIOLATION = 14,
    ICMP_CODE_PRECEDENCE_CUTOFF = 15,
};

/* Codes of ICMP_TYPE_TIME_EXCEEDED (RFC 792) and ICMPV6_TYPE_TIME_EXCEEDED (RFC 4443). */
enum icmp_time_exceeded_code {
    ICMP_CODE_IN_TRANSIT = 0,
    ICMP_CODE_IN_REASSEMBLY = 1,
};

/* IANA "ICMPv6 Parameters". Types below ICMPV6_TYPE_ERROR_END are errors, RFC 4443 section 2.1. */
enum icmpv6_type {
    ICMPV6_TYPE_UNREACHABLE = 1,       /* RFC 4443 */
    ICMPV6_TYPE_PACKET_TOO_BIG = 2,    /* RFC 4443 */
    ICMPV6_TYPE_TIME_EXCEEDED = 3,     /* RFC 4443 */
    ICMPV6_TYPE_PARAMETER_PROBLEM = 4, /* RFC 4443 */
    ICMPV6_TYPE_ERROR_END = 128,
    ICMPV6_TYPE_ECHO = 128,                /* RFC 4443 */
    ICMPV6_TYPE_ECHO_REPLY = 129,          /* RFC 4443 */
    ICMPV6_TYPE_MLD_QUERY = 130,           /* RFC 2710, RFC 3810 */
    ICMPV6_TYPE_MLD_REPORT = 131,          /* RFC 2710 */
    ICMPV6_TYPE_MLD_DONE = 132,            /* RFC 2710 */
    ICMPV6_TYPE_ROUTER_SOLICITATION = 133, /* RFC 4861, as those up to 137 */
    ICMPV6_TYPE_ROUTER_ADVERTISEMENT = 134,
    ICMPV6_TYPE_NEIGHBOUR_SOLICITATION = 135,
    ICMPV6_TYPE_NEIGHBOUR_ADVERTISEMENT = 136,
    ICMPV6_TYPE_REDIRECT = 137,
    ICMPV6_TYPE_RENUMBERING = 138, /* RFC 2894 */
    ICMPV6_TYPE_NODE_QUERY = 139,  /* RFC 4620 */
    ICMPV6_TYPE_NODE_RESPONSE = 140,
    ICMPV6_TYPE_INVERSE_SOLICITATION = 141, /* RFC 3122 */
    ICMPV6_TYPE_INVERSE_ADVERTISEMENT = 142,
    ICMPV6_TYPE_MLD_V2_REPORT = 143,      /* RFC 3810 */
    ICMPV6_TYPE_HOME_AGENT_REQUEST = 144, /* RFC 6275, as those up to 147 */
    ICMPV6_TYPE_HOME_AGENT_REPLY = 145,
    ICMPV6_TYPE_MOBILE_PREFIX_SOLICITATION = 146,
    ICMPV6_TYPE_MOBILE_PREFIX_ADVERTISEMENT = 147,
    ICMPV6_TYPE_CERTIFICATION_SOLICITATION = 148, /* RFC 3971 */
    ICMPV6_TYPE_CERTIFICATION_ADVERTISEMENT = 149,
    ICMPV6_TYPE_MOBILITY = 150,                       /* experimental, RFC 4065 */
    ICMPV6_TYPE_MULTICAST_ROUTER_ADVERTISEMENT = 151, /* RFC 4286, as those up to 153 */
    ICMPV6_TYPE_MULTICAST_ROUTER_SOLICITATION = 152,
    ICMPV6_TYPE_MULTICAST_ROUTER_TERMINATION = 153,
    ICMPV6_TYPE_FAST_HANDOVER = 154,     /* RFC 5568 */
    ICMPV6_TYPE_RPL = 155,               /* RFC 6550 */
    ICMPV6_TYPE_LOCATOR_UPDATE = 156,    /* RFC 6743 */
    ICMPV6_TYPE_DUPLICATE_REQUEST = 157, /* RFC 6775 */
    ICMPV6_TYPE_DUPLICATE_CONFIRMATION = 158,
    ICMPV6_TYPE_MPL = 159,                 /* RFC 7731 */
    ICMPV6_TYPE_EXTENDED_ECHO = 160,       /* RFC 8335 */
    ICMPV6_TYPE_EXTENDED_ECHO_REPLY = 161, /* RFC 8335 */
};

/* Codes of ICMPV6_TYPE_UNREACHABLE, RFC 4443 section 3.1. */
enum icmpv6_unreachable_code {
    ICMPV6_CODE_NO_ROUTE = 0,
    ICMPV6_CODE_PROHIBITED = 1,
    ICMPV6_CODE_BEYOND_SCOPE = 2,
    ICMPV6_CODE_ADDRESS_UNREACHABLE = 3,
    ICMPV6_CODE_PORT_UNREACHABLE = 4,
    ICMPV6_CODE_SOURCE_POLICY = 5,
    ICMPV6_CODE_REJECT_ROUTE = 6,
};

/* Neighbour discovery, RFC 4861 section 4. */
enum {
    NEIGHBOUR_HOP_LIMIT = 255,
    NEIGHBOUR_TARGET_FIELD = 8,       /* of solicitations, advertisements and redirects */
    NEIGHBOUR_REDIRECTED_FIELD = 24,  /* of redirects: the destination address */
    ROUTER_ADVERTISEMENT_LENGTH = 16, /* without options, as those below */
    NEIGHBOUR_SOLICITATION_LENGTH = 24,
    NEIGHBOUR_ADVERTISEMENT_LENGTH = 24,
    NEIGHBOUR_REDIRECT_LENGTH = 40,
};

/* Multicast listener discovery, RFC 2710 section 3, RFC 3810 section 5. */
enum {
    MLD_HOP_LIMIT = 1,
    MLD_V1_LENGTH = 24,           /* also of a version 2 query without its own fields */
    MLD_QUERY_SOURCES_FIELD = 26, /* 16 bits: number of addresses behind, when long enough */
    MLD_REPORT_RECORDS_FIELD = 6, /* 16 bits: number of records behind the header */
    MLD_RECORD_HEADER = 20,       /* of a record, with the multicast address */
    MULTICAST_ROUTER_LENGTH = 4,  /* of solicitations and terminations, RFC 4286, also of IGMP */
};

#endif
