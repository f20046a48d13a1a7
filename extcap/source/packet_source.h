/*
 * The interface between a capture and a packet source: a descriptor to wait on, packets one after
 * the other, counters.
 *
 * A source is in one of these states:
 *
 *     source_*_open --> running --- stop --> stopped --- close -->
 *                          |                    ^
 *                          +-----> ended -------+
 *
 *  running  source_*_open has opened everything that the source needs: the process then gives
 *           up its privileges (sandbox.h), and no operation opens anything. The capture calls
 *           `next` until it returns false, then `state`, and polls `descriptor`, without waiting
 *           when the source is `busy`, and after its `rest`. A replay is not read while it is held.
 *  ended    `state` returned PACKET_SOURCE_ENDED: no packet will come. Packet and raw sockets
 *           never end by themselves, a libpcap device can disappear, a replay ends with its file.
 *  stopped  Nothing is received any more; what was received before can still be read by `next`.
 *           A replay has no such state.
 *
 * `counts`, `dropped`, `describe` and `account` may be called in each state, `close` as well.
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
#include "packet.h"
#include "pcapng.h"
#include "sandbox.h"
#include "settings.h"

struct packet_source;

/* Packets since the source was opened. */
struct packet_counts {
    uint64_t received;   /* passed the filter, dropped ones included */
    uint64_t dropped;    /* of these, since the kernel's buffers were full */
    unsigned incomplete; /* other machines that went away, with losses that nobody has counted */
};

enum packet_source_state {
    PACKET_SOURCE_RUNNING,
    PACKET_SOURCE_ENDED, /* no more packets will come; `failure` is set when that is an error */
};

enum {
    DESCRIPTION_SIZE = 512,    /* more than a host and an interface */
    PACKET_SOURCE_TURN = 1000, /* packets that a source refuses in one call at most */
};

/* What another machine counted of an interface's packets so far. */
struct source_account {
    uint64_t dropped;
    uint64_t paused;
    uint64_t discarded;
    /* For its statistics block, valid as long as the source; "" or NULL: none. */
    const char *comment; /* that the other machine wrote there, with pauses and such */
    const char *end;     /* why it ended */
    bool is_incomplete;  /* it went away, and more may be lost */
};

/*
 * The description of an interface in the capture file, which the capture fills with what the
 * machine knows. The block's strings point into `name` and `text` at first; others must last as
 * long as the source.
 */
struct source_description {
    struct pcapng_interface block;
    char name[DESCRIPTION_SIZE];
    char text[DESCRIPTION_SIZE];
};

struct packet_source_operations {
    /*
     * Reads the next packet without waiting. Returns false if there is none; or, with `busy` set,
     * if it has refused so many packets that signals and commands should be handled first.
     */
    bool (*next)(struct packet_source *source, struct captured_packet *packet);
    /*
     * Reads packets that wait, up to `limit` bytes of blocks, if they may be written as they are:
     * into the file in which all interfaces are described in their order. The run's numbers are
     * those of captured_packet, and pauses and the stop are up to the source. Its blocks are valid
     * until the next call. False: to be read by `next`. May be NULL.
     */
    bool (*next_run)(struct packet_source *source, size_t limit, struct pcapng_run *run);
    /* Whether the source has ended, and why; to be called when `next` returned false. */
    enum packet_source_state (*state)(struct packet_source *source, struct failure *failure);
    /* Reads the counters; may be called at any time, also after a failure. */
    struct packet_counts (*counts)(struct packet_source *source);
    /* Packets known to be lost so far, read without any effect on the source. NULL: none. */
    uint64_t (*dropped)(struct packet_source *source);
    /*
     * Changes the receive-all mode for packets that arrive later than *time, which it sets
     * (nanoseconds since 1970-01-01 UTC). False with the reason when that is not possible; nothing
     * has changed then. Only for sources opened with request.mode_may_change, and for another mode
     * than the latest. May be NULL.
     */
    bool (*set_mode)(struct packet_source *source, enum receive_all_mode mode, uint64_t *time,
                     struct failure *failure);
    /* Corrects the description of an interface; may be NULL. */
    void (*describe)(struct packet_source *source, unsigned interface,
                     struct source_description *description);
    /*
     * An interface or address of the machine changed; change NULL: the last of several changes
     * was reported. May be NULL.
     */
    void (*host_changed)(struct packet_source *source, const struct host_addresses *host,
                         const struct host_change *change);
    /*
     * Holds a replay, or continues it; pauses other machines, or lets them resume. NULL: the times
     * of arrival decide.
     */
    void (*hold)(struct packet_source *source, bool held);
    /*
     * Sets what another machine counted of an interface's packets, besides those that `next` has
     * returned. NULL: the capture counts all of them.
     */
    void (*account)(struct packet_source *source, unsigned interface,
                    struct source_account *account);
    /* Stops receiving. May be NULL. */
    void (*stop)(struct packet_source *source);
    void (*close)(struct packet_source *source);
};

