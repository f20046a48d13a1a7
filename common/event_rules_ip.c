/*
 * Rules for the IP header, IPv6 extension headers, addresses and fragments.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "event_rules.h"

#include "bytes.h"
#include "ip_checksum.h"
#include "ip_option.h"
#include "tcp_header.h"

enum {
    DATAGRAM_MAX = 65535, /* bytes, RFC 791 section 3.1; IPv6: of payload */
    FRAGMENT_UNIT = 8,    /* bytes */
    TRAILER_MAX = 60,     /* bytes: an Ethernet frame is padded to 60 */
};

bool event_is_bad_destination(const struct event_search *search, const uint8_t *address)
{
    const uint8_t version = search->packet->version;
    const bool on_wire = search->context->loopback == NETWORK_NO;

    if (ip_address_is_loopback(version, address))
        return on_wire;
    if (version == 4)
        return ipv4_address_is_this_network(address) ||
               (ipv4_address_is_reserved(address) &&
                !ip_address_is_limited_broadcast(version, address));
    if (ip_address_is_multicast(version, address))
        return ipv6_multicast_scope(address) == IPV6_SCOPE_RESERVED ||
               (ipv6_multicast_scope(address) == IPV6_SCOPE_INTERFACE_LOCAL && on_wire);
    return ip_address_is_unspecified(version, address);
}

/* A subnet's broadcast address ends in ones: two at least, as the prefix is not known. */
static bool may_be_broadcast(const uint8_t *address)
{
    return (address[IPV4_ADDRESS_LENGTH - 1] & 3) == 3;
}

static void check_addresses(struct event_search *search)
{
    const struct ip_packet *packet = search->packet;
    const struct network_event_context *context = search->context;
    const uint8_t version = packet->version;
    const uint32_t length = ip_address_length(version);
    const uint8_t *source = packet->bytes + packet->source_offset;
    const uint8_t *destination = packet->bytes + packet->destination_offset;

    if (!ip_packet_has(packet, IP_FIELD_DESTINATION))
        return;
    if (event_is_bad_destination(search, destination) ||
        (version == 4 && context->group_addressed == NETWORK_YES &&
         !ip_address_is_multicast(version, destination) && !may_be_broadcast(destination)))
        event_raise(search, EVENT_IP_FORWARD_BADADDR, packet->destination_offset, length);
    if (ip_address_is_multicast(version, source) ||
        (version == 4 && ipv4_address_is_reserved(source)))
        event_raise(search, EVENT_IPINTR_BADSRC, packet->source_offset, length);
    if (context->loopback == NETWORK_NO && ip_address_equal(version, source, destination) &&
        !ip_address_is_unspecified(version, source))
        event_raise(search, EVENT_IPINTR_LAND, packet->source_offset, 2 * length);
}

static void check_protocol(struct event_search *search)
{
    const struct ip_packet *packet = search->packet;
    const uint8_t foreign = packet->version == 4 ? IP_PROTOCOL_ICMPV6 : IP_PROTOCOL_ICMP;

    if (!ip_packet_has(packet, IP_FIELD_PROTOCOL))
        return;
    if (packet->protocol == foreign || packet->protocol == IP_PROTOCOL_RESERVED ||
        (packet->protocol >= IP_PROTOCOL_UNASSIGNED_FIRST &&
         packet->protocol <= IP_PROTOCOL_UNASSIGNED_LAST))
        event_raise(search, EVENT_IPINTR_BADPROTO, packet->protocol_offset, 1);
}

static void check_time_to_live(struct event_search *search)
{
    const struct ip_packet *packet = search->packet;
    const uint32_t field = packet->version == 4 ? IPV4_TIME_TO_LIVE_FIELD : IPV6_HOP_LIMIT_FIELD;

    if (ip_packet_has(packet, IP_FIELD_TIME_TO_LIVE) && packet->time_to_live == 0)
        event_raise(search, EVENT_IPINTR_BADTTL, field, 1);
}

/* More than padding and the check sequence of a link: bytes that no stack reads. */
static void check_trailer(struct event_search *search)
{
    const struct ip_packet *packet = search->packet;

    if (packet->wire_length - packet->datagram_end > TRAILER_MAX)
        event_raise(search, EVENT_IPINTR_TRAILER, packet->datagram_end,
                    packet->wire_length - packet->datagram_end);
}

