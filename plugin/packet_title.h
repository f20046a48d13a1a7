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

/*
 * Appends the endpoints: "10.9.0.1:4000 → 10.9.0.2:9". source, destination: as packet_address
 * writes them, empty for an address that is missing.
 */
void packet_title_endpoints(wmem_strbuf_t *title, const struct ip_packet *packet,
                            const char *source, const char *destination);

/*
 * Appends the protocol, precedence and TOS bits that are set, fragmentation if there is any, the
 * TTL, and whether the header is cut or broken.
 */
void packet_title_details(wmem_strbuf_t *title, const struct ip_packet *packet);

#endif
