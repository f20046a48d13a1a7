/*
 * Rules for IPv4 options and for the options of IPv6 extension headers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "bytes.h"
#include "event_rules.h"
#include "ip_option.h"

enum { ANY_LENGTH = 1 }; /* of an IPv4 option: defined, of variable length */

/* Lengths of the IPv4 options that IANA lists; 0: not defined. */
static const uint8_t ipv4_option_lengths[UINT8_MAX + 1] = {
    [IPV4_OPTION_RECORD_ROUTE] = ANY_LENGTH,
    [IPV4_OPTION_MEASUREMENT] = ANY_LENGTH,
    [IPV4_OPTION_MTU_PROBE] = 4,
    [IPV4_OPTION_MTU_REPLY] = 4,
    [IPV4_OPTION_ENCODE] = ANY_LENGTH,
    [IPV4_OPTION_QUICK_START] = 8,
    [IPV4_OPTION_EXPERIMENT_1] = ANY_LENGTH,
    [IPV4_OPTION_TIMESTAMP] = ANY_LENGTH,
    [IPV4_OPTION_TRACEROUTE] = 12,
    [IPV4_OPTION_EXPERIMENT_2] = ANY_LENGTH,
    [IPV4_OPTION_SECURITY] = ANY_LENGTH,
    [IPV4_OPTION_LOOSE_ROUTE] = ANY_LENGTH,
    [IPV4_OPTION_EXTENDED_SECURITY] = ANY_LENGTH,
    [IPV4_OPTION_CIPSO] = ANY_LENGTH,
    [IPV4_OPTION_STREAM] = 4,
    [IPV4_OPTION_STRICT_ROUTE] = ANY_LENGTH,
    [IPV4_OPTION_ACCESS_CONTROL] = ANY_LENGTH,
    [IPV4_OPTION_IMI] = ANY_LENGTH,
    [IPV4_OPTION_EXTENDED_IP] = ANY_LENGTH,
    [IPV4_OPTION_ADDRESS_EXTENSION] = 10,
    [IPV4_OPTION_ROUTER_ALERT] = 4,
    [IPV4_OPTION_DIRECTED_BROADCAST] = ANY_LENGTH,
    [IPV4_OPTION_DYNAMIC_STATE] = ANY_LENGTH,
    [IPV4_OPTION_UPSTREAM_MULTICAST] = ANY_LENGTH,
    [IPV4_OPTION_EXPERIMENT_3] = ANY_LENGTH,
    [IPV4_OPTION_FLOW_CONTROL] = ANY_LENGTH,
    [IPV4_OPTION_EXPERIMENT_4] = ANY_LENGTH,
};

/* Offsets and sizes inside of route and timestamp options, RFC 791 section 3.1; bytes. */
enum {
    OPTION_POINTER = 2, /* counts from 1 */
    ROUTE_MINIMUM = 3,  /* type, length, pointer: the first address follows */
    ROUTE_POINTER_MIN = 4,
    TIMESTAMP_FLAG = 3, /* lower half of the byte; the upper one counts overflows */
    TIMESTAMP_MINIMUM = 4,
    TIMESTAMP_POINTER_MIN = 5,
    TIMESTAMP_OVERFLOW_MAX = 15,
};

/* Flags of a timestamp option. */
enum {
    TIMESTAMP_ONLY = 0,
    TIMESTAMP_WITH_ADDRESS = 1,
    TIMESTAMP_PRESPECIFIED = 3,
};

static bool is_route(uint8_t type)
{
    return type == IPV4_OPTION_RECORD_ROUTE || type == IPV4_OPTION_LOOSE_ROUTE ||
           type == IPV4_OPTION_STRICT_ROUTE;
}

static bool is_good_timestamp(const uint8_t *option, uint32_t length)
{
    const uint8_t flag = length < TIMESTAMP_MINIMUM ? 0 : option[TIMESTAMP_FLAG] & 0xF;

    return length >= TIMESTAMP_MINIMUM && option[OPTION_POINTER] >= TIMESTAMP_POINTER_MIN &&
           option[TIMESTAMP_FLAG] >> 4 != TIMESTAMP_OVERFLOW_MAX &&
           (flag == TIMESTAMP_ONLY || flag == TIMESTAMP_WITH_ADDRESS ||
            flag == TIMESTAMP_PRESPECIFIED);
}

