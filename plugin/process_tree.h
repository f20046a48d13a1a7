/*
 * The processes of a packet in Wireshark: a subtree for each in the record of the frame's outermost
 * header.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PROCESS_TREE_H
#define IPMON_PROCESS_TREE_H

#include <wireshark.h>
#include <epan/packet.h>

#include "header_place.h"
#include "process_information.h"

/* Registers the fields under the protocol. To be called once. */
void process_tree_register(int proto);

/* Adds the processes to the record of a header. */
void process_tree_add(proto_tree *tree, const struct header_place *place,
                      const struct process_list *processes);

/* All of them in one line, "from curl (pid 1234, alice), to nginx (pid 80)"; NULL: there are none.
 */
const char *process_tree_title(wmem_allocator_t *pool, const struct process_list *processes);

#endif
