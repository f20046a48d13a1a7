/*
 * Giving up power: what a capture needs is opened before, and the packets' bytes are looked at
 * without it. A program that was taken over by what it reads can then neither open a file or a
 * socket nor send a packet nor start a program.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_SANDBOX_H
#define IPMON_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "failure.h"

/*
 * Notes the descriptors above standard error that the caller of the program left open; to be called
 * before anything is opened. sandbox_enter closes them.
 */
void sandbox_note_strays(void);

/*
 * Drops every capability, for good, but CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, which let root
 * open the files of others and stay until sandbox_enter: ambient, bounding (as far as the process
 * may, root may) and its own sets; no program started from here gains any, and the process's memory
 * is closed to others. A program that has its capabilities from its file keeps none, since its
 * caller may not open those files. Source: capabilities(7), prctl(2).
 */
bool sandbox_keep_file_access(struct failure *failure);

/* What happens at a system call that a capture does not need. */
enum sandbox_violation {
    SANDBOX_REFUSE, /* it fails with EPERM, and sandbox_refused counts it */
    SANDBOX_KILL,   /* the process dies of SIGSYS: for builds that are being tested */
};

/* What packets are read from: each kind calls something that the others do not. Bits of a set. */
enum sandbox_source {
    SANDBOX_FILE = 1 << 0,           /* a replay */
    SANDBOX_PACKET_SOCKET = 1 << 1,  /* receive-all modes 0, 1 and 3 */
    SANDBOX_RAW_SOCKETS = 1 << 2,    /* receive-all mode 2 */
    SANDBOX_LIBPCAP = 1 << 3,        /* its packet socket */
    SANDBOX_LIBPCAP_DEVICE = 1 << 4, /* its other devices, no network interfaces */
};

struct sandbox_descriptors {
    const int *outputs; /* all that may be written to, beside standard output and error; -1: none */
    size_t output_count;
    int cut; /* the only file that may be cut, to whole blocks; -1: none */
    /* Beside standard error the only socket that may send, without an address: to the kernel. */
    int questions; /* -1: none */
    enum sandbox_source kind;
    int source; /* what is read from: the only packet socket that may change; -1: none */
};

/*
 * Drops every capability, closes the strays, then leaves the process the system calls of a running
 * capture, on what is open. Source: seccomp(2), libseccomp.
 */
bool sandbox_enter(const struct sandbox_descriptors *descriptors, enum sandbox_violation violation,
                   struct failure *failure);

/* How many violations were refused so far; *last gets the number of the last system call. */
unsigned sandbox_refused(int *last);

#endif
