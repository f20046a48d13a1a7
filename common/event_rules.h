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
 * fatal: a stack would not look further. False also when the header was not captured whole, for
 * the bytes that are missing may be fatal, or tell that the transport header is elsewhere.
 */
bool event_rules_ipv4(struct event_search *search);
bool event_rules_ipv6(struct event_search *search);

/* The rules of the message behind the header, which is there at least in part. */
void event_rules_icmp(struct event_search *search);
void event_rules_icmpv6(struct event_search *search);
void event_rules_igmp(struct event_search *search);
void event_rules_tcp(struct event_search *search);
void event_rules_udp(struct event_search *search);

#endif
