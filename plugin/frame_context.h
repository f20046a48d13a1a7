/*
 * What a capture file says of a frame beside its IP headers: direction, reception, loopback. All of
 * it comes from the frame's record and its outermost link header, never from a header in a tunnel.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_FRAME_CONTEXT_H
#define IPMON_FRAME_CONTEXT_H

#include <stdbool.h>

#include <wireshark.h>
#include <epan/packet_info.h>

#include "header_walk.h"
#include "network_event.h"

/* Looks up Wireshark's protocols. To be called once, at handoff. */
void frame_context_prepare(void);

struct frame_context {
    /*
     * Whether the capturing host sent the frame: by the packet flags of the file (epb_flags) and by
     * the link header, where it has a direction. Unknown when the two contradict each other.
     */
    enum network_known outgoing;
    enum network_known group_addressed; /* it went to a multicast or broadcast address */
    enum network_known to_this_host;    /* received under the host's own unicast address */
    enum network_known loopback;        /* captured on a loopback interface */
};

struct frame_context frame_context_of(const packet_info *pinfo);

/* The first member alone. */
enum network_known frame_outgoing(const packet_info *pinfo);

/*
 * Whether an IPv4 header whose checksum field is 0 must have one: it is the outermost, is known to
 * have been received, and its link is none of those whose sender never fills it in (BSD, Npcap
 * loopback).
 */
bool frame_header_checksum_due(const packet_info *pinfo, const struct header_place *place);

#endif
