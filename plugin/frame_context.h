/*
 * What a capture file states about a frame beside the bytes of its packets: direction, reception,
 * loopback, and the IP version that a layer announces. Direction, reception and loopback come from
 * the frame's record and its outermost link header, never from a header in a tunnel.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_FRAME_CONTEXT_H
#define IPMON_FRAME_CONTEXT_H

#include <stdbool.h>

#include <wireshark.h>
#include <epan/packet_info.h>

#include "header_place.h"
#include "network_event.h"

/*
 * Whether the capturing host sent the frame: by the packet flags of the file (epb_flags) and by the
 * link header, if it has a direction. Unknown when the two contradict each other.
 */
enum network_known frame_outgoing(const packet_info *pinfo);

/*
 * What is stated about a header of the frame. Direction and reception hold for the outermost
 * header, a loopback interface for all. What earlier frames show (given_up) is left out.
 */
struct network_event_context frame_context_of(const packet_info *pinfo,
                                              const struct header_place *place);

/*
 * Whether an IPv4 header whose checksum field is 0 must have a checksum: it is the outermost, the
 * capturing host is known to have received it, and its link is none of those whose senders never
 * fill it in (BSD and Npcap loopback).
 */
bool frame_header_checksum_due(const packet_info *pinfo, const struct header_place *place);

#endif
