/*
 * Neighbour discovery over several packets: solicitations of the capturing host that stay without
 * an answer (RFC 4861 section 7.2.2). All memory is of wmem_file_scope().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_NEIGHBOUR_H
#define IPMON_NEIGHBOUR_H

#include <stdbool.h>

#include <wireshark.h>
#include <epan/packet.h>

#include "header_place.h"

/* To be called once, while the protocol is registered. */
void neighbour_register(int proto);

/* Evaluates the only IP header of a frame, the first time that the frame is dissected. */
void neighbour_update(packet_info *pinfo, const struct header_place *place);

/*
 * Whether the address resolution of the capturing host failed: the frame is the last of as many
 * solicitations as a host sends, all without an answer. Known from the frame's first dissection on.
 */
bool neighbour_resolution_failed(packet_info *pinfo);

#endif
