/*
 * Rules for TCP and UDP headers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "bytes.h"
#include "event_rules.h"
#include "ip_checksum.h"
#include "ip_option.h"
#include "tcp_header.h"
#include "udp_header.h"

enum {
    TCP_FLAGS = 0x3F, /* without those of ECN, RFC 3168 */
    TCP_AO_MIN = 4,   /* bytes, without a MAC */
};

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
    [TCP_OPTION_MSS] = 4,   [TCP_OPTION_SCALE] = 3,       [TCP_OPTION_SACK_OK] = 2,
    [TCP_OPTION_TIME] = 10, [TCP_OPTION_CHECKSUM] = 3,    [TCP_OPTION_TRAILER] = 3,
    [TCP_OPTION_MD5] = 18,  [TCP_OPTION_QUICK_START] = 8, [TCP_OPTION_TIMEOUT] = 4,
};

/* Multipath TCP (RFC 8684 section 3) and experiments (RFC 6994) have subtypes. */
static bool may_repeat(uint8_t kind)
{
    return kind == TCP_OPTION_MPTCP || kind >= TCP_OPTION_EXPERIMENT;
}

/* Whether an option of `length` bytes, at least 2, has a length that its kind allows. */
static bool is_good_length(uint8_t kind, uint32_t length)
{
    enum { SACK_MAX = 34, SACK_BLOCK = 8 }; /* bytes, RFC 2018 section 3 */

    if (option_lengths[kind] != 0)
        return length == option_lengths[kind];
    if (kind == TCP_OPTION_AO)
        return length >= TCP_AO_MIN;
    return kind != TCP_OPTION_SACK || (length <= SACK_MAX && length % SACK_BLOCK == IP_OPTION_MIN);
}

static void check_option(struct event_search *search, const struct ip_option *option,
                         struct byte_set *seen)
{
    enum { SCALE_LENGTH = 3, SCALE_SHIFT = 2 };
    const uint8_t *bytes = event_payload(search) + option->offset;

    if (!is_good_length(option->type, option->length))
        event_raise_in_payload(search, EVENT_TCP_INPUT_BADOPT, option->offset, option->length);
    if (option->type == TCP_OPTION_SCALE && option->length == SCALE_LENGTH &&
        bytes[SCALE_SHIFT] > TCP_SCALE_MAX)
        event_raise_in_payload(search, EVENT_TCP_INPUT_BADSCALE, option->offset + SCALE_SHIFT, 1);
    if (byte_set_add(seen, option->type) && !may_repeat(option->type))
        event_raise_in_payload(search, EVENT_TCP_INPUT_DUPOPT, option->offset, option->length);
}

static void check_options(struct event_search *search, uint32_t header_length)
{
    const uint8_t *segment = event_payload(search);
    struct ip_option option = {.offset = TCP_SEGMENT_MIN};
    struct byte_set seen = {{0}};

    while (ipv4_option_next(&option, segment, header_length)) {
        if (option.is_bad)
            event_raise_in_payload(search, EVENT_TCP_INPUT_BADOPT, option.offset,
                                   option.length < IP_OPTION_MIN ? 1 : option.length);
        else if (option.type == TCP_OPTION_END &&
                 !event_is_all_zero(segment + option.offset, option.length))
            event_raise_in_payload(search, EVENT_TCP_INPUT_NOEOL, option.offset, option.length);
        else if (option.type > TCP_OPTION_NOP)
            check_option(search, &option, &seen);
    }
}

/* RFC 9293 section 3.1: fields that mean nothing without their flag, and are 0 then. */
static void check_flags(struct event_search *search)
{
    const uint8_t *segment = event_payload(search);
    const uint8_t flags = segment[TCP_FLAGS_FIELD];

    if (is_bad_combination(flags))
        event_raise_in_payload(search, EVENT_TCP_INPUT_BADFLAGS, TCP_FLAGS_FIELD, 1);
    if (!(flags & TCP_FLAG_ACK) && bytes_u32(segment + TCP_ACKNOWLEDGMENT_FIELD) != 0)
        event_raise_in_payload(search, EVENT_TCP_INPUT_BADACK, TCP_ACKNOWLEDGMENT_FIELD, 4);
    if (!(flags & TCP_FLAG_URG) && event_captured(search->packet, TCP_URGENT_FIELD, 2) &&
        bytes_u16(segment + TCP_URGENT_FIELD) != 0)
        event_raise_in_payload(search, EVENT_TCP_INPUT_BADURP, TCP_URGENT_FIELD, 2);
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
    const uint8_t *segment = event_payload(search);
    uint32_t header_length;

    if (!search->header_is_doubtful)
        check_tcp_destination(search);
    if (packet->payload_length < TCP_SEGMENT_MIN) {
        if (!packet->more_fragments && !search->header_is_doubtful)
            event_raise_in_payload(search, EVENT_TCP_INPUT_SHORTMSG, 0, packet->payload_length);
        return;
    }
    if (!event_captured(packet, 0, TCP_FLAGS_FIELD + 1))
        return;
    header_length = tcp_header_length(segment);
    if (header_length < TCP_SEGMENT_MIN || is_too_long(search, header_length)) {
        event_raise_in_payload(search, EVENT_TCP_INPUT_BADHLEN, TCP_OFFSET_FIELD, 1);
        return;
    }
    if (search->context->verify_checksums && ip_checksum_message(packet) == IP_CHECKSUM_BAD)
        event_raise_in_payload(search, EVENT_TCP_INPUT_BADSUM, TCP_CHECKSUM_FIELD, 2);
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
    const uint8_t *datagram = event_payload(search);
    uint32_t length;

    if (packet->payload_length < UDP_HEADER_LENGTH) {
        if (!packet->more_fragments && !search->header_is_doubtful)
            event_raise_in_payload(search, EVENT_UDP_INPUT_BADLEN, 0, packet->payload_length);
        return;
    }
    if (!event_captured(packet, 0, UDP_HEADER_LENGTH))
        return;
    length = bytes_u16(datagram + UDP_LENGTH_FIELD);
    if (is_bad_udp_length(search, length)) {
        event_raise_in_payload(search, EVENT_UDP_INPUT_BADLEN, UDP_LENGTH_FIELD, 2);
        return;
    }
    if (search->context->verify_checksums && ip_checksum_message(packet) == IP_CHECKSUM_BAD)
        event_raise_in_payload(search, EVENT_UDP_INPUT_BADSUM, UDP_CHECKSUM_FIELD, 2);
}
