/*
 * What depends on earlier frames: one walk over the headers of each frame, the first time that it
 * is dissected. Only then frames come in the order of the file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_HISTORY_H
#define IPMON_HISTORY_H

#include <wireshark.h>
#include <epan/packet.h>

/* To be called once, while the protocol is registered. */
void history_register(int proto);

/* To be called for every frame, before its headers are annotated. */
void history_update(packet_info *pinfo);

#endif
