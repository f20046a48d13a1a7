/*
 * Rules for ICMP, ICMPv6, IGMP and MLD messages.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "bytes.h"
#include "event_rules.h"
#include "ip_checksum.h"

enum {
    MESSAGE_HEADER = 8,        /* bytes: type, code, checksum and four of the type's own */
    CHECKSUM_FIELD = 2,        /* offset in all four protocols */
    QUOTED_DATA = 8,           /* bytes of the quoted packet behind its header, RFC 792 */
    MTU_FIELD = 4,             /* ICMPv6; in ICMP its lower half, RFC 1191 section 4 */
    IPV4_MTU_MINIMUM = 68,     /* RFC 791 section 3.2 */
    IPV6_MTU_MINIMUM = 1280,   /* RFC 8200 section 5 */
    NEIGHBOUR_HOP_LIMIT = 255, /* RFC 4861 */
    MLD_HOP_LIMIT = 1,         /* RFC 3810 section 5 */

    ICMP_UNREACHABLE = 3, /* RFC 792 */
    ICMP_SOURCE_QUENCH = 4,
    ICMP_REDIRECT = 5,
    ICMP_TIME_EXCEEDED = 11,
    ICMP_PARAMETER_PROBLEM = 12,
    ICMP_FRAGMENTATION_NEEDED = 4, /* code of unreachable */

    EXTENSION_HEADER = 4, /* bytes, RFC 4884 section 7 */
    EXTENSION_VERSION = 0x2000,

    ICMPV6_UNREACHABLE = 1, /* RFC 4443 */
    ICMPV6_PACKET_TOO_BIG = 2,
    ICMPV6_TIME_EXCEEDED = 3,
    ICMPV6_ERROR_LAST = 4,
    ICMPV6_QUOTE_LENGTH_FIELD = 4, /* RFC 4884 section 4.2 */
    ICMPV6_SOLICITATION = 135,     /* of a neighbour, RFC 4861 */
    ICMPV6_REDIRECT = 137,

    IGMP_QUERY = 0x11,       /* RFC 3376 section 4 */
    IGMP_QUERY_SOURCES = 10, /* offset of their number, in messages that are long enough */
    IGMP_V3_REPORT = 0x22,
    IGMP_ROUTER_SOLICITATION = 0x31, /* RFC 4286 */
    IGMP_ROUTER_TERMINATION = 0x32,
    ROUTER_DISCOVERY_LENGTH = 4, /* bytes of these two, in ICMPv6 too */
    IGMP_RECORD_HEADER = 8,
    MLD_QUERY = 130, /* RFC 2710, RFC 3810 */
    MLD_QUERY_SOURCES = 26,
    MLD_DONE = 132,
    MLD_V2_REPORT = 143,
    MLD_V1_LENGTH = 24,
    MLD_RECORD_HEADER = 20,
};

static const uint8_t *message_of(const struct event_search *search)
{
    return search->packet->bytes + search->packet->payload_offset;
}

static void raise_at(struct event_search *search, enum network_event_id id, uint32_t offset,
                     uint32_t length)
{
    event_raise(search, id, search->packet->payload_offset + offset, length);
}

static void check_sum(struct event_search *search, enum network_event_id id)
{
    if (search->context->verify_checksums && ip_checksum_message(search->packet) == IP_CHECKSUM_BAD)
        raise_at(search, id, CHECKSUM_FIELD, 2);
}

/* A packet quoted by an ICMP error, as far as it was captured. */
struct quote {
    bool read; /* its header was captured whole, without options or extension headers */
    uint8_t version;
    uint32_t header_length; /* IPv4: as it says */
    const uint8_t *bytes;
};

static struct quote quote_of(const struct event_search *search)
{
    const struct ip_packet *packet = search->packet;
    struct quote quote = {.bytes = message_of(search) + MESSAGE_HEADER};

