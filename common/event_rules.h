/*
 * The rules that find events: one entry for each kind of header. Only for common's own files.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_EVENT_RULES_H
#define IPMON_EVENT_RULES_H

#include <stdbool.h>

#include "event_search.h"

/*
 * The rules of the IP header with its options or extension headers. Returns false when one was
 * fatal: a stack would discard the packet. False also when the header was not captured whole: the
 * missing bytes may be fatal, or move the transport header.
 */
bool event_rules_ipv4(struct event_search *search);
bool event_rules_ipv6(struct event_search *search);

/*
 * The rules of the options in an IPv4 header, and in a hop-by-hop or destination options header,
 * captured whole. Returns false when a stack would discard the packet for them.
 */
bool event_rules_ipv4_options(struct event_search *search);
bool event_rules_ipv6_options(struct event_search *search, const struct ip_extension *extension);

/*
 * Whether no stack may send to the address, of the packet's version, over a wire (RFC 1122 section
 * 3.2.1.3, RFC 4291 sections 2.5 and 2.7).
 */
bool event_is_bad_destination(const struct event_search *search, const uint8_t *address);

/* The rules of the message behind the header, which is there at least in part. */
void event_rules_icmp(struct event_search *search);
void event_rules_icmpv6(struct event_search *search);
void event_rules_igmp(struct event_search *search);
void event_rules_tcp(struct event_search *search);
void event_rules_udp(struct event_search *search);

#endif
