/*
 * The "IP Monitor" subtree: the record of one IP header. In this order: its socket error, its
 * network events, the processes of the frame, the fields of the header, the payload.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PACKET_TREE_H
#define IPMON_PACKET_TREE_H

#include <wireshark.h>
#include <epan/packet.h>

#include "code_page.h"
#include "demand.h"
#include "header_place.h"
#include "packet_title.h"

/* Registers the payload's fields under the protocol. To be called once. */
void packet_tree_register(int proto);

/* Sets the code page of ipmon.payload.text. To be called before the first packet. */
void packet_tree_set_code_page(const struct code_page *page);

/* Adds the record of a decoded header at the root of the tree, without a title. Returns it. */
proto_tree *packet_tree_add(proto_tree *root, int proto, const struct header_place *place);

/* Adds the header and the payload to the record, as far as they are wanted, and sets its title. */
void packet_tree_complete(proto_tree *tree, packet_info *pinfo, const struct header_place *place,
                          const struct demand *demand, const struct packet_findings *findings);

#endif
