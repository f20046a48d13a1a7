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

#include "connection_life.h"
#include "header_place.h"
#include "packet_error.h"
#include "sctp_association.h"

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

/* Notes who reported an error that a packet carries for the socket of a TCP connection. */
void connection_note_reporter(const packet_info *pinfo, const struct header_place *place,
                              const struct packet_error *error);

/* A connection in the table; addresses and ports are of its sides. Valid until the file is closed.
 */
struct connection_view {
    const struct connection_life *life;
    const struct tcp_connection *tcp;    /* NULL: it is not TCP */
    const struct sctp_association *sctp; /* NULL: it is not SCTP */
    uint8_t protocol;
    uint8_t version; /* of the addresses, 4 or 6 */
    const uint8_t *addresses[2];
    uint16_t ports[2]; /* host byte order */
};

/*
 * The connection of a TCP or SCTP packet, or of the TCP segment that an ICMP error is about. False
 * when there is none.
 */
bool connection_find(struct connection_view *view, const packet_info *pinfo,
                     const struct header_place *place);

#endif
