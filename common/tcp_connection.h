/*
 * What a capture shows of one TCP connection, and what its two sockets do with a reset or an ICMP
 * error. A plain state, no memory of its own: the caller keeps one for each pair of endpoints and
 * gives it the segments in the order of the capture, each one that a stack would not discard for
 * its checksum.
 *
 * Theory of operation. Nothing is believed that the receiver would not believe. For each side the
 * state has what the other one can be expected to accept: SND.NXT as the segments seen show it, the
 * acknowledgments it sent (its RCV.NXT, or less), the edge of its SACK blocks and of its window,
 * and what is missing of the other one's stream: either the receiver lacks it, too, which its
 * acknowledgments show, or only the capture does. A segment outside of the receiver's window
 * changes nothing, so that garbage cannot poison the state. A SYN for a connection that lives is
 * kept aside until an answer acknowledges it (RFC 9293 section 3.10.7.4, RFC 5961 section 4): only
 * then is the pair of ports in use again. What the capture lacks, because it began late or lost
 * packets, makes a verdict likely instead of certain.
 * Sources: RFC 9293 section 3.10.7, RFC 5961 section 3.2, RFC 5927 section 4.1, RFC 7413, Linux.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_TCP_CONNECTION_H
#define IPMON_TCP_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "tcp_segment.h"
#include "connection_verdict.h"

enum tcp_connection_phase {
    TCP_PHASE_NEW,          /* nothing was seen yet */
    TCP_PHASE_SYN_SENT,     /* one SYN, or one of each side */
    TCP_PHASE_SYN_RECEIVED, /* it was answered; the answer is not acknowledged */
    TCP_PHASE_ESTABLISHED,  /* and all that follows; also when the capture began here */
};

/* What one side showed. Numbers are sequence numbers; times are milliseconds that may wrap. */
struct tcp_side {
    uint32_t initial;      /* of its SYN */
    uint32_t next;         /* behind the highest byte, SYN or FIN that it sent */
    uint32_t acknowledged; /* the highest acknowledgment that it sent */
    uint32_t window_edge;  /* behind the last byte that it has room for */
    union {
        uint32_t hole;      /* first byte that it sent and nobody saw, although later ones were */
        uint32_t timestamp; /* before a connection is established: of its first SYN */
    };
    union {
        uint32_t sack_edge; /* highest right edge of its SACK blocks */
        uint32_t first_gap; /* before a connection is established: from its SYN to the second */
    };
    uint32_t repeated_at; /* when it sent the last segment */
    uint32_t repetition;  /* frame of the last one that it sent again */
    uint16_t flags;       /* enum tcp_side_flag */
    uint8_t window_scale; /* RFC 7323; 0 also when not known */
    uint8_t repetitions;  /* segments sent again since the other side was heard of */
};

enum tcp_side_flag {
    TCP_SIDE_SYN = 1 << 0,       /* `initial` holds */
    TCP_SIDE_SENT = 1 << 1,      /* `next` holds */
    TCP_SIDE_ACKED = 1 << 2,     /* `acknowledged` and `window_edge` hold */
    TCP_SIDE_SACKED = 1 << 3,    /* `sack_edge` holds */
    TCP_SIDE_FIN = 1 << 4,       /* it sent its FIN, which `next` includes */
    TCP_SIDE_DEAD = 1 << 5,      /* its socket is gone: reset, or refused */
    TCP_SIDE_LINEAR = 1 << 6,    /* the first gaps between its SYNs are equal */
    TCP_SIDE_FAST_OPEN = 1 << 7, /* data of the other side's SYN was accepted (RFC 7413) */
    TCP_SIDE_HOLE = 1 << 8,      /* `hole` holds */
    TCP_SIDE_LOST = 1 << 9,      /* the other side has not got the byte either */
    TCP_SIDE_FILLED = 1 << 10,   /* a byte that was missing was seen since */
    TCP_SIDE_RESET = 1 << 11,    /* it sent the reset that ended the connection */
    TCP_SIDE_STAMPED = 1 << 13,  /* `timestamp` holds, as long as its SYN waits for an answer */
    TCP_SIDE_UNFIT = 1 << 12,    /* its last segment did not fit into the connection */
};

/* Set to zeros for a new pair of endpoints. */
struct tcp_connection {
    struct tcp_side sides[2];
    uint32_t pending; /* initial sequence number of a SYN for a pair of ports that is in use */
    uint8_t phase;    /* enum tcp_connection_phase */
    uint8_t opener;   /* side of the first SYN */
    bool crossed;     /* both sides sent a SYN: a simultaneous open */
    bool lacking;     /* packets are missing: the capture began late or lost some */
    bool is_pending;  /* `pending` holds */
    uint8_t pending_side;
    uint8_t soft_errors[2]; /* errno of the last ICMP error about each side's data, 0: none since an
                               acknowledgment; Linux reports a timeout as it */
};

/* What a segment or message comes to for the socket that it is for. */
struct tcp_verdict {
    enum tcp_situation situation;
    bool likely;         /* unless what the capture lacks says otherwise */
    uint8_t errno_value; /* that a timeout is reported as; 0: ETIMEDOUT */
};

/* Repetitions without an answer, of a connection that gives way to another one. */
struct tcp_timeout {
    uint32_t frame; /* of the last one; 0: there were none */
    struct tcp_verdict verdict;
};

/*
 * Takes note of a segment of a side (0 or 1). frame: its number. time: of its capture, in
 * milliseconds. Returns what it comes to for the other side's socket: SITUATION_FIRST_FIN for the
 * first FIN of a side, one of those for resets, otherwise SITUATION_UNKNOWN. *timeout: filled in
 * when the segment begins another connection.
 */
struct tcp_verdict tcp_connection_segment(struct tcp_connection *connection, unsigned side,
                                          const struct tcp_segment *segment, uint32_t frame,
                                          uint32_t time, struct tcp_timeout *timeout);

/* A segment that an ICMP error quotes, and what the error does to sockets. */
struct tcp_quote {
    uint32_t sequence;
    uint8_t errno_value;  /* of Linux; 0: none */
    bool ends_connecting; /* it ends connect(): every code that Linux maps, but "too big" */
    bool ends_request;    /* it removes a half-open request: see packet_error.h */
};

/*
 * Takes note of an ICMP error about a segment of a side. Returns what it comes to for that side's
 * socket: one of the situations in which it gets an error, SITUATION_UNKNOWN when the capture shows
 * nothing else of the connection, or why no application sees it.
 */
struct tcp_verdict tcp_connection_error(struct tcp_connection *connection, unsigned side,
                                        const struct tcp_quote *quote);

/*
 * Whether a frame of a side has the last one of repetitions that nobody answered:
 * SITUATION_UNANSWERED for SYNs, SITUATION_UNACKNOWLEDGED for data and keep-alives, otherwise
 * SITUATION_UNKNOWN; always likely. whole: the capture is known to its end; else it takes as many
 * repetitions as Linux makes before it gives up.
 */
struct tcp_verdict tcp_connection_timeout(const struct tcp_connection *connection, unsigned side,
                                          uint32_t frame, bool whole);

#endif
