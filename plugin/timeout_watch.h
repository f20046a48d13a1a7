/*
 * Timeouts that are reported otherwise once the capture has been read to its end: observed in the
 * first pass, so that statistics of one pass can say what they lack.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_TIMEOUT_WATCH_H
#define IPMON_TIMEOUT_WATCH_H

#include <stdbool.h>

#include <wireshark.h>

#include "tcp_state.h"

enum timeout_change {
    TIMEOUT_DUE,      /* would be reported if the capture ended here */
    TIMEOUT_SETTLED,  /* was due, and was answered or repeated */
    TIMEOUT_REPEATED, /* was reported, and was answered or repeated, so that it was none */
};

/* key: identifies the header with the retransmission, which is in this frame or an earlier one. */
typedef void (*timeout_observer)(enum timeout_change change, gsize key, void *data);

/* Sets who observes the changes from now on; NULL: nobody. */
void timeout_watch(timeout_observer observer, void *data);

/* Frames of unanswered retransmissions of each side before a segment. */
struct timeout_snapshot {
    struct {
        guint32 frame; /* 0: none */
        bool reported;
    } sides[2];
};

/* To be called before and after the connection takes a segment. Without an observer nothing is
 * done. */
void timeout_watch_before(struct timeout_snapshot *before, const struct tcp_connection *connection);

/* kept: see tcp_timeout.frame. layer: of the segment's header. */
void timeout_watch_after(const struct timeout_snapshot *before,
                         const struct tcp_connection *connection, guint32 kept, unsigned layer);

#endif
