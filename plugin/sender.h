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

#include "header_walk.h"

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
 * Whether a wrong checksum of the message is no reason to discard it: the capturing host sent it,
 * or every checksum of its sender and protocol so far was wrong, at least two (of a SYN, which ends
 * nothing, one), and the frame is not known to have come in.
 */
bool sender_leaves_sums(packet_info *pinfo, const struct header_place *place);

/* Whether all checksums of the header's sender and protocol that are known by now are wrong. */
bool sender_is_always_wrong(const struct header_place *place);

#endif
