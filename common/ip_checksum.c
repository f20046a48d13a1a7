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
