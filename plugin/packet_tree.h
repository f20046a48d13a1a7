/*
 * The "IP Monitor" subtree: the packet record of one IP header.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PACKET_TREE_H
#define IPMON_PACKET_TREE_H

#include <wireshark.h>
#include <epan/packet.h>

#include "code_page.h"
#include "header_place.h"

/* Registers the record's fields under the protocol. To be called once. */
void packet_tree_register(int proto);

/* Sets the code page of ipmon.payload.text. To be called before the first packet. */
void packet_tree_set_code_page(const struct code_page *page);

/*
 * Adds the annotation of a decoded header at the root of the tree. remarks: the end of the title,
 * may be empty. with_fields: add the record as well. Returns the subtree, for events and errors.
 */
proto_tree *packet_tree_add(proto_tree *root, packet_info *pinfo, int proto,
                            const struct header_place *place, const char *remarks,
                            bool with_fields);

#endif
