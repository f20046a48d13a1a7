/*
 * Landlock: the kernel limits which files a process opens, creates and removes by their paths.
 * Source: landlock(7), Linux 5.13.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_LANDLOCK_H
#define IPMON_LANDLOCK_H

#include <stdbool.h>

#include "failure.h"

/*
 * From now on the thread, and what it starts, may only create, write, truncate and remove regular
 * files, and only beneath the folder. All other access to files that the kernel's Landlock knows is
 * refused with EACCES, or EXDEV for moving a file between folders. It does not know chmod, chown,
 * stat and the like. What is open stays as it is.
 *
 * folder: descriptor, which may be O_PATH. no_new_privs must be set (privilege_drop). Without
 * Landlock a warning in the log says what still limits files, and the result is true. Fails with
 * the errno's code when there is Landlock and it cannot be used.
 */
bool landlock_limit_files(int folder, struct failure *failure);

#endif
