/*
 * Which hosts send a traceroute to which others: the packets with a small time to live that were
 * captured of each pair. All memory is of wmem_file_scope(), and bounded.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PROBES_H
#define IPMON_PROBES_H

#include <stdbool.h>

#include <wireshark.h>
#include <epan/packet_info.h>

#include "traceroute.h"

/* To be called once, while the protocol is registered. */
void probes_register(void);

void probes_keep(const packet_info *pinfo, uint32_t tunnel, uint8_t version,
                 const uint8_t *addresses, uint8_t time_to_live);

/*
 * Adds a packet, the first time that its frame is dissected. addresses: source and destination, one
 * behind the other as in the header. tunnel: see struct header_place.
 */
static inline void probes_add(const packet_info *pinfo, uint32_t tunnel, uint8_t version,
                              const uint8_t *addresses, uint8_t time_to_live)
{
    if (time_to_live <= TRACEROUTE_TIME_TO_LIVE_MAX) /* few packets have that */
        probes_keep(pinfo, tunnel, version, addresses, time_to_live);
}

/*
 * Whether the packets of the pair, in the frames dissected so far, are a traceroute. Arguments as
 * above.
 */
bool probes_are_traceroute(const packet_info *pinfo, uint32_t tunnel, uint8_t version,
                           const uint8_t *addresses);

#endif
