/*
 * Rules for ICMP, ICMPv6, IGMP and MLD messages.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "bytes.h"
#include "event_rules.h"
#include "icmp_error.h"
#include "icmp_message.h"
#include "igmp_message.h"
#include "ip_checksum.h"

enum {
    IPV4_MTU_MINIMUM = 68,   /* bytes, RFC 791 section 3.2 */
    IPV6_MTU_MINIMUM = 1280, /* bytes, RFC 8200 section 5 */
};

static void check_sum(struct event_search *search, enum network_event_id id)
{
    if (search->context->verify_checksums && ip_checksum_message(search->packet) == IP_CHECKSUM_BAD)
        event_raise_in_payload(search, id, ICMP_CHECKSUM_FIELD, 2); /* of IGMP, too */
}

/* A packet quoted by an ICMP error, as far as it was captured. */
struct quote {
    bool read; /* its header was captured whole, without options or extension headers */
    uint8_t version;
    uint32_t header_length; /* IPv4: as the header states it */
    const uint8_t *bytes;
};

static struct quote quote_of(const struct event_search *search)
{
    const struct ip_packet *packet = search->packet;
    struct quote quote = {.bytes = event_payload(search) + ICMP_HEADER_LENGTH};

    if (!event_captured(packet, ICMP_HEADER_LENGTH, 1))
        return quote;
    quote.version = ip_header_version(quote.bytes);
    quote.header_length =
        packet->version == 4 ? ipv4_header_length(quote.bytes) : IPV6_HEADER_LENGTH;
    quote.read = quote.version == packet->version &&
                 event_captured(packet, ICMP_HEADER_LENGTH,
                                packet->version == 4 ? IPV4_HEADER_MIN : IPV6_HEADER_LENGTH);
    return quote;
}

/*
 * RFC 4884: in front of extensions the length of the quote is at `field`, in units of `unit`
 * bytes. Without a length only a good checksum distinguishes extensions from quoted data, so a bad
 * one proves nothing.
 */
static void check_extensions(struct event_search *search, uint32_t field, uint32_t unit)
{
    const struct ip_packet *packet = search->packet;
    const uint32_t start = ICMP_HEADER_LENGTH + event_payload(search)[field] * unit;
    const uint8_t *extensions;

    if (start == ICMP_HEADER_LENGTH || packet->more_fragments ||
        !search->context->verify_checksums ||
        packet->payload_length < start + ICMP_EXTENSION_HEADER ||
        packet->payload_captured < packet->payload_length)
        return;
    extensions = event_payload(search) + start;
    if (bytes_u16(extensions) == ICMP_EXTENSION_VERSION &&
        bytes_u16(extensions + ICMP_EXTENSION_CHECKSUM_FIELD) != 0 &&
        ip_checksum_sum(extensions, packet->payload_length - start) != IP_CHECKSUM_RIGHT_SUM)
        event_raise_in_payload(search, EVENT_ICMP_INPUT_BADEXTSUM,
                               start + ICMP_EXTENSION_CHECKSUM_FIELD, 2);
}

static bool is_icmp_error(uint8_t type)
{
    return type == ICMP_TYPE_UNREACHABLE || type == ICMP_TYPE_SOURCE_QUENCH ||
           type == ICMP_TYPE_REDIRECT || type == ICMP_TYPE_TIME_EXCEEDED ||
           type == ICMP_TYPE_PARAMETER_PROBLEM;
}

/* RFC 792: the quoted header and 8 bytes. False when there is too little of it. */
static bool check_icmp_quote(struct event_search *search, const struct quote *quote)
{
    const struct ip_packet *packet = search->packet;
    const uint32_t minimum = ICMP_HEADER_LENGTH + IPV4_HEADER_MIN + ICMP_QUOTED_DATA;

    if (packet->payload_length < minimum) {
        if (!packet->more_fragments && !search->header_is_doubtful) /* else there may be more */
            event_raise_in_payload(search, EVENT_ICMP_INPUT_BADLEN, 0, packet->payload_length);
        return false;
    }
    if (!event_captured(packet, ICMP_HEADER_LENGTH, 1))
        return false;
    if (quote->version != 4) {
        event_raise_in_payload(search, EVENT_ICMP_INPUT_BADQUOTE, ICMP_HEADER_LENGTH, 1);
        return false;
    }
    if (quote->header_length < IPV4_HEADER_MIN ||
        (packet->payload_length < ICMP_HEADER_LENGTH + quote->header_length + ICMP_QUOTED_DATA &&
         !packet->more_fragments && !search->header_is_doubtful)) {
        event_raise_in_payload(search, EVENT_ICMP_INPUT_BADLEN, ICMP_HEADER_LENGTH, 1);
        return false;
    }
    return quote->read;
}