/* RFC 791 section 3.2, RFC 1858, RFC 8200 section 4.5. */
static void check_fragment(struct event_search *search)
{
    const struct ip_packet *packet = search->packet;
    const bool ipv4 = packet->version == 4;
    const uint32_t field =
        ipv4 ? IPV4_FRAGMENT_FIELD : packet->fragment_header_offset + IPV6_FRAGMENT_FIELD;
    /* In IPv6 the headers behind the fragment header are part of what is fragmented. */
    const uint32_t start =
        ipv4 ? packet->payload_offset : packet->fragment_header_offset + IPV6_FRAGMENT_LENGTH;
    const uint32_t length = packet->datagram_end - start;
    /* Headers that count towards DATAGRAM_MAX after reassembly. */
    const uint32_t headers =
        ipv4 ? packet->header_length : packet->fragment_header_offset - IPV6_HEADER_LENGTH;

    if (!ip_packet_has(packet, IP_FIELD_FLAGS) || packet->segmentation_offload ||
        (!packet->more_fragments && packet->fragment_offset == 0))
        return;
    if ((uint64_t)headers + packet->fragment_offset + length > DATAGRAM_MAX)
        event_raise(search, EVENT_IP_REASS_TOOBIG, field, 2);
    if (packet->more_fragments && length < FRAGMENT_UNIT)
        event_raise(search, EVENT_IP_OUTPUT_SHORTMSG, field, 2);
    if (packet->more_fragments && length % FRAGMENT_UNIT != 0)
        event_raise(search, EVENT_IP_REASS_BADLEN, field, 2);
    if (packet->dont_fragment)
        event_raise(search, EVENT_IP_REASS_DF, field, 2);
    if (packet->protocol != IP_PROTOCOL_TCP)
        return;
    if (packet->fragment_offset == 0 && packet->payload_length < TCP_SEGMENT_MIN)
        event_raise(search, EVENT_IP_REASS_TINYFRAG, field, 2);
    if (packet->fragment_offset == FRAGMENT_UNIT)
        event_raise(search, EVENT_IP_REASS_OVERLAP, field, 2);
}

/* A wrong checksum does not end the search, except for what rests on the header. */
static void check_header_checksum(struct event_search *search)
{
    const struct ip_packet *packet = search->packet;

    if (ip_checksum_header(packet, search->context->header_checksum_due) != IP_CHECKSUM_BAD)
        return;
    event_raise(search, EVENT_IPINTR_BADSUM, IPV4_CHECKSUM_FIELD, 2);
    search->header_is_doubtful = packet->checksum != 0;
}

/*
 * The first thing but its checksum that makes a stack drop an IPv4 packet whose header length is
 * good; EVENT_RAISED: none.
 */
static enum network_event_id fatal_in_ipv4(const struct ip_packet *packet)
{
    if (packet->segmentation_offload)
        return EVENT_RAISED;
    if (packet->total_length < packet->header_length)
        return EVENT_IPINTR_BADLEN;
    return packet->total_length > packet->wire_length ? EVENT_IPINTR_BADMBLK : EVENT_RAISED;
}

bool event_rules_ipv4(struct event_search *search)
{
    const struct ip_packet *packet = search->packet;
    enum network_event_id fatal;

    if (packet->extent == IP_HEADER_INVALID || packet->extent == IP_HEADER_OVERRUN) {
        event_raise(search, EVENT_IPINTR_BADHLEN, 0, 1);
        return false;
    }
    if (packet->extent == IP_HEADER_CUT) /* the checksum, which comes first, is undecidable */
        return false;
    check_header_checksum(search);
    if (search->header_is_doubtful)
        return ip_packet_has(packet, IP_FIELD_PAYLOAD);
    fatal = fatal_in_ipv4(packet);
    if (fatal != EVENT_RAISED) {
        event_raise(search, fatal, IPV4_TOTAL_LENGTH_FIELD, 2);
        return false;
    }
    if (packet->header_length > IPV4_HEADER_MIN && !event_rules_ipv4_options(search))
        return false;
    if (packet->reserved_flag)
        event_raise(search, EVENT_IPINTR_BADFLAG, IPV4_FRAGMENT_FIELD, 1);
    check_fragment(search);
    check_time_to_live(search);
    check_protocol(search);
    check_addresses(search);
    check_trailer(search);
    return true;
}

static void check_fragment_header(struct event_search *search, const struct ip_extension *extension)
{
    const uint8_t *header = search->packet->bytes + extension->offset;
    const uint16_t field = bytes_u16(header + IPV6_FRAGMENT_FIELD);

    if (header[IPV6_FRAGMENT_RESERVED_FIELD] != 0 || (field & IPV6_FRAGMENT_RESERVED) != 0)
        event_raise(search, EVENT_IP6_INPUT_BADRESERVED,
                    extension->offset + IPV6_FRAGMENT_RESERVED_FIELD, 3);
    if ((field & (IPV6_FRAGMENT_OFFSET | IPV6_MORE_FRAGMENTS)) == 0)
        event_raise(search, EVENT_IP6_INPUT_USELESSFRAG, extension->offset, extension->length);
}

/* What is wrong with the fixed fields of an extension header. */
static void check_fields(struct event_search *search, const struct ip_extension *extension)
{
    const uint8_t *header = search->packet->bytes + extension->offset;

    if (extension->type == IP_PROTOCOL_FRAGMENT)
        check_fragment_header(search, extension);
    if (extension->type == IP_PROTOCOL_AH && bytes_u16(header + AH_RESERVED_FIELD) != 0)
        event_raise(search, EVENT_IP6_INPUT_BADRESERVED, extension->offset + AH_RESERVED_FIELD, 2);
    if (extension->type == IP_PROTOCOL_ROUTING &&
        header[IPV6_ROUTING_TYPE_FIELD] == IPV6_ROUTING_SOURCE)
        event_raise(search, EVENT_IP6_INPUT_RH0, extension->offset, extension->length);
}

