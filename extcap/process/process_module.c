/*
 * The programs in the kernel are loaded by a module of its own, and that only when processes are
 * asked for: it alone needs libbpf.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "process_feed.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <unistd.h>

#include "permission.h"

#ifdef IPMON_PROCESS_MODULE

/* Beside a program that was built and not installed. */
#define BUILT_MODULE "/process_module/ipmon-process.so"

/* What the programs need beside CAP_NET_RAW; libcap of Debian 12 knows their names. */
static const struct {
    cap_value_t number;
    const char *name;
} needed[] = {{CAP_BPF, "CAP_BPF"}, {CAP_PERFMON, "CAP_PERFMON"}};

static bool is_effective(cap_t own, cap_value_t capability)
{
    cap_flag_value_t value = CAP_CLEAR;

    return own && cap_get_flag(own, capability, CAP_EFFECTIVE, &value) == 0 && value == CAP_SET;
}

/*
 * The name of a capability that is missing, or NULL: of one that no advice about the program's file
 * helps to get, if there is any.
 */
static const char *find_missing(bool *bounded_out)
{
    cap_t own = cap_get_proc();
    const char *missing = NULL;

    for (size_t i = 0; i < sizeof needed / sizeof *needed && !*bounded_out; i++) {
        if (is_effective(own, needed[i].number) || is_effective(own, CAP_SYS_ADMIN))
            continue;
        *bounded_out = cap_get_bound(needed[i].number) == 0;
        if (!missing || *bounded_out)
            missing = needed[i].name;
    }
    cap_free(own);
    return missing;
}

static bool check_capabilities(struct failure *failure)
{
    bool bounded_out = false;
    const char *missing = find_missing(&bounded_out);
    struct permission_facts facts;

    if (!missing)
        return true;
    permission_read(&facts);
    if (bounded_out)
        return failure_set_errno(
            failure, EPERM,
            "no permission to find processes: %s is not in the bounding set, "
            "as in a container or service without it; give it NET_RAW, BPF "
            "and PERFMON (docker run --cap-add BPF --cap-add PERFMON; systemd: "
            "CapabilityBoundingSet and AmbientCapabilities)",
            missing);
    if (facts.no_new_privs)
        return failure_set_errno(failure, EPERM,
                                 "no permission to find processes: %s is missing, and no_new_privs "
                                 "is set, so that the capabilities of a file have no effect; start "
                                 "ipmon where it is not set, or as root",
                                 missing);
    if (facts.nosuid)
        return failure_set_errno(failure, EPERM,
                                 "no permission to find processes: %s is missing, and the file "
                                 "system of %s is mounted nosuid, so that the capabilities of a "
                                 "file have no effect; install ipmon on another one, for example "
                                 "in /usr/local/bin",
                                 missing, facts.program);
    return failure_set_errno(failure, EPERM,
                             "no permission to find processes, %s is missing; run: sudo setcap "
                             "cap_net_raw,cap_bpf,cap_perfmon=ep %s",
                             missing, facts.program);
}

/* Not for a program with capabilities of its file: a link to it may be in a folder of anybody. */
static bool find_built_module(char *path, size_t size)
{
    const ssize_t length =
        permission_is_from_file() ? -1 : readlink("/proc/self/exe", path, size - 1);
    char *slash;

    if (length <= 0)
        return false;
    path[length] = '\0';
    slash = strrchr(path, '/');
    if (!slash || (size_t)(slash - path) + sizeof BUILT_MODULE > size)
        return false;
    memcpy(slash, BUILT_MODULE, sizeof BUILT_MODULE);
    return access(path, F_OK) == 0;
}

bool process_feed_open(struct process_feed *feed, bool arguments, struct failure *failure)
{
    char built[PATH_MAX];
    process_feed_opener *open;
    void *module;
    void *symbol;

    if (!check_capabilities(failure))
        return false;
    module =
        dlopen(find_built_module(built, sizeof built) ? built : IPMON_PROCESS_MODULE, RTLD_NOW);
    symbol = module ? dlsym(module, PROCESS_OPENER) : NULL;
    if (!symbol)
        return failure_set_errno(failure, ENOENT,
                                 "cannot find processes: %s; install ipmon again, or libbpf: "
                                 "sudo apt-get install libbpf1",
                                 dlerror());
    memcpy(&open, &symbol, sizeof open); /* a cast of it is not ISO C, see dlsym(3) */
    return open(feed, arguments, failure);
}

#else

bool process_feed_open(struct process_feed *feed, bool arguments, struct failure *failure)
{
    (void)feed;
    (void)arguments;
    return failure_set_errno(failure, ENOSYS,
                             "this ipmon was built without --process-information; build it where "
                             "clang, bpftool and libbpf-dev are installed");
}

#endif
