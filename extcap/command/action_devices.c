/*
 * --list-interfaces: the devices that libpcap opens, numbered.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>

#include "action.h"
#include "console.h"
#include "device_list.h"
#include "printable.h"

enum {
    TEXT_SIZE = 256,
};

int action_devices(const struct settings *settings)
{
    struct failure failure = {""};
    struct device_list list;
    bool read = device_list_read(&list, &failure);

    (void)settings;
    for (size_t i = 0; read && i < list.count; i++) {
        const char *description = list.devices[i]->description;
        char name[TEXT_SIZE];
        char text[TEXT_SIZE];

        printable_copy(name, sizeof name, list.devices[i]->name);
        printable_copy(text, sizeof text, description ? description : "");
        printf("%zu\t%s%s%s\n", i + 1, name, description ? "\t" : "", text);
    }
    device_list_free(&list);
    return read ? 0 : console_print_failure(&failure);
}
