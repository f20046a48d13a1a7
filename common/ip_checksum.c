/*
 * Internet checksums. Sums are over 64-bit words in memory order: the one's complement sum does not
 * depend on byte order (RFC 1071 section 2 (B)), so that one swap at the end is enough.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ip_checksum.h"

#include <string.h>

#include "bytes.h"
#include "icmp_message.h"
#include "igmp_message.h"
#include "ip_option.h"
#include "tcp_header.h"
#include "udp_header.h"

/* The one's complement sum of a sum and the 64-bit word at `bytes`. */
static inline uint64_t add_word(uint64_t sum, const uint8_t *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, sizeof word);
    sum += word;
    return sum + (sum < word); /* end-around carry */
}

static inline uint64_t add_sums(uint64_t a, uint64_t b)
{
    a += b;
    return a + (a < b);
}

uint16_t ip_checksum_sum(const uint8_t *bytes, size_t length)
{
    /* Independent sums let the processor keep several additions in flight. */
    uint64_t sums[4] = {0, 0, 0, 0};
    uint64_t sum;
    uint8_t network_order[2];
    uint16_t folded;

    for (; length >= 32; bytes += 32, length -= 32) {
        sums[0] = add_word(sums[0], bytes);
        sums[1] = add_word(sums[1], bytes + 8);
        sums[2] = add_word(sums[2], bytes + 16);
        sums[3] = add_word(sums[3], bytes + 24);
    }
    sum = add_sums(add_sums(sums[0], sums[1]), add_sums(sums[2], sums[3]));
    for (; length >= 8; bytes += 8, length -= 8)
        sum = add_word(sum, bytes);
    if (length > 0) {
        uint64_t word = 0;

        memcpy(&word, bytes, length);
        sum = add_sums(sum, word);
    }
    sum = (sum & 0xFFFFFFFF) + (sum >> 32);
    sum = (sum & 0xFFFF) + (sum >> 16 & 0xFFFF) + (sum >> 32);
    sum = (sum & 0xFFFF) + (sum >> 16);
    folded = (uint16_t)((sum & 0xFFFF) + (sum >> 16));
    memcpy(network_order, &folded, sizeof folded);
    return bytes_u16(network_order);
}

enum ip_checksum_status ip_checksum_header(const struct ip_packet *packet, bool due)
{
    if (packet->extent != IP_HEADER_WHOLE)
        return IP_CHECKSUM_UNVERIFIED;
    if (ip_checksum_sum(packet->bytes, packet->header_length) == IP_CHECKSUM_RIGHT_SUM)
        return IP_CHECKSUM_GOOD;
    if (!due && packet->checksum == 0)
        return IP_CHECKSUM_OFFLOADED;
    return IP_CHECKSUM_BAD;
}

uint16_t ip_checksum_header_expected(const struct ip_packet *packet)
{
    uint32_t sum = ip_checksum_sum(packet->bytes, packet->header_length);

    sum += (uint16_t)~packet->checksum; /* subtract the field itself (RFC 1624) */
    sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint16_t)~sum;
}

/* Fields of routing headers; bytes. */
enum {
    ROUTING_ADDRESSES_FIELD = 8, /* the first address, in all types that are known */
    RPL_COMPRESSED_FIELD = 4,    /* bytes left out of each address but the last, and of that */
    RPL_PADDING_FIELD = 5,       /* upper half: bytes of padding behind the last address */
    SEGMENT_LAST_ENTRY_FIELD = 4,
};

/* The addresses that the pseudo-header of a packet has. */
struct summed_addresses {
    const uint8_t *source; /* 4 or 16 bytes */
    const uint8_t *destination;
    uint8_t completed[IPV6_ADDRESS_LENGTH]; /* an address that the packet has only in part */
};

static bool has_source_route(const struct ip_packet *packet)
{
    struct ip_option option = {.offset = IPV4_HEADER_MIN};

    while (ipv4_option_next(&option, packet->bytes, packet->header_length))
        if (option.type == IPV4_OPTION_LOOSE_ROUTE || option.type == IPV4_OPTION_STRICT_ROUTE)
            return option.has_length;
    return false;
}

