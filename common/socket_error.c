/*
 * The catalogue of socket errors: one table, ordered by code.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "socket_error.h"

#include <errno.h>
#include <string.h>

/* clang-format off */
static const struct socket_error catalogue[] = {
    {270, NULL, 0, "security library not loaded",
     "Nothing is encrypted here, so this cannot occur.", true},
    {271, NULL, 0, "certificate store not opened",
     "No certificates are used here, so this cannot occur.", true},
    {272, NULL, 0, "certificate not found",
     "No certificates are used here, so this cannot occur.", true},
    {273, NULL, 0, "security credentials not obtained",
     "No credentials are used here, so this cannot occur.", true},
    {274, NULL, 0, "certificate chain not found",
     "No certificates are used here, so this cannot occur.", true},
    {275, NULL, 0, "certificate chain not verified",
     "No certificates are used here, so this cannot occur.", true},
    {276, NULL, 0, "security handshake failed",
     "No handshake takes place here, so this cannot occur.", true},
    {280, NULL, 0, "certificate verification failed",
     "No certificates are used here, so this cannot occur.", true},
    {281, NULL, 0, "client certificate not found",
     "No certificates are used here, so this cannot occur.", true},
    {282, NULL, 0, "server certificate not found",
     "No certificates are used here, so this cannot occur.", true},
    {283, NULL, 0, "encryption failed",
     "Nothing is encrypted here, so this cannot occur.", true},
    {284, NULL, 0, "decryption failed",
     "Nothing is encrypted here, so this cannot occur.", true},
    {SOCKET_ERROR_CANNOT_READ, NULL, 0, "cannot read packet",
     "Check that the file is a complete capture file; the packets before the damage were read.", false},
    {SOCKET_ERROR_INVALID_LOCAL_HOST, NULL, 0, "invalid local host",
     "Choose an address that 'ipmon --list-addresses' prints.", false},
    {10000, "WSABASEERR", 0, "no error",
     "Nothing went wrong; the codes of Winsock are counted from here.", false},
    {10004, "WSAEINTR", EINTR, "interrupted by a signal",
     "Call again, unless the program has to end.", false},
    {10009, "WSAEBADF", EBADF, "bad file descriptor",
     "Look for a socket that was closed before its last use.", false},
    {10013, "WSAEACCES", EACCES, "access denied",
     "Give the program the capability it needs, or ask who filters this traffic.", false},
    {10014, "WSAEFAULT", EFAULT, "bad address in memory",
     "Look for a wrong pointer or length in the calling program.", false},
    {10022, "WSAEINVAL", EINVAL, "invalid argument",
     "Compare the value given with the range that is allowed.", false},
    {10024, "WSAEMFILE", EMFILE, "too many open files",
     "Close sockets that are not needed, or raise the limit (ulimit -n).", false},
    {10035, "WSAEWOULDBLOCK", EAGAIN, "operation would block",
     "Wait until the socket is ready and call again.", false},
    {10036, "WSAEINPROGRESS", EINPROGRESS, "operation in progress",
     "Wait for the operation that was begun to end.", false},
    {10037, "WSAEALREADY", EALREADY, "operation already in progress",
     "Wait for the first attempt before making another.", false},
    {10038, "WSAENOTSOCK", ENOTSOCK, "not a socket",
     "Look for a descriptor of another kind, such as a file, in the calling program.", false},
    {10039, "WSAEDESTADDRREQ", EDESTADDRREQ, "destination address missing",
     "Name a destination, or connect the socket first.", false},
    {10040, "WSAEMSGSIZE", EMSGSIZE, "message too long",
     "Send smaller datagrams, or let path MTU discovery choose the size.", false},
    {10041, "WSAEPROTOTYPE", EPROTOTYPE, "protocol does not fit the socket type",
     "Use the protocol that belongs to the type: TCP to streams, UDP to datagrams.", false},
    {10042, "WSAENOPROTOOPT", ENOPROTOOPT, "protocol option not available",
     "Check the option and its level, or whether the other host knows the protocol.", false},
    {10043, "WSAEPROTONOSUPPORT", EPROTONOSUPPORT, "protocol not supported",
     "Check that the kernel has the protocol, and load its module if there is one.", false},
    {10044, "WSAESOCKTNOSUPPORT", ESOCKTNOSUPPORT, "socket type not supported",
     "Use a type that the address family has.", false},
    {10045, "WSAEOPNOTSUPP", EOPNOTSUPP, "operation not supported",
     "Use a socket of the type that has this operation.", false},
    {10046, "WSAEPFNOSUPPORT", EPFNOSUPPORT, "protocol family not supported",
     "Check that the kernel was built with this family, for example IPv6.", false},
    {10047, "WSAEAFNOSUPPORT", EAFNOSUPPORT, "address family not supported",
     "Give an address of the family that the socket was made for.", false},
    {10048, "WSAEADDRINUSE", EADDRINUSE, "address in use",
     "Find the program that holds the port, or wait until its old connections have expired.", false},
    {10049, "WSAEADDRNOTAVAIL", EADDRNOTAVAIL, "address not available",
     "Choose an address of this machine, or a valid remote one.", false},
    {10050, "WSAENETDOWN", ENETDOWN, "network is down",
     "Bring the interface up, and see whether its device is still there.", false},
    {10051, "WSAENETUNREACH", ENETUNREACH, "network unreachable",
     "Look at the routing table of this host and of the router that reported it.", false},
    {10052, "WSAENETRESET", ENETRESET, "connection dropped by the network",
     "Connect again; the path broke, or a packet did not live long enough to arrive.", false},
    {10053, "WSAECONNABORTED", ECONNABORTED, "connection aborted on this side",
     "Look for a timeout or a protocol fault on this host, then connect again.", false},
    {10054, "WSAECONNRESET", ECONNRESET, "connection reset by the other side",
     "See whether the remote program ended or restarted, then connect again.", false},
    {10055, "WSAENOBUFS", ENOBUFS, "no buffer space",
     "Use smaller buffers, or free memory or disk space.", false},
    {10056, "WSAEISCONN", EISCONN, "socket already connected",
     "Use the connection that exists, or another socket.", false},
    {10057, "WSAENOTCONN", ENOTCONN, "socket not connected",
     "Connect the socket before sending.", false},
    {10058, "WSAESHUTDOWN", ESHUTDOWN, "socket was shut down",
     "Do not send after shutting that direction down.", false},
    {10059, "WSAETOOMANYREFS", ETOOMANYREFS, "too many references",
     "Pass fewer descriptors at once.", false},
    {10060, "WSAETIMEDOUT", ETIMEDOUT, "connection timed out",
     "See whether the remote host is up and whether a firewall drops the packets silently.", false},
    {10061, "WSAECONNREFUSED", ECONNREFUSED, "connection refused",
     "See whether a program listens on that address and port.", false},
    {10062, "WSAELOOP", ELOOP, "too many symbolic links",
     "Look for a link that leads back to itself.", false},
    {10063, "WSAENAMETOOLONG", ENAMETOOLONG, "name too long",
     "Use a shorter name.", false},
    {10064, "WSAEHOSTDOWN", EHOSTDOWN, "host is down",
     "See whether the remote host runs and answers on its link.", false},
    {10065, "WSAEHOSTUNREACH", EHOSTUNREACH, "host unreachable",
     "Look at the last router on the path: it has no way to the host, or may not use it.", false},
    {10066, "WSAENOTEMPTY", ENOTEMPTY, "directory not empty",
     "Empty the directory first.", false},
    {10067, "WSAEPROCLIM", 0, "too many processes",
     "End programs that use the network, then try again.", false},
    {10068, "WSAEUSERS", EUSERS, "too many users",
     "Wait until another user has finished.", false},
    {10069, "WSAEDQUOT", EDQUOT, "disk quota exceeded",
     "Free space, or ask for a larger quota.", false},
    {10070, "WSAESTALE", ESTALE, "stale file handle",
     "Mount the network file system again.", false},
    {10071, "WSAEREMOTE", EREMOTE, "item is not local",
     "Do it on the host that has the item.", false},
    {10091, "WSASYSNOTREADY", 0, "network subsystem not ready",
     "Wait for the network to start, and check how it is set up.", false},
    {10092, "WSAVERNOTSUPPORTED", 0, "socket library version not supported",
     "Install the version of the library that the program requires.", false},
    {10093, "WSANOTINITIALISED", 0, "socket library not initialised",
     "Initialise the library before its first use.", false},
    {10094, "WSAEDISCON", 0, "graceful shutdown, the same as 10101",
     "See 10101, which is the number in use.", false},
    {10101, "WSAEDISCON", 0, "graceful shutdown by the other side",
     "Close this side too when everything was sent.", false},
    {SOCKET_ERROR_HOST_NOT_FOUND, "WSAHOST_NOT_FOUND", 0, "host not found",
     "Check how the name is written, or use the address.", false},
    {11002, "WSATRY_AGAIN", 0, "host not found for now",
     "Try again later, and check the name server's settings.", false},
    {11003, "WSANO_RECOVERY", 0, "name lookup failed for good",
     "Check that the name server answers this kind of question.", false},
    {11004, "WSANO_DATA", 0, "name has no data of this kind",
     "Ask for another kind of record, or use the address.", false},
};
/* clang-format on */