    if (!event_captured(packet, MESSAGE_HEADER, 1))
        return quote;
    quote.version = quote.bytes[0] >> 4;
    quote.header_length = packet->version == 4 ? (quote.bytes[0] & 0xFU) * 4 : IPV6_HEADER_LENGTH;
    quote.read = quote.version == packet->version &&
                 event_captured(packet, MESSAGE_HEADER,
                                packet->version == 4 ? IPV4_HEADER_MIN : IPV6_HEADER_LENGTH);
    return quote;
}

/*
 * RFC 4884: in front of extensions the quote has a length in `unit` bytes, told at `field`. Without
 * one, only a good checksum tells extensions from quoted data, so a bad one proves nothing.
 */
static void check_extensions(struct event_search *search, uint32_t field, uint32_t unit)
{
    const struct ip_packet *packet = search->packet;
    const uint32_t start = MESSAGE_HEADER + message_of(search)[field] * unit;
    const uint8_t *extensions;

    if (start == MESSAGE_HEADER || packet->more_fragments || !search->context->verify_checksums ||
        packet->payload_length < start + EXTENSION_HEADER ||
        packet->payload_captured < packet->payload_length)
        return;
    extensions = message_of(search) + start;
    if (bytes_u16(extensions) == EXTENSION_VERSION && bytes_u16(extensions + 2) != 0 &&
        ip_checksum_sum(extensions, packet->payload_length - start) != 0xFFFF)
        raise_at(search, EVENT_ICMP_INPUT_BADEXTSUM, start + 2, 2);
}

static bool is_icmp_error(uint8_t type)
{
    return type == ICMP_UNREACHABLE || type == ICMP_SOURCE_QUENCH || type == ICMP_REDIRECT ||
           type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETER_PROBLEM;
}

/* RFC 792: the quoted header and 8 bytes. False when there is too little of it. */
static bool check_icmp_quote(struct event_search *search, const struct quote *quote)
{
    const struct ip_packet *packet = search->packet;
    const uint32_t minimum = MESSAGE_HEADER + IPV4_HEADER_MIN + QUOTED_DATA;

    if (packet->payload_length < minimum) {
        if (!packet->more_fragments && !search->header_is_doubtful) /* else there may be more */
            raise_at(search, EVENT_ICMP_INPUT_BADLEN, 0, packet->payload_length);
        return false;
    }
    if (!event_captured(packet, MESSAGE_HEADER, 1))
        return false;
    if (quote->version != 4) {
        raise_at(search, EVENT_ICMP_INPUT_BADQUOTE, MESSAGE_HEADER, 1);
        return false;
    }
    if (quote->header_length < IPV4_HEADER_MIN ||
        (packet->payload_length < MESSAGE_HEADER + quote->header_length + QUOTED_DATA &&
         !packet->more_fragments && !search->header_is_doubtful)) {
        raise_at(search, EVENT_ICMP_INPUT_BADLEN, MESSAGE_HEADER, 1);
        return false;
    }
    return quote->read;
}

/* Which codes of "unreachable" are about routes and hosts that cannot be reached. */
static bool is_unreachable_address(uint8_t code)
{
    return code == 0 || code == 1 || code == 6 || code == 7 || code == 11 || code == 12;
}

/* Whose packet could not be delivered, and who says so. */
static void check_unreachable(struct event_search *search, bool no_route, bool unreachable,
                              const struct quote *quote)
{
    const struct ip_packet *packet = search->packet;
    const bool ipv4 = packet->version == 4;
    const uint8_t *source = packet->bytes + packet->source_offset;
    const uint8_t *destination = packet->bytes + packet->destination_offset;
    const bool own = search->context->outgoing == NETWORK_YES;

    if (no_route && own)
        raise_at(search, EVENT_ETHER_OUTPUT_NOROUTE, 0, 2);
    /* A host that cannot resolve a neighbour tells so to itself, over the loopback interface. */
    if (message_of(search)[1] == (ipv4 ? 1 : 3) &&
        ip_address_equal(packet->version, source, destination) &&
        search->context->loopback == NETWORK_YES &&
        !ip_address_is_loopback(packet->version, source))
        raise_at(search, EVENT_ETHER_OUTPUT_RTREJECT, 0, 2);
    /* It came to this host and is about a packet of the host that it came to. */
    if (unreachable && search->context->to_this_host == NETWORK_YES &&
        search->context->outgoing == NETWORK_NO &&
        ip_address_equal(packet->version, quote->bytes + (ipv4 ? 12 : 8), destination))
        raise_at(search, EVENT_IP_OUTPUT_BADADDR, 0, 2);
}

