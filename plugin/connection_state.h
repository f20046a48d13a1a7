/*
 * The connection or association that a packet belongs to, and what has become of it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CONNECTION_STATE_H
#define IPMON_CONNECTION_STATE_H

#include <stdbool.h>

#include <wireshark.h>
#include <epan/packet.h>

#include "connection_life.h"
#include "connection_outcome.h"
#include "header_place.h"

enum {
    CONNECTION_CLIENT,
    CONNECTION_SERVER,
};

/*
 * All pairs are of the client and the server. Of a connection whose beginning was not captured the
 * end with the lower port counts as the server. Valid until the file is closed.
 */
struct connection_state {
    guint32 number;   /* of the connection in the file, from 1, in the order of first packets */
    uint8_t protocol; /* of IP */
    uint8_t version;  /* of the addresses, 4 or 6 */
    const uint8_t *addresses[2];
    uint16_t ports[2];                          /* host byte order */
    struct connection_outcome outcome;          /* its sides are the client and the server */
    const struct connection_reporter *reporter; /* of the outcome's ICMP error; NULL: nobody */
};

/*
 * The connection of a decoded header: of its TCP or SCTP packet, or of the TCP segment that its
 * ICMP error is about. The outcome is the one at the frame while the file is read, and later the
 * final one. False when the header belongs to no connection.
 */
bool connection_state_find(struct connection_state *state, const packet_info *pinfo,
                           const struct header_place *place);

/*
 * The connection before it of the same endpoints, if the header's packet has replaced that. False
 * when it has not.
 */
bool connection_state_replaced(struct connection_state *state, const packet_info *pinfo,
                               const struct header_place *place);

#endif
