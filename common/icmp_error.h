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

enum { ICMP_ERROR_NOT_ON_WINDOWS = -1 }; /* in place of a Winsock code */

/* The meaning of a type and code. Texts are as in struct packet_error. */
struct icmp_error {
    uint8_t version; /* of IP */
    uint8_t type;
    uint8_t code;
    bool and_above;   /* the row also applies to all higher codes */
    bool fatal;       /* see struct packet_error */
    int errno_value;  /* of Linux; 0: no application gets an error, and the text is the reason */
    int winsock;      /* code that Windows reports; 0: that of the errno */
    const char *text; /* what happened */
    const char *hint; /* NULL: that of the errno in the catalogue */
};

/* The row of a message, or NULL when it is no error. version: of IP. */
const struct icmp_error *icmp_error_of(uint8_t version, uint8_t type, uint8_t code);

/* Whether an errno value is one that messages are mapped to. */
bool icmp_error_maps_to(int errno_value);

#endif
