/*
 * libpcap's device list, sorted.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "device_list.h"

#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

/* Devices that are no interface of the machine come last. */
static unsigned place(const pcap_if_t *device)
{
    unsigned index = if_nametoindex(device->name);

    return index != 0 ? index : UINT_MAX;
}

static int by_place(const void *a, const void *b)
{
    const pcap_if_t *left = *(const pcap_if_t *const *)a;
    const pcap_if_t *right = *(const pcap_if_t *const *)b;
    unsigned left_place = place(left);
    unsigned right_place = place(right);

    if (left_place != right_place)
        return left_place < right_place ? -1 : 1;
    return strcmp(left->name, right->name);
}

bool device_list_read(struct device_list *list, struct failure *failure)
{
    char error[PCAP_ERRBUF_SIZE];
    size_t count = 0;

    memset(list, 0, sizeof *list);
    if (pcap_findalldevs(&list->all, error) != 0)
        return failure_set_errno(failure, EINVAL, "libpcap cannot list its devices: %s", error);
    for (const pcap_if_t *device = list->all; device; device = device->next)
        count++;
    list->devices = calloc(count + 1, sizeof *list->devices);
    if (!list->devices)
        return failure_set_errno(failure, ENOMEM, "libpcap cannot list its devices");
    for (const pcap_if_t *device = list->all; device; device = device->next)
        list->devices[list->count++] = device;
    qsort(list->devices, list->count, sizeof *list->devices, by_place);
    return true;
}

void device_list_free(struct device_list *list)
{
    if (list->all)
        pcap_freealldevs(list->all);
    free(list->devices);
    memset(list, 0, sizeof *list);
}
