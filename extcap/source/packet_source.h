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

#include "arrival.h"
#include "failure.h"
#include "host_address.h"
#include "pcapng.h"
#include "sandbox.h"
#include "settings.h"

struct packet_source;

struct captured_packet {
    const uint8_t *bytes; /* valid until the next call of the source */
    uint32_t captured_length;
    uint32_t wire_length;
    uint64_t timestamp; /* the kernel's or the file's, in ticks of the interface, from 1970 on */
    uint64_t arrival;   /* nanoseconds of CLOCK_MONOTONIC, see arrival.h; not set in a replay */
    uint64_t drops;     /* packets the kernel lost since the packet before */
    unsigned interface; /* the kernel's index; in a replay a number from 1 */
    enum pcapng_direction direction;
    enum pcapng_reception reception;
    const struct pcapng_packet_options *options; /* a replayed file's; NULL: it is received now */
};

/* Packets since the source was opened. */
struct packet_counts {
    uint64_t received; /* passed the filter, dropped ones included */
    uint64_t dropped;  /* of these, for want of room in the kernel's buffers */
};

enum packet_source_state {
    PACKET_SOURCE_RUNNING,
    PACKET_SOURCE_ENDED, /* no more packets will come; `failure` tells when that is an error */
};

enum {
    DESCRIPTION_SIZE = 200,
    PACKET_SOURCE_TURN = 1000, /* packets that a source refuses in one call */
};

/*
 * What the file shall say of an interface; the capture fills it with what the machine knows. The
 * block's strings point into `name` and `text` at first; others must last as long as the source.
 */
struct source_description {
    struct pcapng_interface block;
    char name[DESCRIPTION_SIZE];
    char text[DESCRIPTION_SIZE];
};

struct packet_source_operations {
    /*
     * The next packet that can be had without waiting. False when there is none, or when so many
     * were refused that signals and orders shall have their turn: the source is `busy` then.
     */
    bool (*next)(struct packet_source *source, struct captured_packet *packet);
    /* To be called when `next` had none or the descriptor reports an error. */
    enum packet_source_state (*state)(struct packet_source *source, struct failure *failure);
    /* Reads the counters; may be called at any time, also after a failure. */
    struct packet_counts (*counts)(struct packet_source *source);
    /* Packets known to be lost so far; may be asked at any time without any effect. NULL: none. */
    uint64_t (*dropped)(struct packet_source *source);
    /*
     * Changes the receive-all mode for packets that arrive later than `time`, which it sets
     * (nanoseconds since 1970-01-01 UTC); false with the reason when that is not possible, nothing
     * has changed then. May be NULL. Only for sources opened with request.mode_may_change, and for
     * another mode than the latest.
     */
    bool (*set_mode)(struct packet_source *source, enum receive_all_mode mode, uint64_t *time,
                     struct failure *failure);
    /* Corrects the description of an interface; may be NULL. */
    void (*describe)(struct packet_source *source, unsigned interface,
                     struct source_description *description);
    /*
     * The machine's interfaces or addresses changed; change NULL: these were all for now. May be
     * NULL.
     */
    void (*host_changed)(struct packet_source *source, const struct host_addresses *host,
                         const struct host_change *change);
    /* Holds a replay, or lets it go on; NULL: packets come in any case. */
    void (*hold)(struct packet_source *source, bool held);
    /* Receives nothing more; what was received before can still be read. May be NULL. */
    void (*stop)(struct packet_source *source);
    void (*close)(struct packet_source *source);
};

struct packet_source {
    const struct packet_source_operations *operations;
    enum sandbox_source kind;
    int descriptor;   /* readable when packets wait */
    unsigned latency; /* milliseconds until a packet can be read at the latest */
    bool busy;        /* the latest `next` was false although there may be more to read */
    /*
     * A replay's: so many interfaces of the file are known, and are described in their order before
     * the next packet, whether packets come from them or not. 0: each when its first packet comes.
     */
    unsigned interfaces;
};

/* What a source is opened for. */
struct packet_source_request {
    const struct settings *settings;
    const struct host_addresses *host;      /* lasts longer than the source */
    struct arrival *arrival;                /* the same; not for replays */
    const struct host_interface *interface; /* NULL: all */
    const struct host_address *address;     /* the one chosen; NULL: none in particular */
    bool mode_may_change;                   /* set_mode may be called */
};

/*
 * Each opens a source; packets are received from this moment on. NULL on failure.
 * source_packet: AF_PACKET ring, receive-all modes 0, 1 and 3. source_raw: mode 2.
 * source_pcap: libpcap. source_file: replay of a capture file.
 */
struct packet_source *source_packet_open(const struct packet_source_request *request,
                                         struct failure *failure);

struct packet_source *source_raw_open(const struct packet_source_request *request,
                                      struct failure *failure);
struct packet_source *source_pcap_open(const struct packet_source_request *request,
                                       struct failure *failure);
struct packet_source *source_file_open(const struct packet_source_request *request,
                                       struct failure *failure);

/*
 * The kernel's counters have 32 bits, and a capture may go on for longer than they can count. The
 * number that such a counter, read into `counted`, stands for when `least` packets are known of and
 * fewer than 2^31 beside them.
 */
uint64_t packet_source_unwrap(uint64_t counted, uint64_t least);

/* How a packet was received, as far as its destination tells. */
enum pcapng_reception packet_source_reception(const struct captured_packet *packet);

/* Index of the loopback interface when it is among those that a mode captures, or 0. */
unsigned packet_source_loopback(const struct packet_source_request *request,
                                enum receive_all_mode mode);

/* Lets a socket receive nothing more; what it received before can still be read. */
void packet_source_refuse_all(int descriptor);

/*
 * Lets a packet socket receive what is on the loopback once: not as outgoing, too. The filter that
 * it has stays. Returns false, errno set, when the kernel does not take it.
 */
bool packet_source_refuse_copies(int descriptor, unsigned loopback_index);

/*
 * Sets the failure of a socket that could not be opened; for want of permission with what helps,
 * see permission.h. Returns false.
 */
bool packet_source_refused(struct failure *failure, int errno_value, const char *what);

#endif
