/*
 * The devices that libpcap can open, with numbers that do not change when a link goes up or down as
 * libpcap's own order does: the machine's interfaces by index, then the others.
 *
 * With the capability of a file there are no others but "any": libpcap's modules for them (D-Bus,
 * Bluetooth, RDMA, ...) would use what the caller of the program set up, with a capability that the
 * caller does not have.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_DEVICE_LIST_H
#define IPMON_DEVICE_LIST_H

#include <net/if.h>
#include <pcap/pcap.h>
#include <stddef.h>

#include "failure.h"

struct device_list {
    pcap_if_t *all;                  /* libpcap's list, or NULL */
    struct if_nameindex *interfaces; /* the kernel's list, or NULL */
    pcap_if_t *own;                  /* of the kernel's list and "any", or NULL */
    const pcap_if_t **devices;       /* in our order; number 1 is the first */
    size_t count;
};

/* Reads the list. Release with device_list_free also after a failure. */
bool device_list_read(struct device_list *list, struct failure *failure);

void device_list_free(struct device_list *list);

#endif
