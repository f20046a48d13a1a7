/*
 * IGMP messages (RFC 3376 section 4, RFC 4286) as they are on the wire. Lengths and offsets are
 * bytes from the start of the message.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_IGMP_MESSAGE_H
#define IPMON_IGMP_MESSAGE_H

enum igmp_type {
    IGMP_TYPE_QUERY = 0x11,
    IGMP_TYPE_V3_REPORT = 0x22,
    IGMP_TYPE_ROUTER_SOLICITATION = 0x31, /* RFC 4286 */
    IGMP_TYPE_ROUTER_TERMINATION = 0x32,  /* RFC 4286 */
};

enum {
    IGMP_HEADER_LENGTH = 8, /* of all types but those of RFC 4286 */
    IGMP_CHECKSUM_FIELD = 2,
    IGMP_QUERY_SOURCES_FIELD = 10, /* 16 bits: number of addresses behind, when long enough */
    IGMP_REPORT_RECORDS_FIELD = 6, /* 16 bits: number of records behind the header */
    IGMP_RECORD_HEADER = 8,        /* of a record, with the group address */
};

/* Records of IGMPv3 and MLDv2 reports, RFC 3376 section 4.2.4, RFC 3810 section 5.2. */
enum {
    GROUP_RECORD_AUXILIARY_FIELD = 1, /* length of the auxiliary data, in units of 4 bytes */
    GROUP_RECORD_SOURCES_FIELD = 2,   /* 16 bits: number of addresses behind the record's header */
};

#endif
