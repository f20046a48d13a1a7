/*
 * Landlock by its system calls, which the C library does not wrap.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "landlock.h"

#include <errno.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "log.h"

#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15)
#endif
#ifndef LANDLOCK_ACCESS_FS_RESOLVE_UNIX
#define LANDLOCK_ACCESS_FS_RESOLVE_UNIX (1ULL << 16)
#endif

/* Access to files: the first version of the kernel's interface (ABI) that knows it. */
static const struct {
    int abi;
    uint64_t access;
} known[] = {
    {1, (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1}, /* Linux 5.13 */
    {2, LANDLOCK_ACCESS_FS_REFER},               /* 5.19 */
    {3, LANDLOCK_ACCESS_FS_TRUNCATE},            /* 6.2 */
    {5, LANDLOCK_ACCESS_FS_IOCTL_DEV},           /* 6.10 */
    {9, LANDLOCK_ACCESS_FS_RESOLVE_UNIX},
};

/* What ring files need: creating, writing and removing. */
static const uint64_t allowed = LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_WRITE_FILE |
                                LANDLOCK_ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_REMOVE_FILE;

/* The kernel refuses bits that it does not know. */
static uint64_t known_to(int abi)
{
    uint64_t access = 0;

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].abi <= abi)
            access |= known[i].access;
    return access;
}

static int kernel_abi(void)
{
    return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

/*
 * Not in the kernel, or not enabled when it was started. The kernel never answers EPERM here: that
 * is a container or a service whose filter of system calls does not know Landlock.
 */
static bool is_missing(int error)
{
    return error == ENOSYS || error == EOPNOTSUPP || error == EPERM;
}

static bool allow_beneath(int ruleset, int folder, uint64_t handled)
{
    const struct landlock_path_beneath_attr beneath = {
        .allowed_access = allowed & handled,
        .parent_fd = folder,
    };

    return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0;
}

static bool restrict_to(int folder, uint64_t handled)
{
    const struct landlock_ruleset_attr attributes = {.handled_access_fs = handled};
    const int ruleset =
        (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
    bool restricted;
    int error;

    if (ruleset < 0)
        return false;
    restricted = allow_beneath(ruleset, folder, handled) &&
                 syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    error = errno;
    close(ruleset);
    errno = error;
    return restricted;
}

bool landlock_limit_files(int folder, struct failure *failure)
{
    const int abi = kernel_abi();

    if (abi < 0 && is_missing(errno)) {
        log_line(IPMON_LOG_WARNING,
                 "no Landlock (%s): files are limited by the filter of system calls alone, which "
                 "allows only new files and removal, by the descriptor of the folder, but does "
                 "not check paths",
                 strerror(errno));
        return true;
    }
    return (abi >= 0 && restrict_to(folder, known_to(abi))) ||
           failure_set_errno(failure, errno, "cannot limit files to the folder by Landlock");
}
