/*
 * Calls the rules that apply to a packet.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "network_event.h"

#include "event_rules.h"

/* The rules of what the header, captured whole, carries, by protocol number. */
static void find_in_payload(struct event_search *search)
{
    static void (*const rules[UINT8_MAX + 1])(struct event_search *) = {
        [IP_PROTOCOL_ICMP] = event_rules_icmp,     [IP_PROTOCOL_IGMP] = event_rules_igmp,
        [IP_PROTOCOL_TCP] = event_rules_tcp,       [IP_PROTOCOL_UDP] = event_rules_udp,
        [IP_PROTOCOL_ICMPV6] = event_rules_icmpv6,
    };
    const struct ip_packet *packet = search->packet;

    if (!packet->later_fragment && rules[packet->protocol])
        rules[packet->protocol](search);
}

size_t network_events_find(const struct ip_packet *packet,
                           const struct network_event_context *context,
                           struct network_event_found found[EVENT_RAISED])
{
    struct event_search search = {.packet = packet, .context = context, .found = found};
    const bool announced =
        context->expected_version == 0 || context->expected_version == packet->version;
    bool usable = false;

    if (packet->captured_length == 0)
        return 0;
    if (packet->wire_length < IPV4_HEADER_MIN)
        event_raise(&search, EVENT_IPINTR_SHORTMSG, 0, 1);
    else if (packet->version == 4 && announced)
        usable = event_rules_ipv4(&search);
    else if (packet->version == 6 && announced)
        usable = event_rules_ipv6(&search);
    else
        event_raise(&search, EVENT_IPINTR_BADVERS, 0, 1);
    if (usable)
        find_in_payload(&search);
    return search.count;
}
