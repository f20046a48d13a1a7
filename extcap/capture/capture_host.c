/*
 * Changes of the machine: from the kernel into the capture's state, the log and the source.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "capture_host.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "clock.h"
#include "route_netlink.h"
#include "socket_error.h"
#include "source_name.h"

/* The monitor first: what changes while the lists are read is not missed. */
bool capture_open_host(struct capture *capture)
{
    capture->host.ioctl_socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (capture->host.ioctl_socket < 0)
        return failure_set_errno(capture->failure, errno, "cannot open a socket");
    capture->host.monitor = route_monitor_open(capture->failure);
    capture->host.dump_socket = route_dump_socket_open(capture->failure);
    return capture->host.monitor >= 0 && capture->host.dump_socket >= 0 &&
           host_addresses_dump(&capture->host.state, capture->host.dump_socket, capture->failure);
}

static bool choose_address(struct capture *capture, const char *name)
{
    const struct host_addresses *host = &capture->host.state;
    const struct host_address *address = host_address_find(host, name, capture->failure);
    const struct host_interface *interface;

    if (!address)
        return false;
    interface = host_interface_by_index(host, address->interface_index);
    if (!interface) {
        log_event(EVENT_IFIOCTL_BADIFNAME, "the interface of %s has gone", name);
        return failure_set_errno(capture->failure, ENODEV, "the interface of %s has gone", name);
    }
    capture->host.address = *address;
    if (capture->settings->selected_interface == 0)
        capture->host.interface = *interface;
    return true;
}

/* One that is called like an address of this machine is chosen by its number only. */
static const struct host_interface *find_by_name(const struct host_addresses *host,
                                                 const char *name)
{
    return host_has_address_text(host, name) ? NULL : host_interface_by_name(host, name);
}

/* By its number in the list of action_sources.c, in which the last one is for all of them. */
static bool choose_number(struct capture *capture, const char *text)
{
    const struct host_addresses *host = &capture->host.state;
    char *end;
    const unsigned long number = strtoul(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || *end != '\0' || number == 0 ||
        number > host->interface_count + 1)
        return false;
    if (number <= host->interface_count && capture->settings->selected_interface == 0)
        capture->host.interface = host->interfaces[number - 1];
    return true;
}

static bool is_address(const char *text)
{
    return strchr(text, ':') || (strchr(text, '.') && strspn(text, "0123456789.") == strlen(text));
}

/* By address, by name, or, if the user wrote the command, by number. */
static bool choose(struct capture *capture, const char *name)
{
    const struct host_interface *interface = find_by_name(&capture->host.state, name);
    const bool is_command = capture->settings->is_command;

    if (interface) {
        if (capture->settings->selected_interface == 0)
            capture->host.interface = *interface;
        return true;
    }
    if (is_command && choose_number(capture, name))
        return true;
    if (is_command && !is_address(name))
        return failure_set(capture->failure, SOCKET_ERROR_INVALID_LOCAL_HOST,
                           "%s is no interface; ipmon -D lists them", name);
    return choose_address(capture, name);
}

bool capture_choose_interface(struct capture *capture)
{
    const char *name = source_name_target(capture->settings->interface, capture->failure);

    if (!name)
        return false;
    if (strcasecmp(name, SOURCE_ALL) == 0)
        name = capture->settings->local_host;
    return strcasecmp(name, SOURCE_ALL) == 0 || choose(capture, name);
}

/* The timer never expires; without it a setting is noticed when the clock is read next. */
bool capture_open_clock(struct capture *capture)
{
    const struct itimerspec never = {.it_value.tv_sec = LONG_MAX};

    capture->host.clock = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    timerfd_settime(capture->host.clock, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL);
    arrival_read_clocks(&capture->arrival);
    return true;
}

void capture_close_host(struct capture *capture)
{
    const int descriptors[] = {capture->host.monitor, capture->host.clock,
                               capture->host.dump_socket, capture->host.ioctl_socket};

    for (size_t i = 0; i < sizeof descriptors / sizeof *descriptors; i++)
        if (descriptors[i] >= 0)
            close(descriptors[i]);
    host_addresses_free(&capture->host.state);
}

static void log_interface(const struct host_change *change)
{
    const struct host_interface *interface = &change->interface;

    if (change->shown_before[0] != '\0')
        log_line(IPMON_LOG_INFO, "interface %s was renamed to %s", change->shown_before,
                 interface->shown);
    if (((interface->flags ^ change->flags_before) & IFF_UP) == 0)
        return;
    if ((interface->flags & IFF_UP) != 0)
        log_line(IPMON_LOG_WARNING, "interface %s went up", interface->shown);
    else
        log_event(EVENT_ETHER_OUTPUT_IFDOWN, "interface %s went down", interface->shown);
}

static void log_change(const struct host_change *change)
{
    const char *name = change->interface.shown;

    switch (change->kind) {
    case HOST_INTERFACE_NEW:
        log_line(IPMON_LOG_INFO, "interface %s (%u) appeared", name, change->interface.index);
        break;
    case HOST_INTERFACE_GONE:
        log_event(EVENT_ETHER_OUTPUT_IFDOWN, "interface %s (%u) was deleted", name,
                  change->interface.index);
        break;
    case HOST_INTERFACE_CHANGED:
        log_interface(change);
        break;
    case HOST_ADDRESS_NEW:
        log_line(IPMON_LOG_INFO, "%s got the address %s", name, change->address.text);
        break;
    case HOST_ADDRESS_GONE:
        log_event(EVENT_IN_CONTROL_NOIFDATA, "%s lost the address %s; the capture goes on", name,
                  change->address.text);
        break;
    case HOST_UNCHANGED:
        break;
    }
}

