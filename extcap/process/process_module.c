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

/* The name of the first capability that is missing, and whether it may be had at all; or NULL. */
static const char *find_missing(bool *bounded_out)
{
    cap_t own = cap_get_proc();
    const char *missing = NULL;

    for (size_t i = 0; i < sizeof needed / sizeof *needed && !missing; i++) {
        if (is_effective(own, needed[i].number) || is_effective(own, CAP_SYS_ADMIN))
            continue;
        missing = needed[i].name;
        *bounded_out = cap_get_bound(needed[i].number) == 0;
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
        return failure_set_errno(failure, EPERM,
                                 "no permission to find processes: %s is not in the bounding set, "
                                 "as in a container or service without it; give it BPF, PERFMON "
                                 "and NET_RAW (docker run --cap-add BPF --cap-add PERFMON)",
                                 missing);
    if (facts.no_new_privs || facts.nosuid)
        return failure_set_errno(failure, EPERM,
                                 "no permission to find processes: %s is missing, and %s, so that "
                                 "the capabilities of a file have no effect; run ipmon as root",
                                 missing,
                                 facts.no_new_privs ? "no_new_privs is set"
                                                    : "its file system is mounted nosuid");
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
