/*
 * Subtrees that are open in the window until the user closes one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_OPEN_SUBTREE_H
#define IPMON_OPEN_SUBTREE_H

#include <wireshark.h>

/* To be called while the protocol is registered. ett: of a registered subtree; must stay valid. */
void open_subtree(const gint *ett);

#endif
