/*
 * Why this process may not open a packet socket, and what helps: in some environments the
 * capability of a file has no effect.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PERMISSION_H
#define IPMON_PERMISSION_H

#include <stdbool.h>
#include <stddef.h>

enum {
    PERMISSION_PROGRAM_SIZE = 512,
    PERMISSION_ADVICE_SIZE = 900,
};

/*
 * Whether the program has capabilities from its file that its caller lacks. In this case, what the
 * caller set up, such as the environment, must not be trusted. Source: getauxval(3), AT_SECURE.
 */
bool permission_is_from_file(void);

/* The facts that decide it; the capability is CAP_NET_RAW. */
struct permission_facts {
    bool foreign_network; /* the network namespace belongs to a user namespace outside of ours */
    bool held;            /* in the effective set */
    bool bounded_out;     /* not in the bounding set */
    bool no_new_privs;
    bool nosuid;                           /* a mount option of the program's file system */
    bool file_has;                         /* the program's file has it, permitted and effective */
    char program[PERMISSION_PROGRAM_SIZE]; /* path */
};

/* Reads them from the kernel; what is not known is taken as no obstacle. */
void permission_read(struct permission_facts *facts);

/* Writes one line that begins with "no permission to capture". */
void permission_advise(const struct permission_facts *facts, char *text, size_t size);

#endif
