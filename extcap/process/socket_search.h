/*
 * Which process sends a packet, and which one receives it, by what is known of sockets.
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
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_SOCKET_SEARCH_H
#define IPMON_SOCKET_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "packet_ends.h"
#include "process_event.h"
#include "socket_table.h"

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
    bool is_listener; /* it is known from the socket that listens, for certain or not */
    enum process_event_kind how;
    uint64_t time; /* the record's, see process_event.h */
    uint32_t process;
    uint32_t thread;
    uint32_t user;
    uint32_t program;
};

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
void socket_search(struct socket_table *table, const struct socket_query *query,
                   struct process_answer *answer);

#endif
