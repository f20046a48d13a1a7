/*
 * Writes pcap-ng blocks (draft-ietf-opsawg-pcapng) into a pipe or file. Blocks are collected in one
 * buffer and written in large pieces, without blocking. They are in host byte order, and not larger
 * than Wireshark's dumpcap accepts.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PCAPNG_WRITER_H
#define IPMON_PCAPNG_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nonblocking.h"
#include "pcapng.h"

enum {
    PCAPNG_SECTION_MAX = 2048, /* dumpcap 4.0 corrupts its heap above */
};

struct pcapng_writer {
    int descriptor;
    enum nonblocking how; /* it is written to */
    uint8_t *buffer;
    size_t capacity;
    size_t start;        /* first byte not yet written */
    size_t end;          /* behind the last byte to write */
    size_t block;        /* start of the block being built */
    size_t block_limit;  /* offset that it must not reach beyond */
    uint32_t interfaces; /* interface description blocks so far */
    uint64_t total;      /* bytes of all blocks so far */
};

struct pcapng_packet {
    uint32_t interface; /* number of its description block, from 0 */
    uint64_t timestamp; /* ticks of that interface since 1970-01-01 UTC */
    const uint8_t *bytes;
    uint32_t captured_length; /* at most PCAPNG_PACKET_MAX */
    uint32_t wire_length;
    enum pcapng_direction direction;
    enum pcapng_reception reception;
    uint64_t drops; /* packets lost on this interface since the one before */
    const struct pcapng_packet_options *options; /* instead of the three above; or NULL */
};

struct pcapng_statistics {
    uint32_t interface;
    uint8_t ticks_exponent; /* the interface's */
    uint64_t start_time;    /* nanoseconds since 1970-01-01 UTC */
    uint64_t end_time;
    uint64_t received;   /* packets that passed the filter, dropped ones included */
    uint64_t dropped;    /* of these, by the kernel, whose buffer was full */
    uint64_t delivered;  /* of these, written */
    const char *comment; /* or NULL */
    bool has_rest;       /* for another ipmon (PCAPNG_BLOCK_REPORT): the three below are written */
    bool is_interim;
    uint64_t paused;
    uint64_t discarded;
};

/*
 * A writer into `descriptor` (non-blocking for pipes and sockets, or see `how`) with a buffer of
 * `capacity` bytes, at least 2 * PCAPNG_BLOCK_MAX. False when there is no memory. Release with
 * pcapng_writer_free; the descriptor stays the caller's.
 */
bool pcapng_writer_init(struct pcapng_writer *writer, int descriptor, size_t capacity);

void pcapng_writer_free(struct pcapng_writer *writer);

/* Whether `blocks` blocks of any size fit. Without room the functions below must not be called. */
static inline bool pcapng_writer_has_room(const struct pcapng_writer *writer, size_t blocks)
{
    return writer->capacity - writer->end >= blocks * PCAPNG_BLOCK_MAX;
}

/* Bytes not yet handed to the kernel. */
static inline size_t pcapng_writer_pending(const struct pcapng_writer *writer)
{
    return writer->end - writer->start;
}

/* Section header block. Strings are cut so that it stays within PCAPNG_SECTION_MAX. */
void pcapng_write_section(struct pcapng_writer *writer, const char *hardware,
                          const char *operating_system, const char *application);

/*
 * Interface description block with the addresses up to the first that the block has no room for.
 * Returns its number for the packets' `interface`.
 */
uint32_t pcapng_write_interface(struct pcapng_writer *writer,
                                const struct pcapng_interface *interface);

/* Enhanced packet block. False when not all of the packet's comments are in it as a whole. */
bool pcapng_write_packet(struct pcapng_writer *writer, const struct pcapng_packet *packet);

/* Interface statistics block. */
void pcapng_write_statistics(struct pcapng_writer *writer,
                             const struct pcapng_statistics *statistics);

/* The block of a report, PCAPNG_BLOCK_REPORT. time: nanoseconds of CLOCK_REALTIME. */
void pcapng_write_report(struct pcapng_writer *writer, uint64_t token, uint64_t time);

/*
 * Calls `packet` with the interface's number for each packet block of which the end was not handed
 * to the kernel.
 */
void pcapng_writer_unsent(const struct pcapng_writer *writer,
                          void (*packet)(void *context, uint32_t interface), void *context);

/* Bytes handed to the kernel of a block whose end was not. */
size_t pcapng_writer_partial(const struct pcapng_writer *writer);

/*
 * Takes back the bytes that were handed to the kernel of a block whose end was not, to be written
 * again. Returns their number.
 */
size_t pcapng_writer_rewind(struct pcapng_writer *writer);

/* Begins a file: its interfaces count from 0. What is in the buffer is not written. */
void pcapng_writer_begin_file(struct pcapng_writer *writer, int descriptor);

/* Hands the buffer to the kernel, as far as the kernel accepts it without blocking. */
enum nonblocking_flush pcapng_writer_flush(struct pcapng_writer *writer);

#endif