/* RFC 6554 section 3: the last address is at the end, without the bytes that all share. */
static bool find_rpl_destination(struct summed_addresses *addresses, const uint8_t *header,
                                 uint32_t length)
{
    const uint8_t compressed = header[RPL_COMPRESSED_FIELD];
    const uint32_t others =
        IPV6_ADDRESS_LENGTH - (compressed >> 4); /* bytes of each but the last */
    const uint32_t shared = compressed & 0xF;
    const uint32_t last = IPV6_ADDRESS_LENGTH - shared;
    const uint32_t padding = header[RPL_PADDING_FIELD] >> 4;

    if (length < ROUTING_ADDRESSES_FIELD + last + padding ||
        header[IPV6_ROUTING_SEGMENTS_LEFT_FIELD] >
            (length - ROUTING_ADDRESSES_FIELD - last - padding) / others + 1)
        return false;
    memcpy(addresses->completed, addresses->destination, shared);
    memcpy(addresses->completed + shared, header + length - padding - last, last);
    addresses->destination = addresses->completed;
    return true;
}

/* The final destination of a routing header with segments left; false when it is not known. */
static bool find_final_destination(struct summed_addresses *addresses, const uint8_t *header,
                                   uint32_t length)
{
    const uint32_t count = (length - ROUTING_ADDRESSES_FIELD) / IPV6_ADDRESS_LENGTH;
    const uint8_t left = header[IPV6_ROUTING_SEGMENTS_LEFT_FIELD];

    switch (header[IPV6_ROUTING_TYPE_FIELD]) {
    case IPV6_ROUTING_SOURCE:
        addresses->destination = header + length - IPV6_ADDRESS_LENGTH;
        return left <= count && length % IPV6_ADDRESS_LENGTH == ROUTING_ADDRESSES_FIELD;
    case IPV6_ROUTING_MOBILITY:
        addresses->destination = header + ROUTING_ADDRESSES_FIELD;
        return left == 1 && length == ROUTING_ADDRESSES_FIELD + IPV6_ADDRESS_LENGTH;
    case IPV6_ROUTING_RPL:
        return find_rpl_destination(addresses, header, length);
    case IPV6_ROUTING_SEGMENT: /* the list is in reverse order; options may follow it */
        addresses->destination = header + ROUTING_ADDRESSES_FIELD;
        return header[SEGMENT_LAST_ENTRY_FIELD] < count &&
               left <= header[SEGMENT_LAST_ENTRY_FIELD] + 1U;
    default:
        return false;
    }
}

/* RFC 6275 section 6.3; false when the option has another size than an address. */
static bool find_home_address(struct summed_addresses *addresses, const uint8_t *header,
                              uint32_t length)
{
    struct ip_option option = {.offset = IPV6_OPTIONS_FIELD};

    while (ipv6_option_next(&option, header, length)) {
        if (option.type != IPV6_OPTION_HOME_ADDRESS || !option.has_length)
            continue;
        addresses->source = header + option.offset + IP_OPTION_MIN;
        return !option.is_bad && option.length == IP_OPTION_MIN + IPV6_ADDRESS_LENGTH;
    }
    return true;
}

/* The addresses in the sender's pseudo-header; false when they are not known. */
static bool find_summed_addresses(struct summed_addresses *addresses,
                                  const struct ip_packet *packet)
{
    struct ip_extension extension = {0};
    unsigned routes = 0;
    bool known = true;

    addresses->source = packet->bytes + packet->source_offset;
    addresses->destination = packet->bytes + packet->destination_offset;
    if (packet->version == 4)
        return packet->header_length == IPV4_HEADER_MIN || !has_source_route(packet);
    if (packet->header_length == IPV6_HEADER_LENGTH)
        return true;
    while (known && ip_packet_next_extension(packet, &extension)) {
        const uint8_t *header = packet->bytes + extension.offset;

        if (extension.type == IP_PROTOCOL_ROUTING && header[IPV6_ROUTING_SEGMENTS_LEFT_FIELD] != 0)
            known = ++routes == 1 && find_final_destination(addresses, header, extension.length);
        else if (extension.type == IP_PROTOCOL_DESTINATION_OPTIONS)
            known = find_home_address(addresses, header, extension.length);
    }
    return known;
}

static uint16_t fold(uint64_t sum)
{
    while (sum >> 16 != 0)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint16_t)sum;
}

/* The sum of the pseudo-header: RFC 9293 section 3.1, RFC 8200 section 8.1. */
struct pseudo_header {
    uint16_t with_length;
    uint16_t without_length; /* for cards that segment: they know the length of each segment */
};

