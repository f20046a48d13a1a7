/*
 * The words of a socket error, in the forms that the dissector has.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PRINT_ERROR_H
#define IPMON_PRINT_ERROR_H

#include "packet_error.h"
#include "print_history.h"
#include "text.h"

/* What stands between an address and its port. */
enum port_style {
    PORT_BY_COLON, /* "10.9.0.2:9", "[2001:db8::2]:9", as in Wireshark */
    PORT_BY_DOT,   /* "10.9.0.2.9", "2001:db8::2.9", as tcpdump prints it */
};

/* An address and, if has_port, its port. version: 4 or 6. */
void print_endpoint(struct text *text, enum port_style style, uint8_t version,
                    const uint8_t *address, bool has_port, uint16_t port);

/* The same for an end of a packet: the address at `offset`; "?" if it is missing. */
void print_packet_endpoint(struct text *text, enum port_style style, const struct ip_packet *packet,
                           enum ip_field field, uint32_t offset, enum ip_field port_field,
                           uint16_t port);

/* "ECONNREFUSED (111), WSAECONNREFUSED (10061), likely: port unreachable" */
void print_error_summary(struct text *text, const struct packet_error *error);

/*
 * "likely ECONNREFUSED for curl (pid 1234, alice) to 10.9.0.2:9 (from router 10.9.0.254)". process:
 * NULL if it is not known: "likely ECONNREFUSED for 10.9.0.2:9 …".
 */
void print_error_title(struct text *text, enum port_style style, const struct packet_error *error,
                       const struct socket_process *process);

/* "UDP 10.9.0.1:4000 → 10.9.0.2:9", the local side first; "unknown" */
void print_error_socket(struct text *text, const struct packet_error *error);

/* What to do about it. */
void print_error_hint(struct text *text, const struct packet_error *error);

#endif