/* Values that Winsock does not have, with the nearest code. */
static const struct {
    int errno_value;
    const char *name;
    int code;
} linux_only[] = {
    {EPERM, "EPERM", 10013},     {ENODEV, "ENODEV", 10050},     {ENOMEM, "ENOMEM", 10055},
    {ENOSPC, "ENOSPC", 10055},   {EFBIG, "EFBIG", 10055},       {ENFILE, "ENFILE", 10024},
    {EPIPE, "EPIPE", WSAEINVAL}, {ENONET, "ENONET", WSAEINVAL}, {EPROTO, "EPROTO", WSAEINVAL},
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
    for (size_t i = 0; i < sizeof linux_only / sizeof *linux_only; i++)
        if (linux_only[i].errno_value == errno_value)
            return socket_error_by_code(linux_only[i].code);
    return socket_error_by_code(WSAEINVAL);
}

const char *socket_error_errno_name(const struct socket_error *row, int errno_value)
{
    if (row->errno_value == errno_value)
        return row->name + strlen("WSA"); /* the rest is the name on Linux, too */
    for (size_t i = 0; i < sizeof linux_only / sizeof *linux_only; i++)
        if (linux_only[i].errno_value == errno_value)
            return linux_only[i].name;
    return NULL;
}

const struct socket_error *socket_error_at(size_t index)
{
    return index < sizeof catalogue / sizeof *catalogue ? &catalogue[index] : NULL;
}
