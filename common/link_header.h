/*
 * Link headers of a frame: where the IP header behind them begins, which version they announce, and
 * what they say of the frame. Only headers that carry IP as such: Ethernet with tags, Linux's
 * cooked captures, BSD's loopback, PPP, and none. Sources: https://www.tcpdump.org/linktypes.html,
 * IEEE 802.3, 802.1Q, RFC 1661, RFC 1662.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_LINK_HEADER_H
#define IPMON_LINK_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "frame_passage.h"

/* LINKTYPE_* of files. */
enum link_type {
    LINK_TYPE_NULL = 0, /* loopback of BSD, macOS and Npcap; host byte order */
    LINK_TYPE_ETHERNET = 1,
    LINK_TYPE_PPP = 9,
    LINK_TYPE_PPP_HDLC = 50, /* the same in files */
    LINK_TYPE_RAW = 101,     /* an IP header, by its version nibble */
    LINK_TYPE_LOOP = 108,    /* as LINK_TYPE_NULL, network byte order */
    LINK_TYPE_SLL = 113,     /* Linux's cooked captures */
    LINK_TYPE_PPP_PPPD = 166,
    LINK_TYPE_IPV4 = 228,
    LINK_TYPE_IPV6 = 229,
    LINK_TYPE_SLL2 = 276,
};

/* What the headers in front of an IP header say. */
struct link_header {
    uint32_t length; /* bytes in front of the IP header */
    /*
     * The IP version that they announce, 4 or 6; 0: none. A header of another version is no packet
     * (ip_packet_refuse_version).
     */
    uint8_t announced_version;
    struct frame_passage passage;
    enum network_known loopback; /* whether the interface is one */
    bool checksum_never_filled;  /* senders on such a link leave the IPv4 header checksum out */
    bool has_trailer; /* bytes behind the packet belong to the frame; otherwise to no packet */
};

/* Whether link_header_read knows a link type (enum link_type). */
bool link_type_is_known(uint16_t link_type);

/*
 * Reads the link headers of a frame of a link type that is known. captured: bytes readable at
 * `bytes`. False when no IP header follows: the frame carries something else, or is cut.
 */
bool link_header_read(struct link_header *header, uint16_t link_type, const uint8_t *bytes,
                      uint32_t captured);

#endif