static bool find_pseudo_header(struct pseudo_header *pseudo, const struct ip_packet *packet,
                               uint32_t length)
{
    const size_t size = ip_address_length(packet->version);
    struct summed_addresses addresses;
    uint32_t sum;

    if (!find_summed_addresses(&addresses, packet))
        return false;
    sum = addresses.destination == addresses.source + size /* nearly always */
              ? ip_checksum_sum(addresses.source, 2 * size)
              : (uint32_t)ip_checksum_sum(addresses.source, size) +
                    ip_checksum_sum(addresses.destination, size);
    pseudo->without_length = fold((uint64_t)sum + packet->protocol);
    pseudo->with_length =
        fold((uint64_t)pseudo->without_length + (length >> 16) + (length & 0xFFFF));
    return true;
}

/* Where a protocol's checksum is and what it covers. */
struct message_checksum {
    uint32_t field; /* offset in the message */
    bool present;   /* the protocol has one */
    bool pseudo_header;
};

static struct message_checksum checksum_of(const struct ip_packet *packet)
{
    const bool ipv4 = packet->version == 4;

    switch (packet->protocol) {
    case IP_PROTOCOL_TCP:
        return (struct message_checksum){TCP_CHECKSUM_FIELD, true, true};
    case IP_PROTOCOL_UDP:
        return (struct message_checksum){UDP_CHECKSUM_FIELD, true, true};
    case IP_PROTOCOL_ICMP:
        return (struct message_checksum){ICMP_CHECKSUM_FIELD, ipv4, false};
    case IP_PROTOCOL_IGMP:
        return (struct message_checksum){IGMP_CHECKSUM_FIELD, ipv4, false};
    case IP_PROTOCOL_ICMPV6:
        return (struct message_checksum){ICMP_CHECKSUM_FIELD, !ipv4, true};
    default:
        return (struct message_checksum){0};
    }
}

/* Bytes that the checksum covers: UDP has a length of its own, 0 in a jumbogram (RFC 2675). */
static uint32_t covered_length(const struct ip_packet *packet)
{
    uint32_t length = 0;

    if (packet->protocol == IP_PROTOCOL_UDP && packet->payload_captured >= UDP_HEADER_LENGTH)
        length = bytes_u16(packet->bytes + packet->payload_offset + UDP_LENGTH_FIELD);
    return length != 0 ? length : packet->payload_length;
}

static bool is_whole(const struct ip_packet *packet)
{
    return packet->extent == IP_HEADER_WHOLE && !packet->more_fragments && !packet->later_fragment;
}

/* Whether a packet inside a tunnel has a partial checksum, left to the network card. */
static bool is_partial(const struct ip_packet *packet, const struct message_checksum *checksum)
{
    struct pseudo_header pseudo;
    uint16_t field;

    if (!is_whole(packet) || !checksum->present || !checksum->pseudo_header ||
        packet->payload_captured < packet->payload_length ||
        packet->payload_length < checksum->field + 2)
        return false;
    field = bytes_u16(packet->bytes + packet->payload_offset + checksum->field);
    return find_pseudo_header(&pseudo, packet, packet->payload_length) &&
           (field == pseudo.with_length || field == pseudo.without_length);
}

/*
 * Local checksum offload: the checksum of a tunnel's datagram, whose `length` bytes and
 * pseudo-header give `sum`, was computed as if a partial checksum inside were complete. Bytes with
 * a completed checksum sum to the complement of the partial one. The headers between are not read:
 * two sums that fit are no coincidence, whatever the tunnel and its port.
 */
static bool is_right_once_completed(const struct ip_packet *packet, uint32_t length, uint16_t sum)
{
    enum { HEADERS_MAX = 1024 }; /* bytes in front of the innermost packet */
    const uint8_t *datagram = packet->bytes + packet->payload_offset;

    for (uint32_t i = UDP_HEADER_LENGTH; i < length && i < HEADERS_MAX; i += 2) {
        const uint8_t version = datagram[i] >> 4;
        struct ip_packet inner;
        struct message_checksum checksum;
        const uint8_t *message;

        if (version != 4 && version != 6)
            continue;
        ip_packet_decode(&inner, datagram + i, length - i, length - i);
        checksum = checksum_of(&inner);
        if (!ip_packet_has(&inner, IP_FIELD_PAYLOAD) || !is_partial(&inner, &checksum))
            continue;
        message = inner.bytes + inner.payload_offset;
        if (fold((uint64_t)sum + (uint16_t)~ip_checksum_sum(message, inner.payload_length) +
                 (uint16_t)~bytes_u16(message + checksum.field)) == IP_CHECKSUM_RIGHT_SUM)
            return true;
    }
    return false;
}

