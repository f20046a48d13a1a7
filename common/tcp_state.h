/*
 * The state that is kept for a TCP connection. tcp_connection.c and tcp_hole.c change it,
 * tcp_verdict.c only reads it. Numbers are in host byte order; sequence numbers and times wrap.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_TCP_STATE_H
#define IPMON_TCP_STATE_H

#include <stdbool.h>
#include <stdint.h>

enum tcp_connection_phase {
    TCP_PHASE_NEW,          /* no segment yet */
    TCP_PHASE_SYN_SENT,     /* one SYN, or one of each side */
    TCP_PHASE_SYN_RECEIVED, /* a SYN-ACK; it is not acknowledged */
    TCP_PHASE_ESTABLISHED,  /* and all that follows; also when the capture began here */
};

/* Which members of struct tcp_side are valid, and what else is known of the side. */
enum tcp_side_flag {
    TCP_SIDE_SYN = 1 << 0,     /* `initial` is valid */
    TCP_SIDE_SENT = 1 << 1,    /* `next` is valid */
    TCP_SIDE_ACKED = 1 << 2,   /* `acknowledged` and `window_edge` are valid */
    TCP_SIDE_SACKED = 1 << 3,  /* `sack_edge` is valid */
    TCP_SIDE_STAMPED = 1 << 4, /* `timestamp` is valid */
    TCP_SIDE_HOLE = 1 << 5,    /* `hole` is valid */
    TCP_SIDE_LOST = 1 << 6,    /* and the peer does not have the byte either */
    TCP_SIDE_FILLED = 1 << 7,  /* and a missing byte was captured since */

    TCP_SIDE_FIN = 1 << 8,        /* it sent its FIN, which `next` includes */
    TCP_SIDE_DEAD = 1 << 9,       /* its socket is gone: reset, or refused */
    TCP_SIDE_RESET = 1 << 10,     /* it sent the reset that ended the connection */
    TCP_SIDE_LINEAR = 1 << 11,    /* the first gaps between its SYNs are equal */
    TCP_SIDE_FAST_OPEN = 1 << 12, /* it accepted data in the peer's SYN (RFC 7413) */
    TCP_SIDE_UNFIT = 1 << 13,     /* its last segment did not fit into the connection */
};

/* Values of tcp_side.window_scale above those of RFC 7323. */
enum {
    TCP_SCALE_UNKNOWN = 15, /* its SYN was not captured */
    TCP_SCALE_NONE = 16,    /* its SYN lacks the option; 0 once that is answered */
};

/* What one side sent. */
struct tcp_side {
    uint32_t initial;      /* sequence number of its SYN */
    uint32_t next;         /* SND.NXT: behind the highest byte, SYN or FIN that it sent */
    uint32_t acknowledged; /* the highest acknowledgment that it sent: its RCV.NXT, or less */
    uint32_t window_edge;  /* behind the last byte that it has buffer space for */
    union {
        uint32_t hole;      /* from TCP_PHASE_ESTABLISHED on: the first byte that is missing from
                               the capture in front of others that it sent */
        uint32_t timestamp; /* until its SYN is answered: TSval of the first one */
    };
    union {
        uint32_t sack_edge; /* from TCP_PHASE_ESTABLISHED on: highest edge of its SACK blocks */
        uint32_t first_gap; /* from the first retransmission of its SYN on: milliseconds between
                               the SYN and that */
    };
    uint32_t sent_at;             /* time of its last segment, milliseconds */
    uint32_t last_retransmission; /* frame number; valid when `retransmissions` is not 0 */
    uint32_t last_sent;           /* frame number of its last segment that is none; 0: none yet */
    uint16_t flags;               /* enum tcp_side_flag */
    uint8_t window_scale;         /* shift count, or one of the above */
    uint8_t retransmissions;      /* since the peer's last segment; stops at 255 */
};

/* The connection that a pair of endpoints has, one after the other. All zeros: a new pair. */
struct tcp_connection {
    struct tcp_side sides[2];
    uint8_t phase;   /* enum tcp_connection_phase */
    uint8_t opener;  /* the side of the first SYN; 0 when it was not captured */
    bool opened;     /* `opener` is known */
    bool crossed;    /* both sides sent a SYN: a simultaneous open */
    bool incomplete; /* packets are missing: the capture began late or lost some */

    uint32_t pending; /* sequence number of a SYN for a connection that exists */
    bool is_pending;  /* `pending` and `pending_side` are valid */
    uint8_t pending_side;

    /* Errno of the last ICMP error about each side's data since an acknowledgment; 0: none. Linux
     * reports a timeout as this error (sk_err_soft). */
    uint8_t soft_errors[2];

    /* The first reset or ICMP error that ended the connection. */
    uint8_t ended;       /* enum connection_situation in which it found the socket that it was for;
                            SITUATION_UNKNOWN: there was none, or a side continued after it */
    uint8_t ended_by;    /* the side that sent the reset, or about whose segment the error is */
    uint8_t ended_errno; /* of the ICMP error; 0: it was a reset */
    bool ended_likely;   /* not certain: packets may be missing from the capture */
    /* Time to live or hop limit of each side's last segment, other than a reset; 0: none yet. */
    uint8_t times_to_live[2];
};

#endif
