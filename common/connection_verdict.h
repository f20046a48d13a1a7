/*
 * What a packet means for the socket at an end of a TCP connection or SCTP association: the state
 * in which it finds the connection decides which error an application gets, or why it gets none.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CONNECTION_VERDICT_H
#define IPMON_CONNECTION_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

enum connection_situation {
    SITUATION_UNKNOWN, /* the capture shows nothing else of the connection */

    /* The socket that the packet is for gets an error. */
    SITUATION_CONNECTING,  /* connect() is in progress */
    SITUATION_ESTABLISHED, /* synchronized, RFC 9293 section 3.3.2 */
    SITUATION_PEER_CLOSED, /* it received a FIN and sent none */
    SITUATION_BOTH_CLOSED, /* FINs were sent in both directions */

    /* No application gets an error, and the connection does not change. */
    SITUATION_HALF_OPEN,    /* a request that was answered, not accepted: may be removed */
    SITUATION_TIME_WAIT,    /* closed on both sides */
    SITUATION_DEAD,         /* reset or refused before */
    SITUATION_NO_ACK,       /* a reset without the ACK flag cannot answer a SYN */
    SITUATION_WRONG_ACK,    /* a reset that acknowledges what was not sent */
    SITUATION_WRONG_ECHO,   /* or that echoes a timestamp that was not sent */
    SITUATION_BELOW_WINDOW, /* a reset whose sequence number was received before */
    SITUATION_IN_WINDOW,    /* or is in the window, but not the next one: challenge ACK */
    SITUATION_ABOVE_WINDOW, /* or is above the window */
    SITUATION_NOT_SENT,     /* an ICMP error about bytes that were not sent */
    SITUATION_ACKNOWLEDGED, /* an ICMP error about bytes that were acknowledged */
    SITUATION_WRONG_TAG,    /* an ABORT without the verification tag of the association */

    /* The sender of the packet gets an error. */
    SITUATION_UNANSWERED,     /* the last retransmission of a SYN that has no answer */
    SITUATION_UNACKNOWLEDGED, /* the last retransmission of data, or the last keep-alive */

    SITUATION_FIRST_FIN, /* the stream ends in this direction, which is no error */
};

struct connection_verdict {
    enum connection_situation situation;
    bool likely;         /* not certain: packets may be missing from the capture */
    uint8_t errno_value; /* a timeout is reported as this errno of Linux; 0: ETIMEDOUT */
};

static inline struct connection_verdict verdict_certain(enum connection_situation situation)
{
    return (struct connection_verdict){.situation = situation};
}

static inline struct connection_verdict verdict_likely(enum connection_situation situation)
{
    return (struct connection_verdict){.situation = situation, .likely = true};
}

#endif