/* The order of RFC 8200 section 4.1; destination options have two places. */
static unsigned order_of(uint8_t type)
{
    switch (type) {
    case IP_PROTOCOL_ROUTING:
        return 1;
    case IP_PROTOCOL_FRAGMENT:
        return 2;
    case IP_PROTOCOL_AH:
        return 3;
    default:
        return 0;
    }
}

/* One extension header that was captured whole. False: a node would discard the packet. */
static bool check_extension(struct event_search *search, const struct ip_extension *extension)
{
    const bool hop_by_hop = extension->type == IP_PROTOCOL_HOP_BY_HOP;
    /* RFC 2675 section 3: a jumbogram is not fragmented. */
    const bool jumbo_fragment =
        extension->type == IP_PROTOCOL_FRAGMENT && search->packet->jumbo_offset != 0;

    if ((hop_by_hop && extension->offset != IPV6_HEADER_LENGTH) || jumbo_fragment) {
        event_raise(search, EVENT_IP_DOOPTIONS_BADOPT, extension->offset, extension->length);
        return false;
    }
    check_fields(search, extension);
    if (hop_by_hop || extension->type == IP_PROTOCOL_DESTINATION_OPTIONS)
        return event_rules_ipv6_options(search, extension);
    return true;
}

/* Those that were captured whole and end within the datagram. */
static bool check_extensions(struct event_search *search)
{
    const struct ip_packet *packet = search->packet;
    const uint32_t captured = packet->captured_length;
    const uint32_t end = packet->datagram_end < captured ? packet->datagram_end : captured;
    struct ip_extension extension = {0};
    struct byte_set seen = {{0}};
    unsigned destination_options = 0;
    unsigned order = 0;

    while (ip_packet_next_extension(packet, &extension)) {
        const bool twice = extension.type == IP_PROTOCOL_DESTINATION_OPTIONS;
        const unsigned place = order_of(extension.type);

        if (extension.length > end - extension.offset)
            return true;
        /* of destination options the third is too much, of others the second */
        if (twice ? ++destination_options == 3 : byte_set_add(&seen, extension.type))
            event_raise(search, EVENT_IP6_INPUT_DUPHDR, extension.offset, extension.length);
        else if (place != 0 && place < order)
            event_raise(search, EVENT_IP6_INPUT_HDRORDER, extension.offset, extension.length);
        order = place > order ? place : order;
        if (!check_extension(search, &extension))
            return false;
    }
    return true;
}

/* Where the chain of extension headers exceeds the datagram. */
static void raise_overrun(struct event_search *search)
{
    const struct ip_packet *packet = search->packet;
    struct ip_extension extension = {0};
    struct ip_extension last = {0};

    while (ip_packet_next_extension(packet, &extension))
        last = extension;
    if (last.offset != 0 && last.length > packet->datagram_end - last.offset)
        event_raise(search, EVENT_IPINTR_BADHLEN, last.offset, 2);
    else if (last.offset + last.length <= packet->captured_length) /* else it may be bad itself */
        event_raise(search, EVENT_IPINTR_BADLEN, IPV6_PAYLOAD_LENGTH_FIELD, 2);
}

bool event_rules_ipv6(struct event_search *search)
{
    const struct ip_packet *packet = search->packet;
    const bool jumbo = packet->jumbo_offset != 0;

    if (packet->wire_length < IPV6_HEADER_LENGTH) {
        event_raise(search, EVENT_IPINTR_SHORTMSG, 0, 1);
        return false;
    }
    if (packet->captured_length < IPV6_HEADER_LENGTH)
        return false;
    if (jumbo && packet->total_length <= DATAGRAM_MAX + IPV6_HEADER_LENGTH) {
        event_raise(search, EVENT_IPINTR_BADLEN, packet->jumbo_offset, IPV6_JUMBO_LENGTH);
        return false;
    }
    if (packet->total_length > packet->wire_length) {
        event_raise(search, EVENT_IPINTR_BADMBLK,
                    jumbo ? packet->jumbo_offset : IPV6_PAYLOAD_LENGTH_FIELD,
                    jumbo ? IPV6_JUMBO_LENGTH : 2);
        return false;
    }
    if (!check_extensions(search))
        return false;
    if (packet->extent == IP_HEADER_OVERRUN)
        raise_overrun(search);
    if (packet->extent != IP_HEADER_WHOLE)
        return false;
    if (packet->protocol == IP_PROTOCOL_NO_NEXT && packet->payload_length > 0)
        event_raise(search, EVENT_IP6_INPUT_NONEXTDATA, packet->payload_offset,
                    packet->payload_length);
    check_fragment(search);
    check_time_to_live(search);
    check_protocol(search);
    check_addresses(search);
    check_trailer(search);
    return true;
}
