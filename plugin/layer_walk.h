/*
 * Finds the same IP headers as header_walk in a frame that was dissected without a protocol tree.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_LAYER_WALK_H
#define IPMON_LAYER_WALK_H

#include <stdbool.h>

#include <wireshark.h>
#include <epan/packet.h>

#include "header_place.h"

/* Looks up Wireshark's taps. To be called once, at handoff. */
void layer_walk_prepare(void);

/*
 * Calls the visitor for each header, outermost first. tapped: whether to use what the dissectors of
 * IP queued for their taps. That is there only if a tap has a listener, and without it not every
 * broken header is found; so it must not be used for results that have to be the same in all runs.
 */
void layer_walk(packet_info *pinfo, bool tapped, header_visitor visit, void *data);

#endif
