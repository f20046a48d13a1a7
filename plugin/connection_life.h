/*
 * The connections that one pair of endpoints has, one after the other: their numbers, the outcomes
 * of those that are over, and who reported the ICMP error that ended one. Little is kept for a pair
 * that has only one. All memory is of wmem_file_scope().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CONNECTION_LIFE_H
#define IPMON_CONNECTION_LIFE_H

#include <stdbool.h>
#include <stdint.h>

#include <wireshark.h>
#include <epan/wmem_scopes.h>

#include "connection_outcome.h"
#include "packet_error.h"

struct connection_reporter {
    uint8_t kind;    /* enum packet_error_reporter; PACKET_ERROR_REPORTER_NONE: nobody */
    uint8_t version; /* of the address, 4 or 6 */
    uint8_t address[IPV6_ADDRESS_LENGTH];
};

/* A connection that is over: another one of the same endpoints has begun. */
struct connection_past {
    guint32 until;  /* number of the first frame that is not of it */
    guint32 number; /* of the connection in the file */
    struct connection_outcome outcome;
    const struct connection_reporter *reporter; /* NULL: nobody */
};

struct connection_more;

struct connection_life {
    guint32 number;               /* of the present connection in the file, from 1 */
    struct connection_more *more; /* NULL for most: no connection before it, no reporter */
};

/* To be called for each file. */
void connection_life_reset(void);

/* The first connection of a pair of endpoints begins. */
void connection_life_begin(struct connection_life *life);

/* Another connection begins with a frame; the outcome is that of the one before. */
void connection_life_replace(struct connection_life *life, guint32 frame,
                             const struct connection_outcome *outcome);

/* An ICMP error about the present connection, which may end it. */
void connection_life_report(struct connection_life *life, const struct packet_error *error);

/* The connection to which a frame belongs, if that is over; NULL: it is the present one. */
const struct connection_past *connection_life_at(const struct connection_life *life, guint32 frame);

/* The connection that the present one has replaced with a frame; NULL: there is none. */
const struct connection_past *connection_life_replaced(const struct connection_life *life,
                                                       guint32 frame);

/* Who sent the last ICMP error about the present connection; NULL: nobody. */
const struct connection_reporter *connection_life_reporter(const struct connection_life *life);

#endif
