/*
 * The interfaces that packets came from, with the count of every packet. The account of a capture:
 *
 *   received = delivered + paused + discarded + unprinted + dropped
 *
 *   received    by the source (counts): all that passed the filter, as the kernel or the driver
 *               counts them; in a replay, the packets that were read
 *   delivered   by capture_packets.c: written into the buffer. If the output did not accept the
 *               whole block, capture_finish.c counts the packet as discarded instead.
 *   paused      by capture_packets.c: arrived within a pause
 *   discarded   by capture_packets.c: arrived after the stop, or read after --packet-count was
 *               reached; by capture_finish.c: read after the loop had ended
 *   unprinted   by capture_packets.c, when records are printed: frames that carry no IP packet
 *   dropped     by the source (counts): lost in the kernel, whose buffer was full
 *
 * The source knows `received` and `dropped` for all interfaces together; the others are counted
 * here, by interface. At the end capture_finish.c reads on until both sides are equal or 200 ms
 * have passed; a difference is logged as an error.
 *
 * In the interface statistics blocks isb_usrdeliv is `delivered` and isb_ifrecv the sum of what was
 * counted here. The first block adds to it what was received beyond these sums, and has `dropped`
 * as isb_ifdrop and isb_osdrop. epb_dropcount is the number lost since the packet block before.
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

struct captured_interface {
    unsigned index;                 /* the source's number of it */
    bool gone;                      /* another one may have its index now */
    bool described;                 /* it has a description block */
    uint32_t number;                /* of that block */
    uint8_t exponent;               /* of that block: its times count 10^-n s */
    struct print_interface printed; /* valid with `described` in a capture that prints */
    size_t numbered;    /* place of the row whose block's number is this row's own place */
    uint64_t delivered; /* packets written */
    uint64_t paused;    /* packets discarded while paused */
    uint64_t discarded; /* packets that came after the end, or that the reader did not take */
    uint64_t unprinted; /* frames without a record, in a capture that prints */
};

struct captured_interfaces {
    struct captured_interface *rows; /* in the order of their first packets */
    size_t count;
    size_t capacity;           /* rows that there is memory for */
    size_t last;               /* the one that was found before */
    struct place_table places; /* by index; of several rows with one index the latest */
    uint64_t delivered;        /* packets of all rows, each of these four */
    uint64_t paused;
    uint64_t discarded;
    uint64_t unprinted;
};

/*
 * The row of an interface, a new one when there is none yet; valid until the next call. NULL when
 * there is no memory.
 */
struct captured_interface *captured_interface_find(struct captured_interfaces *interfaces,
                                                   unsigned index);

/* The interface no longer exists: from now on, packets with its index belong to a new one. */
void captured_interface_gone(struct captured_interfaces *interfaces, unsigned index);

/* A row got its description block: their numbers count from 0 without a gap. */
void captured_interface_described(struct captured_interfaces *interfaces,
                                  struct captured_interface *interface, uint32_t number,
                                  uint8_t exponent);

/* The row with a description block's number, or NULL. */
struct captured_interface *captured_interface_by_number(struct captured_interfaces *interfaces,
                                                        uint32_t number);

/* Each counts one packet of a row. */
static inline void captured_interface_deliver(struct captured_interfaces *interfaces,
                                              struct captured_interface *interface)
{
    interface->delivered++;
    interfaces->delivered++;
}

static inline void captured_interface_pause(struct captured_interfaces *interfaces,
                                            struct captured_interface *interface)
{
    interface->paused++;
    interfaces->paused++;
}

static inline void captured_interface_discard(struct captured_interfaces *interfaces,
                                              struct captured_interface *interface)
{
    interface->discarded++;
    interfaces->discarded++;
}

static inline void captured_interface_leave_out(struct captured_interfaces *interfaces,
                                                struct captured_interface *interface)
{
    interface->unprinted++;
    interfaces->unprinted++;
}

/* A packet that counts as written was discarded. */
static inline void captured_interface_take_back(struct captured_interfaces *interfaces,
                                                struct captured_interface *interface)
{
    interface->delivered--;
    interfaces->delivered--;
    captured_interface_discard(interfaces, interface);
}

/* Packets of a row: written and discarded ones. */
static inline uint64_t captured_interface_seen(const struct captured_interface *interface)
{
    return interface->delivered + interface->paused + interface->discarded + interface->unprinted;
}

/* The same of all rows. */
static inline uint64_t captured_interfaces_seen(const struct captured_interfaces *interfaces)
{
    return interfaces->delivered + interfaces->paused + interfaces->discarded +
           interfaces->unprinted;
}

void captured_interfaces_free(struct captured_interfaces *interfaces);

#endif
