/*
 * rtnetlink: dumps of the machine's links and addresses, and notifications of their changes.
 * Source: netlink(7), rtnetlink(7).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_ROUTE_NETLINK_H
#define IPMON_ROUTE_NETLINK_H

#include <linux/netlink.h>
#include <stdbool.h>

#include "failure.h"

/* Is called with each RTM_NEWLINK, RTM_DELLINK, RTM_NEWADDR and RTM_DELADDR of a valid length. */
typedef void route_handler(void *context, const struct nlmsghdr *message);

/* A socket for route_dump; -1 on failure. */
int route_dump_socket_open(struct failure *failure);

/*
 * Calls the handler with every link, then every address of this machine, as RTM_NEW* messages.
 * `begin` is called before the first one, and again when the lists changed during the dump, which
 * is then repeated. Waits only for the kernel. dump_socket: of route_dump_socket_open.
 */
bool route_dump(int dump_socket, void (*begin)(void *context), route_handler *handler,
                void *context, struct failure *failure);

/* A socket that is readable when links or addresses have changed since; -1 on failure. */
int route_monitor_open(struct failure *failure);

/*
 * Calls the handler with the changes queued in a monitor. Returns false when the kernel dropped
 * some (ENOBUFS): then only route_dump has the present state.
 */
bool route_monitor_read(int monitor, route_handler *handler, void *context);

#endif