/* Whether a code of "unreachable" is about a network or host that cannot be reached. */
static bool is_unreachable_address(uint8_t code)
{
    return code <= ICMP_CODE_HOST_UNREACHABLE || code == ICMP_CODE_NETWORK_UNKNOWN ||
           code == ICMP_CODE_HOST_UNKNOWN || code == ICMP_CODE_NETWORK_UNREACHABLE_FOR_TOS ||
           code == ICMP_CODE_HOST_UNREACHABLE_FOR_TOS;
}

/* The events depend on whose packet could not be delivered, and on who reports it. */
static void check_unreachable(struct event_search *search, bool no_route, bool unreachable,
                              const struct quote *quote)
{
    const struct ip_packet *packet = search->packet;
    const uint8_t *quoted_source =
        quote->bytes + (packet->version == 4 ? IPV4_SOURCE_FIELD : IPV6_SOURCE_FIELD);
    const uint8_t *destination = packet->bytes + packet->destination_offset;
    const bool own = search->context->outgoing == NETWORK_YES;

    if (no_route && own)
        event_raise_in_payload(search, EVENT_ETHER_OUTPUT_NOROUTE, 0, 2);
    if (search->context->loopback == NETWORK_YES && icmp_error_is_to_itself(packet))
        event_raise_in_payload(search, EVENT_ETHER_OUTPUT_RTREJECT, 0, 2);
    /* It was received by the host whose packet it is about. */
    if (unreachable && search->context->to_this_host == NETWORK_YES &&
        search->context->outgoing == NETWORK_NO &&
        ip_address_equal(packet->version, quoted_source, destination))
        event_raise_in_payload(search, EVENT_IP_OUTPUT_BADADDR, 0, 2);
}

static void check_fragmentation_needed(struct event_search *search, const struct quote *quote)
{
    const uint32_t mtu = bytes_u16(event_payload(search) + ICMP_MTU_FIELD);

    event_raise_in_payload(search, EVENT_IP_OUTPUT_BADSIZE, 0, ICMP_HEADER_LENGTH);
    if (mtu == 0) /* a router from before RFC 1191, which is allowed */
        return;
    if (mtu < quote->header_length + ICMP_QUOTED_DATA)
        event_raise_in_payload(search, EVENT_IP_OUTPUT_SHORTMSG, ICMP_MTU_FIELD, 2);
    else if (mtu < IPV4_MTU_MINIMUM)
        event_raise_in_payload(search, EVENT_IP_OUTPUT_BADMTU, ICMP_MTU_FIELD, 2);
}

/* RFC 1122 section 3.2.2.2. The interface's prefix is not in a capture file. */
static void check_redirect(struct event_search *search, const struct quote *quote)
{
    const uint8_t *gateway = event_payload(search) + ICMP_GATEWAY_FIELD;

    if (ipv4_address_is_this_network(gateway) || ip_address_is_loopback(4, gateway) ||
        ip_address_is_multicast(4, gateway) || ip_address_is_limited_broadcast(4, gateway) ||
        ip_address_equal(4, gateway, quote->bytes + IPV4_SOURCE_FIELD))
        event_raise_in_payload(search, EVENT_RTREDIRECT_ERROR, ICMP_GATEWAY_FIELD,
                               IPV4_ADDRESS_LENGTH);
}

