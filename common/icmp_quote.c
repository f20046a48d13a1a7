/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "icmp_quote.h"

#include "bytes.h"
#include "icmp_message.h"
#include "tcp_header.h"

enum {
    GRE_HEADER = 4, /* bytes without optional fields, RFC 2784 */
    GRE_PROTOCOL_FIELD = 2,
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_IPV6 = 0x86DD,
};

/*
 * Decodes the payload of a tunnel's packet: IP in IP (RFC 2003, RFC 4213) or GRE (RFC 2784).
 * Returns false when it is no IP packet, or that of a later fragment.
 */
static bool enter_tunnel(struct ip_packet *inner, const struct ip_packet *outer)
{
    enum {
        GRE_OPTIONAL = 0xB0, /* flags of the checksum, key and sequence number */
        GRE_OPTIONAL_FIELD = 4,
        GRE_VERSION = 7, /* mask of the second byte */
    };
    uint32_t start = outer->header_length;

    if (!ip_packet_has(outer, IP_FIELD_PROTOCOL) || outer->later_fragment ||
        outer->captured_length < start)
        return false;
    if (outer->protocol == IP_PROTOCOL_GRE) {
        const uint8_t *gre = outer->bytes + start;

        if (outer->captured_length - start < GRE_HEADER || (gre[1] & GRE_VERSION) != 0 ||
            (bytes_u16(gre + GRE_PROTOCOL_FIELD) != ETHERTYPE_IPV4 &&
             bytes_u16(gre + GRE_PROTOCOL_FIELD) != ETHERTYPE_IPV6))
            return false;
        start += GRE_HEADER;
        for (uint8_t flags = gre[0] & GRE_OPTIONAL; flags != 0; flags &= (uint8_t)(flags - 1))
            start += GRE_OPTIONAL_FIELD;
        if (outer->captured_length < start)
            return false;
    } else if (outer->protocol != IP_PROTOCOL_IPV4 && outer->protocol != IP_PROTOCOL_IPV6) {
        return false;
    }
    ip_packet_decode(inner, outer->bytes + start, outer->captured_length - start,
                     outer->captured_length - start);
    return true;
}

static bool is_tunnel(uint8_t protocol)
{
    return protocol == IP_PROTOCOL_IPV4 || protocol == IP_PROTOCOL_IPV6 ||
           protocol == IP_PROTOCOL_GRE;
}

void icmp_quote_decode_outermost(struct ip_packet *quote, const struct ip_packet *packet)
{
    const uint32_t captured = packet->payload_captured;
    const uint32_t quoted = captured > ICMP_HEADER_LENGTH ? captured - ICMP_HEADER_LENGTH : 0;

    ip_packet_decode(quote,
                     packet->bytes + packet->payload_offset + (quoted ? ICMP_HEADER_LENGTH : 0),
                     quoted, quoted);
    if (quote->version != packet->version)
        quote->present = 0;
}

void icmp_quote_decode(struct ip_packet *quote, const struct ip_packet *packet)
{
    struct ip_packet inner;

    icmp_quote_decode_outermost(quote, packet);
    if (quote->version == packet->version && enter_tunnel(&inner, quote))
        *quote = inner;
    else if (is_tunnel(quote->protocol))
        quote->present = 0;
}

uint8_t icmp_quote_tcp_flags(const struct ip_packet *quote)
{
    if (quote->captured_length < quote->header_length ||
        quote->captured_length - quote->header_length <= TCP_FLAGS_FIELD)
        return 0;
    return quote->bytes[quote->header_length + TCP_FLAGS_FIELD];
}

uint32_t icmp_quote_mtu(const struct ip_packet *packet)
{
    const uint8_t *message = packet->bytes + packet->payload_offset;

    if (packet->payload_captured < ICMP_HEADER_LENGTH)
        return 0;
    return packet->version == 4 ? bytes_u16(message + ICMP_MTU_FIELD)
                                : bytes_u32(message + ICMPV6_MTU_FIELD);
}
