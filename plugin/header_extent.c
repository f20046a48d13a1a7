/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "header_extent.h"

#include <epan/tvbuff-int.h>
#include <wiretap/wtap.h>

#include "bytes.h"
#include "ip_checksum.h"
#include "udp_header.h"

/*
 * Bytes that the layer around the header at `start` says it carries: the length of the largest tvb
 * made for what begins there. The IP dissector trims its own to what the header claims.
 */
static unsigned carried_length(tvbuff_t *source, unsigned start)
{
    unsigned carried = 0;

    for (tvbuff_t *tvb = source; tvb; tvb = tvb->next)
        if (tvb->ds_tvb == source && (unsigned)tvb_raw_offset(tvb) == start)
            carried = MAX(carried, tvb_reported_length(tvb));
    return carried;
}

tvbuff_t *header_extent_frame(const packet_info *pinfo)
{
    return pinfo->data_src ? get_data_source_tvb(pinfo->data_src->data) : NULL;
}

unsigned header_extent_rest(tvbuff_t *source, unsigned start)
{
    const unsigned reported = tvb_reported_length(source);

    return reported > start ? reported - start : 0;
}

bool header_extent_is_empty(const struct header_place *outer, tvbuff_t *source, unsigned start)
{
    tvbuff_t *tvb = outer->source == source && start == outer->start + outer->packet.datagram_end
                        ? source
                        : NULL;

    while (tvb && !(tvb->ds_tvb == source && (unsigned)tvb_raw_offset(tvb) == start &&
                    tvb_reported_length(tvb) == 0))
        tvb = tvb->next;
    return tvb != NULL;
}

bool header_extent_fits(tvbuff_t *tvb, unsigned version)
{
    const unsigned reported = tvb_reported_length(tvb);
    const unsigned captured = tvb_captured_length(tvb);
    struct ip_packet packet;

    if (captured < (version == 4 ? IPV4_HEADER_MIN : IPV6_HEADER_LENGTH))
        return false;
    ip_packet_decode(&packet, tvb_get_ptr(tvb, 0, (gint)captured), captured, reported);
    if (packet.version != version)
        return false;
    if (packet.total_length == reported || packet.segmentation_offload)
        return true;
    if (packet.total_length < reported)
        return false;
    return version == 4 ? ip_checksum_header(&packet, false) == IP_CHECKSUM_GOOD
                        : tvb != tvb->ds_tvb;
}

/* Bytes the packet had on the wire from `start` on, as far as data source and outer header tell. */
static unsigned wire_length_at(const struct header_place *outer, tvbuff_t *source, unsigned start)
{
    const unsigned rest = header_extent_rest(source, start);
    unsigned outer_end;

    if (!outer || outer->source != source || outer->start >= start ||
        !ip_packet_has(&outer->packet, IP_FIELD_PAYLOAD))
        return rest;
    outer_end = outer->start + outer->packet.datagram_end;
    return outer_end > start ? MIN(rest, outer_end - start) : rest;
}

static void decode(struct ip_packet *packet, tvbuff_t *source, unsigned start, unsigned wire)
{
    const unsigned captured = MIN(tvb_captured_length(source) - start, wire);

    ip_packet_decode(packet, tvb_get_ptr(source, (gint)start, (gint)captured), captured, wire);
}

/* Whether the capture file says that frames end in a check sequence. */
static bool has_check_sequence(const packet_info *pinfo)
{
    return pinfo->rec && pinfo->rec->rec_header.packet_header.pkt_encap == WTAP_ENCAP_ETHERNET &&
           pinfo->pseudo_header && pinfo->pseudo_header->eth.fcs_len > 0;
}

/*
 * Bytes the packet has when its header claims more than the layer around seems to carry and the
 * frame has them all the same. `carried`: bytes that the dissector of the layer around left of
 * `limit`, those that the outer header leaves. Two things make them fewer than they are: a
 * dissector took the last four bytes of the frame for a check sequence, and a card that was to cut
 * a large packet of a tunnel into segments got outer headers for one segment (GSO_PARTIAL).
 */
