/*
 * Four sources are compared: the header's own length, the tvbs made for it, the outer header and
 * the frame.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "header_extent.h"

#include <wiretap/wtap.h>

#include "bytes.h"
#include "compat.h"
#include "ip_checksum.h"
#include "udp_header.h"

/*
 * Bytes that the layer around the header at `start` carries by its own account: the length of the
 * largest tvb made for what begins there. The IP dissector trims its own to what the header claims.
 */
static unsigned carried_length(tvbuff_t *source, unsigned start)
{
    unsigned carried = 0;

    for (tvbuff_t *tvb = source; tvb; tvb = compat_next_tvb(tvb))
        if ((unsigned)tvb_raw_offset(tvb) == start && tvb_get_ds_tvb(tvb) == source)
            carried = MAX(carried, tvb_reported_length(tvb));
    return carried;
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

    while (tvb && !((unsigned)tvb_raw_offset(tvb) == start && tvb_get_ds_tvb(tvb) == source &&
                    tvb_reported_length(tvb) == 0))
        tvb = compat_next_tvb(tvb);
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
                        : tvb != tvb_get_ds_tvb(tvb);
}

/* Bytes of the packet on the wire from `start` on, as far as data source and outer header show. */
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

/* Whether frames end in a check sequence, according to the capture file. */
static bool has_check_sequence(const packet_info *pinfo)
{
    return pinfo->rec && pinfo->rec->rec_header.packet_header.pkt_encap == WTAP_ENCAP_ETHERNET &&
           pinfo->pseudo_header && pinfo->pseudo_header->eth.fcs_len > 0;
}

/*
 * The length of a packet whose header claims more bytes than the layer around seems to carry, if
 * the frame has them all the same. limit: bytes that the outer header leaves. carried: bytes of
 * these that the dissector of the layer around passed on. Too few are passed on in two cases: a
 * dissector took the last four bytes of the frame for a check sequence, or a network card was to
 * segment a large packet of a tunnel whose outer headers are those of one segment (GSO_PARTIAL).
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

/* Link types whose frames carry one packet: what follows it is padding or a trailer. */
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
    if (!outer && packet->total_length == packet->wire_length && source == compat_frame(pinfo) &&
        pinfo->fd->pkt_len > start && carries_one_packet(pinfo))
        packet->wire_length = MAX(packet->wire_length, pinfo->fd->pkt_len - start);
}

/* FNV-1a. */
static uint32_t mix(uint32_t number, const uint8_t *bytes, uint32_t length)
{
    enum { PRIME = 16777619 };

    for (uint32_t i = 0; i < length; i++)
        number = (number ^ bytes[i]) * PRIME;
    return number;
}

/*
 * The network that a tunnel's packet is for: the identifier of VXLAN (RFC 7348 section 5) or Geneve
 * (RFC 8926 section 3.4), 24 bits, or the key of GRE (RFC 2890 section 2); 0: none.
 */
static uint32_t network_of(const struct ip_packet *packet)
{
    enum { IDENTIFIER_FIELD = UDP_HEADER_LENGTH + 4, IDENTIFIER_SHIFT = 8 };
    enum {
        GRE_CHECKSUM = 0x80, /* bits of the first byte: there is a checksum, there is a key */
        GRE_KEY = 0x20,
        GRE_KEY_FIELD = 4,
        GRE_KEY_BEHIND_CHECKSUM = 8,
        GRE_WITH_BOTH = 12, /* bytes */
    };
    const uint8_t *bytes = packet->bytes + packet->payload_offset;

    if (packet->protocol == IP_PROTOCOL_UDP && udp_port_of_tunnel(packet->destination_port) &&
        packet->payload_captured >= IDENTIFIER_FIELD + sizeof(uint32_t))
        return bytes_u32(bytes + IDENTIFIER_FIELD) >> IDENTIFIER_SHIFT;
    if (packet->protocol == IP_PROTOCOL_GRE && packet->payload_captured >= GRE_WITH_BOTH &&
        bytes[0] & GRE_KEY)
        return bytes_u32(bytes +
                         (bytes[0] & GRE_CHECKSUM ? GRE_KEY_BEHIND_CHECKSUM : GRE_KEY_FIELD));
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
