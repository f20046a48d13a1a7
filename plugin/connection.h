/*
 * What went before on TCP connections and SCTP associations, as far as it decides what a packet
 * means to an application. It is gathered on the first pass over the file and stands for every
 * later look at a packet, in any order. Memory is that of the capture file.
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
 * Takes note of a decoded header of any protocol, the first time that its frame is dissected. Of
 * TCP it calls sender_gather by itself, others are only to be given when that says so.
 */
void connection_gather(packet_info *pinfo, const struct header_place *place);

/*
 * The same at little cost for the commonest TCP packet (see tcp_segment_read_plain), whose IP
 * header is the only one of the frame. False when it is another: then it has to be decoded.
 */
bool connection_gather_plain(packet_info *pinfo, const uint8_t *header, uint32_t captured);

/* What is known, beside its bytes, of a decoded packet of the frame that may carry an error. */
struct packet_error_context connection_error_context(packet_info *pinfo,
                                                     const struct header_place *place);

#endif
