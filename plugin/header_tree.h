/*
 * The subtree "IP Header": the fields of one IP header, with its layer and timestamp.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_HEADER_TREE_H
#define IPMON_HEADER_TREE_H

#include <wireshark.h>
#include <epan/packet.h>

#include "demand.h"
#include "header_place.h"
#include "packet_title.h"

/* Registers the fields under the protocol. To be called once. */
void header_tree_register(int proto);

/*
 * Adds the header to the tree, with the fields that are wanted. Returns the item of the subtree.
 * *endpoints: the addresses as text, always in a visible tree, otherwise if their fields are
 * wanted.
 */
proto_item *header_tree_add(proto_tree *tree, packet_info *pinfo, const struct header_place *place,
                            const struct demand *demand, struct packet_endpoints *endpoints);

#endif
