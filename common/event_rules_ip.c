/*
 * Rules for the IP header, IPv4 options, IPv6 extension headers, addresses and fragments.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "event_rules.h"

#include "bytes.h"
#include "ip_checksum.h"
#include "tcp_header.h"

enum {
    DATAGRAM_MAX = 65535,            /* bytes, RFC 791 section 3.1; IPv6: of payload */
    FRAGMENT_UNIT = 8,               /* bytes */
    TRAILER_MAX = 60,                /* bytes: an Ethernet frame is padded to 60 */
    PROTOCOL_UNASSIGNED_FIRST = 148, /* IANA "Protocol Numbers" */
    PROTOCOL_UNASSIGNED_LAST = 252,
    PROTOCOL_RESERVED = 255,
};

/* Destinations that no stack may send to over a wire (RFC 1122 3.2.1.3, RFC 4291 2.5, 2.7). */
static bool is_bad_destination(const struct event_search *search, const uint8_t *address)
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

/* A subnet's broadcast address ends in ones; without its prefix, two of them must do. */
static bool may_be_broadcast(const uint8_t *address)
{
    return (address[3] & 3) == 3;
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
    if (is_bad_destination(search, destination) ||
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
    if (packet->protocol == foreign || packet->protocol == PROTOCOL_RESERVED ||
        (packet->protocol >= PROTOCOL_UNASSIGNED_FIRST &&
         packet->protocol <= PROTOCOL_UNASSIGNED_LAST))
        event_raise(search, EVENT_IPINTR_BADPROTO, packet->protocol_offset, 1);
}

static void check_time_to_live(struct event_search *search)
{
    if (ip_packet_has(search->packet, IP_FIELD_TIME_TO_LIVE) && search->packet->time_to_live == 0)
        event_raise(search, EVENT_IPINTR_BADTTL, search->packet->version == 4 ? 8 : 7, 1);
}

/* More than padding and the check sequence of a link: bytes that no stack looks at. */
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
    const uint32_t at = ipv4 ? 6 : packet->fragment_header_offset + 2;
    /* In IPv6 the headers behind the fragment header are part of what is fragmented. */
    const uint32_t start =
        ipv4 ? packet->payload_offset : packet->fragment_header_offset + IPV6_FRAGMENT_LENGTH;
    const uint32_t length = packet->datagram_end - start;
    /* Headers that count against DATAGRAM_MAX when all is put together. */
    const uint32_t headers =
        ipv4 ? packet->header_length : packet->fragment_header_offset - IPV6_HEADER_LENGTH;

    if (!ip_packet_has(packet, IP_FIELD_FLAGS) || packet->segmentation_offload ||
        (!packet->more_fragments && packet->fragment_offset == 0))
        return;
    if ((uint64_t)headers + packet->fragment_offset + length > DATAGRAM_MAX)
        event_raise(search, EVENT_IP_REASS_TOOBIG, at, 2);
    if (packet->more_fragments && length < FRAGMENT_UNIT)
        event_raise(search, EVENT_IP_OUTPUT_SHORTMSG, at, 2);
    if (packet->more_fragments && length % FRAGMENT_UNIT != 0)
        event_raise(search, EVENT_IP_REASS_BADLEN, at, 2);
    if (packet->dont_fragment)
        event_raise(search, EVENT_IP_REASS_DF, at, 2);
    if (packet->protocol != IP_PROTOCOL_TCP)
        return;
    if (packet->fragment_offset == 0 && packet->payload_length < TCP_SEGMENT_MIN)
        event_raise(search, EVENT_IP_REASS_TINYFRAG, at, 2);
    if (packet->fragment_offset == FRAGMENT_UNIT)
        event_raise(search, EVENT_IP_REASS_OVERLAP, at, 2);
}

enum {
    IPV4_END = 0, /* RFC 791 section 3.1 */
    IPV4_NOP = 1,
    IPV4_FOUR_NOPS = 0x01010101,
    ANY_LENGTH = 1,    /* of an option table: defined, of variable length */
    ROUTE_MINIMUM = 3, /* type, length, pointer */
    TIMESTAMP_MINIMUM = 4,
};

/* Lengths of the IPv4 options that IANA lists; 0: not defined. */
static const uint8_t ipv4_option_lengths[UINT8_MAX + 1] = {
    [7] = ANY_LENGTH, /* record route */
    [10] = ANY_LENGTH,  [11] = 4,           [12] = 4,
    [15] = ANY_LENGTH,  [25] = 8,           [30] = ANY_LENGTH,
    [68] = ANY_LENGTH, /* timestamp */
    [82] = 12,          [94] = ANY_LENGTH,  [130] = ANY_LENGTH,
    [131] = ANY_LENGTH, /* loose source route */
    [133] = ANY_LENGTH, [134] = ANY_LENGTH, [136] = 4,
    [137] = ANY_LENGTH, /* strict source route */
    [142] = ANY_LENGTH, [144] = ANY_LENGTH, [145] = ANY_LENGTH,
    [147] = 10,         [148] = 4, /* router alert */
    [149] = ANY_LENGTH, [151] = ANY_LENGTH, [152] = ANY_LENGTH,
    [158] = ANY_LENGTH, [205] = ANY_LENGTH, [222] = ANY_LENGTH,
};

