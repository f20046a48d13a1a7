/*
 * VLAN tags (IEEE 802.1Q and 802.1ad) in front of the IP header of what a packet socket receives
 * without link-layer header (SOCK_DGRAM). Measured on Linux 6.18, read in its net/core/dev.c,
 * net/packet/af_packet.c and include/linux/if_vlan.h:
 * - The outermost tag of a received frame is removed by the kernel or the card. The bytes begin
 *   behind it: with the IP header, or with the TCI of the second tag and the Ethertype that follows
 *   it, and so on, up to the IP header.
 * - The bytes of a sent frame begin with the IP header when a VLAN device or a packet socket sends
 *   it, and with a TCI when a bridge forwards it or there are more tags than the kernel walks.
 * - From Linux 6.11 on (and the stable kernels of that time) the protocol that comes with a packet
 *   is the one behind all tags, and 0 when the kernel does not find it; before, it is the type of
 *   the next tag. Either way the place of the IP header does not follow from it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_VLAN_TAG_H
#define IPMON_VLAN_TAG_H

#include <stdbool.h>
#include <stdint.h>

enum {
    VLAN_TAGS_MAX = 8,   /* in a frame; as many as the kernel walks */
    VLAN_TAG_LENGTH = 4, /* bytes: TCI and the Ethertype behind it */
    VLAN_TAGS_LENGTH = VLAN_TAGS_MAX * VLAN_TAG_LENGTH, /* of all, at most */
};

/* A packet from a frame that has, or had, at least one tag. */
struct vlan_packet {
    const uint8_t *bytes;
    uint32_t captured_length; /* bytes readable there */
    uint32_t wire_length;     /* bytes from there to the frame's end */
    uint16_t protocol;        /* that comes with it (sll_protocol), in host order */
    bool sent;                /* by this host: no tag was removed */
};

/* Whether an Ethertype (host order) is that of a tag. 0x9100 is none to the kernel. */
bool vlan_tag_is(uint16_t ethertype);

/*
 * How many bytes of tags stand in front of the IP header; -1 when no IP header follows, tags are
 * cut, or the frame has more than VLAN_TAGS_MAX.
 * A TCI of priority 2 or 3 reads as the first byte of an IP header, and an IPv4 packet of 2048
 * bytes as a tag: what can be both is taken for tags, unless a header at the start has a correct
 * checksum (IPv6: the correct length) and the one behind the tags has not.
 */
int vlan_tags_length(const struct vlan_packet *packet);

#endif
