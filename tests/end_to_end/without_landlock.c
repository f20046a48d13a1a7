/*
 * Runs a program as on a kernel without Landlock: without_landlock ERRNO PROGRAM [ARGUMENT...]
 * ERRNO is the number of the error by which the kernel says so: ENOSYS, or EOPNOTSUPP when Landlock
 * is disabled. To be run by root: with no_new_privs, which others need for a filter, the program
 * would not get the capability of its file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int filter_calls(unsigned error)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_landlock_create_ruleset, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};

    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int main(int count, char **arguments)
{
    if (count < 3 || filter_calls((unsigned)strtoul(arguments[1], NULL, 10)) != 0) {
        perror("without_landlock");
        return EXIT_FAILURE;
    }
    execvp(arguments[2], arguments + 2);
    perror(arguments[2]);
    return EXIT_FAILURE;
}
