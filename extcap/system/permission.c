/*
 * The facts come from libcap and the kernel; the advice is a function of them alone.
 * Source: capabilities(7), user_namespaces(7), ioctl_ns(2).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "permission.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const char own_path[] = "/proc/self/exe";

bool permission_is_from_file(void)
{
    return getauxval(AT_SECURE) != 0;
}

static bool has_flag(cap_t capabilities, cap_flag_t flag)
{
    cap_flag_value_t value = CAP_CLEAR;

    return capabilities && cap_get_flag(capabilities, CAP_NET_RAW, flag, &value) == 0 &&
           value == CAP_SET;
}

static bool is_held(void)
{
    cap_t own = cap_get_proc();
    bool held = has_flag(own, CAP_EFFECTIVE);

    cap_free(own);
    return held;
}

static bool file_has(void)
{
    cap_t capabilities = cap_get_file(own_path);
    bool has = has_flag(capabilities, CAP_PERMITTED) && has_flag(capabilities, CAP_EFFECTIVE);

    cap_free(capabilities);
    return has;
}

static bool is_nosuid(void)
{
    struct statvfs status;

    return statvfs(own_path, &status) == 0 && (status.f_flag & ST_NOSUID) != 0;
}

/* NS_GET_USERNS fails when the owner is neither our user namespace nor below it. */
static bool is_network_foreign(void)
{
    int network = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    int owner = network >= 0 ? ioctl(network, NS_GET_USERNS) : -1;
    bool foreign = network >= 0 && owner < 0 && errno == EPERM;

    if (owner >= 0)
        close(owner);
    if (network >= 0)
        close(network);
    return foreign;
}

void permission_read(struct permission_facts *facts)
{
    ssize_t length;

    *facts = (struct permission_facts){
        .foreign_network = is_network_foreign(),
        .held = is_held(),
        .bounded_out = cap_get_bound(CAP_NET_RAW) == 0,
        .no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1,
        .nosuid = is_nosuid(),
        .file_has = file_has(),
        .program = "ipmon",
    };
    length = readlink(own_path, facts->program, sizeof facts->program - 1);
    if (length > 0 && (size_t)length < sizeof facts->program)
        facts->program[(size_t)length] = '\0';
}

/* In an order in which no advice is useless because of a later obstacle. */
void permission_advise(const struct permission_facts *facts, char *text, size_t size)
{
    const char *program = facts->program;

    if (facts->foreign_network)
        snprintf(text, size,
                 "no permission to capture: the network belongs to another user namespace, for "
                 "which capabilities of this one do not count; start ipmon outside of it");
    else if (facts->held)
        snprintf(text, size,
                 "no permission to capture, although ipmon has CAP_NET_RAW: a security module "
                 "(SELinux, AppArmor, a seccomp filter) refuses it, or the device needs more");
    else if (facts->bounded_out)
        snprintf(text, size,
                 "no permission to capture: CAP_NET_RAW is not in the bounding set, as in a "
                 "container or service without it; give it to the container (docker run --cap-add "
                 "NET_RAW, podman run --cap-add NET_RAW) or to the service (systemd: "
                 "CapabilityBoundingSet=CAP_NET_RAW and AmbientCapabilities=CAP_NET_RAW)");
    else if (facts->no_new_privs)
        snprintf(text, size,
                 "no permission to capture: no_new_privs is set, so that the capability of a file "
                 "has no effect; start ipmon where it is not set, as root, or with CAP_NET_RAW as "
                 "an ambient capability (systemd: AmbientCapabilities=CAP_NET_RAW)");
    else if (facts->nosuid)
        snprintf(text, size,
                 "no permission to capture: the file system of %s is mounted nosuid, so that the "
                 "capability of a file has no effect; install ipmon on another one, for example "
                 "in /usr/local/bin",
                 program);
    else if (facts->file_has)
        snprintf(text, size,
                 "no permission to capture: %s has the capability cap_net_raw, but the kernel does "
                 "not grant it: a user namespace, a tracer (strace, gdb) or a security module is "
                 "in the way",
                 program);
    else
        snprintf(text, size, "no permission to capture; run: sudo setcap cap_net_raw=ep %s",
                 program);
}
