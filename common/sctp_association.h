/*
 * What a capture shows of one SCTP association, and which ABORT its endpoints believe. Kept like
 * the state of a TCP connection, see tcp_connection.h. Source: RFC 9260 sections 3.3, 5.1, 8.5.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_SCTP_ASSOCIATION_H
#define IPMON_SCTP_ASSOCIATION_H

#include <stdbool.h>
#include <stdint.h>

#include "connection_verdict.h"
#include "ip_packet.h"

/*
 * Set to zeros for a new pair of endpoints. An INIT where there is an association may be forged, or
 * of a host that has started again: the association stands until a COOKIE ECHO (RFC 9260 section
 * 5.2.2).
 */
struct sctp_association {
    uint32_t tags[2];     /* that each side chose for the packets it gets */
    uint32_t new_tags[2]; /* and of an INIT, with its INIT ACK, where there is an association */
    bool tagged[2];       /* the tag is known */
    bool new_tagged[2];
    bool opening[2]; /* the side sent INIT or COOKIE ECHO and waits */
    bool up;         /* established, as far as is known */
    bool dead;       /* aborted */
};

/*
 * Takes note of an SCTP packet of a side (0 or 1), decoded. Returns what an ABORT in it comes to
 * for the other side's socket, otherwise SITUATION_UNKNOWN and not likely.
 */
struct connection_verdict sctp_association_packet(struct sctp_association *association,
                                                  unsigned side, const struct ip_packet *packet);

/* Offset of the first ABORT chunk in the payload of a decoded SCTP packet; 0: there is none. */
uint32_t sctp_abort_offset(const struct ip_packet *packet);

#endif