/* Whether the inside of an IPv4 option of `length` bytes, at least 2, is valid for its type. */
static bool is_good_ipv4_option(const uint8_t *option, uint32_t length)
{
    const uint8_t wanted = ipv4_option_lengths[option[0]];

    if (wanted > ANY_LENGTH && length != wanted)
        return false;
    if (is_route(option[0]))
        return length >= ROUTE_MINIMUM && option[OPTION_POINTER] >= ROUTE_POINTER_MIN &&
               option[OPTION_POINTER] % IPV4_ADDRESS_LENGTH == 0;
    return option[0] != IPV4_OPTION_TIMESTAMP || is_good_timestamp(option, length);
}

static void check_route(struct event_search *search, uint32_t offset, uint32_t length)
{
    const uint8_t *option = search->packet->bytes + offset;

    if (option[0] == IPV4_OPTION_RECORD_ROUTE) /* addresses that were passed */
        return;
    for (uint32_t i = ROUTE_MINIMUM; i + IPV4_ADDRESS_LENGTH <= length; i += IPV4_ADDRESS_LENGTH)
        if (event_is_bad_destination(search, option + i))
            event_raise(search, EVENT_IP_FORWARD_BADADDR, offset + i, IPV4_ADDRESS_LENGTH);
}

/* No-operations only align what follows: four of them may hide where an option was removed. */
static void check_nops(struct event_search *search, uint32_t offset, struct byte_set *seen)
{
    enum { FOUR_NOPS = 0x01010101 };

    if (offset % 4 == 0 && bytes_u32(search->packet->bytes + offset) == FOUR_NOPS &&
        !byte_set_add(seen, IPV4_OPTION_NOP))
        event_raise(search, EVENT_IP_DOOPTIONS_NOPS, offset, 4);
}

static void check_ipv4_option(struct event_search *search, const struct ip_option *option,
                              struct byte_set *seen)
{
    if (ipv4_option_lengths[option->type] == 0)
        event_raise(search, EVENT_IP_DOOPTIONS_UNKNOWNOPT, option->offset, option->length);
    if (byte_set_add(seen, option->type))
        event_raise(search, EVENT_IP_DOOPTIONS_DUPOPT, option->offset, option->length);
    if (is_route(option->type))
        check_route(search, option->offset, option->length);
}

bool event_rules_ipv4_options(struct event_search *search)
{
    const uint8_t *bytes = search->packet->bytes;
    struct ip_option option = {.offset = IPV4_HEADER_MIN};
    struct byte_set seen = {{0}};

    while (ipv4_option_next(&option, bytes, search->packet->header_length)) {
        const uint8_t *start = bytes + option.offset;

        if (option.type == IPV4_OPTION_END) {
            if (!event_is_all_zero(start, option.length))
                event_raise(search, EVENT_IP_DOOPTIONS_NOEOL, option.offset, option.length);
        } else if (option.type == IPV4_OPTION_NOP) {
            check_nops(search, option.offset, &seen);
        } else if (option.is_bad || !is_good_ipv4_option(start, option.length)) {
            event_raise(search, EVENT_IP_DOOPTIONS_BADOPT, option.offset,
                        option.length < IP_OPTION_MIN ? 1 : option.length);
            return false;
        } else {
            check_ipv4_option(search, &option, &seen);
        }
    }
    return true;
}

enum {
    IPV6_PAD_MAXIMUM = 5, /* data bytes of a PadN: more than aligning to 8 needs */
    ANY_DATA = UINT8_MAX, /* of an IPv6 option: defined, of variable length */
};