static void check_fragmentation_needed(struct event_search *search, const struct quote *quote)
{
    const uint32_t mtu = bytes_u16(message_of(search) + MTU_FIELD + 2);

    raise_at(search, EVENT_IP_OUTPUT_BADSIZE, 0, MESSAGE_HEADER);
    if (mtu == 0) /* a router from before RFC 1191, which is allowed */
        return;
    if (mtu < quote->header_length + QUOTED_DATA)
        raise_at(search, EVENT_IP_OUTPUT_SHORTMSG, MTU_FIELD + 2, 2);
    else if (mtu < IPV4_MTU_MINIMUM)
        raise_at(search, EVENT_IP_OUTPUT_BADMTU, MTU_FIELD + 2, 2);
}

/* RFC 1122 section 3.2.2.2. The interface's prefix is not in the capture file's reach. */
static void check_redirect(struct event_search *search, const struct quote *quote)
{
    const uint8_t *gateway = message_of(search) + 4;

    if (ipv4_address_is_this_network(gateway) || ip_address_is_loopback(4, gateway) ||
        ip_address_is_multicast(4, gateway) || ip_address_is_limited_broadcast(4, gateway) ||
        ip_address_equal(4, gateway, quote->bytes + 12))
        raise_at(search, EVENT_RTREDIRECT_ERROR, 4, IPV4_ADDRESS_LENGTH);
}

static void check_icmp_error(struct event_search *search, uint8_t type, uint8_t code)
{
    const struct quote quote = quote_of(search);

    if (!check_icmp_quote(search, &quote))
        return;
    if (type == ICMP_UNREACHABLE && !search->header_is_doubtful)
        check_unreachable(search, code <= 1, is_unreachable_address(code), &quote);
    if (type == ICMP_UNREACHABLE && code == ICMP_FRAGMENTATION_NEEDED)
        check_fragmentation_needed(search, &quote);
    if (type == ICMP_REDIRECT)
        check_redirect(search, &quote);
    if (type == ICMP_UNREACHABLE || type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETER_PROBLEM)
        check_extensions(search, 5, 4);
}

/* The highest code of each ICMP type that IANA lists, plus 1; 0: the type is not assigned. */
static const uint8_t icmp_codes[UINT8_MAX + 1] = {
    [0] = 1,  [3] = 16,  [4] = 1,  [5] = 4,  [6] = 1,  [8] = 1,  [9] = 17, [10] = 1,
    [11] = 2, [12] = 3,  [13] = 1, [14] = 1, [15] = 1, [16] = 1, [17] = 1, [18] = 1,
    [30] = 2, [31] = 12, [32] = 1, [33] = 1, [34] = 1, [35] = 1, [36] = 1, [37] = 1,
    [38] = 1, [39] = 1,  [40] = 6, [41] = 1, [42] = 1, [43] = 5,
};

/* The same for ICMPv6; EVERY_CODE: codes are not numbered one by one. */
enum { EVERY_CODE = UINT8_MAX };
static const uint8_t icmpv6_codes[UINT8_MAX + 1] = {
    [1] = 9,
    [2] = 1,
    [3] = 2,
    [4] = 11,
    [128] = 1,
    [129] = 1,
    [130] = 1,
    [131] = 1,
    [132] = 1,
    [133] = 1,
    [134] = 1,
    [135] = 1,
    [136] = 1,
    [137] = 1,
    [138] = EVERY_CODE,
    [139] = 3,
    [140] = 3,
    [141] = 1,
    [142] = 1,
    [143] = 1,
    [144] = 1,
    [145] = 1,
    [146] = 1,
    [147] = 1,
    [148] = 1,
    [149] = 1,
    [150] = EVERY_CODE,
    [151] = 1,
    [152] = 1,
    [153] = 1,
    [154] = 5,
    [155] = EVERY_CODE,
    [156] = EVERY_CODE,
    [157] = EVERY_CODE,
    [158] = EVERY_CODE,
    [159] = EVERY_CODE,
    [160] = 1,
    [161] = 5,
};