/* The interface is kept for a while: packets of it may still wait. */
static void remember_gone(struct capture *capture, const struct host_interface *interface)
{
    capture->host.gone[capture->host.gone_count++ % GONE_REMEMBERED] = *interface;
    if (interface->index != capture->host.interface.index)
        return;
    failure_set_errno(capture->failure, ENODEV, "interface %s was deleted while capturing on it",
                      interface->shown);
    capture_stop(capture);
}

static void apply_change(struct capture *capture, const struct host_change *change)
{
    const struct packet_source_operations *operations = capture->source->operations;
    const struct host_interface *interface = &change->interface;

    log_change(change);
    if (change->kind == HOST_UNCHANGED)
        return;
    if (change->kind == HOST_INTERFACE_NEW) /* an index of old may be in use again */
        captured_interface_gone(&capture->interfaces, interface->index);
    if (change->kind == HOST_INTERFACE_CHANGED && interface->index == capture->host.interface.index)
        capture->host.interface = *interface;
    if (change->kind == HOST_INTERFACE_GONE)
        remember_gone(capture, interface);
    if (operations->host_changed)
        operations->host_changed(capture->source, &capture->host.state, change);
}

static void apply_message(void *context, const struct nlmsghdr *message)
{
    struct capture *capture = context;
    struct host_change change;

    host_addresses_apply(&capture->host.state, message, &change);
    apply_change(capture, &change);
}

static bool has_address(const struct host_addresses *host, const struct host_address *address)
{
    for (size_t i = 0; i < host->address_count; i++)
        if (host->addresses[i].interface_index == address->interface_index &&
            host->addresses[i].family == address->family &&
            memcmp(host->addresses[i].bytes, address->bytes, sizeof address->bytes) == 0)
            return true;
    return false;
}

/* Reports the interfaces of one state that the other one lacks. */
static void apply_interfaces(struct capture *capture, const struct host_addresses *having,
                             const struct host_addresses *lacking, enum host_change_kind kind)
{
    for (size_t i = 0; i < having->interface_count; i++)
        if (!host_interface_by_index(lacking, having->interfaces[i].index))
            apply_change(capture,
                         &(struct host_change){.kind = kind, .interface = having->interfaces[i]});
}

/* Reports the interfaces that both states have, with another name or other flags. */
static void apply_changed(struct capture *capture, const struct host_addresses *before,
                          const struct host_addresses *now)
{
    for (size_t i = 0; i < now->interface_count; i++) {
        struct host_change change = {.kind = HOST_INTERFACE_CHANGED,
                                     .interface = now->interfaces[i]};
        const struct host_interface *known =
            host_interface_by_index(before, now->interfaces[i].index);

        if (known && host_change_since(&change, known))
            apply_change(capture, &change);
    }
}

/* Reports the addresses of one state that the other one lacks. */
static void apply_addresses(struct capture *capture, const struct host_addresses *having,
                            const struct host_addresses *lacking, enum host_change_kind kind)
{
    for (size_t i = 0; i < having->address_count; i++) {
        const struct host_address *address = &having->addresses[i];
        const struct host_interface *interface =
            host_interface_by_index(having, address->interface_index);

        if (interface && !has_address(lacking, address))
            apply_change(capture, &(struct host_change){.kind = kind,
                                                        .interface = *interface,
                                                        .flags_before = interface->flags,
                                                        .address = *address});
    }
}

/* The kernel had no room for all messages: the present state is compared with the known one. */
static void read_host_again(struct capture *capture)
{
    struct host_addresses before = capture->host.state;
    struct host_addresses now;
    struct failure failure = {""};

    if (!host_addresses_dump(&now, capture->host.dump_socket, &failure)) {
        log_line(IPMON_LOG_WARNING, "changes of interfaces and addresses were missed: %s",
                 failure.text);
        host_addresses_free(&now);
        return;
    }
    log_line(IPMON_LOG_INFO, "many changes at once, interfaces and addresses are read again");
    capture->host.state = now;
    apply_interfaces(capture, &before, &now, HOST_INTERFACE_GONE);
    apply_interfaces(capture, &now, &before, HOST_INTERFACE_NEW);
    apply_changed(capture, &before, &now);
    apply_addresses(capture, &before, &now, HOST_ADDRESS_GONE);
    apply_addresses(capture, &now, &before, HOST_ADDRESS_NEW);
    host_addresses_free(&before);
}

void capture_read_host_changes(struct capture *capture)
{
    const struct packet_source_operations *operations = capture->source->operations;

    if (!capture_is_local(capture))
        return;
    if (!route_monitor_read(capture->host.monitor, apply_message, capture))
        read_host_again(capture);
    if (operations->host_changed)
        operations->host_changed(capture->source, &capture->host.state, NULL);
}

/* The sooner a setting is known, the fewer packets could be from either side of it. */
static void read_clock(struct capture *capture)
{
    uint64_t expirations;

    if (read(capture->host.clock, &expirations, sizeof expirations) < 0 && errno == ECANCELED)
        arrival_read_clocks(&capture->arrival);
}

static int monitor_descriptor(const struct capture *capture)
{
    return capture->host.monitor;
}

static int clock_descriptor(const struct capture *capture)
{
    return capture->host.clock;
}

const struct capture_watch capture_host_watch = {monitor_descriptor, POLLIN | POLLERR | POLLHUP,
                                                 capture_read_host_changes};
const struct capture_watch capture_clock_watch = {clock_descriptor, POLLIN, read_clock};
