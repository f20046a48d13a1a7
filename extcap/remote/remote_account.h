/*
 * What another machine has counted of the packets of one capture: its statistics blocks, against
 * what was read here.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_REMOTE_ACCOUNT_H
#define IPMON_REMOTE_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "remote_stream.h"

enum {
    REMOTE_COMMENT_SIZE = 700, /* of a statistics block; a longer one is cut */
};

/* One interface. Counts are of packets so far. */
struct remote_row {
    uint64_t received; /* as the other machine counts; valid with is_final */
    uint64_t dropped;
    uint64_t paused;
    uint64_t discarded;
    uint64_t read;                     /* here */
    uint64_t marked;                   /* dropped before packets that were read here */
    bool is_final;                     /* the statistics are those of the end */
    char comment[REMOTE_COMMENT_SIZE]; /* in them, "" when there is none */
};

/* All zero at first. Release with remote_account_free. */
struct remote_account {
    struct remote_row *rows; /* in the order of the stream */
    size_t count;
    size_t capacity;
};

/* Adds the next interface of the stream. False when there is no memory. */
bool remote_account_add(struct remote_account *account);

/* Takes the statistics of an interface. */
void remote_account_take(struct remote_account *account,
                         const struct remote_statistics *statistics);

/* Packets dropped there, as far as known: the other machine knows it for all interfaces together.
 */
uint64_t remote_account_dropped(const struct remote_account *account);

/* Those of them that are not known to be of an interface. */
uint64_t remote_account_unplaced(const struct remote_account *account);

/*
 * Packets received there. Once all statistics are final that is what the other machine counted,
 * and otherwise the sum of what is known.
 */
uint64_t remote_account_received(const struct remote_account *account);

/* Whether all statistics are final: nothing is lost that was not counted. */
bool remote_account_is_final(const struct remote_account *account);

void remote_account_free(struct remote_account *account);

#endif
