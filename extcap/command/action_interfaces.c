/*
 * --extcap-interfaces: the capture sources and the toolbar, for Wireshark.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>

#include "action.h"
#include "console.h"
#include "host_address.h"
#include "printable.h"
#include "source_name.h"
#include "toolbar.h"

enum {
    LISTED_MAX = 32, /* Wireshark's start-up time grows with each source */
};

static void print_source(const char *name, const char *display_prefix, const char *display)
{
    printf("interface {value=" SOURCE_PREFIX "%s}{display=IP Monitor %s", name, display_prefix);
    printable_put_value(stdout, display);
    printf("}\n");
}

int action_interfaces(const struct settings *settings)
{
    struct failure failure = {""};
    struct host_addresses host;

    (void)settings;
    /*
     * A path without "file:": Wireshark's toolbar opens no URL of that kind, and both the toolbar
     * and the options dialog open a path.
     */
    printf("extcap {version=" IPMON_VERSION "}{display=IP Monitor}{help=" IPMON_MANUAL_URL "}\n");
    if (!host_addresses_read(&host, &failure)) {
        host_addresses_free(&host);
        return console_print_failure(&failure);
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
