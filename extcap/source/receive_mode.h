/*
 * The receive-all mode while it can change: packets are judged by the mode that held when they
 * arrived, whatever the kernel's filter was when they passed it. Times are nanoseconds of
 * CLOCK_MONOTONIC.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_RECEIVE_MODE_H
#define IPMON_RECEIVE_MODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host_address.h"
#include "packet_source.h"
#include "settings.h"

enum {
    /* Remembered: far more than are ordered while a packet waits, also for a reader that stalls. */
    RECEIVE_MODES_MAX = 4096,
};

struct receive_modes {
    struct {
        uint64_t time;
        enum receive_all_mode mode; /* from then on */
    } changes[RECEIVE_MODES_MAX];
    size_t count; /* at least 1: the first one holds for all that came before, too */
};

/* Begins with a mode. */
void receive_modes_begin(struct receive_modes *modes, enum receive_all_mode mode);

/* Packets that arrive after `now` are received in this mode. */
void receive_modes_change(struct receive_modes *modes, enum receive_all_mode mode, uint64_t now);

static inline enum receive_all_mode receive_modes_latest(const struct receive_modes *modes)
{
    return modes->changes[modes->count - 1].mode;
}

/* The mode for packets that arrived at `time`. */
enum receive_all_mode receive_modes_at(const struct receive_modes *modes, uint64_t time);

/* What a source receives, beside its mode. */
struct receive_scope {
    unsigned interface_index;             /* 0: all */
    unsigned loopback_index;              /* the machine's; 0: none */
    const struct host_address *addresses; /* mode 0's: one of them is source or destination */
    size_t address_count;
};

/*
 * Whether a mode takes a packet (bytes from the IP header on). other_host: the link layer addressed
 * it to another machine.
 */
bool receive_mode_takes(enum receive_all_mode mode, const struct receive_scope *scope,
                        const struct captured_packet *packet, bool other_host);

#endif
