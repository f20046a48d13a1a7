/*
 * Reads the packet that an ICMP or ICMPv6 error quotes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_ICMP_QUOTE_H
#define IPMON_ICMP_QUOTE_H

#include <stdint.h>

#include "ip_packet.h"

/*
 * Decodes the packet that a decoded ICMP error quotes, or its payload when it is a packet of a
 * tunnel (IP in IP, GRE). A quote of another IP version, or of a tunnel's packet that is cut short,
 * has no field present.
 */
void icmp_quote_decode(struct ip_packet *quote, const struct ip_packet *packet);

/* The same without looking into tunnels: the packet that was sent, as the error quotes it. */
void icmp_quote_decode_outermost(struct ip_packet *quote, const struct ip_packet *packet);

/* The flags (enum tcp_flag and others) of a quoted segment; 0 when they were not quoted. */
uint8_t icmp_quote_tcp_flags(const struct ip_packet *quote);

/*
 * The MTU in a decoded "fragmentation needed" (RFC 1191 section 4) or "packet too big" (RFC 4443
 * section 3.2), bytes; 0 when it was not captured.
 */
uint32_t icmp_quote_mtu(const struct ip_packet *packet);

#endif
