/*
 * One table, the first row that fits counts. Errno values and whether they are fatal: Linux,
 * icmp_err_convert[] and icmpv6_err_convert().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "icmp_error.h"

#include <errno.h>
#include <stddef.h>

#include "icmp_message.h"
#include "socket_error.h"

/* clang-format off */
static const struct icmp_error rows[] = {
    {.version = 4, .type = ICMP_TYPE_UNREACHABLE, .code = ICMP_CODE_NETWORK_UNREACHABLE,
     .errno_value = ENETUNREACH,
     .text = "network unreachable"},
    {.version = 4, .type = ICMP_TYPE_UNREACHABLE, .code = ICMP_CODE_HOST_UNREACHABLE,
     .errno_value = EHOSTUNREACH,
     .text = "host unreachable"},
    {.version = 4, .type = ICMP_TYPE_UNREACHABLE, .code = ICMP_CODE_PROTOCOL_UNREACHABLE,
     .errno_value = ENOPROTOOPT, .fatal = true, .kind = ICMP_ERROR_REFUSED,
     .text = "protocol unreachable",
     .hint = "See whether the other host is meant to speak this protocol."},
    {.version = 4, .type = ICMP_TYPE_UNREACHABLE, .code = ICMP_CODE_PORT_UNREACHABLE,
     .errno_value = ECONNREFUSED, .fatal = true, .kind = ICMP_ERROR_REFUSED,
     .text = "port unreachable"},
    {.version = 4, .type = ICMP_TYPE_UNREACHABLE, .code = ICMP_CODE_FRAGMENTATION_NEEDED,
     .errno_value = EMSGSIZE,
     .text = "fragmentation needed"},
    {.version = 4, .type = ICMP_TYPE_UNREACHABLE, .code = ICMP_CODE_SOURCE_ROUTE_FAILED,
     .errno_value = EOPNOTSUPP,
     .text = "source route failed",
     .hint = "Send without a source route: most routers refuse it."},
    {.version = 4, .type = ICMP_TYPE_UNREACHABLE, .code = ICMP_CODE_NETWORK_UNKNOWN,
     .errno_value = ENETUNREACH, .fatal = true,
     .text = "network unknown"},
    {.version = 4, .type = ICMP_TYPE_UNREACHABLE, .code = ICMP_CODE_HOST_UNKNOWN,
     .errno_value = EHOSTDOWN, .fatal = true,
     .text = "host unknown"},
    {.version = 4, .type = ICMP_TYPE_UNREACHABLE, .code = ICMP_CODE_SOURCE_ISOLATED,
     .errno_value = ENONET, .winsock = WSAEHOSTUNREACH, .fatal = true,
     .text = "source host isolated",
     .hint = "See which network this host is joined to, and by which router."},
    {.version = 4, .type = ICMP_TYPE_UNREACHABLE, .code = ICMP_CODE_NETWORK_PROHIBITED,
     .errno_value = ENETUNREACH, .fatal = true, .kind = ICMP_ERROR_PROHIBITED,
     .text = "network prohibited",
     .hint = "Ask who filters traffic to that network."},
    {.version = 4, .type = ICMP_TYPE_UNREACHABLE, .code = ICMP_CODE_HOST_PROHIBITED,
     .errno_value = EHOSTUNREACH, .fatal = true, .kind = ICMP_ERROR_PROHIBITED,
     .text = "host prohibited",
     .hint = "Ask who filters traffic to that host."},
    {.version = 4, .type = ICMP_TYPE_UNREACHABLE, .code = ICMP_CODE_NETWORK_UNREACHABLE_FOR_TOS,
     .errno_value = ENETUNREACH,
     .text = "network unreachable for this type of service"},
    {.version = 4, .type = ICMP_TYPE_UNREACHABLE, .code = ICMP_CODE_HOST_UNREACHABLE_FOR_TOS,
     .errno_value = EHOSTUNREACH,
     .text = "host unreachable for this type of service"},
    {.version = 4, .type = ICMP_TYPE_UNREACHABLE, .code = ICMP_CODE_PROHIBITED,
     .errno_value = EHOSTUNREACH, .fatal = true, .kind = ICMP_ERROR_PROHIBITED,
     .text = "communication prohibited",
     .hint = "Ask who filters this traffic: a firewall rejected it."},
    {.version = 4, .type = ICMP_TYPE_UNREACHABLE, .code = ICMP_CODE_PRECEDENCE_VIOLATION,
     .errno_value = EHOSTUNREACH, .fatal = true,
     .text = "host precedence violation",
     .hint = "Send with a lower precedence in the type of service."},
    {.version = 4, .type = ICMP_TYPE_UNREACHABLE, .code = ICMP_CODE_PRECEDENCE_CUTOFF,
     .errno_value = EHOSTUNREACH, .fatal = true,
     .text = "precedence cut off",
     .hint = "Send with a higher precedence in the type of service."},
    {.version = 4, .type = ICMP_TYPE_UNREACHABLE, .code = 16, .and_above = true,
     .text = "this code is not defined, and stacks discard it"},
    {.version = 4, .type = ICMP_TYPE_SOURCE_QUENCH, .and_above = true,
     .text = "source quench is out of use and discarded (RFC 6633)"},
    {.version = 4, .type = ICMP_TYPE_REDIRECT, .and_above = true,
     .text = "a redirect changes the route and is no error"},
    {.version = 4, .type = ICMP_TYPE_TIME_EXCEEDED, .code = ICMP_CODE_IN_REASSEMBLY,
     .text = "the sender's stack discards word of a reassembly timeout"},
    {.version = 4, .type = ICMP_TYPE_TIME_EXCEEDED, .and_above = true,
     .errno_value = EHOSTUNREACH, .winsock = WSAENETRESET, .kind = ICMP_ERROR_EXPIRED,
     .text = "time to live exceeded",
     .hint = "Look for a routing loop, or send with a larger time to live."},
    {.version = 4, .type = ICMP_TYPE_PARAMETER_PROBLEM, .and_above = true,
     .errno_value = EPROTO, .winsock = WSAENOPROTOOPT, .fatal = true,
     .text = "parameter problem",
     .hint = "Look at the header field or option that the message points to."},

    {.version = 6, .type = ICMPV6_TYPE_UNREACHABLE, .code = ICMPV6_CODE_NO_ROUTE,
     .errno_value = ENETUNREACH,
     .text = "no route to the destination"},
    {.version = 6, .type = ICMPV6_TYPE_UNREACHABLE, .code = ICMPV6_CODE_PROHIBITED,
     .errno_value = EACCES, .fatal = true, .kind = ICMP_ERROR_PROHIBITED,
     .text = "communication prohibited",
     .hint = "Ask who filters this traffic: a firewall rejected it."},
    {.version = 6, .type = ICMPV6_TYPE_UNREACHABLE, .code = ICMPV6_CODE_BEYOND_SCOPE,
     .errno_value = EHOSTUNREACH,
     .text = "beyond the scope of the source address",
     .hint = "Send from an address of wider scope."},
    {.version = 6, .type = ICMPV6_TYPE_UNREACHABLE, .code = ICMPV6_CODE_ADDRESS_UNREACHABLE,
     .errno_value = EHOSTUNREACH,
     .text = "address unreachable"},
    {.version = 6, .type = ICMPV6_TYPE_UNREACHABLE, .code = ICMPV6_CODE_PORT_UNREACHABLE,
     .errno_value = ECONNREFUSED, .fatal = true, .kind = ICMP_ERROR_REFUSED,
     .text = "port unreachable"},
    {.version = 6, .type = ICMPV6_TYPE_UNREACHABLE, .code = ICMPV6_CODE_SOURCE_POLICY,
     .errno_value = EACCES, .fatal = true, .kind = ICMP_ERROR_PROHIBITED,
     .text = "source address against policy",
     .hint = "Send from an address that the router accepts."},
    {.version = 6, .type = ICMPV6_TYPE_UNREACHABLE, .code = ICMPV6_CODE_REJECT_ROUTE,
     .errno_value = EACCES, .fatal = true, .kind = ICMP_ERROR_PROHIBITED,
     .text = "route to the destination rejects",
     .hint = "Ask who put the rejecting route into the router."},
    {.version = 6, .type = ICMPV6_TYPE_UNREACHABLE, .code = 7, .and_above = true,
     .errno_value = EPROTO, .winsock = ICMP_ERROR_NOT_ON_WINDOWS, .fatal = true,
     .text = "unreachable for a reason Linux does not know",
     .hint = "Look up the code of the message."},
    {.version = 6, .type = ICMPV6_TYPE_PACKET_TOO_BIG, .and_above = true,
     .errno_value = EMSGSIZE,
     .text = "packet too big"},
    {.version = 6, .type = ICMPV6_TYPE_TIME_EXCEEDED, .code = ICMP_CODE_IN_REASSEMBLY,
     .errno_value = EHOSTUNREACH, .winsock = WSAENETRESET,
     .text = "reassembly time exceeded",
     .hint = "See where fragments get lost, or send smaller datagrams."},
    {.version = 6, .type = ICMPV6_TYPE_TIME_EXCEEDED, .and_above = true,
     .errno_value = EHOSTUNREACH, .winsock = WSAENETRESET, .kind = ICMP_ERROR_EXPIRED,
     .text = "hop limit exceeded",
     .hint = "Look for a routing loop, or send with a larger hop limit."},
    {.version = 6, .type = ICMPV6_TYPE_PARAMETER_PROBLEM, .and_above = true,
     .errno_value = EPROTO, .winsock = ICMP_ERROR_NOT_ON_WINDOWS, .fatal = true,
     .text = "parameter problem",
     .hint = "Look at the header field or option that the message points to."},
    {.version = 6, .type = ICMPV6_TYPE_REDIRECT, .and_above = true,
     .text = "a redirect changes the route and is no error"},
};
/* clang-format on */

