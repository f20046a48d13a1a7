/*
 * Follows one TCP connection in a capture, and decides what its two sockets do with a reset or an
 * ICMP error. The state (tcp_state.h) is the caller's, one for each pair of endpoints. The segments
 * come in the order of the capture, without those that a stack would discard for their checksum.
 *
 * Theory of operation. A segment counts only if its receiver would accept it. For each side the
 * state has what the peer can be expected to accept: SND.NXT as the captured segments show it, the
 * acknowledgments it sent (its RCV.NXT, or less), the edges of its SACK blocks and of its window,
 * and the hole in its stream: bytes that the receiver does not have either, which its
 * acknowledgments show, or that are only missing from the capture. A segment outside the receiver's
 * window changes nothing, so that garbage cannot poison the state. A SYN for a connection that
 * exists stays pending until an answer acknowledges it (RFC 9293 section 3.10.7.4, RFC 5961 section
 * 4): only then does a new connection begin. When packets are missing, because the capture began
 * late or lost some, a verdict is likely instead of certain.
 * Sources: RFC 9293 section 3.10.7, RFC 5961 section 3.2, RFC 5927 section 4.1, RFC 7413, Linux.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_TCP_CONNECTION_H
#define IPMON_TCP_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "connection_verdict.h"
#include "tcp_outcome.h"
#include "tcp_segment.h"
#include "tcp_state.h"

/* A connection that is replaced by a new one: its unanswered retransmissions and its outcome. */
struct tcp_timeout {
    uint32_t frame;  /* number of the last one's frame; 0: there were none */
    uint32_t failed; /* of the segment that was repeated; 0: it was not captured */
    struct connection_verdict verdict;
    struct connection_outcome outcome; /* its end is CONNECTION_END_NONE when none is replaced */
};

/*
 * Updates the state by a segment of a side (0 or 1). frame: its number. time: of its capture, in
 * milliseconds. Returns the verdict for the peer's socket: SITUATION_FIRST_FIN for the first FIN of
 * a side, one of those for resets, otherwise SITUATION_UNKNOWN. *timeout: filled in when the
 * segment begins another connection.
 */
struct connection_verdict tcp_connection_segment(struct tcp_connection *connection, unsigned side,
                                                 const struct tcp_segment *segment, uint32_t frame,
                                                 uint32_t time, struct tcp_timeout *timeout);

/* A segment that an ICMP error quotes, and the effect of the error on sockets. */
struct tcp_quote {
    uint32_t sequence;
    uint8_t errno_value;  /* of Linux; 0: none */
    bool ends_connecting; /* it ends connect(): every code that Linux maps, except "too big" */
    bool ends_request;    /* it removes a half-open request: see packet_error.h */
};

/*
 * Updates the state by an ICMP error about a segment of a side. Returns the verdict for that side's
 * socket: one of the situations in which it gets an error, SITUATION_UNKNOWN when the capture shows
 * nothing else of the connection, or why no application gets the error.
 */
struct connection_verdict tcp_connection_error(struct tcp_connection *connection, unsigned side,
                                               const struct tcp_quote *quote);

#endif