static void check_icmp_error(struct event_search *search, uint8_t type, uint8_t code)
{
    const struct quote quote = quote_of(search);

    if (!check_icmp_quote(search, &quote))
        return;
    if (type == ICMP_TYPE_UNREACHABLE && !search->header_is_doubtful)
        check_unreachable(search, code <= ICMP_CODE_HOST_UNREACHABLE, is_unreachable_address(code),
                          &quote);
    if (type == ICMP_TYPE_UNREACHABLE && code == ICMP_CODE_FRAGMENTATION_NEEDED)
        check_fragmentation_needed(search, &quote);
    if (type == ICMP_TYPE_REDIRECT)
        check_redirect(search, &quote);
    if (type == ICMP_TYPE_UNREACHABLE || type == ICMP_TYPE_TIME_EXCEEDED ||
        type == ICMP_TYPE_PARAMETER_PROBLEM)
        check_extensions(search, ICMP_QUOTE_LENGTH_FIELD, ICMP_QUOTE_LENGTH_UNIT);
}

/* The highest code of each ICMP type that IANA lists, plus 1; 0: the type is not assigned. */
static const uint8_t icmp_codes[UINT8_MAX + 1] = {
    [ICMP_TYPE_ECHO_REPLY] = 1,
    [ICMP_TYPE_UNREACHABLE] = 16,
    [ICMP_TYPE_SOURCE_QUENCH] = 1,
    [ICMP_TYPE_REDIRECT] = 4,
    [ICMP_TYPE_ALTERNATE_HOST] = 1,
    [ICMP_TYPE_ECHO] = 1,
    [ICMP_TYPE_ROUTER_ADVERTISEMENT] = 17,
    [ICMP_TYPE_ROUTER_SOLICITATION] = 1,
    [ICMP_TYPE_TIME_EXCEEDED] = 2,
    [ICMP_TYPE_PARAMETER_PROBLEM] = 3,
    [ICMP_TYPE_TIMESTAMP] = 1,
    [ICMP_TYPE_TIMESTAMP_REPLY] = 1,
    [ICMP_TYPE_INFORMATION_REQUEST] = 1,
    [ICMP_TYPE_INFORMATION_REPLY] = 1,
    [ICMP_TYPE_MASK_REQUEST] = 1,
    [ICMP_TYPE_MASK_REPLY] = 1,
    [ICMP_TYPE_TRACEROUTE] = 2,
    [ICMP_TYPE_CONVERSION_ERROR] = 12,
    [ICMP_TYPE_MOBILE_REDIRECT] = 1,
    [ICMP_TYPE_WHERE_ARE_YOU] = 1,
    [ICMP_TYPE_I_AM_HERE] = 1,
    [ICMP_TYPE_MOBILE_REQUEST] = 1,
    [ICMP_TYPE_MOBILE_REPLY] = 1,
    [ICMP_TYPE_DOMAIN_REQUEST] = 1,
    [ICMP_TYPE_DOMAIN_REPLY] = 1,
    [ICMP_TYPE_SKIP] = 1,
    [ICMP_TYPE_PHOTURIS] = 6,
    [ICMP_TYPE_MOBILITY] = 1,
    [ICMP_TYPE_EXTENDED_ECHO] = 1,
    [ICMP_TYPE_EXTENDED_ECHO_REPLY] = 5,
};

