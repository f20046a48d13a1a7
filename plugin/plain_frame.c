/*
 * What the link header says, held against the addresses that Wireshark took last.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "plain_frame.h"

#include <string.h>

#include <epan/tvbuff-int.h>
#include <wiretap/wtap.h>

#include "bytes.h"
#include "header_extent.h"

static int behind_ethernet_header(const uint8_t *frame, unsigned length)
{
    enum { TYPE_IPV4 = 0x0800, TYPE_IPV6 = 0x86DD, TYPE_VLAN = 0x8100 };
    enum { ETHERNET_HEADER = 14, VLAN_TAG = 4 }; /* bytes */
    const unsigned type = length < ETHERNET_HEADER ? 0 : bytes_u16(frame + ETHERNET_HEADER - 2);

    if (type == TYPE_IPV4 || type == TYPE_IPV6)
        return ETHERNET_HEADER;
    return type == TYPE_VLAN ? ETHERNET_HEADER + VLAN_TAG : -1;
}

int plain_frame_offset(const packet_info *pinfo)
{
    const tvbuff_t *source = header_extent_frame(pinfo);

    if (!source || !source->real_data || !pinfo->rec)
        return -1;
    switch (pinfo->rec->rec_header.packet_header.pkt_encap) {
    case WTAP_ENCAP_RAW_IP:
    case WTAP_ENCAP_RAW_IP4:
    case WTAP_ENCAP_RAW_IP6:
        return 0;
    case WTAP_ENCAP_ETHERNET:
        return behind_ethernet_header(source->real_data, source->length);
    case WTAP_ENCAP_SLL:
        return 16;
    case WTAP_ENCAP_SLL2:
        return 20;
    case WTAP_ENCAP_NULL:
    case WTAP_ENCAP_LOOP:
    case WTAP_ENCAP_CHDLC:
        return 4;
    default:
        return -1;
    }
}

bool plain_frame_find(const packet_info *pinfo, uint8_t protocol, unsigned *start)
{
    const address *from = &pinfo->net_src;
    const bool ipv4 = from->type == AT_IPv4;
    tvbuff_t *source = header_extent_frame(pinfo);
    const uint8_t *header;
    int offset;

    if (!ipv4 && from->type != AT_IPv6)
        return false;
    offset = plain_frame_offset(pinfo);
    if (offset < 0 || source->length < (unsigned)offset + IPV6_HEADER_LENGTH)
        return false;
    header = source->real_data + offset;
    *start = (unsigned)offset;
    if (ipv4)
        return header[0] >> 4 == 4 && header[9] == protocol &&
               memcmp(header + 12, from->data, IPV4_ADDRESS_LENGTH) == 0;
    return header[0] >> 4 == 6 && header[6] == protocol &&
           memcmp(header + 8, from->data, IPV6_ADDRESS_LENGTH) == 0;
}

const uint8_t *plain_frame_bytes(const packet_info *pinfo, unsigned start, uint32_t *captured)
{
    const tvbuff_t *source = get_data_source_tvb(pinfo->data_src->data);

    *captured = source->length - start;
    return source->real_data + start;
}

void plain_frame_decode(const packet_info *pinfo, unsigned start, struct header_place *place)
{
    tvbuff_t *source = get_data_source_tvb(pinfo->data_src->data);

    place->source = source;
    place->start = start;
    place->layer = 0;
    place->announced_version = 0;
    place->tunnel = 0;
    ip_packet_decode(&place->packet, source->real_data + start, source->length - start,
                     source->reported_length - start);
}
