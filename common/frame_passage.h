/*
 * How a frame passed the capturing host: its direction, and to whom the link layer delivered it.
 * Two sources are joined: the flags in the capture file, and the link header.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_FRAME_PASSAGE_H
#define IPMON_FRAME_PASSAGE_H

#include <stdint.h>

#include "event_context.h"

/* Bits 2 to 4 of epb_flags, draft-ietf-opsawg-pcapng section 4.3.1. */
enum frame_reception {
    FRAME_RECEPTION_UNKNOWN = 0,
    FRAME_UNICAST = 1,
    FRAME_MULTICAST = 2,
    FRAME_BROADCAST = 3,
    FRAME_PROMISCUOUS = 4,
};

/* All zero: nothing is known. */
struct frame_passage {
    enum network_known outgoing;
    enum frame_reception reception;
};

/* What the flags of a packet in a pcap-ng file (epb_flags) say. */
struct frame_passage frame_passage_of_flags(uint32_t flags);

/* Flags and link header together; nothing is known when their directions contradict each other. */
struct frame_passage frame_passage_join(struct frame_passage flags, struct frame_passage link);

/* Sets what a passage means for the frame's outermost packet. */
void frame_passage_apply(struct network_event_context *context, struct frame_passage passage);

/* Whether an interface is a loopback, by its name (NULL: it has none) alone. */
enum network_known frame_loopback_by_name(const char *name);

#endif