static void check_type(struct event_search *search, const uint8_t *codes)
{
    const uint8_t type = message_of(search)[0];
    const uint8_t code = message_of(search)[1];

    if (codes[type] == 0)
        raise_at(search, EVENT_ICMP_INPUT_BADTYPE, 0, 1);
    else if (code >= codes[type] && codes[type] != EVERY_CODE)
        raise_at(search, EVENT_ICMP_INPUT_BADCODE, 1, 1);
}

void event_rules_icmp(struct event_search *search)
{
    const struct ip_packet *packet = search->packet;
    uint8_t type;

    if (packet->version != 4)
        return;
    if (packet->payload_length < MESSAGE_HEADER && !packet->more_fragments) {
        if (!search->header_is_doubtful)
            raise_at(search, EVENT_ICMP_INPUT_SHORTMSG, 0, packet->payload_length);
        return;
    }
    check_sum(search, EVENT_ICMP_INPUT_BADSUM);
    if (!event_captured(packet, 0, 2))
        return;
    type = message_of(search)[0];
    check_type(search, icmp_codes);
    if (!is_icmp_error(type))
        return;
    raise_at(search,
             type == ICMP_SOURCE_QUENCH ? EVENT_ICMP_ERROR_START_QUENCH : EVENT_ICMP_ERROR_START, 0,
             2);
    if (event_captured(packet, 0, MESSAGE_HEADER))
        check_icmp_error(search, type, message_of(search)[1]);
}

/* Whether the records of a report, `first` bytes into the message, leave it. */
static bool records_overrun(const struct event_search *search, uint32_t first, uint32_t count,
                            uint32_t header, uint32_t address)
{
    const struct ip_packet *packet = search->packet;
    uint32_t offset = first;

    for (; count > 0; count--) {
        const uint8_t *record = message_of(search) + offset;

        if (offset + header > packet->payload_length)
            return true;
        if (!event_captured(packet, offset, 4))
            return false;
        offset += header + bytes_u16(record + 2) * address + record[1] * 4U;
    }
    return offset > packet->payload_length;
}

/* Whether the sources of a query, whose number stands at `field`, leave it. */
static bool sources_overrun(const struct event_search *search, uint32_t field, uint32_t address)
{
    const struct ip_packet *packet = search->packet;

    return event_captured(packet, field, 2) &&
           packet->payload_length - field - 2 < bytes_u16(message_of(search) + field) * address;
}

static bool is_igmp_short(const struct event_search *search)
{
    const struct ip_packet *packet = search->packet;
    const uint8_t *message = message_of(search);

    if (packet->payload_length < ROUTER_DISCOVERY_LENGTH || !event_captured(packet, 0, 1))
        return packet->payload_length < ROUTER_DISCOVERY_LENGTH;
    if (message[0] == IGMP_ROUTER_SOLICITATION || message[0] == IGMP_ROUTER_TERMINATION)
        return false;
    if (packet->payload_length < MESSAGE_HEADER)
        return true;
    if (message[0] == IGMP_QUERY)
        return sources_overrun(search, IGMP_QUERY_SOURCES, IPV4_ADDRESS_LENGTH);
    return message[0] == IGMP_V3_REPORT && event_captured(packet, 0, MESSAGE_HEADER) &&
           records_overrun(search, MESSAGE_HEADER, bytes_u16(message + 6), IGMP_RECORD_HEADER,
                           IPV4_ADDRESS_LENGTH);
}