static bool is_route(uint8_t type)
{
    return type == 7 || type == 131 || type == 137;
}

/* Whether the inside of an IPv4 option of `length` bytes, at least 2, is as its type wants it. */
static bool is_good_ipv4_option(const uint8_t *option, uint32_t length)
{
    const uint8_t wanted = ipv4_option_lengths[option[0]];

    if (wanted > ANY_LENGTH && length != wanted)
        return false;
    if (is_route(option[0]))
        return length >= ROUTE_MINIMUM && option[2] >= 4 && option[2] % 4 == 0;
    if (option[0] == 68)
        return length >= TIMESTAMP_MINIMUM && option[2] >= 5 && option[3] >> 4 != 15 &&
               ((option[3] & 0xF) <= 1 || (option[3] & 0xF) == 3);
    return true;
}

static void check_route(struct event_search *search, uint32_t offset, uint32_t length)
{
    const uint8_t *option = search->packet->bytes + offset;

    if (option[0] == 7) /* a record of the past, not where it goes */
        return;
    for (uint32_t i = ROUTE_MINIMUM; i + IPV4_ADDRESS_LENGTH <= length; i += IPV4_ADDRESS_LENGTH)
        if (is_bad_destination(search, option + i))
            event_raise(search, EVENT_IP_FORWARD_BADADDR, offset + i, IPV4_ADDRESS_LENGTH);
}

/* False when a stack would refuse the packet for its options. */
static bool check_ipv4_options(struct event_search *search)
{
    const uint8_t *bytes = search->packet->bytes;
    const uint32_t end = search->packet->header_length;
    struct byte_set seen = {{0}};

    for (uint32_t i = IPV4_HEADER_MIN; i < end;) {
        uint8_t type = bytes[i];
        uint32_t length;

        if (type == IPV4_END) {
            if (!event_is_all_zero(bytes + i, end - i))
                event_raise(search, EVENT_IP_DOOPTIONS_NOEOL, i, end - i);
            return true;
        }
        if (type == IPV4_NOP) {
            if (i % 4 == 0 && bytes_u32(bytes + i) == IPV4_FOUR_NOPS && !byte_set_add(&seen, type))
                event_raise(search, EVENT_IP_DOOPTIONS_NOPS, i, 4);
            i++;
            continue;
        }
        length = i + 1 < end ? bytes[i + 1] : 0;
        if (length < 2 || length > end - i || !is_good_ipv4_option(bytes + i, length)) {
            event_raise(search, EVENT_IP_DOOPTIONS_BADOPT, i, length < 2 ? 1 : length);
            return false;
        }
        if (ipv4_option_lengths[type] == 0)
            event_raise(search, EVENT_IP_DOOPTIONS_UNKNOWNOPT, i, length);
        if (byte_set_add(&seen, type))
            event_raise(search, EVENT_IP_DOOPTIONS_DUPOPT, i, length);
        if (is_route(type))
            check_route(search, i, length);
        i += length;
    }
    return true;
}

/* A wrong checksum does not end the search, but for what rests on the header. */
static void check_header_checksum(struct event_search *search)
{
    const struct ip_packet *packet = search->packet;

    if (ip_checksum_header(packet, search->context->header_checksum_due) != IP_CHECKSUM_BAD)
        return;
    event_raise(search, EVENT_IPINTR_BADSUM, 10, 2);
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
        event_raise(search, fatal, 2, 2);
        return false;
    }
    if (packet->header_length > IPV4_HEADER_MIN && !check_ipv4_options(search))
        return false;
    if (packet->reserved_flag)
        event_raise(search, EVENT_IPINTR_BADFLAG, 6, 1);
    check_fragment(search);
    check_time_to_live(search);
    check_protocol(search);
    check_addresses(search);
    check_trailer(search);
    return true;
}

enum {
    IPV6_PAD1 = 0, /* RFC 8200 section 4.2 */
    IPV6_PADN = 1,
    IPV6_JUMBO = 0xC2,
    IPV6_PAD_MAXIMUM = 5, /* data bytes of a PadN: more than aligning to 8 needs */
};

