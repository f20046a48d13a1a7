/*
 * The sandbox of a capture. Everything is opened first; then packets are processed without
 * privileges. If malicious input takes control of the process, it cannot open a file or a socket,
 * send a packet, or execute a program. A recorder can create files in the folder of its ring files
 * and remove them, but open none.
 *
 * Source: seccomp(2), libseccomp, landlock(7).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_SANDBOX_H
#define IPMON_SANDBOX_H

#include <fcntl.h>
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
    SANDBOX_REMOTE = 1 << 5,         /* pipes of ssh clients, which run outside of the sandbox */
};

/*
 * The only calls of openat(2) that a recorder may make, with the descriptor of the folder: for a
 * ring file, and for the name "." to fill a gap in the descriptors, so that the ring file gets one
 * of those that may be written to. Ring files are removed by unlinkat(2) without flags.
 */
enum {
    SANDBOX_NEW_FILE = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
    SANDBOX_NEW_FILE_MODE = 0600,
    SANDBOX_PLUG = O_PATH | O_DIRECTORY | O_CLOEXEC,
};

struct sandbox_descriptors {
    const int *outputs; /* all that may be written to, besides stdout and stderr; -1: none */
    size_t output_count;
    const int *source_outputs; /* the source's own; NULL: none */
    size_t source_output_count;
    const int *truncatable; /* the only files that ftruncate(2) works on; -1: none */
    size_t truncatable_count;
    int folder;      /* in which ring files are created and removed; -1: none */
    int dump_socket; /* of route_netlink.h: besides outputs, the only socket that sends; -1: none */
    enum sandbox_source kind;
    int source; /* what is read from: the only packet socket whose options change; -1: none */
};

/*
 * Closes the inherited descriptors, drops every capability (privilege.h), limits files to the
 * folder if there is one (landlock.h), then allows only the system calls of a running capture, on
 * the descriptors above. Outputs and truncatable files may be numbers that are not open yet.
 */
bool sandbox_enter(const struct sandbox_descriptors *descriptors, enum sandbox_violation violation,
                   struct failure *failure);

/* How many violations were refused so far; *last: the number of the latest system call. */
unsigned sandbox_refused(int *last);

#endif
