/*
 * The devices that libpcap can open, with numbers that do not change when a link goes up or down as
 * libpcap's own order does: the machine's interfaces by index, then the others.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_DEVICE_LIST_H
#define IPMON_DEVICE_LIST_H

#include <pcap/pcap.h>
#include <stddef.h>

#include "failure.h"

struct device_list {
    pcap_if_t *all;            /* libpcap's list */
    const pcap_if_t **devices; /* in our order; number 1 is the first */
    size_t count;
};

/* Reads the list. Release with device_list_free also after a failure. */
bool device_list_read(struct device_list *list, struct failure *failure);

void device_list_free(struct device_list *list);

#endif