/* The same for ICMPv6; EVERY_CODE: codes are not numbered one by one. */
enum { EVERY_CODE = UINT8_MAX };
static const uint8_t icmpv6_codes[UINT8_MAX + 1] = {
    [ICMPV6_TYPE_UNREACHABLE] = 9,
    [ICMPV6_TYPE_PACKET_TOO_BIG] = 1,
    [ICMPV6_TYPE_TIME_EXCEEDED] = 2,
    [ICMPV6_TYPE_PARAMETER_PROBLEM] = 11,
    [ICMPV6_TYPE_ECHO] = 1,
    [ICMPV6_TYPE_ECHO_REPLY] = 1,
    [ICMPV6_TYPE_MLD_QUERY] = 1,
    [ICMPV6_TYPE_MLD_REPORT] = 1,
    [ICMPV6_TYPE_MLD_DONE] = 1,
    [ICMPV6_TYPE_ROUTER_SOLICITATION] = 1,
    [ICMPV6_TYPE_ROUTER_ADVERTISEMENT] = 1,
    [ICMPV6_TYPE_NEIGHBOUR_SOLICITATION] = 1,
    [ICMPV6_TYPE_NEIGHBOUR_ADVERTISEMENT] = 1,
    [ICMPV6_TYPE_REDIRECT] = 1,
    [ICMPV6_TYPE_RENUMBERING] = EVERY_CODE,
    [ICMPV6_TYPE_NODE_QUERY] = 3,
    [ICMPV6_TYPE_NODE_RESPONSE] = 3,
    [ICMPV6_TYPE_INVERSE_SOLICITATION] = 1,
    [ICMPV6_TYPE_INVERSE_ADVERTISEMENT] = 1,
    [ICMPV6_TYPE_MLD_V2_REPORT] = 1,
    [ICMPV6_TYPE_HOME_AGENT_REQUEST] = 1,
    [ICMPV6_TYPE_HOME_AGENT_REPLY] = 1,
    [ICMPV6_TYPE_MOBILE_PREFIX_SOLICITATION] = 1,
    [ICMPV6_TYPE_MOBILE_PREFIX_ADVERTISEMENT] = 1,
    [ICMPV6_TYPE_CERTIFICATION_SOLICITATION] = 1,
    [ICMPV6_TYPE_CERTIFICATION_ADVERTISEMENT] = 1,
    [ICMPV6_TYPE_MOBILITY] = EVERY_CODE,
    [ICMPV6_TYPE_MULTICAST_ROUTER_ADVERTISEMENT] = 1,
    [ICMPV6_TYPE_MULTICAST_ROUTER_SOLICITATION] = 1,
    [ICMPV6_TYPE_MULTICAST_ROUTER_TERMINATION] = 1,
    [ICMPV6_TYPE_FAST_HANDOVER] = 5,
    [ICMPV6_TYPE_RPL] = EVERY_CODE,
    [ICMPV6_TYPE_LOCATOR_UPDATE] = EVERY_CODE,
    [ICMPV6_TYPE_DUPLICATE_REQUEST] = EVERY_CODE,
    [ICMPV6_TYPE_DUPLICATE_CONFIRMATION] = EVERY_CODE,
    [ICMPV6_TYPE_MPL] = EVERY_CODE,
    [ICMPV6_TYPE_EXTENDED_ECHO] = 1,
    [ICMPV6_TYPE_EXTENDED_ECHO_REPLY] = 5,
};

static void check_type(struct event_search *search, const uint8_t *codes)
{
    const uint8_t type = event_payload(search)[ICMP_TYPE_FIELD];
    const uint8_t code = event_payload(search)[ICMP_CODE_FIELD];

    if (codes[type] == 0)
        event_raise_in_payload(search, EVENT_ICMP_INPUT_BADTYPE, ICMP_TYPE_FIELD, 1);
    else if (code >= codes[type] && codes[type] != EVERY_CODE)
        event_raise_in_payload(search, EVENT_ICMP_INPUT_BADCODE, ICMP_CODE_FIELD, 1);
}

/* Which of the events of that name an ICMP or ICMPv6 error is. */
static enum network_event_id error_event(const struct event_search *search, uint8_t type)
{
    const bool ipv4 = search->packet->version == 4;

    if (ipv4 && type == ICMP_TYPE_SOURCE_QUENCH)
        return EVENT_ICMP_ERROR_START_QUENCH;
    if (type == (ipv4 ? ICMP_TYPE_TIME_EXCEEDED : ICMPV6_TYPE_TIME_EXCEEDED) &&
        search->context->traceroute == NETWORK_YES)
        return EVENT_ICMP_ERROR_START_TRACEROUTE;
    return EVENT_ICMP_ERROR_START;
}

void event_rules_icmp(struct event_search *search)
{
    const struct ip_packet *packet = search->packet;
    uint8_t type;

    if (packet->version != 4)
        return;
    if (packet->payload_length < ICMP_HEADER_LENGTH && !packet->more_fragments) {
        if (!search->header_is_doubtful)
            event_raise_in_payload(search, EVENT_ICMP_INPUT_SHORTMSG, 0, packet->payload_length);
        return;
    }
    check_sum(search, EVENT_ICMP_INPUT_BADSUM);
    if (!event_captured(packet, 0, ICMP_CODE_FIELD + 1))
        return;
    type = event_payload(search)[ICMP_TYPE_FIELD];
    check_type(search, icmp_codes);
    if (!is_icmp_error(type))
        return;
    event_raise_in_payload(search, error_event(search, type), 0, 2);
    if (event_captured(packet, 0, ICMP_HEADER_LENGTH))
        check_icmp_error(search, type, event_payload(search)[ICMP_CODE_FIELD]);
}

