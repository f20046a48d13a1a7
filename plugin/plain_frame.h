/*
 * A shortcut to the IP header of most frames: right behind the link header, with no tunnel around
 * it and no header inside. All other frames need a walk over what Wireshark dissected.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PLAIN_FRAME_H
#define IPMON_PLAIN_FRAME_H

#include <stdbool.h>

#include <wireshark.h>
#include <epan/packet_info.h>

#include "header_place.h"

/*
 * The offset in bytes of an IP header right behind the frame's link header; -1: the link header
 * does not announce one, or the link type is not one of the usual ones.
 */
int plain_frame_offset(const packet_info *pinfo);

enum {
    PLAIN_IPV4_MIN = 28, /* bytes: the header without options, and 8 of the message */
    PLAIN_IPV6_MIN = 40, /* bytes: the fixed header */
};

/* The IP header of a plain frame, not decoded. Valid as long as the frame. */
struct plain_header {
    tvbuff_t *source; /* the frame's tvb */
    unsigned start;   /* offset of the header in it, bytes */
    const uint8_t *bytes;
    uint32_t captured; /* bytes that may be read there, at least PLAIN_IPV4_MIN or _IPV6_MIN */
};

/*
 * Finds the IP header right behind the link header, whatever it carries. Returns false if the link
 * header does not announce one, or too little was captured.
 */
bool plain_frame_first(struct plain_header *header, const packet_info *pinfo);

/*
 * Finds the header of a frame that has one IP header, right behind the link header, and a message
 * of that protocol behind it. The addresses that Wireshark noted last must be the header's, which
 * excludes tunnels and quotes. Returns false for any other frame; use layer_walk for these.
 */
bool plain_frame_find(struct plain_header *header, const packet_info *pinfo, uint8_t protocol);

/* Decodes a header that was found. */
void plain_frame_decode(struct header_place *place, const struct plain_header *header);

#endif
