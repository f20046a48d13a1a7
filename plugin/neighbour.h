/*
 * Neighbour discovery over several packets: which solicitations of the capturing host nobody
 * answered (RFC 4861 section 7.2.2). Memory is that of the capture file.
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

/* Looks at the only IP header of a frame, the first time that the frame is dissected. */
void neighbour_gather(packet_info *pinfo, const struct header_place *place);

/*
 * Whether the frame has the last of as many solicitations in a row as a host sends before it gives
 * up, all without an answer. Known from the frame's first dissection on.
 */
bool neighbour_was_given_up(packet_info *pinfo);

#endif