struct packet_source {
    const struct packet_source_operations *operations;
    enum sandbox_source kind;
    int descriptor;     /* readable when packets wait */
    unsigned latency;   /* milliseconds from a packet's arrival until it can be read, at most */
    bool busy;          /* the latest `next` was false although there may be more to read */
    unsigned rest;      /* milliseconds to wait after that, so that more comes; 0: none */
    const char *name;   /* what is captured from, for messages; NULL: as the settings have it */
    const int *outputs; /* descriptors that it writes to, until it is closed; NULL: none */
    size_t output_count;
    /*
     * Of a replay or other machines: how many interfaces are known. They are described in their
     * order before the next packet, whether packets come from them or not. 0: each is described
     * when its first packet comes.
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
    bool is_watched;                        /* somebody waits for the packets */
    int signals; /* readable: opening a source that takes its time is to be given up; -1: none */
    struct failure_list *missing; /* why machines are not captured on, also later; lasts longer */
};

/*
 * Each opens a source; packets are received from this moment on. NULL on failure.
 * source_packet: AF_PACKET ring, receive-all modes 0, 1 and 3. source_raw: mode 2.
 * source_pcap: libpcap. source_file: replay of a capture file. source_remote: other machines.
 */
struct packet_source *source_packet_open(const struct packet_source_request *request,
                                         struct failure *failure);

struct packet_source *source_raw_open(const struct packet_source_request *request,
                                      struct failure *failure);
struct packet_source *source_pcap_open(const struct packet_source_request *request,
                                       struct failure *failure);
struct packet_source *source_file_open(const struct packet_source_request *request,
                                       struct failure *failure);
struct packet_source *source_remote_open(const struct packet_source_request *request,
                                         struct failure *failure);

/* The `state` of a source that never ends by itself. */
enum packet_source_state packet_source_never_ends(struct packet_source *source,
                                                  struct failure *failure);

/* A function that opens a source; the replay's module has one, by this name (replay_module.c). */
typedef struct packet_source *packet_source_opener(const struct packet_source_request *request,
                                                   struct failure *failure);
#define REPLAY_OPENER "ipmon_replay_open"

/*
 * The number of packets behind a counter of the kernel, which has 32 bits and wraps around.
 * counted: its value; least: packets known of, from which the number differs by less than 2^31.
 */
uint64_t packet_source_unwrap(uint64_t counted, uint64_t least);

/* How a packet was received, by its destination address. */
enum pcapng_reception packet_source_reception(const struct captured_packet *packet);

/* Index of the loopback interface when it is among those that a mode captures, or 0. */
unsigned packet_source_loopback(const struct packet_source_request *request,
                                enum receive_all_mode mode);

/*
 * Sets the failure of a socket that could not be opened; without permission to do so, with advice
 * (permission.h). Returns false.
 */
bool packet_source_refused(struct failure *failure, int errno_value, const char *what);

#endif
