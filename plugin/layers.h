/*
 * The list of dissectors that Wireshark called for a frame (pinfo->layers), outermost first, and
 * what each protocol means for a search for IP headers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_LAYERS_H
#define IPMON_LAYERS_H

#include <stdbool.h>

#include <wireshark.h>
#include <epan/packet_info.h>

/* What is known of a protocol. */
enum layer_trait {
    LAYER_IPV4 = 1 << 0,
    LAYER_IPV6 = 1 << 1,
    LAYER_IP = LAYER_IPV4 | LAYER_IPV6,
    LAYER_ICMP = 1 << 2, /* ICMPv6, too */
    LAYER_MPLS = 1 << 3,
    LAYER_DATA = 1 << 4, /* bytes that no dissector takes */
    LAYER_ETHERNET = 1 << 5,
    LAYER_PKTAP = 1 << 6,
    LAYER_OWN = 1 << 7,       /* this plugin */
    LAYER_ANNOUNCES = 1 << 8, /* it names the version of the IP header that it carries */
    LAYER_QUOTES = 1 << 9,    /* it reports other packets, or parts of them, which follow */
    LAYER_CARRIED = 1 << 10,  /* it stands behind an IP header */
    LAYER_BROKE_OFF = 1 << 11 /* not a dissector: the one before ran out of bytes */
};

/* Looks up Wireshark's protocols. To be called once, at handoff. */
void layers_prepare(void);

/* The traits (enum layer_trait) of a protocol, by Wireshark's number of it; 0: none. */
unsigned layer_protocol_traits(int protocol);

/* The traits of a layer's protocol; 0 for NULL. */
unsigned layer_traits(wmem_list_frame_t *layer);

/* How many layers of the frame have one of the traits. */
unsigned layers_count(const packet_info *pinfo, unsigned traits);

/* The dissector that was called last, other than this plugin's; NULL: there is none. */
wmem_list_frame_t *layers_last(const packet_info *pinfo);

/* Whether a dissector was called for a packet that one around it only reports. */
bool layer_is_quoted(wmem_list_frame_t *layer);

/*
 * Whether the layer in front names the IP version of this one. (A link type for one version does
 * not count: programs write packets of the other version with it as well.)
 */
bool layer_is_announced(wmem_list_frame_t *layer);

#endif
