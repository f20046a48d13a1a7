/*
 * One client of OpenSSH, as a child process, that runs a command on another machine. Keys, agent,
 * known hosts and aliases are the user's. The child runs as the user who called ipmon, with the
 * user's environment, without capabilities of ours and without our descriptors; it asks no
 * questions (BatchMode), and is terminated when this process ends.
 * Source: ssh(1), ssh_config(5), PR_SET_PDEATHSIG in prctl(2).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_REMOTE_SHELL_H
#define IPMON_REMOTE_SHELL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "failure.h"

enum {
    REMOTE_SHELL_SAID_SIZE = 2048,
    REMOTE_SHELL_CONNECT_SECONDS = 5, /* ConnectTimeout of ssh */
};

/* Descriptors are not blocking; -1: closed. */
struct remote_shell {
    pid_t pid;
    int pidfd;                         /* readable when the child has ended */
    int in;                            /* to the command's standard input */
    int out;                           /* from its standard output */
    int error;                         /* from standard error of ssh and of the command */
    size_t said_length;                /* bytes of `said` */
    char said[REMOTE_SHELL_SAID_SIZE]; /* the latest of standard error; untrusted, ends with 0 */
};

/*
 * Starts ssh. destination: one that remote_host_check() accepts. command: for the shell of the
 * other machine, of remote_command_make(). To be called before capabilities are dropped, because
 * no_new_privs is inherited and would stop the helpers of ssh. That ssh cannot be run is reported
 * as if ssh did, on standard error. Fails with the errno's code; then there is nothing to close.
 */
bool remote_shell_open(struct remote_shell *shell, const char *destination, const char *command,
                       struct failure *failure);

/*
 * Reads a part of standard error, if there is any, and adds it to `said`, which loses its oldest
 * lines for that when it is full; the caller may remove what it has used. At its end the descriptor
 * is closed. Returns whether there may be more to read at once.
 */
bool remote_shell_read_error(struct remote_shell *shell);

/* Closes a descriptor of the shell, and sets it to -1. */
void remote_shell_close_descriptor(int *descriptor);

/* Closes the descriptors; the command's standard input ends. Works in the sandbox. */
void remote_shell_close(struct remote_shell *shell);

/*
 * Closes the descriptors, ends the child, unless it has ended, and waits for it. Returns its exit
 * status, as ssh has it (255: ssh itself failed, 127: no such command there), or -1 if a signal
 * ended it. Does not work in the sandbox.
 */
int remote_shell_end(struct remote_shell *shell);

#endif
