/*
 * Whether somebody looks at expert items: a display filter or field, or a listener on their tap
 * such as `-z expert` and the Expert Information window, which ask for no tree.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_DEMAND_H
#define IPMON_DEMAND_H

#include <stdbool.h>

#include <wireshark.h>
#include <epan/expert.h>
#include <epan/proto.h>

/* Takes note of a registered expert item of ours, which can be filtered by its own name. */
void expert_demand_add(const expert_field *field);

/* Whether somebody listens to the tap of expert items. */
bool expert_is_listened_to(void);

/*
 * Whether expert items added to the tree would be seen. ours: fields of our protocol are looked at,
 * of which one may be that of an item.
 */
bool expert_is_wanted(proto_tree *tree, bool ours);

#endif
