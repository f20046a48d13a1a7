/*
 * What went before: one walk over the headers of each frame, the first time it is dissected, for
 * all that depends on earlier frames. Frames come in their order only then, whoever looks at them.
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
void history_gather(packet_info *pinfo);

#endif
