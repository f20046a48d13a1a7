/*
 * The catalogue of socket errors: one table, ordered by code.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "socket_error.h"

#include <errno.h>

static const struct socket_error catalogue[] = {
    {SOCKET_ERROR_CANNOT_READ, NULL, 0, "cannot read packet"},
    {SOCKET_ERROR_INVALID_LOCAL_HOST, NULL, 0, "invalid local host"},
    {10004, "WSAEINTR", EINTR, "interrupted by a signal"},
    {10009, "WSAEBADF", EBADF, "bad file descriptor"},
    {10013, "WSAEACCES", EACCES, "access denied"},
    {10014, "WSAEFAULT", EFAULT, "bad address in memory"},
    {10022, "WSAEINVAL", EINVAL, "invalid argument"},
    {10024, "WSAEMFILE", EMFILE, "too many open files"},
    {10035, "WSAEWOULDBLOCK", EAGAIN, "operation would block"},
    {10040, "WSAEMSGSIZE", EMSGSIZE, "message too long"},
    {10042, "WSAENOPROTOOPT", ENOPROTOOPT, "bad protocol option"},
    {10043, "WSAEPROTONOSUPPORT", EPROTONOSUPPORT, "protocol not supported"},
    {10047, "WSAEAFNOSUPPORT", EAFNOSUPPORT, "address family not supported"},
    {10049, "WSAEADDRNOTAVAIL", EADDRNOTAVAIL, "address not available"},
    {10050, "WSAENETDOWN", ENETDOWN, "network is down"},
    {10055, "WSAENOBUFS", ENOBUFS, "no buffer space available"},
};

/* Nearest row for values that Winsock does not know. */
static const struct {
    int errno_value;
    int code;
} nearest[] = {
    {EPERM, 10013}, {ENODEV, 10050},  {ENOMEM, 10055},
    {ENOSPC, 10055}, {EDQUOT, 10055}, {ENFILE, 10024},
};

const struct socket_error *socket_error_by_code(int code)
{
    for (size_t i = 0; i < sizeof catalogue / sizeof *catalogue; i++)
        if (catalogue[i].code == code)
            return &catalogue[i];
    return NULL;
}

const struct socket_error *socket_error_by_errno(int errno_value)
{
    for (size_t i = 0; i < sizeof catalogue / sizeof *catalogue; i++)
        if (catalogue[i].errno_value != 0 && catalogue[i].errno_value == errno_value)
            return &catalogue[i];
    for (size_t i = 0; i < sizeof nearest / sizeof *nearest; i++)
        if (nearest[i].errno_value == errno_value)
            return socket_error_by_code(nearest[i].code);
    return socket_error_by_code(10022);
}
