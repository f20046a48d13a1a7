/*
 * How many bytes a packet had on the wire, by its own header and by what is around it, and which
 * tunnels it is in.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_HEADER_EXTENT_H
#define IPMON_HEADER_EXTENT_H

#include <wireshark.h>
#include <epan/packet_info.h>

#include "header_place.h"

/* Bytes of the data source from `start` on, captured or not. */
unsigned header_extent_rest(tvbuff_t *source, unsigned start);

/*
 * Whether the outer packet ends at `start`, so that the dissector of the next header was given no
 * bytes: the bytes there are padding or a trailer of the frame.
 */
bool header_extent_is_empty(const struct header_place *outer, tvbuff_t *source, unsigned start);

/*
 * Whether the tvb begins with an IP header of that version. An IP dissector trims its own tvb to
 * the datagram, and other bytes hardly ever fit that by chance. A header that claims more bytes
 * than there are counts if its checksum is right, one of IPv6 if it does not begin the frame.
 */
bool header_extent_fits(tvbuff_t *tvb, unsigned version);

/*
 * Decodes the packet at `start` of a data source with the length that it had on the wire. outer:
 * the header around it, NULL for the outermost.
 */
void header_extent_decode(struct ip_packet *packet, const packet_info *pinfo,
                          const struct header_place *outer, tvbuff_t *source, unsigned start);

/*
 * A number that identifies the tunnels around what a header carries, equal in both directions. It
 * is a hash of 32 bits of addresses, protocols and network identifiers.
 */
uint32_t header_extent_tunnel(const struct header_place *outer);

#endif
