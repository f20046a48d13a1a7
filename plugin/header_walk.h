/*
 * Finds the IP headers that Wireshark dissected in a frame: the outer one and each tunnelled one,
 * but not those quoted inside ICMP errors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_HEADER_WALK_H
#define IPMON_HEADER_WALK_H

#include <wireshark.h>
#include <epan/packet.h>

#include "ip_packet.h"

/* A decoded IP header and where it stands. */
struct header_place {
    tvbuff_t *source; /* the data source's top-level tvb */
    unsigned start;   /* offset of the header in it, bytes */
    unsigned layer;   /* 0: outermost header of the frame */
    /*
     * What the layer around announces, 4 or 6. A header of another version is refused: the packet
     * has nothing but its version. 0: nothing is announced.
     */
    uint8_t announced_version;
    uint32_t tunnel; /* tells apart the tunnels around the header, in both directions; 0: none */
    struct ip_packet packet;
};

typedef void (*header_visitor)(const struct header_place *place, void *data);

/* Looks up Wireshark's protocols. To be called once, at handoff. */
void header_walk_prepare(void);

/*
 * Has the headers' items made in the next trees, too, which header_walk needs. To be called for
 * each frame that has a tree.
 */
void header_walk_keep_items(packet_info *pinfo);

/*
 * Calls the visitor for each header, outermost first. `root` is the root of the protocol tree, as a
 * postdissector gets it; the visitor may add items to it.
 */
void header_walk(proto_tree *root, packet_info *pinfo, header_visitor visit, void *data);

/*
 * As header_walk, for a frame that was dissected without a tree, as for a listener on the expert
 * tap. tapped: whether to look at what dissectors told their taps, which is there while somebody
 * listens to any, and without which not every broken header is found. Not for what has to be the
 * same whoever listens.
 */
void header_walk_without_tree(packet_info *pinfo, bool tapped, header_visitor visit, void *data);

#endif
