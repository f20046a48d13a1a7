/*
 * Senders and their checksums. If all checksums of a sender are wrong, it leaves them to its
 * network card (checksum offload), and the capture was taken before the card: such a packet is
 * correct on the wire. A sender is an address and a protocol; all memory is of wmem_file_scope().
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
 * Whether the checksums of the frame's sender still have to be verified. One correct or partial
 * checksum shows that wrong ones of this sender are errors. protocol: of the innermost message.
 */
bool sender_is_unsettled(const packet_info *pinfo, uint8_t protocol);

/*
 * Verifies the checksums of a decoded header and its message, the first time a frame is dissected.
 * Returns whether the stack that receives the packet accepts it. *right_sums: in and out, whether
 * the sender is known to fill in its checksums.
 */
bool sender_update(packet_info *pinfo, const struct header_place *place, bool *right_sums);

/*
 * Whether a stack discards the packet, with all that it carries, for a wrong checksum; agrees with
 * what sender_update returned when the frame was dissected first. Always false for TCP, which
 * carries no further IP header.
 */
bool sender_is_discarded(packet_info *pinfo, const struct header_place *place);

/* Adds the sender of that address, `length` bytes, to those that fill in their checksums. */
void sender_add_right(uint8_t protocol, const uint8_t *address, size_t length);

/*
 * Whether a wrong checksum of the message is no reason to discard it, because it is offloaded: the
 * capturing host sent it, or every checksum of its sender up to this frame was wrong, at least two
 * (for a SYN, which ends no connection, one). False for what the capturing host is known to have
 * received.
 */
bool sender_offloads_checksum(packet_info *pinfo, const struct header_place *place);

/*
 * Whether the packet may have been captured before a card filled in its checksum: all checksums of
 * its sender in the frames dissected so far are wrong, and the capturing host is not known to have
 * received it.
 */
bool sender_is_always_wrong(const packet_info *pinfo, const struct header_place *place);

#endif
