/*
 * The catalogue of socket errors: the codes of IPMonitor and of Winsock, with the errno values of
 * Linux that have the same meaning.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_SOCKET_ERROR_H
#define IPMON_SOCKET_ERROR_H

#include <stdbool.h>
#include <stddef.h>

/* Codes that are not Winsock's. */
enum {
    SOCKET_ERROR_CANNOT_READ = 650,
    SOCKET_ERROR_INVALID_LOCAL_HOST = 1118,
    SOCKET_ERROR_HOST_NOT_FOUND = 11001,
};

/* Codes of Winsock, as it names them. */
enum {
    WSAEINVAL = 10022,
    WSAENOPROTOOPT = 10042,
    WSAENETRESET = 10052,
    WSAECONNRESET = 10054,
    WSAETIMEDOUT = 10060,
    WSAEHOSTUNREACH = 10065,
    WSAEDISCON = 10101,
};

struct socket_error {
    int code;          /* IPMonitor or Winsock code */
    const char *name;  /* Winsock's symbolic name, or NULL */
    int errno_value;   /* the errno of the same meaning on Linux, or 0 */
    const char *text;  /* what happened, without a full stop */
    const char *hint;  /* what to do about it, one sentence */
    bool never_raised; /* neither by ipmon nor found in packets */
};

/* The row of a code, or NULL. */
const struct socket_error *socket_error_by_code(int code);

/*
 * The row for an errno value. Values without a Winsock counterpart of their own get the nearest
 * one: EPERM counts as access denied, ENODEV as network down, ENOMEM, ENOSPC and EFBIG as no
 * buffer space, ENFILE as too many open files, all others as invalid argument. Never NULL.
 */
const struct socket_error *socket_error_by_errno(int errno_value);

/*
 * The name of an errno value on Linux, such as "EPIPE"; NULL when neither the catalogue nor an
 * error of a packet has the value. row: its socket_error_by_errno.
 */
const char *socket_error_errno_name(const struct socket_error *row, int errno_value);

/* Row number `index` of the catalogue, which is ordered by code; NULL after the last one. */
const struct socket_error *socket_error_at(size_t index);

#endif
