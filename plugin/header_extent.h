/*
 * How many bytes a packet had on the wire, by its own header and by what is around it, and in which
 * tunnels it is.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_HEADER_EXTENT_H
#define IPMON_HEADER_EXTENT_H

#include "header_walk.h"

/* The tvb of the whole frame, or NULL. */
tvbuff_t *header_extent_frame(const packet_info *pinfo);

/* Bytes of the data source from `start` on, captured or not. */
unsigned header_extent_rest(tvbuff_t *source, unsigned start);

/*
 * Whether the outer packet ends at `start` and had nothing to give to the dissector of the next
 * header: what stands there is the frame's padding or trailer.
 */
bool header_extent_is_empty(const struct header_place *outer, tvbuff_t *source, unsigned start);

/*
 * Whether an IP header of that version begins the tvb. An IP dissector trims its own tvb to the
 * datagram, which other bytes hardly fit by chance; where the header claims more than there is, its
 * checksum speaks for it, or for IPv6 that it is not the first byte of the frame.
 */
bool header_extent_fits(tvbuff_t *tvb, unsigned version);

/* Decodes the packet at `start`, as long as it was on the wire. outer: NULL for the outermost. */
void header_extent_decode(struct ip_packet *packet, const packet_info *pinfo,
                          const struct header_place *outer, tvbuff_t *source, unsigned start);

/* A number of the tunnels around what a header carries; the same in both directions. */
uint32_t header_extent_tunnel(const struct header_place *outer);

#endif
