/*
 * The TPACKET_V3 ring that a packet socket shares with the kernel: blocks of packets, handed over
 * one after the other.
 * Source: packet(7), Documentation/networking/packet_mmap.rst of Linux.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PACKET_RING_H
#define IPMON_PACKET_RING_H

#include <linux/if_packet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"

enum {
    /* Milliseconds until the kernel hands over a block not yet full: when somebody waits for the
     * packets, and when nobody does. At a low rate each block has few packets then, and the ring
     * holds as many times this latency as it has blocks, while a slow disk keeps the program. */
    PACKET_RING_LATENCY = 30,
    PACKET_RING_LATENCY_UNWATCHED = 250,
};

/* All zero at first. */
struct packet_ring {
    uint8_t *memory;
    size_t size;         /* bytes */
    uint32_t block_size; /* bytes */
    unsigned block_count;
    unsigned block;    /* the one that is read, or waited for */
    bool owns_block;   /* the kernel has handed it over */
    uint32_t left;     /* packets of it not yet taken */
    const uint8_t *at; /* the next packet's header */
};

/*
 * Requests a ring of `size` bytes, half of it if the kernel does not grant that, and so on, and
 * maps it. latency: one of the above. To be called before the socket is bound. Fails with errno's
 * code.
 */
bool packet_ring_map(struct packet_ring *ring, int descriptor, uint32_t size, unsigned latency,
                     struct failure *failure);

/*
 * Returns the block that was read to the kernel and acquires the next one, which can be empty;
 * false when it is not ready. *losing: packets were lost before its first one.
 */
bool packet_ring_acquire(struct packet_ring *ring, bool *losing);

/* The next packet of the block, of which some are left; valid until the next block. */
static inline const struct tpacket3_hdr *packet_ring_next(struct packet_ring *ring)
{
    const struct tpacket3_hdr *packet = (const void *)ring->at;

    ring->at += packet->tp_next_offset;
    ring->left--;
    return packet;
}

/* The packet's address, as recvfrom(2) would return it. */
static inline const struct sockaddr_ll *packet_ring_address(const struct tpacket3_hdr *packet)
{
    return (const void *)((const uint8_t *)packet + TPACKET_ALIGN(sizeof *packet));
}

/* Also for a ring that was never mapped. */
void packet_ring_unmap(struct packet_ring *ring);

#endif
