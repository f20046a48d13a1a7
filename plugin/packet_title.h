/*
 * A header in one line, for the title of its annotation and for the Info column.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PACKET_TITLE_H
#define IPMON_PACKET_TITLE_H

#include <wireshark.h>

#include "ip_packet.h"

enum {
    PACKET_ADDRESS_SIZE = 46, /* bytes of the longest address as text, with its NUL */
};

/* Writes an address of 4 bytes, or 16 when version is 6, as text (RFC 5952 for IPv6). */
void packet_address_text(uint8_t version, const uint8_t *bytes, char text[PACKET_ADDRESS_SIZE]);

/* The same for the address at `offset` of the header; an empty text when its field is missing. */
void packet_address(const struct ip_packet *packet, enum ip_field field, uint32_t offset,
                    char text[PACKET_ADDRESS_SIZE]);

/* The addresses of a header as packet_address writes them. */
struct packet_endpoints {
    char source[PACKET_ADDRESS_SIZE];
    char destination[PACKET_ADDRESS_SIZE];
};

/* What is worse than anything that the header says, each in one line; NULL: nothing. */
struct packet_findings {
    const char *error;
    const char *events;
};

/* Appends the endpoints: "10.9.0.1:4000 → 10.9.0.2:9". */
void packet_title_endpoints(wmem_strbuf_t *title, const struct ip_packet *packet,
                            const struct packet_endpoints *endpoints);

/*
 * Appends the protocol, DSCP and precedence, fragmentation if there is any, the TTL, and whether
 * the header is cut or broken.
 */
void packet_title_details(wmem_strbuf_t *title, const struct ip_packet *packet);

#endif
