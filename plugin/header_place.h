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

/* The captured bytes of the header, at least one: those that its items cover. */
static inline gint header_place_length(const struct header_place *place)
{
    const struct ip_packet *packet = &place->packet;

    return (gint)MIN(MAX(packet->header_length, 1), packet->captured_length);
}

/* Called for each header of a frame, outermost first. place: valid during the call. */
typedef void (*header_visitor)(const struct header_place *place, void *data);

#endif
