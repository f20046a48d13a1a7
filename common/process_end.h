/*
 * At which end of a packet a process is, and which socket is there: so an error of a later packet
 * finds the process that gets it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PROCESS_END_H
#define IPMON_PROCESS_END_H

#include <stdbool.h>

#include "event_context.h"
#include "ip_packet.h"
#include "packet_error.h"
#include "process_information.h"

enum process_end {
    PROCESS_END_UNKNOWN,
    PROCESS_END_SOURCE,
    PROCESS_END_DESTINATION,
};

/*
 * The end of a process of the list, by its role or, since a process is one of the capturing host,
 * by the direction of the packet. That of etl2pcapng is the one that was running, which has nothing
 * to do with a packet that is received.
 */
enum process_end process_end_of(const struct process_list *list, const struct process *process,
                                enum network_known outgoing);

/*
 * The socket at one end of a packet, whose bytes it points to. False when the packet has no ports,
 * which alone name one.
 */
bool process_end_socket(struct packet_error_socket *socket, const struct ip_packet *packet,
                        enum process_end end);

/* The end of a packet, which may be an ICMP error, that has the socket's own address. */
enum process_end process_end_with(const struct packet_error_socket *socket,
                                  const struct ip_packet *packet);

/*
 * Whether the packet may be the first one that a socket sends: then a process that had the same
 * addresses and ports before has them no more, unless a comment names it again.
 */
bool process_end_may_be_first(const struct ip_packet *packet);

#endif
