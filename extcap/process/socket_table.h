/*
 * What is known of sockets: the records of the kernel, by their addresses, the newest first.
 *
 * The memory is limited. When all of it is used, the record is forgotten that was used the longest
 * time ago, when it was added or a packet was found by it, with all older ones of its addresses:
 * they would be wrong without it. Records that were read ahead of their packets stay.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_SOCKET_TABLE_H
#define IPMON_SOCKET_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host_address.h"
#include "packet_ends.h"
#include "process_event.h"

/* A record, in the chain of its bucket. */
struct socket_entry {
    struct process_event event;
    uint32_t newer;  /* of the same bucket; 0: none */
    uint32_t older;  /* the same; of a free one the next free one */
    uint32_t later;  /* the next one in the order of use; 0: it was used last */
    uint32_t before; /* the same; 0: it was not used for the longest time */
};

/* All zero at first. */
struct socket_table {
    struct socket_entry *entries; /* a fixed number of them, from 1; 0 closes the order of use */
    uint32_t *buckets;            /* the newest entry of each; 0: none */
    uint64_t *forks;              /* when processes with the same hash have made others last */
    uint32_t count;               /* of the entries that were ever used */
    uint32_t free;                /* first of the free ones; 0: none */
    uint64_t seed;
    uint32_t network;                  /* inode number of the capture's network namespace */
    const struct host_addresses *host; /* of this network namespace */
};

/* Allocates all memory. False when there is none. */
bool socket_table_init(struct socket_table *table, uint32_t network,
                       const struct host_addresses *host);

void socket_table_free(struct socket_table *table);

/* Adds a record; to be called in the order of their times. */
void socket_table_add(struct socket_table *table, const struct process_event *event);

/* A packet was found by this record. */
void socket_table_use(struct socket_table *table, struct socket_entry *entry);

/*
 * The newest record in the bucket of an end, or of the local end alone; 0: none. Records of other
 * addresses may be in the same bucket.
 */
uint32_t socket_table_newest(const struct socket_table *table, const struct packet_end *end,
                             bool is_local_end);

/* When the process, or one with the same hash, has made another process last; 0: never. */
uint64_t socket_table_forked(const struct socket_table *table, uint32_t process);

#endif
