/*
 * What is known of sockets: the records of the kernel, found by the addresses and the time of a
 * packet.
 *
 * Theory of operation. A record holds from its time on, until the next one of the same addresses.
 * The process of a packet is that of the newest record before the packet, never that of an older
 * one when a newer one may be missing. A record of a TCP connection comes before one of the local
 * end, which is that of the listener; otherwise the newer one counts. Of the sender a record that a
 * process has sent counts more than one that it has received; of the receiver it is the other way
 * round. Who receives data is certain only if it has received before, or does so shortly after the
 * packet, and no other process can: who has sent may leave the reading to another process. That a
 * socket was closed does not make the packets void that it had sent before.
 *
 * The memory is limited. When all of it is used, the record is forgotten that no packet was found
 * by for the longest time, with all older ones of its addresses: they would be wrong without it.
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

enum process_role {
    PROCESS_SENDER,
    PROCESS_RECEIVER,
};

/* The more certain the higher. */
enum process_certainty {
    PROCESS_UNKNOWN,
    PROCESS_NOBODY, /* the packet found no socket */
    PROCESS_KERNEL, /* the kernel itself */
    PROCESS_UNCERTAIN,
    PROCESS_LISTENER, /* of a connection that was not accepted yet */
    PROCESS_EXACT,
};

struct process_answer {
    enum process_certainty certainty;
    enum process_event_kind how;
    uint64_t time; /* the record's, see process_event.h */
    uint32_t process;
    uint32_t thread;
    uint32_t user;
    uint32_t program;
};

struct socket_entry;

/* All zero at first. */
struct socket_table {
    struct socket_entry *entries; /* a fixed number of them, from 1 */
    uint32_t *buckets;            /* the newest entry of each; 0: none */
    uint64_t *forks;              /* when processes with the same hash have made others last */
    uint32_t count;               /* of the entries that were ever used */
    uint32_t free;                /* first of the free ones; 0: none */
    uint32_t hand;                /* the next one that may be forgotten */
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

/* What a packet is looked up by. */
struct socket_query {
    const struct packet_end *end;
    enum process_role role;
    uint64_t time;    /* of the packet, nanoseconds of CLOCK_MONOTONIC */
    bool is_loopback; /* it is from the loopback interface: of no other network namespace */
    bool to_group;    /* there may be several receivers */
    bool has_data;    /* a process reads something of it */
    bool is_foreign;  /* the end is of no socket in the capture's network namespace */
    unsigned device;  /* index of the packet's interface; 0: not known */
    /* Of TCP. */
    bool is_request; /* a SYN, which is for who listens */
    bool is_reply;   /* the answer to it */
    bool has_sequence;
    uint32_t sequence; /* of the first byte */
};

/* Finds the process of one end of a packet. */
void socket_table_find(struct socket_table *table, const struct socket_query *query,
                       struct process_answer *answer);

#endif
