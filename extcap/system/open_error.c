/*
 * Inspects the file and its directory after the kernel has refused to open it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "open_error.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool stat_directory(const char *path, struct stat *status)
{
    char directory[PATH_MAX];
    const char *name = strrchr(path, '/');
    const size_t length = name ? (size_t)(name - path) + 1 : 0;

    if (length >= sizeof directory)
        return false;
    snprintf(directory, sizeof directory, "%.*s", (int)length, path);
    return stat(length != 0 ? directory : ".", status) == 0;
}

/* Whether the kernel protects the file of another user in a directory like /tmp. */
static bool is_protected(const char *path)
{
    struct stat file;
    struct stat directory;

    return stat(path, &file) == 0 && (S_ISREG(file.st_mode) || S_ISFIFO(file.st_mode)) &&
           faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 && stat_directory(path, &directory) &&
           (directory.st_mode & S_ISVTX) != 0 && (directory.st_mode & (S_IWGRP | S_IWOTH)) != 0 &&
           file.st_uid != geteuid() && file.st_uid != directory.st_uid;
}

static const char *text_of(const char *path, int errno_value)
{
    if (errno_value == EACCES && is_protected(path))
        return "it belongs to another user, in a folder where others may write, and the kernel "
               "protects from such files (sysctl fs.protected_regular, fs.protected_fifos); remove "
               "it, or choose another name";
    if (errno_value == EACCES && geteuid() == 0)
        return "Permission denied, although ipmon runs as root: it lacks CAP_DAC_OVERRIDE (as in a "
               "container or service, and for ring files, which are created without capabilities), "
               "or the file system ignores root's privileges (NFS, FUSE); run ipmon as the owner "
               "of "
               "the folder";
    if (errno_value == EISDIR)
        return "it is a directory; add the name of a file in it";
    return strerror(errno_value);
}

const char *open_error_text(const char *path, int errno_value)
{
    const int error = errno;
    const char *text = text_of(path, errno_value);

    errno = error;
    return text;
}
