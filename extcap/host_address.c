/*
 * Interfaces and addresses by getifaddrs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "host_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "socket_error.h"

static void add_interface(struct host_addresses *host, const struct ifaddrs *entry)
{
    const struct sockaddr_ll *link = (const void *)entry->ifa_addr;
    struct host_interface *interface = &host->interfaces[host->interface_count++];

    interface->index = (unsigned)link->sll_ifindex;
    interface->flags = entry->ifa_flags;
    interface->hardware_type = link->sll_hatype;
    if (link->sll_halen <= HARDWARE_ADDRESS_MAX) {
        interface->hardware_length = link->sll_halen;
        memcpy(interface->hardware_address, link->sll_addr, link->sll_halen);
    }
    snprintf(interface->name, sizeof interface->name, "%s", entry->ifa_name);
}

static uint8_t prefix_length(const uint8_t *netmask, size_t length)
{
    unsigned bits = 0;

    for (size_t i = 0; i < length; i++)
        bits += (unsigned)__builtin_popcount(netmask[i]);
    return (uint8_t)bits;
}

static void add_address(struct host_addresses *host, const struct ifaddrs *entry)
{
    struct host_address *address = &host->addresses[host->address_count++];
    const struct sockaddr_in *v4 = (const void *)entry->ifa_addr;
    const struct sockaddr_in6 *v6 = (const void *)entry->ifa_addr;
    const struct sockaddr_in *mask4 = (const void *)entry->ifa_netmask;
    const struct sockaddr_in6 *mask6 = (const void *)entry->ifa_netmask;
    char number[INET6_ADDRSTRLEN];
    bool scoped = false;
    size_t length;

    address->family = entry->ifa_addr->sa_family;
    address->interface_index = if_nametoindex(entry->ifa_name);
    if (address->family == AF_INET) {
        length = sizeof v4->sin_addr;
        memcpy(address->bytes, &v4->sin_addr, length);
        if (mask4)
            memcpy(address->netmask, &mask4->sin_addr, length);
    } else {
        length = sizeof v6->sin6_addr;
        memcpy(address->bytes, &v6->sin6_addr, length);
        if (mask6)
            memcpy(address->netmask, &mask6->sin6_addr, length);
        scoped = IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr);
    }
    address->prefix_length = prefix_length(address->netmask, length);
    inet_ntop(address->family, address->bytes, number, sizeof number);
    snprintf(address->text, sizeof address->text, "%s%s%s", number, scoped ? "%" : "",
             scoped ? entry->ifa_name : "");
}

static int by_index(const void *a, const void *b)
{
    unsigned left = ((const struct host_interface *)a)->index;
    unsigned right = ((const struct host_interface *)b)->index;

    return (left > right) - (left < right);
}

/* Insertion keeps the kernel's order among the addresses of one interface; qsort would not. */
static void sort_addresses(struct host_addresses *host)
{
    for (size_t i = 1; i < host->address_count; i++) {
        struct host_address moving = host->addresses[i];
        size_t j = i;

        for (; j > 0 && host->addresses[j - 1].interface_index > moving.interface_index; j--)
            host->addresses[j] = host->addresses[j - 1];
        host->addresses[j] = moving;
    }
}

/* One address on two interfaces (unnumbered links): only the interface tells them apart. */
static void qualify_duplicates(struct host_addresses *host)
{
    for (size_t i = 0; i < host->address_count; i++) {
        struct host_address *address = &host->addresses[i];
        const struct host_interface *interface =
            host_interface_by_index(host, address->interface_index);
        bool duplicate = false;

        for (size_t j = 0; j < host->address_count && !duplicate; j++)
            duplicate =
                j != i && host->addresses[j].family == address->family &&
                memcmp(host->addresses[j].bytes, address->bytes, sizeof address->bytes) == 0;
        if (duplicate && interface && !strchr(address->text, '%')) {
            size_t used = strlen(address->text);

            snprintf(address->text + used, sizeof address->text - used, "%%%s", interface->name);
        }
    }
}

