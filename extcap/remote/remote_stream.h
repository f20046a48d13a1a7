/*
 * The pcap-ng stream of an ipmon on another machine, block by block. Nothing of it is trusted: each
 * length and each number is checked, and the stream is broken for good at the first one that is
 * wrong. It may have either byte order.
 *
 * Source: draft-ietf-opsawg-pcapng; the block and the options of PCAPNG_REPORT in pcapng.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_REMOTE_STREAM_H
#define IPMON_REMOTE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pcapng.h"
#include "remote_interface.h"

enum {
    REMOTE_STREAM_SIZE = 512 * 1024,  /* bytes of the buffer, two of the largest blocks */
    REMOTE_STREAM_COMMENTS_MAX = 256, /* of a packet */
    REMOTE_STREAM_INTERFACES_MAX = 1024,
    REMOTE_STREAM_KEPT_MAX = 16 << 20, /* bytes of all interface descriptions */
    REMOTE_STREAM_VERSION_SIZE = 32,   /* of the other ipmon, as a string */
    REMOTE_STREAM_FAULT_SIZE = 256,    /* what is wrong with the stream */
};

/* Packets that an interface may have counted: what all hosts count has no overflow. */
#define REMOTE_STREAM_COUNT_MAX (UINT64_C(1) << 46)

/* What a block was. */
enum remote_block {
    REMOTE_BLOCK_NONE,       /* the next one is not whole yet */
    REMOTE_BLOCK_SECTION,    /* the first one: `version` is known */
    REMOTE_BLOCK_INTERFACE,  /* `interfaces` has one more */
    REMOTE_BLOCK_PACKET,     /* `packet` */
    REMOTE_BLOCK_STATISTICS, /* `statistics`, of the interface `number` */
    REMOTE_BLOCK_REPORT,     /* `report` */
    REMOTE_BLOCK_BROKEN,     /* `fault`; nothing follows */
};

/* Pointers are valid until the next call. */
struct remote_packet {
    const uint8_t *bytes;
    uint32_t captured_length; /* at most PCAPNG_PACKET_MAX */
    uint32_t wire_length;
    uint32_t interface;                          /* place in `interfaces` */
    uint64_t timestamp;                          /* ticks of that interface since 1970-01-01 UTC */
    uint64_t drops;                              /* epb_dropcount */
    uint32_t flags;                              /* epb_flags; 0: it has none */
    const struct pcapng_packet_options *options; /* NULL: none beside those above */
};

/* Counts of packets so far, of one interface. */
struct remote_statistics {
    uint32_t number;
    uint64_t received; /* dropped ones included */
    uint64_t dropped;
    uint64_t delivered; /* written into the stream */
    bool has_rest;      /* the three below are known: this ipmon was asked for reports */
    bool is_interim;    /* more packets may follow */
    uint64_t paused;
    uint64_t discarded;
    const char *comment; /* NULL: none */
};

/* The answer to a report that was asked for (TOOLBAR_REPORT). */
struct remote_report {
    uint64_t token; /* of the request */
    uint64_t time;  /* nanoseconds of CLOCK_REALTIME there, when it was answered */
};

struct remote_stream {
    uint8_t *buffer;
    size_t start; /* of the bytes in it that were not read yet */
    size_t end;
    bool swapped; /* the stream's byte order is not this machine's */
    bool begun;   /* there was a section header */
    bool broken;
    char fault[REMOTE_STREAM_FAULT_SIZE]; /* printable; "" when the stream is not broken */
    char version[REMOTE_STREAM_VERSION_SIZE];
    struct remote_interface *interfaces;
    size_t interface_count;
    size_t interface_capacity;
    size_t kept;     /* bytes of their bodies */
    uint64_t marked; /* the sum of packet.drops */
    struct remote_packet packet;
    struct remote_statistics statistics;
    struct remote_report report;
    struct pcapng_packet_options options; /* what packet.options points to */
    const char *comments[REMOTE_STREAM_COMMENTS_MAX];
};

/* False when there is no memory. Release with remote_stream_free. */
bool remote_stream_init(struct remote_stream *stream);

void remote_stream_free(struct remote_stream *stream);

/* Where the next bytes of the stream belong; *size: how many there is room for, 0 when broken. */
uint8_t *remote_stream_room(struct remote_stream *stream, size_t *size);

/* That many bytes were put there. */
void remote_stream_add(struct remote_stream *stream, size_t length);

/* Reads the next block that is of interest; others are skipped. */
enum remote_block remote_stream_next(struct remote_stream *stream);

/*
 * Takes the packets that come next and whose blocks may be written as they are, up to `limit` bytes
 * of them: of this machine's byte order, with no options but those that are kept, and nothing lost
 * before them. run: in the blocks, interfaces have their `number`; beside them, their places in
 * `interfaces`. It is valid until the next call. False: there is none, which may be no packet or a
 * wrong one; remote_stream_next tells.
 */
bool remote_stream_next_run(struct remote_stream *stream, size_t limit, struct pcapng_run *run);

/* The stream has ended. Returns `fault`: "" when it has ended behind a whole block. */
const char *remote_stream_finish(struct remote_stream *stream);

#endif
