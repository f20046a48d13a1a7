/*
 * A header in one line, for the title of its annotation and for the Info column.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PACKET_TITLE_H
#define IPMON_PACKET_TITLE_H

#include <wireshark.h>
#include <epan/proto.h>

#include "ip_address.h"
#include "ip_packet.h"

enum {
    PACKET_ADDRESS_SIZE = IP_ADDRESS_TEXT_SIZE, /* bytes of an address as text, with its NUL */
};

/*
 * Writes the address at `offset` of the header as text, as ip_address_text does; an empty text when
 * its field is missing.
 */
void packet_address(const struct ip_packet *packet, enum ip_field field, uint32_t offset,
                    char text[PACKET_ADDRESS_SIZE]);

/* The addresses of a header as packet_address writes them. */
struct packet_endpoints {
    char source[PACKET_ADDRESS_SIZE];
    char destination[PACKET_ADDRESS_SIZE];
};

/*
 * A text that grows, from a length of 0. Its bytes end with a NUL. What no longer fits is left out;
 * Wireshark shows less of it. Formatted printing into a wmem_strbuf_t would take longer than
 * anything else that is done for a header.
 */
struct packet_line {
    size_t length;
    char text[2 * ITEM_LABEL_LENGTH];
};

void packet_line_append(struct packet_line *line, const char *text);

/* What is known of a packet beside its header, each in one line; NULL: nothing. */
struct packet_findings {
    const char *error; /* is worse than anything that the header says, as are */
    const char *events;
    const char *processes;
};

/* Appends the endpoints: "10.9.0.1:4000 → 10.9.0.2:9". */
void packet_title_endpoints(struct packet_line *title, const struct ip_packet *packet,
                            const struct packet_endpoints *endpoints);

/*
 * Appends the protocol, DSCP and precedence, fragmentation if there is any, the TTL, and whether
 * the header is cut or broken.
 */
void packet_title_details(struct packet_line *title, const struct ip_packet *packet);

#endif
