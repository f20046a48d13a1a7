/*
 * Reads big-endian numbers at any alignment.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_BYTES_H
#define IPMON_BYTES_H

#include <stdint.h>

/* The 16-bit network-order number at `bytes`, in host order. */
static inline uint16_t bytes_u16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* The 32-bit network-order number at `bytes`, in host order. */
static inline uint32_t bytes_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

#endif