/* Data lengths of the IPv6 options that IANA lists, plus 1; ANY_DATA: variable, 0: not defined. */
enum { ANY_DATA = UINT8_MAX };
static const uint8_t ipv6_option_lengths[UINT8_MAX + 1] = {
    [IPV6_JUMBO] = 4 + 1, [0x04] = 1 + 1,    [0x05] = 2 + 1,    [0xC9] = 16 + 1,
    [0x07] = ANY_DATA,    [0x08] = ANY_DATA, [0x0F] = ANY_DATA, [0x11] = ANY_DATA,
    [0x12] = ANY_DATA,    [0x1E] = ANY_DATA, [0x23] = ANY_DATA, [0x26] = ANY_DATA,
    [0x30] = ANY_DATA,    [0x31] = ANY_DATA, [0x32] = ANY_DATA, [0x3E] = ANY_DATA,
    [0x4D] = ANY_DATA,    [0x5E] = ANY_DATA, [0x63] = ANY_DATA, [0x6D] = ANY_DATA,
    [0x7E] = ANY_DATA,    [0x8A] = ANY_DATA, [0x8B] = ANY_DATA, [0x8C] = ANY_DATA,
    [0x93] = ANY_DATA,    [0x9E] = ANY_DATA, [0xBE] = ANY_DATA, [0xDE] = ANY_DATA,
    [0xEE] = ANY_DATA,    [0xFE] = ANY_DATA,
};

/* Whether an IPv6 option that is not padding makes a node discard the packet. */
static bool is_bad_ipv6_option(const struct event_search *search,
                               const struct ip_extension *extension, const uint8_t *option)
{
    const struct ip_packet *packet = search->packet;
    const uint8_t length = ipv6_option_lengths[option[0]];

    if (length == 0) /* not known: the two upper bits of the type tell what to do */
        return option[0] >> 6 != 0;
    if (length != ANY_DATA && option[1] + 1 != length)
        return true;
    return option[0] == IPV6_JUMBO &&
           (extension->type != IP_PROTOCOL_HOP_BY_HOP || packet->jumbo_offset == 0);
}

static void check_padding(struct event_search *search, uint32_t offset, uint32_t length)
{
    const uint8_t *option = search->packet->bytes + offset;

    if (length > IPV6_PAD_MAXIMUM || !event_is_all_zero(option + 2, length))
        event_raise(search, EVENT_IP6_INPUT_BADPAD, offset, length + 2);
}

/* The options of a hop-by-hop or destination options header. False: a node would discard it. */
static bool check_ipv6_options(struct event_search *search, const struct ip_extension *extension)
{
    const uint8_t *bytes = search->packet->bytes;
    const uint32_t end = extension->offset + extension->length;
    bool only_padding = true;

    for (uint32_t i = extension->offset + 2; i < end;) {
        uint32_t length = i + 1 < end ? bytes[i + 1] : UINT8_MAX;

        if (bytes[i] == IPV6_PAD1) {
            i++;
            continue;
        }
        if (i + 2 + length > end) {
            event_raise(search, EVENT_IP_DOOPTIONS_BADOPT, i, end - i);
            return false;
        }
        if (bytes[i] == IPV6_PADN) {
            check_padding(search, i, length);
        } else {
            only_padding = false;
            if (is_bad_ipv6_option(search, extension, bytes + i)) {
                event_raise(search, EVENT_IP_DOOPTIONS_BADOPT, i, length + 2);
                return false;
            }
            if (ipv6_option_lengths[bytes[i]] == 0)
                event_raise(search, EVENT_IP6_INPUT_UNKNOWNOPT, i, length + 2);
        }
        i += 2 + length;
    }
    if (only_padding)
        event_raise(search, EVENT_IP6_INPUT_ONLYPAD, extension->offset, extension->length);
    return true;
}

static void check_reserved(struct event_search *search, const struct ip_extension *extension)
{
    const uint8_t *header = search->packet->bytes + extension->offset;

    if (extension->type == IP_PROTOCOL_FRAGMENT && (header[1] != 0 || (header[3] & 6) != 0))
        event_raise(search, EVENT_IP6_INPUT_BADRESERVED, extension->offset + 1, 3);
    if (extension->type == IP_PROTOCOL_AH && bytes_u16(header + 2) != 0)
        event_raise(search, EVENT_IP6_INPUT_BADRESERVED, extension->offset + 2, 2);
    if (extension->type == IP_PROTOCOL_FRAGMENT && (bytes_u16(header + 2) & 0xFFF9) == 0)
        event_raise(search, EVENT_IP6_INPUT_USELESSFRAG, extension->offset, extension->length);
    if (extension->type == IP_PROTOCOL_ROUTING && header[2] == 0)
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
    check_reserved(search, extension);
    if (hop_by_hop || extension->type == IP_PROTOCOL_DESTINATION_OPTIONS)
        return check_ipv6_options(search, extension);
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

/* Where the chain of extension headers leaves the datagram. */
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
        event_raise(search, EVENT_IPINTR_BADLEN, 4, 2);
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
        event_raise(search, EVENT_IPINTR_BADLEN, packet->jumbo_offset, 4);
        return false;
    }
    if (packet->total_length > packet->wire_length) {
        event_raise(search, EVENT_IPINTR_BADMBLK, jumbo ? packet->jumbo_offset : 4, jumbo ? 4 : 2);
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