void event_rules_igmp(struct event_search *search)
{
    const struct ip_packet *packet = search->packet;

    if (packet->version != 4 || packet->more_fragments || search->header_is_doubtful)
        return; /* all that is looked at rests on the message's length */
    if (is_igmp_short(search))
        raise_at(search, EVENT_IGMP_INPUT_SHORTMSG, 0, packet->payload_length);
    else
        check_sum(search, EVENT_IGMP_INPUT_BADSUM);
}

static bool is_mld(uint8_t type)
{
    return (type >= MLD_QUERY && type <= MLD_DONE) || type == MLD_V2_REPORT;
}

/* The least bytes of an ICMPv6 message by type (RFC 4443, RFC 4861, RFC 3810, RFC 4286). */
static uint32_t icmpv6_minimum(uint8_t type)
{
    static const uint8_t minimums[UINT8_MAX + 1] = {
        [MLD_QUERY] = MLD_V1_LENGTH,
        [131] = MLD_V1_LENGTH,
        [MLD_DONE] = MLD_V1_LENGTH,
        [134] = 16,
        [135] = 24,
        [136] = 24,
        [ICMPV6_REDIRECT] = 40,
        [152] = ROUTER_DISCOVERY_LENGTH,
        [153] = ROUTER_DISCOVERY_LENGTH,
    };

    return minimums[type] != 0 ? minimums[type] : MESSAGE_HEADER;
}

static bool is_icmpv6_short(const struct event_search *search, uint8_t type)
{
    const struct ip_packet *packet = search->packet;

    if (packet->payload_length < icmpv6_minimum(type))
        return true;
    if (type == MLD_QUERY)
        return sources_overrun(search, MLD_QUERY_SOURCES, IPV6_ADDRESS_LENGTH);
    return type == MLD_V2_REPORT && event_captured(packet, 0, MESSAGE_HEADER) &&
           records_overrun(search, MESSAGE_HEADER, bytes_u16(message_of(search) + 6),
                           MLD_RECORD_HEADER, IPV6_ADDRESS_LENGTH);
}

/*
 * Whether the quoted packet may end anywhere behind its fixed header: where the message fills the
 * minimum MTU (RFC 4443 section 2.4 (c)), or in front of extensions (RFC 4884 section 4.5).
 */
static bool may_cut_quote(const struct event_search *search)
{
    const uint8_t *message = message_of(search);

    return search->packet->total_length >= IPV6_MTU_MINIMUM ||
           ((message[0] == ICMPV6_UNREACHABLE || message[0] == ICMPV6_TIME_EXCEEDED) &&
            message[ICMPV6_QUOTE_LENGTH_FIELD] != 0);
}

/* RFC 4443 section 2.4 (c): as much of the packet as fits, at least its header. */
static bool check_icmpv6_quote(struct event_search *search, const struct quote *quote)
{
    const struct ip_packet *packet = search->packet;
    struct ip_packet quoted;

    if (packet->payload_length < MESSAGE_HEADER + IPV6_HEADER_LENGTH) {
        raise_at(search, EVENT_ICMP_INPUT_BADLEN, 0, packet->payload_length);
        return false;
    }
    if (!event_captured(packet, MESSAGE_HEADER, 1))
        return false;
    if (quote->version != 6) {
        raise_at(search, EVENT_ICMP_INPUT_BADQUOTE, MESSAGE_HEADER, 1);
        return false;
    }
    ip_packet_decode(&quoted, quote->bytes, packet->payload_captured - MESSAGE_HEADER,
                     packet->payload_length - MESSAGE_HEADER);
    if (quoted.extent == IP_HEADER_OVERRUN && !may_cut_quote(search))
        raise_at(search, EVENT_ICMP_INPUT_BADLEN, MESSAGE_HEADER, IPV6_HEADER_LENGTH);
    return quote->read;
}

