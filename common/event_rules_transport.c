/*
 * Rules for TCP and UDP headers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "bytes.h"
#include "event_rules.h"
#include "ip_checksum.h"
#include "tcp_header.h"
#include "udp_header.h"

enum {
    TCP_FLAGS = 0x3F, /* without those of ECN, RFC 3168 */
    TCP_AO_MIN = 4,   /* bytes, without a MAC */
};

static void raise_at(struct event_search *search, enum network_event_id id, uint32_t offset,
                     uint32_t length)
{
    event_raise(search, id, search->packet->payload_offset + offset, length);
}

/* Whether the packet certainly has fewer bytes of payload. */
static bool is_too_long(const struct event_search *search, uint32_t length)
{
    const struct ip_packet *packet = search->packet;

    return length > packet->payload_length && !packet->more_fragments &&
           !search->header_is_doubtful;
}

/* Combinations that no stack sends: none, SYN with FIN or RST, so also all at once. */
static bool is_bad_combination(uint8_t flags)
{
    flags &= TCP_FLAGS;
    return flags == 0 || ((flags & TCP_FLAG_SYN) && (flags & (TCP_FLAG_FIN | TCP_FLAG_RST)));
}

/* Lengths of TCP options that have a fixed one (IANA "TCP Option Kind Numbers"). */
static const uint8_t option_lengths[UINT8_MAX + 1] = {
    [2] = 4,  [3] = 3,  [4] = 2,   [8] = 10, [14] = 3,
    [15] = 0, [18] = 3, [19] = 18, [27] = 8, [28] = 4,
};

/* Multipath TCP (RFC 8684 section 3) and experiments (RFC 6994) tell kinds apart inside. */
static bool may_repeat(uint8_t kind)
{
    return kind == 30 || kind >= 253;
}

static bool is_good_option(uint8_t kind, uint32_t length)
{
    if (option_lengths[kind] != 0)
        return length == option_lengths[kind];
    if (kind == TCP_OPTION_AO)
        return length >= TCP_AO_MIN;
    return kind != TCP_OPTION_SACK || (length <= 34 && length % 8 == 2); /* RFC 2018 section 3 */
}

static void check_options(struct event_search *search, uint32_t header_length)
{
    const uint8_t *segment = search->packet->bytes + search->packet->payload_offset;
    struct byte_set seen = {{0}};

    for (uint32_t i = TCP_SEGMENT_MIN; i < header_length;) {
        const uint8_t kind = segment[i];
        uint32_t length;

        if (kind == TCP_OPTION_END) {
            if (!event_is_all_zero(segment + i, header_length - i))
                raise_at(search, EVENT_TCP_INPUT_NOEOL, i, header_length - i);
            return;
        }
        if (kind == TCP_OPTION_NOP) {
            i++;
            continue;
        }
        length = i + 1 < header_length ? segment[i + 1] : 0;
        if (length < 2 || length > header_length - i || !is_good_option(kind, length)) {
            raise_at(search, EVENT_TCP_INPUT_BADOPT, i, length < 2 ? 1 : length);
            if (length < 2 || length > header_length - i)
                return;
        }
        if (kind == TCP_OPTION_SCALE && length == 3 && segment[i + 2] > TCP_SCALE_MAX)
            raise_at(search, EVENT_TCP_INPUT_BADSCALE, i + 2, 1);
        if (byte_set_add(&seen, kind) && !may_repeat(kind))
            raise_at(search, EVENT_TCP_INPUT_DUPOPT, i, length);
        i += length;
    }
}

