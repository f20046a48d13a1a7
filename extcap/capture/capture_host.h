/*
 * The machine while a capture runs: its interfaces, addresses and clock. A replay uses none of
 * this.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CAPTURE_HOST_H
#define IPMON_CAPTURE_HOST_H

#include "capture.h"

extern const struct capture_watch capture_host_watch;  /* interfaces and addresses */
extern const struct capture_watch capture_clock_watch; /* CLOCK_REALTIME was set */

/* Opens the sockets and reads the interfaces and addresses. */
bool capture_open_host(struct capture *capture);

/* Finds the interface and the address that the source's name and --local-host choose. */
bool capture_choose_interface(struct capture *capture);

/* Observes CLOCK_REALTIME, for the arrival times of packets. Returns true. */
bool capture_open_clock(struct capture *capture);

void capture_close_host(struct capture *capture);

/* Applies the kernel's reports of interfaces and addresses that were added, changed or removed. */
void capture_read_host_changes(struct capture *capture);

#endif
