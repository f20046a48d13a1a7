/*
 * What joins a socket error to other packets: the packet that failed, and back, the repetitions of
 * the same error, and the traceroute that it answers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_ERROR_LINK_H
#define IPMON_ERROR_LINK_H

#include <stdbool.h>

#include <wireshark.h>
#include <epan/packet.h>

#include "header_place.h"
#include "packet_error.h"

/* To be called once, while the protocol is registered. */
void error_link_register(void);

/*
 * Adds an error that an application sees, of a frame that is dissected for the first time, once
 * connection_update was called for its header. Timeouts, which later frames show, are not added.
 */
void error_link_add(packet_info *pinfo, const struct header_place *place,
                    const struct packet_error *error);

/* The frame of the packet that failed with the error of the header; 0: it is not known. */
guint32 error_link_failed(packet_info *pinfo, const struct header_place *place);

/*
 * The frame with the error because of the header's packet; 0: there is none. Known from the second
 * pass on.
 */
guint32 error_link_answer(packet_info *pinfo, const struct header_place *place);

/*
 * How often the socket got the same error for the same reason up to this frame, if none of the
 * frames dissected so far repeats it, and at least twice; otherwise 0.
 */
guint32 error_link_count(const packet_info *pinfo, const struct packet_error *error);

/* Whether an ICMP error answers a packet of a traceroute, as far as the frames so far show. */
bool error_link_is_traceroute(const packet_info *pinfo, const struct header_place *place);

#endif
