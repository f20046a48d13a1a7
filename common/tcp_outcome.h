/*
 * What has become of a TCP connection, by its state, which nothing here changes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_TCP_OUTCOME_H
#define IPMON_TCP_OUTCOME_H

#include <stdbool.h>

#include "connection_outcome.h"
#include "connection_verdict.h"
#include "tcp_state.h"

/*
 * Whether a frame of a side is the last of retransmissions without an answer: SITUATION_UNANSWERED
 * for SYNs, SITUATION_UNACKNOWLEDGED for data and keep-alives, otherwise SITUATION_UNKNOWN; never
 * certain. whole: the capture has been read to its end; otherwise only as many retransmissions
 * count as Linux sends before it gives up.
 */
struct connection_verdict tcp_connection_timeout(const struct tcp_connection *connection,
                                                 unsigned side, uint32_t frame, bool whole);

/*
 * The outcome so far. A timeout counts more than a reset after it: the side that gives up may send
 * one. A reset of a connection that both sides had closed is no error. whole: see
 * tcp_connection_timeout.
 */
struct connection_outcome tcp_outcome(const struct tcp_connection *connection, bool whole);

#endif
