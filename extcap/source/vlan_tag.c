/*
 * The walk over the tags, and the choice between a tag and a header that can be mistaken for one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vlan_tag.h"

#include <linux/if_ether.h>
#include <stddef.h>

#include "bytes.h"
#include "ip_checksum.h"
#include "ip_packet.h"

enum { TYPE_LENGTH = 2 }; /* bytes of an Ethertype, which ends a tag as it stands here */

bool vlan_tag_is(uint16_t ethertype)
{
    return ethertype == ETH_P_8021Q || ethertype == ETH_P_8021AD;
}

static bool is_ip(uint16_t ethertype)
{
    return ethertype == ETH_P_IP || ethertype == ETH_P_IPV6;
}

/* The kernel has not found what is behind the tags, or does not report it. */
static bool is_open(uint16_t protocol)
{
    return protocol == 0 || vlan_tag_is(protocol);
}

/* How many bytes are tags if IP follows them, -1 otherwise. Sets the type of what follows. */
static int walk(const struct vlan_packet *packet, uint16_t *ethertype)
{
    const size_t most = packet->sent ? VLAN_TAGS_MAX : VLAN_TAGS_MAX - 1;

    for (size_t end = VLAN_TAG_LENGTH;
         end <= most * VLAN_TAG_LENGTH && end <= packet->captured_length; end += VLAN_TAG_LENGTH) {
        *ethertype = bytes_u16(packet->bytes + end - TYPE_LENGTH);
        if (is_ip(*ethertype))
            return (int)end;
        if (!vlan_tag_is(*ethertype))
            return -1;
    }
    return -1;
}

/* The header at an offset, which may lie at the end of what was captured. */
static void decode_at(const struct vlan_packet *packet, uint32_t offset, struct ip_packet *header)
{
    ip_packet_decode(header, packet->bytes + offset, packet->captured_length - offset,
                     packet->wire_length - offset);
}

static bool has_version(const struct ip_packet *header, uint16_t ethertype)
{
    return header->version == (ethertype == ETH_P_IPV6 ? 6 : 4);
}

/* Whether other bytes are unlikely to form such a header by chance. */
static bool is_credible(const struct ip_packet *header)
{
    if (header->version == 4)
        return ip_checksum_header(header, true) == IP_CHECKSUM_GOOD &&
               (header->total_length <= header->wire_length || header->segmentation_offload);
    return header->version == 6 && header->captured_length >= IPV6_HEADER_LENGTH &&
           (header->total_length == header->wire_length || header->segmentation_offload);
}

/* Whether the bytes can begin with the header. */
static bool begins_with_header(const struct vlan_packet *packet, const struct ip_packet *start)
{
    if (is_ip(packet->protocol))
        return has_version(start, packet->protocol);
    if (!packet->sent)
        return false;
    if (packet->protocol == 0 ||
        (packet->captured_length >= VLAN_TAG_LENGTH &&
         vlan_tag_is(bytes_u16(packet->bytes + VLAN_TAG_LENGTH -
                               TYPE_LENGTH)))) /* tags, with something else behind */
        return is_credible(start);
    return start->version == 4 || start->version == 6;
}

int vlan_tags_length(const struct vlan_packet *packet)
{
    uint16_t ethertype = 0;
    struct ip_packet start;
    struct ip_packet behind;
    bool can_start;
    int tags;

    if (!is_ip(packet->protocol) && !is_open(packet->protocol))
        return -1;
    tags = walk(packet, &ethertype);
    if (is_ip(packet->protocol) && (tags < 0 || ethertype != packet->protocol))
        return 0; /* the most frequent case: one tag, which was removed */
    decode_at(packet, 0, &start);
    can_start = begins_with_header(packet, &start);
    if (tags < 0)
        return can_start ? 0 : -1;
    decode_at(packet, (uint32_t)tags, &behind);
    /* ARP in a frame sent with one tag reads as a tag before IPv4; from 6.11 on it has its type. */
    if (packet->sent && vlan_tag_is(packet->protocol) && !has_version(&behind, ethertype))
        return can_start ? 0 : -1;
    if (can_start && is_credible(&start) &&
        !(has_version(&behind, ethertype) && is_credible(&behind)))
        return 0;
    return tags;
}