/* Whether the records of a report, `first` bytes into the message, exceed it. */
static bool records_overrun(const struct event_search *search, uint32_t first, uint32_t count,
                            uint32_t header, uint32_t address)
{
    const struct ip_packet *packet = search->packet;
    uint32_t offset = first;

    for (; count > 0; count--) {
        const uint8_t *record = event_payload(search) + offset;

        if (offset + header > packet->payload_length)
            return true;
        if (!event_captured(packet, offset, GROUP_RECORD_SOURCES_FIELD + 2))
            return false;
        offset += header + bytes_u16(record + GROUP_RECORD_SOURCES_FIELD) * address +
                  record[GROUP_RECORD_AUXILIARY_FIELD] * 4U;
    }
    return offset > packet->payload_length;
}

/* Whether the sources of a query, whose number is at `field`, exceed it. */
static bool sources_overrun(const struct event_search *search, uint32_t field, uint32_t address)
{
    const struct ip_packet *packet = search->packet;

    return event_captured(packet, field, 2) &&
           packet->payload_length - field - 2 < bytes_u16(event_payload(search) + field) * address;
}

static bool is_igmp_short(const struct event_search *search)
{
    const struct ip_packet *packet = search->packet;
    const uint8_t *message = event_payload(search);

    if (packet->payload_length < MULTICAST_ROUTER_LENGTH || !event_captured(packet, 0, 1))
        return packet->payload_length < MULTICAST_ROUTER_LENGTH;
    if (message[0] == IGMP_TYPE_ROUTER_SOLICITATION || message[0] == IGMP_TYPE_ROUTER_TERMINATION)
        return false;
    if (packet->payload_length < IGMP_HEADER_LENGTH)
        return true;
    if (message[0] == IGMP_TYPE_QUERY)
        return sources_overrun(search, IGMP_QUERY_SOURCES_FIELD, IPV4_ADDRESS_LENGTH);
    return message[0] == IGMP_TYPE_V3_REPORT && event_captured(packet, 0, IGMP_HEADER_LENGTH) &&
           records_overrun(search, IGMP_HEADER_LENGTH,
                           bytes_u16(message + IGMP_REPORT_RECORDS_FIELD), IGMP_RECORD_HEADER,
                           IPV4_ADDRESS_LENGTH);
}

void event_rules_igmp(struct event_search *search)
{
    const struct ip_packet *packet = search->packet;

    if (packet->version != 4 || packet->more_fragments || search->header_is_doubtful)
        return; /* all events here rest on the message's length */
    if (is_igmp_short(search))
        event_raise_in_payload(search, EVENT_IGMP_INPUT_SHORTMSG, 0, packet->payload_length);
    else
        check_sum(search, EVENT_IGMP_INPUT_BADSUM);
}

static bool is_mld(uint8_t type)
{
    return (type >= ICMPV6_TYPE_MLD_QUERY && type <= ICMPV6_TYPE_MLD_DONE) ||
           type == ICMPV6_TYPE_MLD_V2_REPORT;
}

/* The least bytes of an ICMPv6 message by type (RFC 4443, RFC 4861, RFC 3810, RFC 4286). */
static uint32_t icmpv6_minimum(uint8_t type)
{
    static const uint8_t minimums[UINT8_MAX + 1] = {
        [ICMPV6_TYPE_MLD_QUERY] = MLD_V1_LENGTH,
        [ICMPV6_TYPE_MLD_REPORT] = MLD_V1_LENGTH,
        [ICMPV6_TYPE_MLD_DONE] = MLD_V1_LENGTH,
        [ICMPV6_TYPE_ROUTER_ADVERTISEMENT] = ROUTER_ADVERTISEMENT_LENGTH,
        [ICMPV6_TYPE_NEIGHBOUR_SOLICITATION] = NEIGHBOUR_SOLICITATION_LENGTH,
        [ICMPV6_TYPE_NEIGHBOUR_ADVERTISEMENT] = NEIGHBOUR_ADVERTISEMENT_LENGTH,
        [ICMPV6_TYPE_REDIRECT] = NEIGHBOUR_REDIRECT_LENGTH,
        [ICMPV6_TYPE_MULTICAST_ROUTER_SOLICITATION] = MULTICAST_ROUTER_LENGTH,
        [ICMPV6_TYPE_MULTICAST_ROUTER_TERMINATION] = MULTICAST_ROUTER_LENGTH,
    };

    return minimums[type] != 0 ? minimums[type] : ICMP_HEADER_LENGTH;
}

