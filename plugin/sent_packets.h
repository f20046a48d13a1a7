/*
 * The packets that were sent last, in the order of the file, so that the one that an ICMP error
 * quotes is found. It is used only when frames are dissected for the first time, and its memory, of
 * wmem_file_scope(), is bounded: a flood of packets replaces older ones.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_SENT_PACKETS_H
#define IPMON_SENT_PACKETS_H

#include <stdbool.h>

#include <wireshark.h>
#include <epan/packet.h>

#include "header_place.h"
#include "packet_identity.h"
#include "tcp_segment.h"

enum {
    SENT_PACKETS_MAX = 1 << 19,      /* packets that are kept of all conversations */
    SENT_PACKETS_OF_CONVERSATION = 8 /* of one direction of a conversation that are searched */
};

/* A packet that was found. */
struct sent_packet {
    guint32 frame;
    uint8_t layer;        /* of its header in the frame */
    uint8_t time_to_live; /* as captured */
};

/* To be called once, while the protocol is registered. */
void sent_packets_register(void);

/* To be called for each frame first. A frame that a read filter (-R) dropped is forgotten. */
void sent_packets_begin_frame(guint32 frame);

/*
 * Whether a read filter dropped frames, so that their numbers were given to others. Then a number
 * that was kept elsewhere may be that of another frame.
 */
bool sent_packets_are_renumbered(void);

/* Adds a decoded packet of any protocol but TCP. ICMP errors, about which there are no errors, and
   packets of which too little was captured are left out. */
void sent_packets_add(const packet_info *pinfo, const struct header_place *place);

/*
 * The same at little cost for UDP whose IP header is the only one of the frame; see
 * packet_identity_read_plain. False: it has to be decoded.
 */
bool sent_packets_add_plain(const packet_info *pinfo, const uint8_t *header, uint32_t captured);

/* Adds a TCP segment. conversation: a hash of its connection and direction. */
void sent_packets_add_segment(const packet_info *pinfo, uint32_t conversation, unsigned layer,
                              const struct tcp_segment *segment);

/*
 * Finds a segment by what an ICMP error quotes: of those that match the newest with the same IPv4
 * identification, otherwise the newest.
 */
bool sent_packets_find_segment(struct sent_packet *found, const packet_info *pinfo,
                               uint32_t conversation, const struct packet_identity *quoted);

/* The same for a decoded quote of any other protocol. place: of the ICMP error. */
bool sent_packets_find(struct sent_packet *found, const packet_info *pinfo,
                       const struct header_place *place, const struct ip_packet *quote);

/* Finds the last packet from the destination of a packet to its source, of the same ports. */
bool sent_packets_find_last(struct sent_packet *found, const packet_info *pinfo,
                            const struct header_place *place);

#endif
