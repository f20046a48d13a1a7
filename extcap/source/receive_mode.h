/*
 * The receive-all mode of a packet socket, which may change while it captures.
 *
 * Theory of operation. A change must neither lose a packet of the old or the new mode, nor let a
 * packet pass that its mode excludes. Packets are under way all the time: they are stamped by the
 * kernel, then filtered, and then wait in the ring until they are read. Therefore the mode of a
 * packet is the one that was set when the packet arrived (arrival.h), not the one of the filter
 * that it passed:
 *
 *  1. The widest filter is attached, which passes the packets of all modes. It was built at the
 *     start, like those of all modes: the user's expression cannot be compiled later (sandbox.h).
 *  2. The time of the change is taken. The new mode applies to packets that arrive later.
 *  3. From now on each packet is also tested here (receive_mode_takes), by its mode.
 *  4. SETTLE_TIME later the new mode's own filter replaces the widest one. This is not done at
 *     once, because a packet stamped before the change may reach the filter after it.
 *  5. Packets that arrive up to SETTLE_TIME after that may still have passed the widest filter and
 *     are tested here. After that only the kernel tests packets again.
 *
 * A change in the meantime begins at 1 again. Promiscuous mode is switched on before 1 and off
 * after 2. In every mode, packets behind VLAN tags are tested here, because the kernel's filter
 * does not find their IP header (vlan_tag.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_RECEIVE_MODE_H
#define IPMON_RECEIVE_MODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture_filter.h"
#include "change_history.h"
#include "failure.h"
#include "host_address.h"
#include "packet.h"
#include "packet_source.h"
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

enum {
    /* Beside one program for each mode but 2, which has no packet socket. */
    RECEIVE_PROGRAM_WIDEST = RECEIVE_ALL_IP_LEVEL + 1,
    RECEIVE_PROGRAMS,
};

struct receive_mode {
    int descriptor;           /* the packet socket's */
    bool may_change;          /* receive_mode_change may be called */
    unsigned interface_index; /* 0: all */
    unsigned loopback_index;  /* the machine's; 0: none */
    bool bound_to_all;        /* the socket: where it is not to be, the filter restricts it */
    uint32_t snapshot_length; /* bytes of a packet that the kernel keeps */
    const struct host_addresses *host;
    struct host_address address;   /* mode 0's; family 0: all of the interface's */
    bool addresses_changed;        /* and mode 0's program not yet */
    struct bpf_program expression; /* the user's, compiled */
    struct capture_filter programs[RECEIVE_PROGRAMS]; /* by mode, and the widest */
    struct change_history history;                    /* of enum receive_all_mode */
    uint64_t narrow_at;     /* CLOCK_MONOTONIC; the widest filter is attached; 0: the mode's is */
    uint64_t checked_until; /* CLOCK_MONOTONIC; what arrives up to then is tested here */
};

/*
 * Attaches the filter of request->settings' mode to a socket that receives nothing yet; false when
 * the kernel or the mode refuses it. Release with receive_mode_close, also after a failure.
 */
bool receive_mode_open(struct receive_mode *mode, const struct packet_source_request *request,
                       int descriptor, struct failure *failure);

/* Switches promiscuous mode on if the mode needs it; to be called when the socket is bound. */
bool receive_mode_begin(struct receive_mode *mode, struct failure *failure);

/* The latest mode. */
static inline enum receive_all_mode receive_mode_latest(const struct receive_mode *mode)
{
    return (enum receive_all_mode)change_history_latest(&mode->history);
}

/*
 * Changes the mode for what arrives later than *time, which is set: nanoseconds since 1970-01-01
 * UTC. False with the reason when that is not possible; nothing has changed then.
 */
bool receive_mode_change(struct receive_mode *mode, enum receive_all_mode wanted,
                         struct arrival *arrival, uint64_t *time, struct failure *failure);

/* Attaches the mode's own filter when it is time; to be called whenever no packet was found. */
void receive_mode_settle(struct receive_mode *mode);

/* As the operation of packet_source.h. */
void receive_mode_host_changed(struct receive_mode *mode, const struct host_change *change);

/* Whether a packet passes the mode that was set when it arrived; packet_type: PACKET_*. */
bool receive_mode_allows(const struct receive_mode *mode, const struct captured_packet *packet,
                         unsigned char packet_type);

/* What the kernel did not test. tested: it applied its whole filter to the packet. */
static inline bool receive_mode_passes(const struct receive_mode *mode,
                                       const struct captured_packet *packet,
                                       unsigned char packet_type, bool tested)
{
    const struct capture_filter *filter = &mode->programs[receive_mode_latest(mode)];

    if ((!tested || packet->arrival <= mode->checked_until) &&
        !receive_mode_allows(mode, packet, packet_type))
        return false;
    return capture_filter_accepts(tested ? &filter->expression : &mode->expression, packet->bytes,
                                  packet->captured_length, packet->wire_length);
}

/* Makes the socket receive nothing more; packets received before can still be read. */
void receive_mode_end(struct receive_mode *mode);

void receive_mode_close(struct receive_mode *mode);

#endif
