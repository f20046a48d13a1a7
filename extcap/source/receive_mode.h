/*
 * Which packets a receive-all mode receives, for those that the kernel's filter did not test: they
 * arrived about the time of a change of the mode, or were behind VLAN tags.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_RECEIVE_MODE_H
#define IPMON_RECEIVE_MODE_H

#include <stdbool.h>
#include <stddef.h>

#include "host_address.h"
#include "packet.h"
#include "settings.h"

/* What a source receives, beside its mode. */
struct receive_scope {
    unsigned interface_index;             /* 0: all */
    unsigned loopback_index;              /* the machine's; 0: none */
    const struct host_address *addresses; /* mode 0's: one of them is source or destination */
    size_t address_count;
};

/*
 * Whether a mode receives a packet (bytes from the IP header on). other_host: its frame was
 * addressed to another machine.
 */
bool receive_mode_takes(enum receive_all_mode mode, const struct receive_scope *scope,
                        const struct captured_packet *packet, bool other_host);

#endif
