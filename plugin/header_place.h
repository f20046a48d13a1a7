/*
 * An IP header that Wireshark dissected: where it is in the frame, and what is decoded of it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_HEADER_PLACE_H
#define IPMON_HEADER_PLACE_H

#include <wireshark.h>
#include <epan/tvbuff.h>

#include "ip_packet.h"

struct header_place {
    tvbuff_t *source; /* the data source's top-level tvb */
    unsigned start;   /* offset of the header in it, bytes */
    unsigned layer;   /* 0: outermost header of the frame */
    /*
     * The version that the layer around announces, 4 or 6; 0: none. A header of another version is
     * refused: nothing but its version is decoded.
     */
    uint8_t announced_version;
    uint32_t tunnel; /* identifies the tunnels around the header, in both directions; 0: none */
    struct ip_packet packet;
};

/* Called for each header of a frame, outermost first. place: valid during the call. */
typedef void (*header_visitor)(const struct header_place *place, void *data);

#endif
