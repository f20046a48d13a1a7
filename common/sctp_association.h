/*
 * Follows one SCTP association in a capture, and decides which ABORT its endpoints accept. The
 * state is the caller's, one for each pair of endpoints. Source: RFC 9260 sections 3.3, 5.1, 8.5.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_SCTP_ASSOCIATION_H
#define IPMON_SCTP_ASSOCIATION_H

#include <stdbool.h>
#include <stdint.h>

#include "connection_outcome.h"
#include "connection_verdict.h"
#include "ip_packet.h"

/*
 * All zeros: a new pair of endpoints. An INIT for an association that exists may be forged, or come
 * from a host that has restarted: the association continues until a COOKIE ECHO (RFC 9260 section
 * 5.2.2). Each pair of members is one value for each side.
 */
struct sctp_association {
    uint32_t tags[2];     /* verification tags: that of the packets to each side; with `tagged` */
    uint32_t new_tags[2]; /* the same of a pending INIT and its INIT ACK; with `new_tagged` */
    bool tagged[2];       /* the member of `tags` is valid */
    bool new_tagged[2];   /* the member of `new_tags` is valid */
    bool opening[2];      /* the side sent INIT or COOKIE ECHO, which is unanswered */
    bool up;              /* established, as far as the capture shows */
    bool dead;            /* aborted; with `ended` and `ended_by` */
    bool shut;            /* shut down by both sides; an ABORT after that ends nothing */
    uint8_t ended;        /* enum connection_situation in which the ABORT found its receiver */
    uint8_t ended_by;     /* the side that sent the ABORT */
};

/*
 * Updates the state by a decoded SCTP packet of a side (0 or 1). Returns the verdict on an ABORT in
 * it for the peer's socket, otherwise SITUATION_UNKNOWN and not likely.
 */
struct connection_verdict sctp_association_packet(struct sctp_association *association,
                                                  unsigned side, const struct ip_packet *packet);

/* What has become of the association so far. Which side opened it is not known. */
struct connection_outcome sctp_outcome(const struct sctp_association *association);

/* Offset of the first ABORT chunk in the payload of a decoded SCTP packet; 0: there is none. */
uint32_t sctp_abort_offset(const struct ip_packet *packet);

#endif