/* Data lengths of the IPv6 options that IANA lists, plus 1; 0: not defined. */
static const uint8_t ipv6_option_lengths[UINT8_MAX + 1] = {
    [IPV6_OPTION_TUNNEL_LIMIT] = 1 + 1,
    [IPV6_OPTION_ROUTER_ALERT] = 2 + 1,
    [IPV6_OPTION_CALIPSO] = ANY_DATA,
    [IPV6_OPTION_SMF_DPD] = ANY_DATA,
    [IPV6_OPTION_PDM] = ANY_DATA,
    [IPV6_OPTION_IOAM] = ANY_DATA,
    [IPV6_OPTION_ALTERNATE_MARK] = ANY_DATA,
    [IPV6_OPTION_EXPERIMENT_1] = ANY_DATA,
    [IPV6_OPTION_RPL] = ANY_DATA,
    [IPV6_OPTION_QUICK_START] = ANY_DATA,
    [IPV6_OPTION_PATH_MTU] = ANY_DATA,
    [IPV6_OPTION_IOAM_CHANGED] = ANY_DATA,
    [IPV6_OPTION_ALTERNATE_MARK_CHANGED] = ANY_DATA,
    [IPV6_OPTION_EXPERIMENT_2] = ANY_DATA,
    [IPV6_OPTION_DEPRECATED] = ANY_DATA,
    [IPV6_OPTION_EXPERIMENT_3] = ANY_DATA,
    [IPV6_OPTION_RPL_OLD] = ANY_DATA,
    [IPV6_OPTION_MPL] = ANY_DATA,
    [IPV6_OPTION_EXPERIMENT_4] = ANY_DATA,
    [IPV6_OPTION_ENDPOINT] = ANY_DATA,
    [IPV6_OPTION_ILNP_NONCE] = ANY_DATA,
    [IPV6_OPTION_LINE] = ANY_DATA,
    [IPV6_OPTION_VPN_SERVICE] = ANY_DATA,
    [IPV6_OPTION_EXPERIMENT_5] = ANY_DATA,
    [IPV6_OPTION_EXPERIMENT_6] = ANY_DATA,
    [IPV6_OPTION_JUMBO] = IPV6_JUMBO_LENGTH + 1,
    [IPV6_OPTION_HOME_ADDRESS] = IPV6_ADDRESS_LENGTH + 1,
    [IPV6_OPTION_EXPERIMENT_7] = ANY_DATA,
    [IPV6_OPTION_DFF] = ANY_DATA,
    [IPV6_OPTION_EXPERIMENT_8] = ANY_DATA,
};

/* Whether an IPv6 option that is not padding makes a node discard the packet. */
static bool is_bad_ipv6_option(const struct event_search *search,
                               const struct ip_extension *extension, const struct ip_option *option)
{
    const uint32_t data_length = option->length - IP_OPTION_MIN;
    const uint8_t wanted = ipv6_option_lengths[option->type];

    if (wanted == 0) /* not known: the two upper bits of the type decide */
        return option->type >> 6 != 0;
    if (wanted != ANY_DATA && data_length + 1 != wanted)
        return true;
    return option->type == IPV6_OPTION_JUMBO &&
           (extension->type != IP_PROTOCOL_HOP_BY_HOP || search->packet->jumbo_offset == 0);
}

static void check_padding(struct event_search *search, const struct ip_option *option)
{
    const uint8_t *data = search->packet->bytes + option->offset + IP_OPTION_MIN;
    const uint32_t data_length = option->length - IP_OPTION_MIN;

    if (data_length > IPV6_PAD_MAXIMUM || !event_is_all_zero(data, data_length))
        event_raise(search, EVENT_IP6_INPUT_BADPAD, option->offset, option->length);
}

bool event_rules_ipv6_options(struct event_search *search, const struct ip_extension *extension)
{
    const uint32_t end = extension->offset + extension->length;
    struct ip_option option = {.offset = extension->offset + IPV6_OPTIONS_FIELD};
    bool only_padding = true;

    while (ipv6_option_next(&option, search->packet->bytes, end)) {
        if (option.type == IPV6_OPTION_PAD1)
            continue;
        if (option.is_bad) {
            event_raise(search, EVENT_IP_DOOPTIONS_BADOPT, option.offset, end - option.offset);
            return false;
        }
        if (option.type == IPV6_OPTION_PADN) {
            check_padding(search, &option);
            continue;
        }
        only_padding = false;
        if (is_bad_ipv6_option(search, extension, &option)) {
            event_raise(search, EVENT_IP_DOOPTIONS_BADOPT, option.offset, option.length);
            return false;
        }
        if (ipv6_option_lengths[option.type] == 0)
            event_raise(search, EVENT_IP6_INPUT_UNKNOWNOPT, option.offset, option.length);
    }
    if (only_padding)
        event_raise(search, EVENT_IP6_INPUT_ONLYPAD, extension->offset, extension->length);
    return true;
}
