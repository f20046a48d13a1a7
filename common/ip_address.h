/*
 * IP addresses as text, and what they are by their bytes alone. In all functions, version is 4 or
 * 6, and an address is 4 or 16 bytes in network order, at any alignment.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_IP_ADDRESS_H
#define IPMON_IP_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "bytes.h"

enum {
    IPV4_ADDRESS_LENGTH = 4,  /* bytes */
    IPV6_ADDRESS_LENGTH = 16, /* bytes */

    IP_ADDRESS_TEXT_SIZE = 46,  /* bytes of the longest address as text, with its NUL */
    IP_ENDPOINT_TEXT_SIZE = 54, /* the same with brackets and a port */
};

/* Scopes of IPv6 multicast addresses (RFC 7346 section 2). */
enum ipv6_scope {
    IPV6_SCOPE_RESERVED = 0,
    IPV6_SCOPE_INTERFACE_LOCAL = 1,
    IPV6_SCOPE_LINK_LOCAL = 2,
};

/* Bytes of an address. */
static inline uint32_t ip_address_length(uint8_t version)
{
    return version == 4 ? IPV4_ADDRESS_LENGTH : IPV6_ADDRESS_LENGTH;
}

static inline bool ip_address_equal(uint8_t version, const uint8_t *a, const uint8_t *b)
{
    return version == 4 ? memcmp(a, b, IPV4_ADDRESS_LENGTH) == 0
                        : memcmp(a, b, IPV6_ADDRESS_LENGTH) == 0;
}

/* 224.0.0.0/4 (RFC 5771 section 3), ff00::/8 (RFC 4291 section 2.7). */
static inline bool ip_address_is_multicast(uint8_t version, const uint8_t *address)
{
    return version == 4 ? address[0] >> 4 == 0xE : address[0] == 0xFF;
}

/* The scope of an IPv6 multicast address: enum ipv6_scope and others. */
static inline uint8_t ipv6_multicast_scope(const uint8_t *address)
{
    return address[1] & 0xF;
}

/* 255.255.255.255 (RFC 919 section 7); IPv6 has no broadcast. */
static inline bool ip_address_is_limited_broadcast(uint8_t version, const uint8_t *address)
{
    return version == 4 && bytes_u32(address) == UINT32_MAX;
}

/* Whether the address is 15 bytes of zero and this one. */
static inline bool ipv6_address_is_number(const uint8_t *address, uint8_t number)
{
    static const uint8_t zeros[IPV6_ADDRESS_LENGTH - 1] = {0};

    return memcmp(address, zeros, sizeof zeros) == 0 && address[sizeof zeros] == number;
}

/* 127.0.0.0/8 (RFC 1122 section 3.2.1.3), ::1 (RFC 4291 section 2.5.3). */
static inline bool ip_address_is_loopback(uint8_t version, const uint8_t *address)
{
    return version == 4 ? address[0] == 127 : ipv6_address_is_number(address, 1);
}

/* 0.0.0.0 (RFC 1122 section 3.2.1.3), :: (RFC 4291 section 2.5.2). */
static inline bool ip_address_is_unspecified(uint8_t version, const uint8_t *address)
{
    return version == 4 ? bytes_u32(address) == 0 : ipv6_address_is_number(address, 0);
}

/* 169.254.0.0/16 (RFC 3927 section 2.1), fe80::/10 (RFC 4291 section 2.5.6). */
static inline bool ip_address_is_link_local(uint8_t version, const uint8_t *address)
{
    return version == 4 ? address[0] == 169 && address[1] == 254
                        : address[0] == 0xFE && (address[1] & 0xC0) == 0x80;
}

/* 0.0.0.0/8, "this network" (RFC 1122 section 3.2.1.3). */
static inline bool ipv4_address_is_this_network(const uint8_t *address)
{
    return address[0] == 0;
}

/* 240.0.0.0/4, reserved (RFC 1112 section 4), with the limited broadcast address. */
static inline bool ipv4_address_is_reserved(const uint8_t *address)
{
    return address[0] >= 240;
}

/*
 * Writes the address as text: dotted decimals, or the form of RFC 5952 for IPv6. The same as
 * inet_ntop(3) writes, but several times faster.
 */
void ip_address_text(uint8_t version, const uint8_t *address, char text[IP_ADDRESS_TEXT_SIZE]);

/*
 * Writes an address and its port: "192.0.2.1:80", "[2001:db8::1]:80" (RFC 5952 section 6). Without
 * has_port it is the address alone.
 */
void ip_endpoint_text(uint8_t version, const uint8_t *address, bool has_port, uint16_t port,
                      char text[IP_ENDPOINT_TEXT_SIZE]);

#endif
