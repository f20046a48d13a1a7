/*
 * Capabilities by libcap, the list of system calls by libseccomp.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

static int *strays;
static size_t stray_count;

static void note_stray(int descriptor)
{
    int *grown = realloc(strays, (stray_count + 1) * sizeof *strays);

    if (!grown)
        return;
    strays = grown;
    strays[stray_count++] = descriptor;
}

/* Without /proc nothing is noted: the list of system calls alone then guards what is open. */
void sandbox_note_strays(void)
{
    DIR *folder = opendir("/proc/self/fd");
    const struct dirent *entry;

    while (folder && (entry = readdir(folder)) != NULL) {
        int descriptor = (int)strtol(entry->d_name, NULL, 10);

        if (descriptor > STDERR_FILENO && descriptor != dirfd(folder))
            note_stray(descriptor);
    }
    if (folder)
        closedir(folder);
}

static void close_strays(void)
{
    for (size_t i = 0; i < stray_count; i++)
        close(strays[i]);
    free(strays);
    strays = NULL;
    stray_count = 0;
}

/* Without CAP_SETPCAP the set stays; no_new_privs makes it harmless. */
static void clear_bounding_set(void)
{
    for (cap_value_t capability = 0; cap_get_bound(capability) >= 0; capability++)
        if (cap_drop_bound(capability) != 0)
            return;
}

static bool clear_own_sets(void)
{
    cap_t none = cap_init();
    bool cleared = none && cap_set_proc(none) == 0;

    cap_free(none);
    return cleared;
}

bool sandbox_drop_capabilities(struct failure *failure)
{
    cap_reset_ambient();
    clear_bounding_set();
    if (clear_own_sets() && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
        return true;
    return failure_set_errno(failure, errno, "cannot give up capabilities");
}

#ifdef IPMON_SANDBOX

#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <ucontext.h>

static volatile sig_atomic_t refused_count;
static volatile sig_atomic_t refused_last;

unsigned sandbox_refused(int *last)
{
    *last = refused_last;
    return (unsigned)refused_count;
}

/*
 * Where the kernel's signal for a refused call finds the call's result. On other machines the
 * kernel refuses by itself, and nothing is counted.
 */
#if defined(__x86_64__)
#define RESULT_REGISTER(context) ((context)->uc_mcontext.gregs[REG_RAX])
#elif defined(__aarch64__)
#define RESULT_REGISTER(context) ((context)->uc_mcontext.regs[0])
#endif

#ifdef RESULT_REGISTER
static void refuse(int signal, siginfo_t *information, void *context)
{
    (void)signal;
    refused_count = refused_count + 1;
    refused_last = information->si_syscall;
    RESULT_REGISTER((ucontext_t *)context) = -EPERM;
}

static uint32_t refusal(void)
{
    struct sigaction action = {.sa_sigaction = refuse, .sa_flags = SA_SIGINFO};

    sigemptyset(&action.sa_mask);
    return sigaction(SIGSYS, &action, NULL) == 0 ? SCMP_ACT_TRAP : SCMP_ACT_ERRNO(EPERM);
}
#else
static uint32_t refusal(void)
{
    return SCMP_ACT_ERRNO(EPERM);
}
#endif

/*
 * What a capture calls with any arguments. Some are there for one kind of machine only, or for a C
 * library that asks the kernel for the time itself.
 */
static const int allowed[] = {
    /* waiting and reading */
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(ppoll_time64),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(recv),
    SCMP_SYS(lseek),
    SCMP_SYS(_llseek),
    SCMP_SYS(fstat),
    SCMP_SYS(fstat64),
    SCMP_SYS(getsockopt),
    SCMP_SYS(getsockname),
    SCMP_SYS(restart_syscall),
    /* the end of a capture: a socket stops to receive */
    SCMP_SYS(bind),
    SCMP_SYS(close),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    /* time */
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_gettime64),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(timerfd_settime),
    SCMP_SYS(timerfd_settime64),
    /* memory */
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(getrandom),
    SCMP_SYS(futex),
    SCMP_SYS(futex_time64),
    /* itself */
    SCMP_SYS(uname),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigreturn),
};

/* Tried by libpcap, which does without. */
static const int openings[] = {
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(socket),
};

/* What is allowed with certain arguments only: those whose bits in `mask` equal `value`. */
struct argument_rule {
    int call;
    unsigned argument;
    uint64_t mask;
    uint64_t value;
};

