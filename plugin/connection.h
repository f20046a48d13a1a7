/*
 * What went before on a TCP connection, as far as it decides what a segment means to an
 * application. It is gathered on the first pass over the file, from Wireshark's own analysis where
 * that has it, and stands for every later look at a packet, in any order.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CONNECTION_H
#define IPMON_CONNECTION_H

#include <wireshark.h>
#include <epan/packet.h>

#include "header_walk.h"
#include "packet_error.h"

/* Looks up Wireshark's protocols. To be called once, at handoff. */
void connection_prepare(void);

/* Whether the first FIN of each direction is to be told as the end of a stream. */
void connection_tell_end_of_stream(bool tell);

/* What of a frame matters to connections. Set to zeros before the frame's first header. */
struct connection_segment {
    uint8_t flags; /* of the TCP segment that Wireshark saw last; 0: none, or it is discarded */
    /* Whose SYN an ICMP error of the frame quotes; not known: none. */
    struct packet_error_socket refused;
};

/* Whether the frame may change the history; costs little. */
bool connection_is_concerned(const packet_info *pinfo);

/* Looks for it in a header of the frame. sender_gather comes first. */
void connection_look_at_header(struct connection_segment *segment, packet_info *pinfo,
                               const struct header_place *place);

/* Takes note of it, once all headers of the frame were looked at. */
void connection_gather(packet_info *pinfo, const struct connection_segment *segment);

/* What is known, beside its bytes, of a decoded packet of the frame that may carry an error. */
struct packet_error_context connection_error_context(packet_info *pinfo,
                                                     const struct header_place *place);

#endif