/* ICMPv6 errors of all other types. */
static const struct icmp_error icmpv6_unknown = {
    .version = 6,
    .errno_value = EPROTO,
    .winsock = ICMP_ERROR_NOT_ON_WINDOWS,
    .text = "an error of a type that Linux does not know",
    .hint = "Look up the type of the message.",
};

const struct icmp_error *icmp_error_of(uint8_t version, uint8_t type, uint8_t code)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct icmp_error *row = &rows[i];

        if (row->version == version && row->type == type &&
            (row->code == code || (row->and_above && row->code < code)))
            return row;
    }
    return version == 6 && type < ICMPV6_TYPE_ERROR_END ? &icmpv6_unknown : NULL;
}

bool icmp_error_is_to_itself(const struct ip_packet *packet)
{
    const bool ipv4 = packet->version == 4;
    const uint8_t *message = packet->bytes + packet->payload_offset;
    const uint8_t *source = packet->bytes + packet->source_offset;

    return packet->payload_captured > ICMP_CODE_FIELD &&
           message[ICMP_TYPE_FIELD] ==
               (ipv4 ? ICMP_TYPE_UNREACHABLE : (uint8_t)ICMPV6_TYPE_UNREACHABLE) &&
           message[ICMP_CODE_FIELD] ==
               (ipv4 ? ICMP_CODE_HOST_UNREACHABLE : (uint8_t)ICMPV6_CODE_ADDRESS_UNREACHABLE) &&
           ip_address_equal(packet->version, source, packet->bytes + packet->destination_offset) &&
           !ip_address_is_loopback(packet->version, source);
}

bool icmp_error_maps_to(int errno_value)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (errno_value != 0 && rows[i].errno_value == errno_value)
            return true;
    return false;
}
