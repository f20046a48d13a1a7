/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "caller_environment.h"

#include <stdlib.h>
#include <unistd.h>

/* The kernel's array on the stack, which clearenv(3) leaves as it is. */
static char **hidden;

void caller_environment_hide(void)
{
    hidden = environ;
    clearenv();
}

void caller_environment_restore(void)
{
    if (hidden)
        environ = hidden;
}
