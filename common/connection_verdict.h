/*
 * In what situation of a TCP connection, or SCTP association, a segment or an ICMP error about one
 * comes: what decides which error an application gets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CONNECTION_VERDICT_H
#define IPMON_CONNECTION_VERDICT_H

enum tcp_situation {
    SITUATION_UNKNOWN, /* the capture shows nothing else of the connection */

    /* The socket that the packet is for gets an error. */
    SITUATION_CONNECTING,  /* connect() is under way */
    SITUATION_ESTABLISHED, /* synchronized, RFC 9293 section 3.3.2 */
    SITUATION_PEER_CLOSED, /* it has got a FIN and sent none */
    SITUATION_BOTH_CLOSED, /* FINs were sent in both directions */

    /* No application sees it, and the connection is what it was. */
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
    SITUATION_UNANSWERED,     /* the last of SYNs that nobody answered */
    SITUATION_UNACKNOWLEDGED, /* the last of repetitions of data, or of keep-alives */

    SITUATION_FIRST_FIN, /* the stream ends in this direction */
};

#endif
