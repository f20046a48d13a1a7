/*
 * The link type shows where the header begins, and the addresses that Wireshark noted last whether
 * it is the only one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "plain_frame.h"

#include <string.h>

#include <wiretap/wtap.h>

#include "bytes.h"
#include "compat.h"

/* Bytes of link headers. */
enum {
    ETHERNET_HEADER = 14,
    VLAN_TAG = 4, /* IEEE 802.1Q */
    SLL_HEADER = 16,
    SLL2_HEADER = 20,
    NULL_HEADER = 4,
    CISCO_HDLC_HEADER = 4,
};

static int behind_ethernet_header(const uint8_t *frame, unsigned length)
{
    enum { TYPE_IPV4 = 0x0800, TYPE_IPV6 = 0x86DD, TYPE_VLAN = 0x8100, TYPE_FIELD = 12 };
    const unsigned type = length < ETHERNET_HEADER ? 0 : bytes_u16(frame + TYPE_FIELD);

    if (type == TYPE_IPV4 || type == TYPE_IPV6)
        return ETHERNET_HEADER;
    return type == TYPE_VLAN ? ETHERNET_HEADER + VLAN_TAG : -1;
}

static int header_offset(const packet_info *pinfo, const uint8_t *frame, unsigned length)
{
    if (!pinfo->rec)
        return -1;
    switch (pinfo->rec->rec_header.packet_header.pkt_encap) {
    case WTAP_ENCAP_RAW_IP:
    case WTAP_ENCAP_RAW_IP4:
    case WTAP_ENCAP_RAW_IP6:
        return 0;
    case WTAP_ENCAP_ETHERNET:
        return behind_ethernet_header(frame, length);
    case WTAP_ENCAP_SLL:
        return SLL_HEADER;
    case WTAP_ENCAP_SLL2:
        return SLL2_HEADER;
    case WTAP_ENCAP_NULL:
    case WTAP_ENCAP_LOOP:
        return NULL_HEADER;
    case WTAP_ENCAP_CHDLC:
        return CISCO_HDLC_HEADER;
    default:
        return -1;
    }
}

int plain_frame_offset(const packet_info *pinfo)
{
    tvbuff_t *frame = compat_frame(pinfo);
    const uint8_t *bytes = frame ? compat_source_bytes(frame) : NULL;

    return bytes ? header_offset(pinfo, bytes, tvb_captured_length(frame)) : -1;
}

static bool matches(const uint8_t *header, const address *from, uint8_t protocol)
{
    if (from->type == AT_IPv4)
        return ip_header_version(header) == 4 && header[IPV4_PROTOCOL_FIELD] == protocol &&
               memcmp(header + IPV4_SOURCE_FIELD, from->data, IPV4_ADDRESS_LENGTH) == 0;
    return ip_header_version(header) == 6 && header[IPV6_NEXT_HEADER_FIELD] == protocol &&
           memcmp(header + IPV6_SOURCE_FIELD, from->data, IPV6_ADDRESS_LENGTH) == 0;
}

bool plain_frame_first(struct plain_header *header, const packet_info *pinfo)
{
    tvbuff_t *frame = compat_frame(pinfo);
    const uint8_t *bytes = frame ? compat_source_bytes(frame) : NULL;
    unsigned length;
    int offset;

    if (!bytes)
        return false;
    length = tvb_captured_length(frame);
    offset = header_offset(pinfo, bytes, length);
    if (offset < 0 || length < (unsigned)offset + PLAIN_IPV4_MIN ||
        (ip_header_version(bytes + offset) != 4 && length < (unsigned)offset + PLAIN_IPV6_MIN))
        return false;
    *header = (struct plain_header){
        .source = frame,
        .start = (unsigned)offset,
        .bytes = bytes + offset,
        .captured = length - (unsigned)offset,
    };
    return true;
}

bool plain_frame_find(struct plain_header *header, const packet_info *pinfo, uint8_t protocol)
{
    const address *from = &pinfo->net_src;

    return (from->type == AT_IPv4 || from->type == AT_IPv6) && plain_frame_first(header, pinfo) &&
           matches(header->bytes, from, protocol);
}

void plain_frame_decode(struct header_place *place, const struct plain_header *header)
{
    place->source = header->source;
    place->start = header->start;
    place->layer = 0;
    place->announced_version = 0;
    place->tunnel = 0;
    ip_packet_decode(&place->packet, header->bytes, header->captured,
                     tvb_reported_length(header->source) - header->start);
}
