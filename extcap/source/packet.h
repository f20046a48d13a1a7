/*
 * A packet as a source hands it to the capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PACKET_H
#define IPMON_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include "pcapng.h"

struct captured_packet {
    const uint8_t *bytes;     /* valid until the next call of the source */
    uint32_t captured_length; /* bytes readable there */
    uint32_t wire_length;     /* bytes of the packet when it was sent */
    uint64_t timestamp; /* the kernel's or the file's, in ticks of the interface, from 1970 on */
    uint64_t arrival;   /* nanoseconds of CLOCK_MONOTONIC, see arrival.h; 0: pauses and the stop are
                           up to the source (a replay, another machine) */
    uint64_t drops;     /* packets the kernel lost since the packet before */
    unsigned interface; /* the kernel's index; of a replay or other machines a number from 1 */
    bool timeless;      /* the file has no valid time of it, and `timestamp` is 0 */
    enum pcapng_direction direction;
    enum pcapng_reception reception;
    const struct pcapng_packet_options *options; /* NULL: those of the members above */
};

#endif
