/*
 * Which processes send and receive the packets of a capture: what the program uses of this folder.
 *
 * Theory of operation. Programs in the kernel, which a module loads before the capture gives up its
 * privileges, report who uses a socket (socket_programs.h) into a ring of memory. Their report of a
 * packet is there before the packet is; therefore the ring is read whenever a packet is newer than
 * its last reading. While the kernel is still writing a record, those behind it are not readable:
 * then the packets since the last complete reading have no answer; neither have those that arrived
 * while the ring was full.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PROCESS_WATCH_H
#define IPMON_PROCESS_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "failure.h"
#include "host_address.h"
#include "pcapng.h"

struct process_watch;

/* Of a packet. */
struct process_packet {
    const uint8_t *bytes; /* from the IP header on */
    uint32_t captured_length;
    uint32_t wire_length;
    uint64_t arrival; /* nanoseconds of CLOCK_MONOTONIC */
    bool is_loopback; /* from the loopback interface */
    unsigned device;  /* index of the interface; 0: not known */
    enum pcapng_direction direction;
};

/* Packets, and what was lost. */
struct process_counts {
    uint64_t exact;
    uint64_t listener;
    uint64_t uncertain;
    uint64_t kernel;
    uint64_t none;
    uint64_t unknown;
    uint64_t events_lost;     /* the ring was full */
    uint64_t events_given_up; /* the kernel took too long to finish a record */
};

/* Takes from the counts what they were before. */
void process_counts_subtract(struct process_counts *counts, const struct process_counts *before);

/*
 * Loads the programs into the kernel and finds the processes of all sockets. arguments: comments
 * have command lines. host lasts longer than the result. NULL with the reason.
 */
struct process_watch *process_watch_open(bool arguments, const struct host_addresses *host,
                                         struct failure *failure);

/* Removes the programs from the kernel. May be NULL. */
void process_watch_close(struct process_watch *watch);

/* Readable when many records wait. */
int process_watch_descriptor(const struct process_watch *watch);

/* Reads the records. */
void process_watch_read(struct process_watch *watch);

/* Whether the records must be read before a packet with this arrival. */
bool process_watch_is_behind(const struct process_watch *watch, uint64_t arrival);

/* The arrivals of packets until now are not to be relied on: the clock was set. */
void process_watch_distrust(struct process_watch *watch);

/* The packet is one of which neither end can be found. */
void process_watch_skip(struct process_watch *watch);

/*
 * Counts the packet of the latest call of process_watch_skip or process_watch_find, if it is not
 * counted: the file that ends before a packet does not count it.
 */
void process_watch_count(struct process_watch *watch);

/*
 * The comments of a packet and the process that sent it; NULL when nothing is known. Valid until
 * the next call. The records must not be behind.
 */
const struct pcapng_process *process_watch_find(struct process_watch *watch,
                                                const struct process_packet *packet);

const struct process_counts *process_watch_counts(const struct process_watch *watch);

#endif