bool host_addresses_read(struct host_addresses *host, struct failure *failure)
{
    struct ifaddrs *list = NULL;
    size_t count = 1;

    memset(host, 0, sizeof *host);
    if (getifaddrs(&list) != 0)
        return failure_set_errno(failure, errno, "cannot read this machine's addresses");
    for (const struct ifaddrs *entry = list; entry; entry = entry->ifa_next)
        count++;
    host->interfaces = calloc(count, sizeof *host->interfaces);
    host->addresses = calloc(count, sizeof *host->addresses);
    if (!host->interfaces || !host->addresses) {
        freeifaddrs(list);
        return failure_set_errno(failure, ENOMEM, "cannot read this machine's addresses");
    }
    for (const struct ifaddrs *entry = list; entry; entry = entry->ifa_next) {
        if (!entry->ifa_addr)
            continue;
        if (entry->ifa_addr->sa_family == AF_PACKET)
            add_interface(host, entry);
        else if (entry->ifa_addr->sa_family == AF_INET || entry->ifa_addr->sa_family == AF_INET6)
            add_address(host, entry);
    }
    freeifaddrs(list);
    qsort(host->interfaces, host->interface_count, sizeof *host->interfaces, by_index);
    sort_addresses(host);
    qualify_duplicates(host);
    return true;
}

void host_addresses_free(struct host_addresses *host)
{
    free(host->interfaces);
    free(host->addresses);
    memset(host, 0, sizeof *host);
}

const struct host_interface *host_interface_by_index(const struct host_addresses *host,
                                                     unsigned index)
{
    for (size_t i = 0; i < host->interface_count; i++)
        if (host->interfaces[i].index == index)
            return &host->interfaces[i];
    return NULL;
}

uint64_t host_interface_speed(const struct host_interface *interface)
{
    struct ethtool_cmd command = {.cmd = ETHTOOL_GSET};
    struct ifreq request = {.ifr_data = (void *)&command};
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    uint32_t megabits = 0;

    /* Not from /sys, which may show another network namespace than ours. */
    memcpy(request.ifr_name, interface->name, sizeof request.ifr_name);
    if (descriptor >= 0 && ioctl(descriptor, SIOCETHTOOL, &request) == 0)
        megabits = ethtool_cmd_speed(&command);
    if (descriptor >= 0)
        close(descriptor);
    return megabits == (uint32_t)SPEED_UNKNOWN ? 0 : (uint64_t)megabits * 1000000;
}

const struct host_address *host_address_find(const struct host_addresses *host, const char *text,
                                             struct failure *failure)
{
    const struct host_address *found = NULL;
    const char *zone = strchr(text, '%');
    size_t number_length = zone ? (size_t)(zone - text) : strlen(text);
    char number[INET6_ADDRSTRLEN];
    uint8_t bytes[sizeof(struct in6_addr)];
    int family = memchr(text, ':', number_length) ? AF_INET6 : AF_INET;
    size_t length = family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);
    bool valid = number_length < sizeof number;

    if (valid) {
        memcpy(number, text, number_length);
        number[number_length] = '\0';
        valid = inet_pton(family, number, bytes) == 1;
    }
    if (!valid) {
        failure_set(failure, SOCKET_ERROR_INVALID_LOCAL_HOST,
                    "'%s' is not a numeric IP address; see 'ipmon --list-addresses'", text);
        return NULL;
    }
    for (size_t i = 0; i < host->address_count; i++) {
        const struct host_address *address = &host->addresses[i];
        const struct host_interface *interface =
            host_interface_by_index(host, address->interface_index);

        if (address->family != family || memcmp(address->bytes, bytes, length) != 0 ||
            (zone && (!interface || strcmp(zone + 1, interface->name) != 0)))
            continue;
        if (found) {
            failure_set(failure, SOCKET_ERROR_INVALID_LOCAL_HOST,
                        "%s is an address of several interfaces, write %s%%INTERFACE; "
                        "see 'ipmon --list-addresses'",
                        text, number);
            return NULL;
        }
        found = address;
    }
    if (!found)
        failure_set(failure, SOCKET_ERROR_INVALID_LOCAL_HOST,
                    "%s is not an address of this machine (EADDRNOTAVAIL); "
                    "see 'ipmon --list-addresses'",
                    text);
    return found;
}
