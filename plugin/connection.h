/*
 * The state of TCP connections and SCTP associations, as far as it decides what a packet means to
 * an application. It is updated in the first pass over the file; verdicts on frames are kept, and
 * hold in later passes in any order. All memory is of wmem_file_scope().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CONNECTION_H
#define IPMON_CONNECTION_H

#include <wireshark.h>
#include <epan/packet.h>

#include "header_place.h"
#include "packet_error.h"

/* To be called once, while the protocol is registered. */
void connection_register(void);

/* Sets whether the first FIN of each direction is reported as the end of a stream. */
void connection_report_end_of_stream(bool report);

/*
 * Updates the state by a decoded header of any protocol, the first time that its frame is
 * dissected. The header must be one that sender_update accepts; for TCP, this function calls it.
 */
void connection_update(packet_info *pinfo, const struct header_place *place);

/*
 * The same at little cost for the commonest TCP packet (see tcp_segment_read_plain) whose IP header
 * is the only one of the frame. header: `captured` bytes, see struct plain_header. False for
 * any other packet, which changes nothing and has to be decoded.
 */
bool connection_update_plain(packet_info *pinfo, const uint8_t *header, uint32_t captured);

/*
 * The frame of the segment that has no answer, if the header has the last of its retransmissions;
 * 0: it has none, or that segment was not captured.
 */
guint32 connection_unanswered(const packet_info *pinfo, const struct header_place *place);

/*
 * The frame of the last retransmission, if the header has the segment that has no answer in the
 * frames dissected so far; otherwise 0.
 */
guint32 connection_timeout_frame(const packet_info *pinfo, const struct header_place *place);

/* What is known, beside its bytes, of a decoded packet that may carry an error. */
struct packet_error_context connection_error_context(packet_info *pinfo,
                                                     const struct header_place *place);

#endif
