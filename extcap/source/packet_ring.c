/*
 * Mapping the ring and walking its blocks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "packet_ring.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "log.h"

enum {
    BLOCK_SIZE = 512 * 1024,        /* a packet of PCAPNG_PACKET_MAX and its headers must fit */
    LARGE_BLOCK_SIZE = 1024 * 1024, /* wakes the program half as often */
    /* The least in a ring of large ones: the kernel hands over each after PACKET_RING_LATENCY,
     * however few packets are in it. */
    LARGE_BLOCKS = 16,
    FRAME_SIZE = 2048, /* no limit with TPACKET_V3, but the kernel checks it */
};

static struct tpacket_block_desc *block_at(const struct packet_ring *ring, unsigned block)
{
    return (struct tpacket_block_desc *)(void *)(ring->memory + (size_t)block * ring->block_size);
}

static uint32_t block_size_for(uint32_t size)
{
    return size >= LARGE_BLOCKS * LARGE_BLOCK_SIZE ? LARGE_BLOCK_SIZE : BLOCK_SIZE;
}

static bool request_ring(struct packet_ring *ring, int descriptor, uint32_t size, unsigned latency,
                         struct failure *failure)
{
    const uint32_t block_size = block_size_for(size);
    struct tpacket_req3 request = {
        .tp_block_size = block_size,
        .tp_frame_size = FRAME_SIZE,
        .tp_block_nr = size / block_size,
        .tp_retire_blk_tov = latency,
    };

    for (;; request.tp_block_nr /= 2) {
        request.tp_frame_nr = request.tp_block_nr * (block_size / FRAME_SIZE);
        if (setsockopt(descriptor, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) == 0)
            break;
        if (errno != ENOMEM || request.tp_block_nr < 4)
            return failure_set_errno(failure, errno, "no receive ring of %u bytes",
                                     request.tp_block_nr * block_size);
    }
    if (request.tp_block_nr < size / block_size)
        log_line(IPMON_LOG_WARNING, "the kernel grants a receive ring of %u bytes only",
                 request.tp_block_nr * block_size);
    ring->block_size = block_size;
    ring->block_count = request.tp_block_nr;
    return true;
}

bool packet_ring_map(struct packet_ring *ring, int descriptor, uint32_t size, unsigned latency,
                     struct failure *failure)
{
    const int version = TPACKET_V3;
    void *memory;

    if (setsockopt(descriptor, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0)
        return failure_set_errno(failure, errno, "this kernel has no TPACKET_V3 rings");
    if (!request_ring(ring, descriptor, size, latency, failure))
        return false;
    ring->size = (size_t)ring->block_count * ring->block_size;
    memory = mmap(NULL, ring->size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (memory == MAP_FAILED)
        return failure_set_errno(failure, errno, "cannot map the receive ring");
    ring->memory = memory;
    return true;
}

static void release_block(struct packet_ring *ring)
{
    struct tpacket_block_desc *block = block_at(ring, ring->block);

    __atomic_store_n(&block->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    ring->block = (ring->block + 1) % ring->block_count;
    ring->owns_block = false;
}

bool packet_ring_acquire(struct packet_ring *ring, bool *losing)
{
    const struct tpacket_block_desc *block;
    uint32_t status;

    if (ring->owns_block)
        release_block(ring);
    block = block_at(ring, ring->block);
    status = __atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE);
    if (!(status & TP_STATUS_USER))
        return false;
    ring->owns_block = true;
    ring->left = block->hdr.bh1.num_pkts;
    ring->at = (const uint8_t *)block + block->hdr.bh1.offset_to_first_pkt;
    *losing = (status & TP_STATUS_LOSING) != 0;
    return true;
}

void packet_ring_unmap(struct packet_ring *ring)
{
    if (ring->memory)
        munmap(ring->memory, ring->size);
    ring->memory = NULL;
}
