/*
 * The machine's interfaces and addresses while a capture runs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <string.h>

#include "capture.h"
#include "log.h"
#include "route_netlink.h"

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
        log_event("ether_output-ifdown", "interface %s went down", interface->shown);
}

static void log_change(const struct host_change *change)
{
    const char *name = change->interface.shown;

    switch (change->kind) {
    case HOST_INTERFACE_NEW:
        log_line(IPMON_LOG_INFO, "interface %s (%u) appeared", name, change->interface.index);
        break;
    case HOST_INTERFACE_GONE:
        log_event("ether_output-ifdown", "interface %s (%u) was deleted", name,
                  change->interface.index);
        break;
    case HOST_INTERFACE_CHANGED:
        log_interface(change);
        break;
    case HOST_ADDRESS_NEW:
        log_line(IPMON_LOG_INFO, "%s got the address %s", name, change->address.text);
        break;
    case HOST_ADDRESS_GONE:
        log_event("in_control-noifdata", "%s lost the address %s; the capture goes on", name,
                  change->address.text);
        break;
    case HOST_UNCHANGED:
        break;
    }
}

static void apply_change(struct capture *capture, const struct host_change *change)
{
    const struct packet_source_operations *operations = capture->source->operations;

    log_change(change);
    if (change->kind == HOST_UNCHANGED)
        return;
    if (change->kind == HOST_INTERFACE_NEW) /* an index of old may be in use again */
        captured_interface_gone(&capture->interfaces, change->interface.index);
    if (change->kind == HOST_INTERFACE_CHANGED &&
        change->interface.index == capture->interface.index)
        capture->interface = change->interface;
    if (change->kind == HOST_INTERFACE_GONE) {
        capture->gone[capture->gone_count++ % GONE_REMEMBERED] = change->interface;
        if (change->interface.index == capture->interface.index) {
            failure_set_errno(capture->failure, ENODEV,
                              "interface %s was deleted while capturing on it",
                              change->interface.shown);
            capture_stop(capture);
        }
    }
    if (operations->host_changed)
        operations->host_changed(capture->source, &capture->host, change);
}

static void take_message(void *context, const struct nlmsghdr *message)
{
    struct capture *capture = context;
    struct host_change change;

    host_addresses_apply(&capture->host, message, &change);
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

/* The same with addresses. */
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

/* The kernel had no room for all changes: the present state is held against the one known. */
static void read_host_again(struct capture *capture)
{
    struct host_addresses before = capture->host;
    struct host_addresses now;
    struct failure failure = {""};

    if (!host_addresses_ask(&now, capture->questions, &failure)) {
        log_line(IPMON_LOG_WARNING, "changes of interfaces and addresses were missed: %s",
                 failure.text);
        host_addresses_free(&now);
        return;
    }
    log_line(IPMON_LOG_INFO, "many changes at once, interfaces and addresses are read again");
    capture->host = now;
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

    if (!route_monitor_read(capture->monitor, take_message, capture))
        read_host_again(capture);
    if (operations->host_changed)
        operations->host_changed(capture->source, &capture->host, NULL);
}
