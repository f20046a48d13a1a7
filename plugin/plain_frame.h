/*
 * Finds in little time the IP header of what most frames are: one right behind the link header, and
 * nothing around or inside it. A walk over what Wireshark dissected is for all others.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PLAIN_FRAME_H
#define IPMON_PLAIN_FRAME_H

#include "header_walk.h"

/*
 * Where an IP header begins right behind the frame's link header, as far as the link header tells;
 * -1: elsewhere, or not known.
 */
int plain_frame_offset(const packet_info *pinfo);

/*
 * Whether the frame has one IP header, right behind the link header, that was the last which
 * Wireshark dissected, so that there is no tunnel and no quote, and behind it a message of that
 * protocol. *start: the header's offset in the frame. False: anything else, for which
 * header_walk_without_tree serves.
 */
bool plain_frame_find(const packet_info *pinfo, uint8_t protocol, unsigned *start);

/* The bytes of the header that plain_frame_find found; *captured: how many there are. */
const uint8_t *plain_frame_bytes(const packet_info *pinfo, unsigned start, uint32_t *captured);

/* Decodes the header that plain_frame_find found. */
void plain_frame_decode(const packet_info *pinfo, unsigned start, struct header_place *place);

#endif