static unsigned claimed_length(const packet_info *pinfo, const struct ip_packet *packet,
                               tvbuff_t *source, unsigned start, unsigned carried, unsigned limit)
{
    enum { CHECK_SEQUENCE = 4, PADDING_MAX = 60 }; /* bytes */
    const uint64_t claimed = packet->total_length;
    const unsigned rest = header_extent_rest(source, start);

    if (claimed <= carried || claimed > rest)
        return carried;
    if (limit == rest && limit - carried <= CHECK_SEQUENCE && !has_check_sequence(pinfo))
        return limit;
    return rest - limit > PADDING_MAX ? rest : carried;
}

/* Link types whose frames carry one packet, so that what follows it belongs to nobody. */
static bool carries_one_packet(const packet_info *pinfo)
{
    switch (pinfo->rec ? pinfo->rec->rec_header.packet_header.pkt_encap : WTAP_ENCAP_UNKNOWN) {
    case WTAP_ENCAP_ETHERNET:
    case WTAP_ENCAP_LOOP:
    case WTAP_ENCAP_NULL:
    case WTAP_ENCAP_RAW_IP:
    case WTAP_ENCAP_RAW_IP4:
    case WTAP_ENCAP_RAW_IP6:
    case WTAP_ENCAP_SLL:
    case WTAP_ENCAP_SLL2:
        return true;
    default:
        return false;
    }
}

void header_extent_decode(struct ip_packet *packet, const packet_info *pinfo,
                          const struct header_place *outer, tvbuff_t *source, unsigned start)
{
    const unsigned limit = wire_length_at(outer, source, start);
    const unsigned carried = carried_length(source, start);
    const unsigned wire = carried != 0 ? MIN(limit, carried) : limit;
    unsigned claimed;

    decode(packet, source, start, wire);
    claimed = claimed_length(pinfo, packet, source, start, wire, limit);
    /* A payload length of 0 can mean segmentation offload, but the tvb was trimmed to it. */
    if (packet->version == 6 && packet->total_length == IPV6_HEADER_LENGTH)
        claimed = limit;
    if (claimed != wire)
        decode(packet, source, start, claimed);
    /* The IP dissector trimmed its tvb, which can be the frame's own, but the frame may go on. */
    if (!outer && packet->total_length == packet->wire_length &&
        source == header_extent_frame(pinfo) && pinfo->fd->pkt_len > start &&
        carries_one_packet(pinfo))
        packet->wire_length = MAX(packet->wire_length, pinfo->fd->pkt_len - start);
}

/* A number of the bytes, in their order. */
static uint32_t mix(uint32_t number, const uint8_t *bytes, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++)
        number = (number ^ bytes[i]) * 16777619; /* FNV-1a */
    return number;
}

/* The network that a tunnel's packet is for: a VXLAN or Geneve identifier, or a GRE key; or 0. */
static uint32_t network_of(const struct ip_packet *packet)
{
    enum { IDENTIFIER = UDP_HEADER_LENGTH + 4, GRE_CHECKSUM = 0x80, GRE_KEY = 0x20 };
    const uint8_t *bytes = packet->bytes + packet->payload_offset;

    if (packet->protocol == IP_PROTOCOL_UDP && udp_port_of_tunnel(packet->destination_port) &&
        packet->payload_captured >= IDENTIFIER + 4)
        return bytes_u32(bytes + IDENTIFIER) >> 8;
    if (packet->protocol == IP_PROTOCOL_GRE && packet->payload_captured >= 12 && bytes[0] & GRE_KEY)
        return bytes_u32(bytes + (bytes[0] & GRE_CHECKSUM ? 8 : 4));
    return 0;
}

uint32_t header_extent_tunnel(const struct header_place *outer)
{
    const struct ip_packet *packet = &outer->packet;
    const uint32_t length = packet->version == 4 ? IPV4_ADDRESS_LENGTH : IPV6_ADDRESS_LENGTH;
    uint32_t ends;

    if (!ip_packet_has(packet, IP_FIELD_DESTINATION))
        return outer->tunnel + 1;
    ends = mix(packet->protocol, packet->bytes + packet->source_offset, length) +
           mix(packet->protocol, packet->bytes + packet->destination_offset, length);
    return (outer->tunnel + 1) * 31 + ends + network_of(packet) * 2654435761U;
}
