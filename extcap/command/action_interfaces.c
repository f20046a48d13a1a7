/*
 * --extcap-interfaces, --list-addresses, --list-interfaces: what can be captured from.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>

#include "action.h"
#include "device_list.h"
#include "printable.h"
#include "toolbar.h"

enum {
    LISTED_MAX = 32, /* Wireshark's start-up time grows with each source */
    TEXT_SIZE = 256,
};

static void print_source(const char *name, const char *display_prefix, const char *display)
{
    printf("interface {value=" SOURCE_PREFIX "%s}{display=IP Monitor %s", name, display_prefix);
    printable_put_value(stdout, display);
    printf("}\n");
}

int action_interfaces(void)
{
    struct failure failure = {""};
    struct host_addresses host;

    /*
     * A path without "file:": Wireshark's toolbar opens no URL of that kind, and both the toolbar
     * and the options dialog open a path.
     */
    printf("extcap {version=" IPMON_VERSION "}{display=IP Monitor}{help=" IPMON_MANUAL_URL "}\n");
    if (!host_addresses_read(&host, &failure)) {
        host_addresses_free(&host);
        return failure_print(&failure);
    }
    print_source(SOURCE_ALL, "on all interfaces", "");
    for (size_t i = 0; i < host.address_count && i < LISTED_MAX; i++) {
        const struct host_address *address = &host.addresses[i];
        const struct host_interface *interface =
            host_interface_by_index(&host, address->interface_index);

        if (interface)
            print_source(address->text, "on ", interface->shown);
    }
    print_source(SOURCE_FILE, "replay", "");
    toolbar_print_controls(stdout);
    host_addresses_free(&host);
    return 0;
}

int action_list_addresses(void)
{
    struct failure failure = {""};
    struct host_addresses host;
    bool read = host_addresses_read(&host, &failure);

    for (size_t i = 0; read && i < host.address_count; i++) {
        const struct host_interface *interface =
            host_interface_by_index(&host, host.addresses[i].interface_index);

        printf("%s\t%s\n", host.addresses[i].text, interface ? interface->shown : "?");
    }
    host_addresses_free(&host);
    return read ? 0 : failure_print(&failure);
}

int action_list_interfaces(void)
{
    struct failure failure = {""};
    struct device_list list;
    bool read = device_list_read(&list, &failure);

    for (size_t i = 0; read && i < list.count; i++) {
        const char *description = list.devices[i]->description;
        char name[TEXT_SIZE];
        char text[TEXT_SIZE];

        printable_copy(name, sizeof name, list.devices[i]->name);
        printable_copy(text, sizeof text, description ? description : "");
        printf("%zu\t%s%s%s\n", i + 1, name, description ? "\t" : "", text);
    }
    device_list_free(&list);
    return read ? 0 : failure_print(&failure);
}
