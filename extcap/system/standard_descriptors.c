/*
 * A standard descriptor that the caller closed would be used for the next socket or file, and what
 * is printed would go there. Opened in the wrong direction it fails as a closed one does.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "standard_descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

bool standard_descriptors_fill(struct failure *failure)
{
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++)
        if (fcntl(descriptor, F_GETFD) < 0 &&
            open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY) != descriptor)
            return failure_set_errno(failure, errno,
                                     "cannot open /dev/null for a closed descriptor");
    return true;
}
