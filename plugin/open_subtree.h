/*
 * Subtrees that are open in the window until the user closes one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_OPEN_SUBTREE_H
#define IPMON_OPEN_SUBTREE_H

#include <wireshark.h>
#include <epan/proto.h>

/* To be called while the protocol is registered. ett: of a registered subtree; must stay valid. */
void open_subtree(const gint *ett);

/*
 * To be called after an expert item was added to an item: Wireshark then takes the item's subtree
 * for one of expert items, which is closed. item: NULL for none. Returns the subtree.
 */
static inline proto_tree *open_subtree_again(proto_item *item, gint ett)
{
    return proto_item_add_subtree(item, ett);
}

#endif
