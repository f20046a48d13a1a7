/*
 * The catalogue of socket errors: codes as the IPMonitor and Winsock documents number them, with
 * the errno values of Linux beside them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_SOCKET_ERROR_H
#define IPMON_SOCKET_ERROR_H

#include <stddef.h>

/* Codes that are not Winsock's. */
enum {
    SOCKET_ERROR_CANNOT_READ = 650,
    SOCKET_ERROR_INVALID_LOCAL_HOST = 1118,
};

struct socket_error {
    int code;         /* IPMonitor or Winsock code */
    const char *name; /* Winsock's symbolic name, or NULL */
    int errno_value;  /* the errno of the same meaning on Linux, or 0 */
    const char *text; /* what happened, without a full stop */
};

/* The row of a code, or NULL. */
const struct socket_error *socket_error_by_code(int code);

/*
 * The row for an errno value. Values without a Winsock counterpart of their own get the nearest
 * one: EPERM counts as access denied, ENODEV as network down, ENOMEM, ENOSPC and EDQUOT as no
 * buffer space, ENFILE as too many open files, all others as invalid argument. Never NULL.
 */
const struct socket_error *socket_error_by_errno(int errno_value);

#endif