static const struct argument_rule argument_rules[] = {
    /* no memory becomes a program */
    {SCMP_SYS(mmap), 2, PROT_EXEC, 0},
    {SCMP_SYS(mmap2), 2, PROT_EXEC, 0},
    {SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
    /* fstat() of newer C libraries */
    {SCMP_SYS(newfstatat), 3, AT_EMPTY_PATH, AT_EMPTY_PATH},
    {SCMP_SYS(fstatat64), 3, AT_EMPTY_PATH, AT_EMPTY_PATH},
    {SCMP_SYS(fcntl), 1, UINT32_MAX, F_GETFL},
    {SCMP_SYS(fcntl64), 1, UINT32_MAX, F_GETFL},
    {SCMP_SYS(ioctl), 1, UINT32_MAX, FIONREAD},
    {SCMP_SYS(ioctl), 1, UINT32_MAX, SIOCETHTOOL},
    {SCMP_SYS(ioctl), 1, UINT32_MAX, SIOCGIFFLAGS},
};

/* The receive-all mode and the addresses of mode 0 change while a capture runs; libpcap gives its
 * ring back at the end. */
static const struct {
    int level;
    int option;
} socket_options[] = {
    {SOL_SOCKET, SO_ATTACH_FILTER},
    {SOL_PACKET, PACKET_ADD_MEMBERSHIP},
    {SOL_PACKET, PACKET_DROP_MEMBERSHIP},
    {SOL_PACKET, PACKET_RX_RING},
};

static int add_calls(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
    int error = 0;

    for (size_t i = 0; i < count && error == 0; i++)
        error = seccomp_rule_add(filter, action, calls[i], 0);
    return error;
}

static int add_argument_rules(scmp_filter_ctx filter)
{
    int error = 0;

    for (size_t i = 0; i < sizeof argument_rules / sizeof *argument_rules && error == 0; i++) {
        const struct argument_rule *rule = &argument_rules[i];

        error =
            seccomp_rule_add(filter, SCMP_ACT_ALLOW, rule->call, 1,
                             SCMP_CMP(rule->argument, SCMP_CMP_MASKED_EQ, rule->mask, rule->value));
    }
    for (size_t i = 0; i < sizeof socket_options / sizeof *socket_options && error == 0; i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 2,
                                 SCMP_A1_32(SCMP_CMP_EQ, (uint32_t)socket_options[i].level),
                                 SCMP_A2_32(SCMP_CMP_EQ, (uint32_t)socket_options[i].option));
    return error;
}

static int add_call_on(scmp_filter_ctx filter, int call, int descriptor)
{
    return descriptor < 0 ? 0
                          : seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
                                             SCMP_A0_32(SCMP_CMP_EQ, (uint32_t)descriptor));
}

/* A packet socket sends what is written to it: only the outputs take anything. */
static int add_output(scmp_filter_ctx filter, int descriptor)
{
    int error = add_call_on(filter, SCMP_SYS(write), descriptor);

    return error == 0 ? add_call_on(filter, SCMP_SYS(writev), descriptor) : error;
}

static int add_descriptors(scmp_filter_ctx filter, const struct sandbox_descriptors *descriptors)
{
    int error = add_output(filter, STDOUT_FILENO);

    if (error == 0)
        error = add_output(filter, STDERR_FILENO);
    for (size_t i = 0; i < descriptors->output_count && error == 0; i++)
        error = add_output(filter, descriptors->outputs[i]);
    if (error == 0)
        error = add_call_on(filter, SCMP_SYS(ftruncate), descriptors->cut);
    if (error == 0)
        error = add_call_on(filter, SCMP_SYS(ftruncate64), descriptors->cut);
    if (error == 0)
        error = add_call_on(filter, SCMP_SYS(sendto), descriptors->questions);
    return error;
}

static bool limit_calls(const struct sandbox_descriptors *descriptors,
                        enum sandbox_violation violation, struct failure *failure)
{
    scmp_filter_ctx filter =
        seccomp_init(violation == SANDBOX_KILL ? SCMP_ACT_KILL_PROCESS : refusal());
    int error = filter ? 0 : -ENOMEM;

    if (error == 0) /* the commonest calls are found first */
        error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (error == 0)
        error = add_calls(filter, SCMP_ACT_ALLOW, allowed, sizeof allowed / sizeof *allowed);
    if (error == 0 && descriptors->tries_to_open)
        error =
            add_calls(filter, SCMP_ACT_ERRNO(EPERM), openings, sizeof openings / sizeof *openings);
    if (error == 0)
        error = add_argument_rules(filter);
    if (error == 0)
        error = add_descriptors(filter, descriptors);
    if (error == 0)
        error = seccomp_load(filter);
    seccomp_release(filter);
    return error == 0 || failure_set_errno(failure, -error, "cannot limit the system calls");
}

#else /* valgrind and the sanitizers call the kernel for themselves */

unsigned sandbox_refused(int *last)
{
    *last = 0;
    return 0;
}

static bool limit_calls(const struct sandbox_descriptors *descriptors,
                        enum sandbox_violation violation, struct failure *failure)
{
    (void)descriptors;
    (void)violation;
    (void)failure;
    return true;
}

#endif

bool sandbox_enter(const struct sandbox_descriptors *descriptors, enum sandbox_violation violation,
                   struct failure *failure)
{
    close_strays();
    return sandbox_drop_capabilities(failure) && limit_calls(descriptors, violation, failure);
}
