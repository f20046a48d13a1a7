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

#include "packet_error.h"

/* Looks up Wireshark's protocols. To be called once, at handoff. */
void connection_prepare(void);

/* Whether the first FIN of each direction is to be told as the end of a stream. */
void connection_tell_end_of_stream(bool tell);

/* Takes note of a frame's segment, if it is one that matters. To be called for every frame. */
void connection_gather(packet_info *pinfo);

/* In what situation the segment of a decoded packet of the frame was sent. */
enum tcp_situation connection_situation(packet_info *pinfo, const struct ip_packet *packet);

#endif
