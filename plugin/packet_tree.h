/*
 * The "IP Monitor" subtree: the packet record of one IP header.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PACKET_TREE_H
#define IPMON_PACKET_TREE_H

#include <wireshark.h>
#include <epan/packet.h>

#include "ip_packet.h"

/* An IP header within the bytes of a data source. */
struct packet_place {
    tvbuff_t *source; /* the data source's top-level tvb */
    unsigned start;   /* offset of the header in it */
    unsigned layer;   /* 0: outermost header of the frame */
};

/* Registers the record's fields under the protocol. To be called once. */
void packet_tree_register(int proto);

/* Adds the annotation of a decoded header at the root of the tree. */
void packet_tree_add(proto_tree *root, packet_info *pinfo, int proto,
                     const struct packet_place *place, const struct ip_packet *packet);

#endif
