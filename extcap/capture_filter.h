/*
 * Programs for the kernel's packet filter: what a capture source receives at all, and the user's
 * capture filter behind it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CAPTURE_FILTER_H
#define IPMON_CAPTURE_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

#include "failure.h"

/* What a packet socket (SOCK_DGRAM, bytes from the IP header on) shall receive. */
struct capture_filter_request {
    const char *expression;   /* libpcap syntax for LINKTYPE_RAW; NULL or empty: everything */
    uint32_t snapshot_length; /* bytes to keep of an accepted packet */
    unsigned loopback_index;  /* its packets come twice, the outgoing copy is refused; 0: none */
    bool other_hosts;         /* also packets addressed to other hosts' link-layer addresses */
};

/*
 * Compiles the request into *program. Only IPv4 and IPv6 pass. Release program->filter with free().
 * Fails with 10022 when the expression is not valid for IP packets.
 */
bool capture_filter_build(struct sock_fprog *program, const struct capture_filter_request *request,
                          struct failure *failure);

enum capture_filter_verdict {
    CAPTURE_FILTER_VALID,            /* for IP packets */
    CAPTURE_FILTER_NEEDS_LINK_LAYER, /* valid on Ethernet only */
    CAPTURE_FILTER_INVALID,
};

/* Judges an expression; `failure` gets libpcap's reason unless it is valid. */
enum capture_filter_verdict capture_filter_check(const char *expression, struct failure *failure);

#endif
