/*
 * The sandbox of a capture. Everything is opened first; then packets are processed without
 * privileges. If malicious input takes control of the process, it cannot open a file or a socket,
 * send a packet, or execute a program.
 * Source: seccomp(2), libseccomp.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_SANDBOX_H
#define IPMON_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "failure.h"

/* What happens at a system call that is not allowed. */
enum sandbox_violation {
    SANDBOX_REFUSE, /* it fails with EPERM, and sandbox_refused counts it */
    SANDBOX_KILL,   /* the process is killed by SIGSYS: for test builds */
};

/* What packets are read from: each kind has system calls of its own. Bits of a set. */
enum sandbox_source {
    SANDBOX_FILE = 1 << 0,           /* a replay */
    SANDBOX_PACKET_SOCKET = 1 << 1,  /* receive-all modes 0, 1 and 3 */
    SANDBOX_RAW_SOCKETS = 1 << 2,    /* receive-all mode 2 */
    SANDBOX_LIBPCAP = 1 << 3,        /* its packet socket */
    SANDBOX_LIBPCAP_DEVICE = 1 << 4, /* its other devices, no network interfaces */
};

struct sandbox_descriptors {
    const int *outputs; /* all that may be written to, besides stdout and stderr; -1: none */
    size_t output_count;
    int truncatable; /* the only file that ftruncate(2) works on; -1: none */
    int dump_socket; /* of route_netlink.h: besides outputs, the only socket that sends; -1: none */
    enum sandbox_source kind;
    int source; /* what is read from: the only packet socket whose options change; -1: none */
};

/*
 * Closes the inherited descriptors, drops every capability (privilege.h), then allows only the
 * system calls of a running capture, on descriptors that are open.
 */
bool sandbox_enter(const struct sandbox_descriptors *descriptors, enum sandbox_violation violation,
                   struct failure *failure);

/* How many violations were refused so far; *last: the number of the latest system call. */
unsigned sandbox_refused(int *last);

#endif
