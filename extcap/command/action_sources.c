/*
 * --list-sources: what -i captures from, numbered as in the list of tcpdump -D; or, with
 * --remote-host, as -i takes it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>

#include "action.h"
#include "console.h"
#include "host_address.h"

static void print_flags(unsigned flags)
{
    static const struct {
        unsigned flag;
        const char *name;
    } names[] = {{IFF_UP, "Up"}, {IFF_RUNNING, "Running"}, {IFF_LOOPBACK, "Loopback"}};
    const char *before = " [";

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if ((flags & names[i].flag) == 0)
            continue;
        printf("%s%s", before, names[i].name);
        before = ", ";
    }
    fputs(before[0] == ' ' ? " [Down]" : "]", stdout);
}

static void print_addresses(const struct host_addresses *host, unsigned index)
{
    const char *before = " ";

    for (size_t i = 0; i < host->address_count; i++) {
        if (host->addresses[i].interface_index != index)
            continue;
        printf("%s%s", before, host->addresses[i].text);
        before = ", ";
    }
}

int action_sources(const struct settings *settings)
{
    struct failure failure = {""};
    struct host_addresses host;
    bool read;

    if (settings->remote_hosts)
        return action_remote_sources(settings);
    read = host_addresses_read(&host, &failure);
    for (size_t i = 0; read && i < host.interface_count; i++) {
        printf("%zu. %s", i + 1, host.interfaces[i].shown);
        print_flags(host.interfaces[i].flags);
        print_addresses(&host, host.interfaces[i].index);
        putchar('\n');
    }
    if (read)
        printf("%zu. all (every interface)\n", host.interface_count + 1);
    host_addresses_free(&host);
    return read ? 0 : console_print_failure(&failure);
}
