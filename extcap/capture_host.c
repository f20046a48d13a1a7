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

static void log_change(const struct host_change *change)
{
    const char *name = change->interface.name;
    bool up = (change->interface.flags & IFF_UP) != 0;

    switch (change->kind) {
    case HOST_INTERFACE_NEW:
        log_line(IPMON_LOG_INFO, "interface %s (%u) appeared", name, change->interface.index);
        break;
    case HOST_INTERFACE_GONE:
        log_line(IPMON_LOG_WARNING, "interface %s (%u) was deleted", name, change->interface.index);
        break;
    case HOST_INTERFACE_CHANGED:
        if (((change->interface.flags ^ change->flags_before) & IFF_UP) != 0)
            log_line(IPMON_LOG_WARNING, "interface %s went %s", name, up ? "up" : "down");
        break;
    case HOST_ADDRESS_NEW:
        log_line(IPMON_LOG_INFO, "%s got the address %s", name, change->address.text);
        break;
    case HOST_ADDRESS_GONE:
        log_line(IPMON_LOG_WARNING, "%s lost the address %s; the capture goes on", name,
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
    if (change->kind == HOST_INTERFACE_GONE) {
        capture->gone = change->interface; /* packets of it may still wait */
        if (change->interface.index == capture->interface.index) {
            failure_set_errno(capture->failure, ENODEV,
                              "interface %s was deleted while capturing on it",
                              change->interface.name);
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

void capture_read_host_changes(struct capture *capture)
{
    if (!route_monitor_read(capture->monitor, take_message, capture))
        log_line(IPMON_LOG_WARNING, "some changes of interfaces and addresses were missed");
}
