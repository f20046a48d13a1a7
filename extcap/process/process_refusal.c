/*
 * The kernel says EPERM for most obstacles: which one it is follows from what the process finds
 * about itself and its kernel.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "process_refusal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { LINE_SIZE = 100 };

static bool is_permission(int error)
{
    return error == EPERM || error == EACCES;
}

/* The first line of a file; empty when there is none. */
static void read_line(char line[LINE_SIZE], const char *path)
{
    FILE *file = fopen(path, "re");

    if (!file || !fgets(line, LINE_SIZE, file))
        line[0] = '\0';
    if (file)
        fclose(file);
}

static bool lacks_types(int error)
{
    (void)error;
    return access("/sys/kernel/btf/vmlinux", R_OK) != 0;
}

/* Source: kernel_lockdown(7). The verifier then knows no function that reads memory: EINVAL. */
static bool is_locked_down(int error)
{
    char line[LINE_SIZE];

    (void)error;
    read_line(line, "/sys/kernel/security/lockdown");
    return strstr(line, "[confidentiality]");
}

/* The programs are attached to functions of the kernel by code that its compiler makes. */
static bool is_not_compiled(int error)
{
    char line[LINE_SIZE];

    (void)error;
    read_line(line, "/proc/sys/net/core/bpf_jit_enable");
    return line[0] == '0';
}

/* Source: linux/proc_ns.h, PROC_USER_INIT_INO: the number of the initial one. */
static bool is_in_user_namespace(int error)
{
    static const ino_t initial = 0xEFFFFFFDU;
    struct stat status;

    return is_permission(error) && stat("/proc/self/ns/user", &status) == 0 &&
           status.st_ino != initial;
}

static bool is_filtered(int error)
{
    enum { SECCOMP_MODE_IS_FILTER = 2 };

    return is_permission(error) && prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == SECCOMP_MODE_IS_FILTER;
}

/* "MAJOR.MINOR.…" of the running one. */
static bool is_kernel_older(unsigned long major, unsigned long minor)
{
    struct utsname system;
    char *end;
    unsigned long own;

    if (uname(&system) != 0)
        return false;
    own = strtoul(system.release, &end, 10);
    return own < major || (own == major && *end == '.' && strtoul(end + 1, NULL, 10) < minor);
}

/* Before Linux 5.11 the memory of the programs counted against the limit of locked memory. */
static bool is_memory_limited(int error)
{
    struct rlimit limit;

    return is_permission(error) && is_kernel_older(5, 11) &&
           getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

/* In an order in which no remedy is useless because of a later obstacle. */
static const struct {
    bool (*is)(int error);
    const char *text;
} obstacles[] = {
    {lacks_types,
     "/sys/kernel/btf/vmlinux is missing; boot a kernel with CONFIG_DEBUG_INFO_BTF, as "
     "those of Debian are"},
    {is_locked_down, "the kernel is locked down (confidentiality) and lets no program read its "
                     "memory; boot it with lockdown=integrity or without"},
    {is_not_compiled, "the kernel does not compile its programs; run: sudo sysctl "
                      "net.core.bpf_jit_enable=1"},
    {is_in_user_namespace, "in a user namespace, as in a rootless container, the kernel accepts no "
                           "programs; run ipmon outside of it"},
    {is_filtered, "a seccomp filter, as that of a container or service, refuses programs in the "
                  "kernel; allow the system call bpf there (systemd: SystemCallFilter=bpf), or run "
                  "ipmon outside of it"},
    {is_memory_limited, "the limit of locked memory is too low for programs in this kernel; run: "
                        "ulimit -l unlimited, or run ipmon as root"},
    {is_permission, "a security module (SELinux, AppArmor) refuses programs in the kernel; allow "
                    "ipmon the use of BPF there"},
};

bool process_refuse(struct failure *failure, int error)
{
    for (size_t i = 0; i < sizeof obstacles / sizeof *obstacles; i++)
        if (obstacles[i].is(error))
            return failure_set_errno(failure, error, "cannot find processes: %s",
                                     obstacles[i].text);
    return failure_set_errno(failure, error,
                             "cannot find processes: the kernel does not accept the programs; "
                             "Linux 5.10 or later is needed, --log-level debug says why");
}
