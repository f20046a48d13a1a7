/*
 * Finds the IP headers that Wireshark dissected in a frame with a protocol tree: the outer one and
 * each tunnelled one, but not those quoted inside ICMP errors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_HEADER_WALK_H
#define IPMON_HEADER_WALK_H

#include <wireshark.h>
#include <epan/packet.h>

#include "header_place.h"

/* References the items of the IP headers, which header_walk needs. To be called once, at handoff.
 */
void header_walk_prepare(void);

/*
 * Renews that reference, which ends with the frame's tree from Wireshark 4.6 on. To be called for
 * each frame that has a tree.
 */
void header_walk_keep_items(packet_info *pinfo);

/*
 * Calls the visitor for each header, outermost first. root: the root of the protocol tree, as a
 * postdissector gets it; the visitor may add items to it.
 */
void header_walk(proto_tree *root, packet_info *pinfo, header_visitor visit, void *data);

#endif
