/*
 * Senders and their checksums. One whose every checksum is wrong leaves them to its network card,
 * and the capture was taken in front of the card: such a packet is right on the wire. Memory is
 * that of the capture file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_SENDER_H
#define IPMON_SENDER_H

#include <stdbool.h>

#include <wireshark.h>
#include <epan/packet.h>

#include "header_place.h"

/* To be called once, while the protocol is registered. */
void sender_register(int proto);

/*
 * Whether the checksums of the frame's sender are still to be looked at: one that is right, or
 * partial, settles that the others are meant to be right, too. protocol: of the innermost message.
 */
bool sender_is_concerned(const packet_info *pinfo, uint8_t protocol);

/*
 * Looks at the checksums of a decoded header and its message, the first time a frame is dissected.
 * Returns whether the stack that gets the packet takes it. *noted: whether it was noted before that
 * the sender fills in its checksums, or is now.
 */
bool sender_gather(packet_info *pinfo, const struct header_place *place, bool *noted);

/*
 * Whether a stack discards the packet, with all that it carries, for a wrong checksum, as
 * sender_gather found when the frame was dissected first. What TCP carries no header of a frame is.
 */
bool sender_is_discarded(packet_info *pinfo, const struct header_place *place);

/* Takes note that the sender of that address, `length` bytes, fills in its checksums. */
void sender_note_right(uint8_t protocol, const uint8_t *address, size_t length);

/*
 * Whether a wrong checksum of the message is no reason to discard it: the capturing host sent it,
 * or every checksum of its sender and protocol so far was wrong, at least two (of a SYN, which ends
 * nothing, one). Never so for what the capturing host is known to have received.
 */
bool sender_leaves_sums(packet_info *pinfo, const struct header_place *place);

/*
 * Whether the header's packet may have been captured before a card filled in its checksum: all
 * checksums of its sender and protocol that are known by now are wrong, and the capturing host is
 * not known to have received it.
 */
bool sender_is_always_wrong(const packet_info *pinfo, const struct header_place *place);

#endif
