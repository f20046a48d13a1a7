/*
 * --list-addresses: the IP addresses of this machine, a line each.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>

#include "action.h"
#include "console.h"
#include "host_address.h"

int action_addresses(const struct settings *settings)
{
    struct failure failure = {""};
    struct host_addresses host;
    bool read = host_addresses_read(&host, &failure);

    (void)settings;
    for (size_t i = 0; read && i < host.address_count; i++) {
        const struct host_interface *interface =
            host_interface_by_index(&host, host.addresses[i].interface_index);

        printf("%s\t%s\n", host.addresses[i].text, interface ? interface->shown : "?");
    }
    host_addresses_free(&host);
    return read ? 0 : console_print_failure(&failure);
}
