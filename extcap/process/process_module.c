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

#define SETCAP "sudo setcap cap_net_raw,cap_bpf,cap_perfmon=ep "

enum {
    BUILT_MODULE_PARTS = 3, /* of its path below the folder of the build: extcap is one, too */
    BUILD_FILE_SIZE = PATH_MAX + 32,
    ADVICE_SIZE = PATH_MAX + 64,
};

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

/* The module beside the program; false when there is none. */
static bool find_beside(char path[PATH_MAX])
{
    const ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
    char *slash;

    if (length <= 0)
        return false;
    path[length] = '\0';
    slash = strrchr(path, '/');
    if (!slash || (size_t)(slash - path) + sizeof BUILT_MODULE > PATH_MAX)
        return false;
    memcpy(slash, BUILT_MODULE, sizeof BUILT_MODULE);
    return access(path, F_OK) == 0;
}

/* Not for a program with capabilities of its file: a link to it may be in a folder of anybody. */
static bool find_built_module(char path[PATH_MAX])
{
    return !permission_is_from_file() && find_beside(path);
}

static bool is_installed(void)
{
    return access(IPMON_PROCESS_MODULE, F_OK) == 0;
}

/* The folder in which the program was built; false when it is not there any more. */
static bool find_build(char path[PATH_MAX])
{
    char file[BUILD_FILE_SIZE];

    if (!find_beside(path))
        return false;
    for (unsigned i = 0; i < BUILT_MODULE_PARTS; i++) {
        char *slash = strrchr(path, '/');

        if (!slash)
            return false;
        *slash = '\0';
    }
    snprintf(file, sizeof file, "%s/cmake_install.cmake", path);
    return access(file, F_OK) == 0;
}

/* How the installed module comes to its place. */
static void advise_installation(char text[ADVICE_SIZE])
{
    char path[PATH_MAX];

    if (find_build(path))
        snprintf(text, ADVICE_SIZE, "run: sudo cmake --install %s", path);
    else
        snprintf(text, ADVICE_SIZE, "install ipmon again");
}

/* The capabilities of a file are of use only when the module is installed, too. */
static bool refuse_without(const char *missing, const char *program, struct failure *failure)
{
    char install[ADVICE_SIZE];

    if (is_installed())
        return failure_set_errno(
            failure, EPERM, "no permission to find processes, %s is missing; run: " SETCAP "%s",
            missing, program);
    advise_installation(install);
    return failure_set_errno(failure, EPERM,
                             "no permission to find processes, %s is missing, and ipmon is not "
                             "installed; %s, then: " SETCAP IPMON_INSTALLED_PROGRAM
                             ", and start that one",
                             missing, install);
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
    return refuse_without(missing, facts.program, failure);
}

/* The module is not there, or a library that it needs. */
static bool refuse_module(bool is_found, struct failure *failure)
{
    char install[ADVICE_SIZE];

    if (is_found)
        return failure_set_errno(failure, EOPNOTSUPP,
                                 "cannot find processes: %s; install ipmon again, or libbpf: "
                                 "sudo apt-get install libbpf1",
                                 dlerror());
    advise_installation(install);
    return failure_set_errno(
        failure, EOPNOTSUPP,
        "cannot find processes: " IPMON_PROCESS_MODULE
        " is not installed; %s, then, unless root starts it: " SETCAP IPMON_INSTALLED_PROGRAM,
        install);
}

bool process_feed_open(struct process_feed *feed, bool arguments, struct failure *failure)
{
    char built[PATH_MAX];
    process_feed_opener *open;
    bool is_built;
    void *module;
    void *symbol;

    if (!check_capabilities(failure))
        return false;
    is_built = find_built_module(built);
    module = dlopen(is_built ? built : IPMON_PROCESS_MODULE, RTLD_NOW);
    symbol = module ? dlsym(module, PROCESS_OPENER) : NULL;
    if (!symbol)
        return refuse_module(is_built || is_installed(), failure);
    memcpy(&open, &symbol, sizeof open); /* a cast of it is not ISO C, see dlsym(3) */
    return open(feed, arguments, failure);
}

#else

bool process_feed_open(struct process_feed *feed, bool arguments, struct failure *failure)
{
    (void)feed;
    (void)arguments;
    return failure_set_errno(failure, EOPNOTSUPP,
                             "this ipmon was built without --process-information; build it where "
                             "clang, bpftool and libbpf-dev are installed");
}

#endif
