/*
 * What has become of a connection as a whole, for the program that opened it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CONNECTION_OUTCOME_H
#define IPMON_CONNECTION_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

enum connection_end {
    CONNECTION_END_NONE,       /* no packet that an endpoint accepts was captured */
    CONNECTION_END_UNANSWERED, /* the request has no answer yet */
    CONNECTION_END_HALF_OPEN,  /* the request was answered, and the handshake is not complete */
    CONNECTION_END_OPEN,       /* established, and nothing ended it */
    CONNECTION_END_CLOSED,     /* by both sides, without an error */
    CONNECTION_END_REFUSED,    /* by a reset or ABORT of the other side */
    CONNECTION_END_RESET,      /* by a reset or ABORT of one side, once it was answered */
    CONNECTION_END_TIMED_OUT,  /* segments were repeated without an answer */
    CONNECTION_END_ICMP,       /* an ICMP error ended connect() */
};

enum { CONNECTION_SIDE_UNKNOWN = 2 };

struct connection_outcome {
    uint8_t end;         /* enum connection_end */
    uint8_t side;        /* of a reset: that sent it; of a timeout: whose segments have no answer */
    uint8_t client;      /* the side that opened it; CONNECTION_SIDE_UNKNOWN: not captured */
    uint8_t errno_value; /* of Linux: of the ICMP error that ended it or came before the timeout;
                            0: there was none */
    bool likely;         /* not certain: packets may be missing from the capture */
};

#endif
