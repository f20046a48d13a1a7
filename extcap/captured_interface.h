/*
 * The interfaces that packets came from, with the count of every packet: what was received is
 * written, or discarded while paused, or discarded at the end, or was dropped by the kernel.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CAPTURED_INTERFACE_H
#define IPMON_CAPTURED_INTERFACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct captured_interface {
    unsigned index;     /* the source's number of it */
    bool gone;          /* another one may have its index now */
    bool described;     /* it has a description block */
    uint32_t number;    /* of that block */
    uint8_t exponent;   /* of that block: its times count 10^-n s */
    uint64_t delivered; /* packets written */
    uint64_t paused;    /* packets discarded while paused */
    uint64_t discarded; /* packets that came after the end, or that the reader did not take */
};

struct captured_interfaces {
    struct captured_interface *rows; /* in the order of their first packets */
    size_t count;
    size_t last; /* the one that was found before */
};

/*
 * The row of an interface, a new one when there is none yet; valid until the next call. NULL when
 * there is no memory.
 */
struct captured_interface *captured_interface_find(struct captured_interfaces *interfaces,
                                                   unsigned index);

/* The interface exists no more: packets with its index belong to a new one from now on. */
void captured_interface_gone(struct captured_interfaces *interfaces, unsigned index);

/* The row with a description block's number, or NULL. */
struct captured_interface *captured_interface_by_number(struct captured_interfaces *interfaces,
                                                        uint32_t number);

/* Packets of a row: written and discarded ones. */
static inline uint64_t captured_interface_seen(const struct captured_interface *interface)
{
    return interface->delivered + interface->paused + interface->discarded;
}

/* The same of all rows. */
uint64_t captured_interfaces_seen(const struct captured_interfaces *interfaces);

/* Packets of all rows that were discarded while paused. */
uint64_t captured_interfaces_paused(const struct captured_interfaces *interfaces);

void captured_interfaces_free(struct captured_interfaces *interfaces);

#endif