static bool is_icmpv6_short(const struct event_search *search, uint8_t type)
{
    const struct ip_packet *packet = search->packet;

    if (packet->payload_length < icmpv6_minimum(type))
        return true;
    if (type == ICMPV6_TYPE_MLD_QUERY)
        return sources_overrun(search, MLD_QUERY_SOURCES_FIELD, IPV6_ADDRESS_LENGTH);
    return type == ICMPV6_TYPE_MLD_V2_REPORT && event_captured(packet, 0, ICMP_HEADER_LENGTH) &&
           records_overrun(search, ICMP_HEADER_LENGTH,
                           bytes_u16(event_payload(search) + MLD_REPORT_RECORDS_FIELD),
                           MLD_RECORD_HEADER, IPV6_ADDRESS_LENGTH);
}

/*
 * Whether the quoted packet may end anywhere behind its fixed header: where the message fills the
 * minimum MTU (RFC 4443 section 2.4 (c)), or in front of extensions (RFC 4884 section 4.5).
 */
static bool may_cut_quote(const struct event_search *search)
{
    const uint8_t *message = event_payload(search);

    return search->packet->total_length >= IPV6_MTU_MINIMUM ||
           ((message[ICMP_TYPE_FIELD] == ICMPV6_TYPE_UNREACHABLE ||
             message[ICMP_TYPE_FIELD] == ICMPV6_TYPE_TIME_EXCEEDED) &&
            message[ICMPV6_QUOTE_LENGTH_FIELD] != 0);
}

/* RFC 4443 section 2.4 (c): as much of the packet as fits, at least its header. */
static bool check_icmpv6_quote(struct event_search *search, const struct quote *quote)
{
    const struct ip_packet *packet = search->packet;
    struct ip_packet quoted;

    if (packet->payload_length < ICMP_HEADER_LENGTH + IPV6_HEADER_LENGTH) {
        event_raise_in_payload(search, EVENT_ICMP_INPUT_BADLEN, 0, packet->payload_length);
        return false;
    }
    if (!event_captured(packet, ICMP_HEADER_LENGTH, 1))
        return false;
    if (quote->version != 6) {
        event_raise_in_payload(search, EVENT_ICMP_INPUT_BADQUOTE, ICMP_HEADER_LENGTH, 1);
        return false;
    }
    ip_packet_decode(&quoted, quote->bytes, packet->payload_captured - ICMP_HEADER_LENGTH,
                     packet->payload_length - ICMP_HEADER_LENGTH);
    if (quoted.extent == IP_HEADER_OVERRUN && !may_cut_quote(search))
        event_raise_in_payload(search, EVENT_ICMP_INPUT_BADLEN, ICMP_HEADER_LENGTH,
                               IPV6_HEADER_LENGTH);
    return quote->read;
}

static void check_icmpv6_error(struct event_search *search, uint8_t type, uint8_t code)
{
    const bool no_route = code == ICMPV6_CODE_NO_ROUTE || code == ICMPV6_CODE_ADDRESS_UNREACHABLE;
    const struct quote quote = quote_of(search);
    uint32_t mtu;

    if (type == ICMPV6_TYPE_PACKET_TOO_BIG) {
        mtu = bytes_u32(event_payload(search) + ICMPV6_MTU_FIELD);
        event_raise_in_payload(search, EVENT_IP_OUTPUT_BADSIZE, 0, ICMP_HEADER_LENGTH);
        if (mtu < IPV6_MTU_MINIMUM)
            event_raise_in_payload(search, EVENT_IP_OUTPUT_SHORTMSG, ICMPV6_MTU_FIELD, 4);
    }
    if (!check_icmpv6_quote(search, &quote))
        return;
    if (type == ICMPV6_TYPE_UNREACHABLE)
        check_unreachable(search, no_route, no_route, &quote);
    if (type == ICMPV6_TYPE_UNREACHABLE || type == ICMPV6_TYPE_TIME_EXCEEDED)
        check_extensions(search, ICMPV6_QUOTE_LENGTH_FIELD, ICMPV6_QUOTE_LENGTH_UNIT);
}

