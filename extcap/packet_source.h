/*
 * What the capture loop knows of a packet source: a descriptor to wait on, packets one after the
 * other, counters. A source is opened with all the power it needs and needs none afterwards.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PACKET_SOURCE_H
#define IPMON_PACKET_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "failure.h"
#include "host_address.h"
#include "option.h"
#include "pcapng_writer.h"

struct packet_source;

struct captured_packet {
    const uint8_t *bytes; /* from the IP header on; valid until the next call of the source */
    uint32_t captured_length;
    uint32_t wire_length;
    uint64_t timestamp;       /* nanoseconds since 1970-01-01 UTC, the kernel's */
    uint64_t drops;           /* packets the kernel lost since the packet before */
    unsigned interface_index; /* the kernel's */
    enum pcapng_direction direction;
    enum pcapng_reception reception;
};

/* Packets since the source was opened. */
struct packet_counts {
    uint64_t received; /* passed the filter, dropped ones included */
    uint64_t dropped;  /* of these, for want of room in the ring */
};

enum packet_source_state {
    PACKET_SOURCE_RUNNING,
    PACKET_SOURCE_DOWN,   /* the interface is down; look again later */
    PACKET_SOURCE_FAILED, /* `failure` tells; no more packets will come */
};

struct packet_source_operations {
    /* The next packet that can be had without waiting. False when there is none. */
    bool (*next)(struct packet_source *source, struct captured_packet *packet);
    /* To be called when the descriptor reports an error, and again while the state is DOWN. */
    enum packet_source_state (*state)(struct packet_source *source, struct failure *failure);
    /* Reads the counters; may be called at any time, also after a failure. */
    struct packet_counts (*counts)(struct packet_source *source);
    void (*close)(struct packet_source *source);
};

struct packet_source {
    const struct packet_source_operations *operations;
    int descriptor; /* readable when packets wait */
};

/*
 * Opens an AF_PACKET ring (receive-all modes 1 and 3) on one interface, or on all of them when
 * `interface` is NULL. Packets are received from this moment on. NULL on failure.
 */
struct packet_source *source_packet_open(const struct settings *settings,
                                         const struct host_addresses *host,
                                         const struct host_interface *interface,
                                         struct failure *failure);

/*
 * Milliseconds until a packet in a source_packet ring becomes visible at the latest.
 */
enum { SOURCE_PACKET_LATENCY = 30 };

#endif
