/*
 * libpcap's device list, or the part of it that is safe, sorted.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "device_list.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "permission.h"

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

/* The kernel's interfaces and "any", as libpcap would list them. */
static const pcap_if_t *list_interfaces(struct device_list *list)
{
    static char any_name[] = "any";
    static char any_description[] = "Pseudo-device that captures on all interfaces";
    size_t count = 0;

    list->interfaces = if_nameindex();
    while (list->interfaces && list->interfaces[count].if_index != 0)
        count++;
    list->own = list->interfaces ? calloc(count + 1, sizeof *list->own) : NULL;
    if (!list->own)
        return NULL;
    for (size_t i = 0; i < count; i++)
        list->own[i] = (pcap_if_t){.next = &list->own[i + 1], .name = list->interfaces[i].if_name};
    list->own[count] = (pcap_if_t){.name = any_name, .description = any_description};
    return list->own;
}

static bool sort(struct device_list *list, const pcap_if_t *first, struct failure *failure)
{
    size_t count = 0;

    for (const pcap_if_t *device = first; device; device = device->next)
        count++;
    list->devices = calloc(count + 1, sizeof *list->devices);
    if (!list->devices)
        return failure_set_errno(failure, ENOMEM, "libpcap cannot list its devices");
    for (const pcap_if_t *device = first; device; device = device->next)
        list->devices[list->count++] = device;
    qsort(list->devices, list->count, sizeof *list->devices, by_place);
    return true;
}

bool device_list_read(struct device_list *list, struct failure *failure)
{
    char error[PCAP_ERRBUF_SIZE];

    memset(list, 0, sizeof *list);
    if (permission_is_from_file())
        return list_interfaces(list)
                   ? sort(list, list->own, failure)
                   : failure_set_errno(failure, errno, "cannot list the interfaces");
    if (pcap_findalldevs(&list->all, error) != 0)
        return failure_set_errno(failure, EINVAL, "libpcap cannot list its devices: %s", error);
    return sort(list, list->all, failure);
}

void device_list_free(struct device_list *list)
{
    if (list->all)
        pcap_freealldevs(list->all);
    if (list->interfaces)
        if_freenameindex(list->interfaces);
    free(list->own);
    free(list->devices);
    memset(list, 0, sizeof *list);
}