/* RFC 4861 section 8.1. */
static void check_icmpv6_redirect(struct event_search *search)
{
    const struct ip_packet *packet = search->packet;
    const uint8_t *target = event_payload(search) + NEIGHBOUR_TARGET_FIELD;
    const uint8_t *destination = event_payload(search) + NEIGHBOUR_REDIRECTED_FIELD;

    if (!event_captured(packet, 0, NEIGHBOUR_REDIRECT_LENGTH))
        return;
    if (packet->time_to_live != NEIGHBOUR_HOP_LIMIT ||
        !ip_address_is_link_local(6, packet->bytes + packet->source_offset) ||
        (!ip_address_is_link_local(6, target) && !ip_address_equal(6, target, destination)))
        event_raise_in_payload(search, EVENT_RTREDIRECT_ERROR, NEIGHBOUR_TARGET_FIELD,
                               IPV6_ADDRESS_LENGTH);
}

/* Neighbour discovery must not have been forwarded, MLD must not leave the link. */
static void check_icmpv6_hop_limit(struct event_search *search, uint8_t type)
{
    const uint8_t hop_limit = search->packet->time_to_live;

    if ((type >= ICMPV6_TYPE_ROUTER_SOLICITATION && type < ICMPV6_TYPE_REDIRECT &&
         hop_limit != NEIGHBOUR_HOP_LIMIT) ||
        (is_mld(type) && hop_limit != MLD_HOP_LIMIT))
        event_raise(search, EVENT_ICMP_INPUT_BADHLIM, IPV6_HOP_LIMIT_FIELD, 1);
}

void event_rules_icmpv6(struct event_search *search)
{
    const struct ip_packet *packet = search->packet;
    uint8_t type;

    if (packet->version != 6 || packet->more_fragments)
        return;
    if (!event_captured(packet, 0, 1)) { /* the type decides whose event a short message is */
        if (packet->payload_length == 0)
            event_raise_in_payload(search, EVENT_ICMP_INPUT_SHORTMSG, 0, 0);
        return;
    }
    type = event_payload(search)[ICMP_TYPE_FIELD];
    if (is_icmpv6_short(search, type)) {
        event_raise_in_payload(search,
                               is_mld(type) ? EVENT_IGMP_INPUT_SHORTMSG : EVENT_ICMP_INPUT_SHORTMSG,
                               0, packet->payload_length);
        return;
    }
    if ((type == ICMPV6_TYPE_MLD_QUERY ||
         type == ICMPV6_TYPE_MLD_V2_REPORT) && /* too short, perhaps */
        packet->payload_captured < packet->payload_length)
        return;
    check_sum(search, is_mld(type) ? EVENT_IGMP_INPUT_BADSUM : EVENT_ICMP_INPUT_BADSUM);
    if (!event_captured(packet, 0, ICMP_CODE_FIELD + 1))
        return;
    check_type(search, icmpv6_codes);
    check_icmpv6_hop_limit(search, type);
    if (type >= ICMPV6_TYPE_UNREACHABLE && type <= ICMPV6_TYPE_PARAMETER_PROBLEM)
        event_raise_in_payload(search, error_event(search, type), 0, 2);
    if (!event_captured(packet, 0, ICMP_HEADER_LENGTH))
        return;
    if (type >= ICMPV6_TYPE_UNREACHABLE && type <= ICMPV6_TYPE_PARAMETER_PROBLEM)
        check_icmpv6_error(search, type, event_payload(search)[ICMP_CODE_FIELD]);
    if (type == ICMPV6_TYPE_NEIGHBOUR_SOLICITATION && search->context->given_up == NETWORK_YES)
        event_raise_in_payload(search, EVENT_ETHER_OUTPUT_RTREJECT, NEIGHBOUR_TARGET_FIELD,
                               IPV6_ADDRESS_LENGTH);
    if (type == ICMPV6_TYPE_REDIRECT)
        check_icmpv6_redirect(search);
}
