/*
 * Internet checksums. The sum is taken over 32-bit words in memory order: the one's complement sum
 * does not depend on byte order (RFC 1071 section 2 (B)), one swap at the end serves.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ip_checksum.h"

#include <string.h>

#include "bytes.h"

static uint64_t word_at(const uint8_t *bytes)
{
    uint32_t word;

    memcpy(&word, bytes, sizeof word);
    return word;
}

uint16_t ip_checksum_sum(const uint8_t *bytes, size_t length)
{
    /* Independent sums let the compiler keep several additions in flight. */
    uint64_t sums[4] = {0, 0, 0, 0};
    uint64_t sum;
    uint8_t network_order[2];
    uint16_t folded;

    for (; length >= 16; bytes += 16, length -= 16) {
        sums[0] += word_at(bytes);
        sums[1] += word_at(bytes + 4);
        sums[2] += word_at(bytes + 8);
        sums[3] += word_at(bytes + 12);
    }
    sum = sums[0] + sums[1] + sums[2] + sums[3];
    for (; length >= 4; bytes += 4, length -= 4)
        sum += word_at(bytes);
    if (length > 0) {
        uint32_t word = 0;

        memcpy(&word, bytes, length);
        sum += word;
    }
    sum = (sum & 0xFFFFFFFF) + (sum >> 32);
    sum = (sum & 0xFFFF) + (sum >> 16 & 0xFFFF) + (sum >> 32);
    sum = (sum & 0xFFFF) + (sum >> 16);
    folded = (uint16_t)((sum & 0xFFFF) + (sum >> 16));
    memcpy(network_order, &folded, sizeof folded);
    return bytes_u16(network_order);
}

enum ip_checksum_status ip_checksum_header(const struct ip_packet *packet, bool outgoing)
{
    if (packet->extent != IP_HEADER_WHOLE)
        return IP_CHECKSUM_UNVERIFIED;
    if (ip_checksum_sum(packet->bytes, packet->header_length) == 0xFFFF)
        return IP_CHECKSUM_GOOD;
    if (outgoing && packet->checksum == 0)
        return IP_CHECKSUM_OFFLOADED;
    return IP_CHECKSUM_BAD;
}

uint16_t ip_checksum_header_expected(const struct ip_packet *packet)
{
    uint32_t sum = ip_checksum_sum(packet->bytes, packet->header_length);

    sum += (uint16_t)~packet->checksum; /* take the field itself out again (RFC 1624) */
    sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint16_t)~sum;
}

static uint32_t fold(uint64_t sum)
{
    while (sum >> 16 != 0)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint32_t)sum;
}

/* RFC 9293 section 3.1, RFC 8200 section 8.1: addresses, length and protocol. */
static uint32_t pseudo_header_sum(const struct ip_packet *packet, uint32_t length)
{
    size_t addresses = packet->version == 4 ? 2 * IPV4_ADDRESS_LENGTH : 2 * IPV6_ADDRESS_LENGTH;
    uint64_t sum = ip_checksum_sum(packet->bytes + packet->source_offset, addresses);

    return fold(sum + (length >> 16) + (length & 0xFFFF) + packet->protocol);
}

enum {
    IPV4_END_OF_OPTIONS = 0, /* RFC 791 section 3.1 */
    IPV4_NO_OPERATION = 1,
    IPV4_LOOSE_ROUTE = 131,
    IPV4_STRICT_ROUTE = 137,
    IPV6_PAD1 = 0,           /* RFC 8200 section 4.2 */
    IPV6_HOME_ADDRESS = 201, /* RFC 6275 section 6.3 */
};

static bool has_source_route(const struct ip_packet *packet)
{
    const uint8_t *options = packet->bytes;

    for (uint32_t i = IPV4_HEADER_MIN; i + 1 < packet->header_length;) {
        if (options[i] == IPV4_END_OF_OPTIONS)
            return false;
        if (options[i] == IPV4_LOOSE_ROUTE || options[i] == IPV4_STRICT_ROUTE)
            return true;
        if (options[i] != IPV4_NO_OPERATION && options[i + 1] < 2)
            return false;
        i += options[i] == IPV4_NO_OPERATION ? 1 : options[i + 1];
    }
    return false;
}

static bool has_home_address(const uint8_t *header, uint32_t length)
{
    for (uint32_t i = 2; i + 1 < length;) {
        if (header[i] == IPV6_HOME_ADDRESS)
            return true;
        i += header[i] == IPV6_PAD1 ? 1 : 2U + header[i + 1];
    }
    return false;
}

/* Whether the address in the header is not the one that the sender summed up. */
static bool changes_address(const struct ip_packet *packet)
{
    struct ip_extension extension = {0};

    if (packet->version == 4)
        return packet->header_length > IPV4_HEADER_MIN && has_source_route(packet);
    while (ip_packet_next_extension(packet, &extension)) {
        const uint8_t *header = packet->bytes + extension.offset;

        if (extension.type == IP_PROTOCOL_ROUTING && header[3] != 0) /* segments left */
            return true;
        if (extension.type == IP_PROTOCOL_DESTINATION_OPTIONS &&
            has_home_address(header, extension.length))
            return true;
    }
    return false;
}

enum ip_checksum_status ip_checksum_upper(const struct ip_packet *packet, uint32_t length,
                                          uint32_t field, bool with_pseudo_header)
{
    const uint8_t *message = packet->bytes + packet->payload_offset;
    uint32_t pseudo = 0;
    uint32_t sum;

    if (packet->extent != IP_HEADER_WHOLE || packet->more_fragments || packet->later_fragment ||
        packet->segmentation_offload || length > packet->payload_captured || field + 2 > length)
        return IP_CHECKSUM_UNVERIFIED;
    if (with_pseudo_header) {
        if (changes_address(packet))
            return IP_CHECKSUM_UNVERIFIED;
        pseudo = pseudo_header_sum(packet, length);
    }
    sum = fold((uint64_t)pseudo + ip_checksum_sum(message, length));
    if (sum == 0xFFFF)
        return IP_CHECKSUM_GOOD;
    if (with_pseudo_header && bytes_u16(message + field) == pseudo)
        return IP_CHECKSUM_OFFLOADED;
    /* Cards that segment want the sum without a length, for they know that of each segment. */
    if (with_pseudo_header && packet->segmentation_offload &&
        bytes_u16(message + field) == pseudo_header_sum(packet, 0))
        return IP_CHECKSUM_OFFLOADED;
    return IP_CHECKSUM_BAD;
}
