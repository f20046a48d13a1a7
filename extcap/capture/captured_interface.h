/*
 * The interfaces that packets came from, with the count of every packet. The account of a capture:
 *
 *   received = written + unrecorded + paused + discarded + unprinted + dropped
 *
 *   received    by the source (counts): all that passed the filter, as the kernel or the driver
 *               counts them; in a replay, the packets that were read
 *   written     by capture_packets.c: written into the buffer of the record, or of the output when
 *               there is no record. If the output did not accept the whole block, capture_finish.c
 *               counts the packet as discarded instead; if the disk of the record was full,
 *               capture_record.c counts it as unrecorded.
 *   unrecorded  by capture_record.c: came while the disk of the record was full
 *   paused      by capture_packets.c: arrived within a pause
 *   discarded   by capture_packets.c: arrived after the stop, or read after --packet-count was
 *               reached; by capture_finish.c: read after the loop had ended
 *   unprinted   by capture_packets.c, when records are printed and not recorded: frames that carry
 *               no IP packet
 *   dropped     by the source (counts): lost in the kernel, whose buffer was full
 *
 * With a record beside the output, those that the record gets are shown or not:
 *
 *   written + unrecorded = shown + not shown
 *
 *   not shown   by capture_packets.c: the output had no room for the packet, or prints no record of
 *               it; by capture_finish.c: the output did not accept the whole block
 *
 * In a capture of other machines, they count what they received, dropped, and discarded in pauses
 * and at the end, and say so by interface (packet_source.h, account); capture_account.c adds it to
 * what is counted here.
 *
 * The source knows `received` and `dropped` for all interfaces together; the others are counted
 * here, by interface. At the end capture_finish.c reads on until both sides are equal or 200 ms
 * beside the latency of the source have passed; a difference is logged as an error.
 *
 * In the interface statistics blocks isb_usrdeliv is the number of packets in the file,
 * and isb_ifrecv the sum of what was counted here since the beginning of the file. The first block
 * adds to it what was received beyond these sums, and has `dropped` as isb_ifdrop and isb_osdrop.
 * epb_dropcount is the number lost since the packet block before; in the output beside a record,
 * packets not shown count, too, so that its reader knows where the gaps are.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CAPTURED_INTERFACE_H
#define IPMON_CAPTURED_INTERFACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "place_table.h"
#include "print_record.h"

/* What became of a packet. */
enum packet_fate {
    PACKET_WRITTEN,
    PACKET_UNRECORDED,
    PACKET_PAUSED,
    PACKET_DISCARDED,
    PACKET_UNPRINTED,
    PACKET_FATES,
};

struct packet_tally {
    uint64_t fates[PACKET_FATES];
    uint64_t not_shown; /* of those written and unrecorded, in a capture with a record */
    uint64_t dropped;   /* on another machine; those of this one are not known by interface */
};

/* Where descriptions of interfaces are written, each with numbers of its own. */
enum capture_stream_id {
    STREAM_OUTPUT,
    STREAM_RECORD, /* its current file */
    STREAMS,
};

struct captured_interface {
    unsigned index; /* the source's number of it */
    bool gone;      /* another one may have its index now */
    struct {
        bool described;  /* it has a description block */
        uint32_t number; /* of that block */
        size_t numbered; /* place of the row whose block's number is this row's own place */
    } in[STREAMS];
    uint8_t exponent; /* of the blocks: their times count 10^-n s; valid if described anywhere */
    struct print_interface printed; /* valid if described in the output of a capture that prints */
    struct packet_tally tally;
    struct packet_tally before;    /* when the current file of the record was begun */
    struct packet_tally elsewhere; /* of it, counted by another machine (capture_account.c) */
    bool is_incomplete; /* which went away, with losses that nobody has counted; the same */
};

struct captured_interfaces {
    struct captured_interface *rows; /* in the order of their first packets */
    size_t count;
    size_t capacity;           /* rows that there is memory for */
    size_t last;               /* the one that was found before */
    struct place_table places; /* by index; of several rows with one index the latest */
    struct packet_tally tally; /* of all rows */
};

/*
 * The row of an interface, a new one when there is none yet; valid until the next call. NULL when
 * there is no memory.
 */
struct captured_interface *captured_interface_find(struct captured_interfaces *interfaces,
                                                   unsigned index);

/* The interface no longer exists: from now on, packets with its index belong to a new one. */
void captured_interface_gone(struct captured_interfaces *interfaces, unsigned index);

/* A row got its description block: the numbers of a stream count from 0 without a gap. */
void captured_interface_described(struct captured_interfaces *interfaces,
                                  struct captured_interface *interface,
                                  enum capture_stream_id stream, uint32_t number, uint8_t exponent);

/* The row with a description block's number, or NULL. */
struct captured_interface *captured_interface_by_number(struct captured_interfaces *interfaces,
                                                        enum capture_stream_id stream,
                                                        uint32_t number);

/* The record begins a file: no row is described in it, and what was counted is the base. */
void captured_interfaces_begin_file(struct captured_interfaces *interfaces);

/* Counts packets of a row. */
static inline void captured_interface_add(struct captured_interfaces *interfaces,
                                          struct captured_interface *interface,
                                          enum packet_fate fate, uint64_t packets)
{
    interface->tally.fates[fate] += packets;
    interfaces->tally.fates[fate] += packets;
}

/* Counts one packet of a row. */
static inline void captured_interface_count(struct captured_interfaces *interfaces,
                                            struct captured_interface *interface,
                                            enum packet_fate fate)
{
    captured_interface_add(interfaces, interface, fate, 1);
}

/* A packet that counts as written or unrecorded was not shown. */
static inline void captured_interface_hide(struct captured_interfaces *interfaces,
                                           struct captured_interface *interface)
{
    interface->tally.not_shown++;
    interfaces->tally.not_shown++;
}

/* A packet that counts as written had another fate. */
static inline void captured_interface_take_back(struct captured_interfaces *interfaces,
                                                struct captured_interface *interface,
                                                enum packet_fate fate)
{
    interface->tally.fates[PACKET_WRITTEN]--;
    interfaces->tally.fates[PACKET_WRITTEN]--;
    captured_interface_count(interfaces, interface, fate);
}

/* Packets of a row, or of all rows. */
static inline uint64_t packet_tally_seen(const struct packet_tally *tally)
{
    uint64_t seen = 0;

    for (size_t fate = 0; fate < PACKET_FATES; fate++)
        seen += tally->fates[fate];
    return seen;
}

/* Packets shown, in a capture with a record beside the output. */
static inline uint64_t packet_tally_shown(const struct packet_tally *tally)
{
    return tally->fates[PACKET_WRITTEN] + tally->fates[PACKET_UNRECORDED] - tally->not_shown;
}

/* What was counted since `before`. */
struct packet_tally packet_tally_since(const struct packet_tally *tally,
                                       const struct packet_tally *before);

void captured_interfaces_free(struct captured_interfaces *interfaces);

#endif
