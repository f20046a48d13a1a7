/*
 * IPv6 addresses as RFC 5952 section 4 writes them: no leading zeros, lower case, and "::" for the
 * longest run of zero groups, the first of equal ones.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ip_address.h"

enum {
    GROUPS = IPV6_ADDRESS_LENGTH / 2, /* of 16 bits */
    SHORTEST_RUN = 2,                 /* section 4.2.2: a single group is not shortened */
    EMBEDDED_IPV4 = 6,                /* the group with which the IPv4 address begins */
};

/* Zero groups. Without a run, first is not the number of any group. */
struct run {
    unsigned first;
    unsigned length;
};

/* The writers return where the text goes on. */
static char *write_octet(char *at, unsigned octet)
{
    if (octet >= 100)
        *at++ = (char)('0' + octet / 100);
    if (octet >= 10)
        *at++ = (char)('0' + octet / 10 % 10);
    *at++ = (char)('0' + octet % 10);
    return at;
}

static char *write_ipv4(char *at, const uint8_t *address)
{
    for (unsigned i = 0; i < IPV4_ADDRESS_LENGTH; i++) {
        if (i != 0)
            *at++ = '.';
        at = write_octet(at, address[i]);
    }
    return at;
}

static char *write_port(char *at, uint16_t port)
{
    unsigned unit = 1;

    while (port / unit >= 10)
        unit *= 10;
    for (; unit != 0; unit /= 10)
        *at++ = (char)('0' + port / unit % 10);
    return at;
}

static char *write_group(char *at, unsigned group)
{
    static const char digits[] = "0123456789abcdef";
    unsigned shift = 0;

    while (group >> shift > 0xF)
        shift += 4;
    *at++ = digits[group >> shift];
    while (shift != 0) {
        shift -= 4;
        *at++ = digits[group >> shift & 0xF];
    }
    return at;
}

static struct run longest_run(const uint16_t *groups)
{
    struct run longest = {.first = GROUPS, .length = SHORTEST_RUN - 1};

    for (unsigned i = 0; i < GROUPS;) {
        unsigned end = i;

        while (end < GROUPS && groups[end] == 0)
            end++;
        if (end - i > longest.length)
            longest = (struct run){.first = i, .length = end - i};
        i = end + 1;
    }
    return longest;
}

/* Whether it is an IPv4-compatible or IPv4-mapped address (RFC 4291 section 2.5.5). */
static bool embeds_ipv4(const uint16_t *groups, const struct run *zeros)
{
    return zeros->first == 0 &&
           (zeros->length == EMBEDDED_IPV4 ||
            (zeros->length == EMBEDDED_IPV4 - 1 && groups[EMBEDDED_IPV4 - 1] == 0xFFFF));
}

static char *write_ipv6(char *at, const uint8_t *address)
{
    uint16_t groups[GROUPS];
    struct run zeros;
    unsigned end;

    for (unsigned i = 0; i < GROUPS; i++)
        groups[i] = bytes_u16(address + (size_t)2 * i);
    zeros = longest_run(groups);
    end = embeds_ipv4(groups, &zeros) ? EMBEDDED_IPV4 : GROUPS;
    for (unsigned i = 0; i < end;) {
        if (i == zeros.first) {
            *at++ = ':';
            i += zeros.length;
            if (i == GROUPS)
                *at++ = ':';
            continue;
        }
        if (i != 0)
            *at++ = ':';
        at = write_group(at, groups[i++]);
    }
    if (end == GROUPS)
        return at;
    *at++ = ':';
    return write_ipv4(at, address + (size_t)2 * EMBEDDED_IPV4);
}

static char *write_address(char *at, uint8_t version, const uint8_t *address)
{
    return version == 4 ? write_ipv4(at, address) : write_ipv6(at, address);
}

void ip_address_text(uint8_t version, const uint8_t *address, char text[IP_ADDRESS_TEXT_SIZE])
{
    *write_address(text, version, address) = '\0';
}

void ip_endpoint_text(uint8_t version, const uint8_t *address, bool has_port, uint16_t port,
                      char text[IP_ENDPOINT_TEXT_SIZE])
{
    const bool brackets = has_port && version == 6;
    char *end = text;

    if (brackets)
        *end++ = '[';
    end = write_address(end, version, address);
    if (brackets)
        *end++ = ']';
    if (has_port) {
        *end++ = ':';
        end = write_port(end, port);
    }
    *end = '\0';
}
