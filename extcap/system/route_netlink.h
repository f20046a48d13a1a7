/*
 * The kernel's routing messages: lists of its links and addresses, and what changes in them.
 * Source: netlink(7), rtnetlink(7).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_ROUTE_NETLINK_H
#define IPMON_ROUTE_NETLINK_H

#include <linux/netlink.h>
#include <stdbool.h>

#include "failure.h"

/* Gets each message: RTM_NEWLINK, RTM_DELLINK, RTM_NEWADDR or RTM_DELADDR, checked for its length.
 */
typedef void route_handler(void *context, const struct nlmsghdr *message);

/* A socket for route_dump; -1 on failure. */
int route_questions_open(struct failure *failure);

/*
 * Hands every link, then every address of this machine to the handler, as NEW messages. `begin` is
 * called before the first one, and again when the lists changed while they were read and are read
 * anew. Never blocks for others than the kernel. questions: of route_questions_open.
 */
bool route_dump(int questions, void (*begin)(void *context), route_handler *handler, void *context,
                struct failure *failure);

/* A descriptor that is readable when links or addresses have changed since; -1 on failure. */
int route_monitor_open(struct failure *failure);

/*
 * Hands the changes that wait in a monitor to the handler. Returns false when the kernel had no
 * room for all of them: then only route_dump tells the present state.
 */
bool route_monitor_read(int monitor, route_handler *handler, void *context);

#endif
