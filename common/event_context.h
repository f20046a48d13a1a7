/*
 * What the capture shows about a packet apart from its bytes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_EVENT_CONTEXT_H
#define IPMON_EVENT_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

/* Unknown: an event that needs it is not raised. */
enum network_known {
    NETWORK_UNKNOWN,
    NETWORK_NO,
    NETWORK_YES,
};

struct network_event_context {
    uint8_t expected_version;           /* that the layer below announces, 4 or 6; 0: unknown */
    enum network_known outgoing;        /* sent by the capturing host */
    enum network_known loopback;        /* captured on a loopback interface */
    enum network_known group_addressed; /* the frame went to a multicast or broadcast address */
    enum network_known to_this_host;    /* the frame went to the capturing host's own address */
    enum network_known given_up;        /* the last of solicitations that have no answer */
    enum network_known traceroute;      /* it answers a packet of a traceroute, see traceroute.h */
    bool header_checksum_due;           /* see ip_checksum_header */
    bool verify_checksums;              /* of TCP, UDP, ICMP, IGMP, which takes time */
};

#endif