/* RFC 9293 section 3.1: fields that mean nothing without their flag, and are 0 then. */
static void check_flags(struct event_search *search)
{
    const uint8_t *segment = search->packet->bytes + search->packet->payload_offset;
    const uint8_t flags = segment[TCP_FLAGS_FIELD];

    if (is_bad_combination(flags))
        raise_at(search, EVENT_TCP_INPUT_BADFLAGS, TCP_FLAGS_FIELD, 1);
    if (!(flags & TCP_FLAG_ACK) && bytes_u32(segment + TCP_ACKNOWLEDGMENT_FIELD) != 0)
        raise_at(search, EVENT_TCP_INPUT_BADACK, TCP_ACKNOWLEDGMENT_FIELD, 4);
    if (!(flags & TCP_FLAG_URG) && event_captured(search->packet, TCP_URGENT_FIELD, 2) &&
        bytes_u16(segment + TCP_URGENT_FIELD) != 0)
        raise_at(search, EVENT_TCP_INPUT_BADURP, TCP_URGENT_FIELD, 2);
}

static void check_tcp_destination(struct event_search *search)
{
    const struct ip_packet *packet = search->packet;
    const uint8_t *address = packet->bytes + packet->destination_offset;

    if (ip_address_is_multicast(packet->version, address) ||
        ip_address_is_limited_broadcast(packet->version, address))
        event_raise(search, EVENT_IP_OUTPUT_BADADDRTYPE, packet->destination_offset,
                    ip_address_length(packet->version));
}

void event_rules_tcp(struct event_search *search)
{
    const struct ip_packet *packet = search->packet;
    const uint8_t *segment = packet->bytes + packet->payload_offset;
    uint32_t header_length;

    if (!search->header_is_doubtful)
        check_tcp_destination(search);
    if (packet->payload_length < TCP_SEGMENT_MIN) {
        if (!packet->more_fragments && !search->header_is_doubtful)
            raise_at(search, EVENT_TCP_INPUT_SHORTMSG, 0, packet->payload_length);
        return;
    }
    if (!event_captured(packet, 0, TCP_FLAGS_FIELD + 1))
        return;
    header_length = (segment[12] >> 4) * 4U;
    if (header_length < TCP_SEGMENT_MIN || is_too_long(search, header_length)) {
        raise_at(search, EVENT_TCP_INPUT_BADHLEN, 12, 1);
        return;
    }
    if (search->context->verify_checksums && ip_checksum_message(packet) == IP_CHECKSUM_BAD)
        raise_at(search, EVENT_TCP_INPUT_BADSUM, TCP_CHECKSUM_FIELD, 2);
    check_flags(search);
    if (header_length > TCP_SEGMENT_MIN && event_captured(packet, 0, header_length))
        check_options(search, header_length);
}

/* RFC 768; a length of 0 is the jumbogram's way (RFC 2675 section 4) or segmentation offload. */
static bool is_bad_udp_length(const struct event_search *search, uint32_t length)
{
    const struct ip_packet *packet = search->packet;

    if (length == 0)
        return packet->jumbo_offset == 0 && !packet->segmentation_offload;
    return length < UDP_HEADER_LENGTH || is_too_long(search, length);
}

void event_rules_udp(struct event_search *search)
{
    const struct ip_packet *packet = search->packet;
    const uint8_t *datagram = packet->bytes + packet->payload_offset;
    uint32_t length;

    if (packet->payload_length < UDP_HEADER_LENGTH) {
        if (!packet->more_fragments && !search->header_is_doubtful)
            raise_at(search, EVENT_UDP_INPUT_BADLEN, 0, packet->payload_length);
        return;
    }
    if (!event_captured(packet, 0, UDP_HEADER_LENGTH))
        return;
    length = bytes_u16(datagram + UDP_LENGTH_FIELD);
    if (is_bad_udp_length(search, length)) {
        raise_at(search, EVENT_UDP_INPUT_BADLEN, UDP_LENGTH_FIELD, 2);
        return;
    }
    if (search->context->verify_checksums && ip_checksum_message(packet) == IP_CHECKSUM_BAD)
        raise_at(search, EVENT_UDP_INPUT_BADSUM, UDP_CHECKSUM_FIELD, 2);
}
