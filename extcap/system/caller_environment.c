/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "caller_environment.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The kernel's array on the stack, which clearenv(3) leaves as it is. */
static char **hidden;

void caller_environment_hide(void)
{
    hidden = environ;
    clearenv();
}

const char *caller_environment_get(const char *name)
{
    const size_t length = strlen(name);

    if (!hidden)
        return getenv(name);
    for (char **entry = hidden; *entry; entry++)
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
            return *entry + length + 1;
    return NULL;
}

void caller_environment_restore(void)
{
    if (hidden)
        environ = hidden;
}