static void check_icmpv6_error(struct event_search *search, uint8_t type, uint8_t code)
{
    const struct quote quote = quote_of(search);
    uint32_t mtu;

    if (type == ICMPV6_PACKET_TOO_BIG) {
        mtu = bytes_u32(message_of(search) + MTU_FIELD);
        raise_at(search, EVENT_IP_OUTPUT_BADSIZE, 0, MESSAGE_HEADER);
        if (mtu < IPV6_MTU_MINIMUM)
            raise_at(search, EVENT_IP_OUTPUT_SHORTMSG, MTU_FIELD, 4);
    }
    if (!check_icmpv6_quote(search, &quote))
        return;
    if (type == ICMPV6_UNREACHABLE)
        check_unreachable(search, code == 0 || code == 3, code == 0 || code == 3, &quote);
    if (type == ICMPV6_UNREACHABLE || type == ICMPV6_TIME_EXCEEDED)
        check_extensions(search, ICMPV6_QUOTE_LENGTH_FIELD, 8);
}

/* RFC 4861 section 8.1. */
static void check_icmpv6_redirect(struct event_search *search)
{
    const struct ip_packet *packet = search->packet;
    const uint8_t *target = message_of(search) + 8;
    const uint8_t *destination = target + IPV6_ADDRESS_LENGTH;

    if (!event_captured(packet, 0, 40))
        return;
    if (packet->time_to_live != NEIGHBOUR_HOP_LIMIT ||
        !ip_address_is_link_local(6, packet->bytes + packet->source_offset) ||
        (!ip_address_is_link_local(6, target) && !ip_address_equal(6, target, destination)))
        raise_at(search, EVENT_RTREDIRECT_ERROR, 8, IPV6_ADDRESS_LENGTH);
}

/* Neighbour discovery must not have been forwarded, MLD must not leave the link. */
static void check_icmpv6_hop_limit(struct event_search *search, uint8_t type)
{
    const uint8_t hop_limit = search->packet->time_to_live;

    if ((type >= 133 && type < ICMPV6_REDIRECT && hop_limit != NEIGHBOUR_HOP_LIMIT) ||
        (is_mld(type) && hop_limit != MLD_HOP_LIMIT))
        event_raise(search, EVENT_ICMP_INPUT_BADHLIM, 7, 1);
}

void event_rules_icmpv6(struct event_search *search)
{
    const struct ip_packet *packet = search->packet;
    uint8_t type;

    if (packet->version != 6 || packet->more_fragments)
        return;
    if (!event_captured(packet, 0, 1)) { /* the type tells whose event a short message is */
        if (packet->payload_length == 0)
            raise_at(search, EVENT_ICMP_INPUT_SHORTMSG, 0, 0);
        return;
    }
    type = message_of(search)[0];
    if (is_icmpv6_short(search, type)) {
        raise_at(search, is_mld(type) ? EVENT_IGMP_INPUT_SHORTMSG : EVENT_ICMP_INPUT_SHORTMSG, 0,
                 packet->payload_length);
        return;
    }
    if ((type == MLD_QUERY || type == MLD_V2_REPORT) && /* too short, perhaps */
        packet->payload_captured < packet->payload_length)
        return;
    check_sum(search, is_mld(type) ? EVENT_IGMP_INPUT_BADSUM : EVENT_ICMP_INPUT_BADSUM);
    if (!event_captured(packet, 0, 2))
        return;
    check_type(search, icmpv6_codes);
    check_icmpv6_hop_limit(search, type);
    if (type >= 1 && type <= ICMPV6_ERROR_LAST)
        raise_at(search, EVENT_ICMP_ERROR_START, 0, 2);
    if (!event_captured(packet, 0, MESSAGE_HEADER))
        return;
    if (type >= 1 && type <= ICMPV6_ERROR_LAST)
        check_icmpv6_error(search, type, message_of(search)[1]);
    if (type == ICMPV6_SOLICITATION && search->context->given_up == NETWORK_YES)
        raise_at(search, EVENT_ETHER_OUTPUT_RTREJECT, 8, IPV6_ADDRESS_LENGTH);
    if (type == ICMPV6_REDIRECT)
        check_icmpv6_redirect(search);
}
