/*
 * The errors of ICMP and ICMPv6: the errno that Linux maps each message to, and what Windows
 * reports instead.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_ICMP_ERROR_H
#define IPMON_ICMP_ERROR_H

#include <stdbool.h>
#include <stdint.h>

#include "ip_packet.h"

enum { ICMP_ERROR_NOT_ON_WINDOWS = -1 }; /* in place of a Winsock code */

/* What a message shows beside its errno. */
enum icmp_error_kind {
    ICMP_ERROR_OTHER,
    ICMP_ERROR_REFUSED,    /* the target itself reports it, or a box that answers in its place */
    ICMP_ERROR_PROHIBITED, /* a filter was set up to report it */
    ICMP_ERROR_EXPIRED,    /* time to live or hop limit */
};

/* The meaning of a type and code. Texts are as in struct packet_error. */
struct icmp_error {
    uint8_t version; /* of IP */
    uint8_t type;
    uint8_t code;
    bool and_above; /* the row also applies to all higher codes */
    bool fatal;     /* see struct packet_error */
    enum icmp_error_kind kind;
    int errno_value;  /* of Linux; 0: no application gets an error, and the text is the reason */
    int winsock;      /* code that Windows reports; 0: that of the errno */
    const char *text; /* what happened */
    const char *hint; /* NULL: that of the errno in the catalogue */
};

/* The row of a message, or NULL when it is no error. version: of IP. */
const struct icmp_error *icmp_error_of(uint8_t version, uint8_t type, uint8_t code);

/*
 * Whether a decoded ICMP or ICMPv6 error is one that a host sends to itself because ARP or ND found
 * no neighbour: "host unreachable" or "address unreachable" with the same address as source and
 * destination. Linux sends it over the loopback interface.
 */
bool icmp_error_is_to_itself(const struct ip_packet *packet);

/* Whether an errno value is one that messages are mapped to. */
bool icmp_error_maps_to(int errno_value);

#endif