/* A wrong sum proves nothing when the addresses or the length may be wrong themselves. */
static enum ip_checksum_status bad_unless_header_is(const struct ip_packet *packet)
{
    const bool header_is_bad = packet->version == 4 && packet->checksum != 0 &&
                               ip_checksum_header(packet, true) == IP_CHECKSUM_BAD;

    return header_is_bad ? IP_CHECKSUM_UNVERIFIED : IP_CHECKSUM_BAD;
}

/* The status of a checksum over `length` bytes, in a packet that is not to be segmented. */
static enum ip_checksum_status status_of(const struct ip_packet *packet,
                                         const struct message_checksum *checksum, uint32_t length)
{
    const uint8_t *message = packet->bytes + packet->payload_offset;
    const uint16_t field = bytes_u16(message + checksum->field);
    struct pseudo_header pseudo = {0};
    uint16_t sum;

    if (checksum->pseudo_header && !find_pseudo_header(&pseudo, packet, length))
        return IP_CHECKSUM_UNVERIFIED;
    sum = fold((uint64_t)pseudo.with_length + ip_checksum_sum(message, length));
    if (sum == IP_CHECKSUM_RIGHT_SUM)
        return IP_CHECKSUM_GOOD;
    if (!checksum->pseudo_header)
        return bad_unless_header_is(packet);
    if (field == pseudo.with_length || field == pseudo.without_length ||
        (packet->protocol == IP_PROTOCOL_UDP && is_right_once_completed(packet, length, sum)))
        return IP_CHECKSUM_OFFLOADED;
    return bad_unless_header_is(packet);
}

/* The common case: a whole TCP segment without options that change addresses, and a right sum. */
static bool is_plainly_right(const struct ip_packet *packet)
{
    const bool ipv4 = packet->version == 4;
    const size_t addresses = ipv4 ? 2 * IPV4_ADDRESS_LENGTH : 2 * IPV6_ADDRESS_LENGTH;
    const uint32_t length = packet->payload_length;

    return packet->protocol == IP_PROTOCOL_TCP && is_whole(packet) &&
           !packet->segmentation_offload &&
           packet->header_length == (ipv4 ? IPV4_HEADER_MIN : IPV6_HEADER_LENGTH) &&
           length == packet->payload_captured && length > TCP_CHECKSUM_FIELD + 1 &&
           fold((uint64_t)ip_checksum_sum(packet->bytes + packet->source_offset, addresses) +
                ip_checksum_sum(packet->bytes + packet->payload_offset, length) + (length >> 16) +
                (length & 0xFFFF) + IP_PROTOCOL_TCP) == IP_CHECKSUM_RIGHT_SUM;
}

bool ip_checksum_is_omitted(const struct ip_packet *packet)
{
    return packet->protocol == IP_PROTOCOL_UDP && !packet->later_fragment &&
           packet->extent == IP_HEADER_WHOLE && packet->payload_captured >= UDP_HEADER_LENGTH &&
           bytes_u16(packet->bytes + packet->payload_offset + UDP_CHECKSUM_FIELD) == 0;
}

enum ip_checksum_status ip_checksum_message(const struct ip_packet *packet)
{
    struct message_checksum checksum;
    uint32_t length;

    if (is_plainly_right(packet))
        return IP_CHECKSUM_GOOD;
    checksum = checksum_of(packet);
    if (ip_checksum_is_omitted(packet))
        return packet->version == 4 || udp_port_of_tunnel(packet->destination_port)
                   ? IP_CHECKSUM_UNVERIFIED
                   : IP_CHECKSUM_BAD;
    length = covered_length(packet);
    if (!is_whole(packet) || !checksum.present || length > packet->payload_captured ||
        length < checksum.field + 2)
        return IP_CHECKSUM_UNVERIFIED;
    if (packet->segmentation_offload)
        return is_partial(packet, &checksum) ? IP_CHECKSUM_OFFLOADED : IP_CHECKSUM_UNVERIFIED;
    return status_of(packet, &checksum, length);
}
