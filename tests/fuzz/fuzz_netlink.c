/*
 * The kernel's routing messages, through the real reader: whatever they hold, the state of the
 * machine stays sorted and whole.
 * Input: one datagram of the kernel's socket.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include <sys/socket.h>

#include "host_address.h"
#include "route_netlink.h"

enum {
    DATAGRAM_MAX = 32768, /* the kernel's */
};

static void check_interfaces(const struct host_addresses *host)
{
    for (size_t i = 0; i < host->interface_count; i++) {
        const struct host_interface *interface = &host->interfaces[i];

        FUZZ_CHECK(memchr(interface->name, '\0', sizeof interface->name));
        FUZZ_CHECK(interface->hardware_length <= HARDWARE_ADDRESS_MAX);
        FUZZ_CHECK(i == 0 || host->interfaces[i - 1].index < interface->index);
        FUZZ_CHECK(host_interface_by_index(host, interface->index) == interface);
    }
}

static void check_addresses(const struct host_addresses *host)
{
    for (size_t i = 0; i < host->address_count; i++) {
        const struct host_address *address = &host->addresses[i];

        FUZZ_CHECK(address->family == AF_INET || address->family == AF_INET6);
        FUZZ_CHECK(memchr(address->text, '\0', sizeof address->text));
        FUZZ_CHECK(i == 0 || host->addresses[i - 1].interface_index <= address->interface_index);
    }
}

static void take(void *context, const struct nlmsghdr *message)
{
    struct host_change change;

    host_addresses_apply(context, message, &change);
    FUZZ_CHECK(change.kind <= HOST_ADDRESS_GONE);
    check_interfaces(context);
    check_addresses(context);
}

/* Both ends of a connection that stands in for the kernel's. */
static const int *connection(void)
{
    static int ends[2] = {-1, -1};

    if (ends[0] < 0)
        FUZZ_CHECK(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends) == 0);
    return ends;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct host_addresses host = {0};
    const int *ends = connection();

    if (size == 0 || size > DATAGRAM_MAX)
        return 0;
    FUZZ_CHECK(send(ends[1], data, size, 0) == (ssize_t)size);
    FUZZ_CHECK(route_monitor_read(ends[0], take, &host));
    host_addresses_free(&host);
    return 0;
}
