/*
 * The filter of system calls, by libseccomp; files, by Landlock.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "sandbox.h"

#include "privilege.h"

#ifdef IPMON_SANDBOX

#include <errno.h>
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
#include <unistd.h>

#include "landlock.h"

static volatile sig_atomic_t refused_count;
static volatile sig_atomic_t refused_last;

unsigned sandbox_refused(int *last)
{
    *last = refused_last;
    return (unsigned)refused_count;
}

/*
 * The register for the result of a refused call, in the context of SIGSYS. On other machines the
 * kernel returns EPERM by itself (SECCOMP_RET_ERRNO), and nothing is counted.
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

/* Sets of enum sandbox_source. */
enum {
    BY_LIBPCAP = SANDBOX_LIBPCAP | SANDBOX_LIBPCAP_DEVICE,
    ON_PACKET_SOCKETS = SANDBOX_PACKET_SOCKET | SANDBOX_LIBPCAP,
    LIVE = SANDBOX_PACKET_SOCKET | SANDBOX_RAW_SOCKETS | BY_LIBPCAP,
    BY_EPOLL = SANDBOX_RAW_SOCKETS | SANDBOX_REMOTE,
    ALL = SANDBOX_FILE | LIVE | SANDBOX_REMOTE,
};

/*
 * System calls that are allowed with any arguments, and to captures from which sources. Some exist
 * on one kind of machine only, or are called by a C library that does not use the vDSO.
 */
static const struct {
    int call;
    unsigned kinds;
} allowed[] = {
    /* waiting and reading */
    {SCMP_SYS(poll), ALL},
    {SCMP_SYS(ppoll), ALL},
    {SCMP_SYS(ppoll_time64), ALL},
    {SCMP_SYS(epoll_wait), BY_EPOLL},
    {SCMP_SYS(epoll_pwait), BY_EPOLL},
    {SCMP_SYS(read), ALL},
    {SCMP_SYS(readv), ALL},
    {SCMP_SYS(recvfrom), LIVE}, /* changes of the machine */
    {SCMP_SYS(recv), LIVE},
    {SCMP_SYS(recvmsg), SANDBOX_RAW_SOCKETS | SANDBOX_LIBPCAP_DEVICE}, /* Bluetooth */
    {SCMP_SYS(lseek), ALL},
    {SCMP_SYS(_llseek), ALL},
    {SCMP_SYS(fstat), ALL},
    {SCMP_SYS(fstat64), ALL},
    {SCMP_SYS(getsockname), BY_LIBPCAP},
    {SCMP_SYS(restart_syscall), ALL},
    /* the end of a capture */
    {SCMP_SYS(close), ALL},
    {SCMP_SYS(exit), ALL},
    {SCMP_SYS(exit_group), ALL},
    /* time */
    {SCMP_SYS(clock_gettime), ALL},
    {SCMP_SYS(clock_gettime64), ALL},
    {SCMP_SYS(gettimeofday), ALL},
    {SCMP_SYS(time), ALL},
    {SCMP_SYS(timerfd_settime), SANDBOX_FILE}, /* its pace */
    {SCMP_SYS(timerfd_settime64), SANDBOX_FILE},
    /* memory */
    {SCMP_SYS(brk), ALL},
    {SCMP_SYS(munmap), ALL},
    {SCMP_SYS(mremap), ALL},
    {SCMP_SYS(madvise), ALL},
    {SCMP_SYS(getrandom), ALL},
    {SCMP_SYS(futex), ALL},
    {SCMP_SYS(futex_time64), ALL},
    /* itself */
    {SCMP_SYS(uname), ALL},
    {SCMP_SYS(getpid), ALL},
    {SCMP_SYS(gettid), ALL},
    {SCMP_SYS(rt_sigprocmask), ALL},
    {SCMP_SYS(rt_sigreturn), ALL},
    {SCMP_SYS(sigreturn), ALL},
};

/* Called by libpcap, which does without: they fail and are no violation. */
static const int failing[] = {
    SCMP_SYS(open),
    SCMP_SYS(socket),
};

/* System calls that are allowed when the bits of `mask` of an argument equal `value`. */
static const struct {
    int call;
    unsigned argument;
    uint64_t mask;
    uint64_t value;
    unsigned kinds;
} argument_rules[] = {
    /* no memory becomes executable */
    {SCMP_SYS(mmap), 2, PROT_EXEC, 0, ALL},
    {SCMP_SYS(mmap2), 2, PROT_EXEC, 0, ALL},
    {SCMP_SYS(mprotect), 2, PROT_EXEC, 0, ALL},
    /* fstat() of newer C libraries */
    {SCMP_SYS(newfstatat), 3, AT_EMPTY_PATH, AT_EMPTY_PATH, ALL},
    {SCMP_SYS(fstatat64), 3, AT_EMPTY_PATH, AT_EMPTY_PATH, ALL},
    {SCMP_SYS(fcntl), 1, UINT32_MAX, F_GETFL, ALL},
    {SCMP_SYS(fcntl64), 1, UINT32_MAX, F_GETFL, ALL},
    {SCMP_SYS(ioctl), 1, UINT32_MAX, FIONREAD, ALL},
    {SCMP_SYS(ioctl), 1, UINT32_MAX, SIOCETHTOOL, LIVE},
    {SCMP_SYS(ioctl), 1, UINT32_MAX, SIOCGIFFLAGS, BY_LIBPCAP},
};

/*
 * Socket options; those of SOL_PACKET on the source's socket alone. The receive-all mode and the
 * addresses of mode 0 change while a capture runs; libpcap releases its ring at the end.
 */
static const struct {
    int call;
    int level;
    int option;
    unsigned kinds;
} socket_options[] = {
    {SCMP_SYS(setsockopt), SOL_SOCKET, SO_ATTACH_FILTER, LIVE},
    {SCMP_SYS(setsockopt), SOL_PACKET, PACKET_ADD_MEMBERSHIP, SANDBOX_PACKET_SOCKET},
    {SCMP_SYS(setsockopt), SOL_PACKET, PACKET_DROP_MEMBERSHIP, SANDBOX_PACKET_SOCKET},
    {SCMP_SYS(setsockopt), SOL_PACKET, PACKET_RX_RING, SANDBOX_LIBPCAP},
    {SCMP_SYS(getsockopt), SOL_SOCKET, SO_ERROR, LIVE},
    {SCMP_SYS(getsockopt), SOL_SOCKET, SO_MEMINFO, SANDBOX_RAW_SOCKETS},
    {SCMP_SYS(getsockopt), SOL_PACKET, PACKET_STATISTICS, ON_PACKET_SOCKETS},
};

/* Of an argument of type int, of which the kernel reads the lower half alone. */
static struct scmp_arg_cmp is_number(unsigned argument, int value)
{
    return (struct scmp_arg_cmp){.arg = argument,
                                 .op = SCMP_CMP_MASKED_EQ,
                                 .datum_a = UINT32_MAX,
                                 .datum_b = (uint32_t)value};
}

/* Flags of open(2), to which the C library of a 32-bit system may add O_LARGEFILE. */
static struct scmp_arg_cmp has_open_flags(unsigned argument, int flags)
{
    return (struct scmp_arg_cmp){.arg = argument,
                                 .op = SCMP_CMP_MASKED_EQ,
                                 .datum_a = UINT32_MAX & ~(uint32_t)O_LARGEFILE,
                                 .datum_b = (uint32_t)flags};
}

static struct scmp_arg_cmp is_null(unsigned argument)
{
    return (struct scmp_arg_cmp){
        .arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = UINT64_MAX, .datum_b = 0};
}

static int add_calls(scmp_filter_ctx filter, unsigned kind)
{
    int error = 0;

    for (size_t i = 0; i < sizeof allowed / sizeof *allowed && error == 0; i++)
        if (allowed[i].kinds & kind)
            error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i].call, 0);
    return error;
}

/* Of openat, only to read: with other flags a recorder calls it, which must not fail. */
static int add_failing(scmp_filter_ctx filter, unsigned kind)
{
    const uint32_t refused = SCMP_ACT_ERRNO(EPERM);
    int error = 0;

    if (!(kind & BY_LIBPCAP))
        return 0;
    for (size_t i = 0; i < sizeof failing / sizeof *failing && error == 0; i++)
        error = seccomp_rule_add(filter, refused, failing[i], 0);
    if (error != 0)
        return error;
    return seccomp_rule_add(filter, refused, SCMP_SYS(openat), 1,
                            SCMP_CMP(2, SCMP_CMP_MASKED_EQ, O_ACCMODE | O_PATH, O_RDONLY));
}

static int add_argument_rules(scmp_filter_ctx filter, unsigned kind)
{
    int error = 0;

    for (size_t i = 0; i < sizeof argument_rules / sizeof *argument_rules && error == 0; i++)
        if (argument_rules[i].kinds & kind)
            error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, argument_rules[i].call, 1,
                                     SCMP_CMP(argument_rules[i].argument, SCMP_CMP_MASKED_EQ,
                                              argument_rules[i].mask, argument_rules[i].value));
    return error;
}

static int add_socket_options(scmp_filter_ctx filter, unsigned kind, int source)
{
    int error = 0;

    for (size_t i = 0; i < sizeof socket_options / sizeof *socket_options && error == 0; i++) {
        const int level = socket_options[i].level;
        const struct scmp_arg_cmp tests[] = {
            is_number(1, level),
            is_number(2, socket_options[i].option),
            is_number(0, source),
        };

        if (socket_options[i].kinds & kind)
            error = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, socket_options[i].call,
                                           level == SOL_PACKET ? 3 : 2, tests);
    }
    return error;
}

/*
 * For the end of a capture, when the packet socket stops receiving. A filter can test the length of
 * the address, not the address: it may be another protocol or interface, which needs no capability
 * either.
 */
static int add_bind(scmp_filter_ctx filter, unsigned kind, int source)
{
    if (kind != SANDBOX_PACKET_SOCKET)
        return 0;
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(bind), 2, is_number(0, source),
                            is_number(2, sizeof(struct sockaddr_ll)));
}

static int add_call_on(scmp_filter_ctx filter, int call, int descriptor)
{
    if (descriptor < 0)
        return 0;
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1, is_number(0, descriptor));
}

/* Without an address: the socket sends to where it is connected, or to the kernel. */
static int add_sending(scmp_filter_ctx filter, int descriptor)
{
    int error = add_call_on(filter, SCMP_SYS(send), descriptor);

    if (error != 0 || descriptor < 0)
        return error;
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sendto), 2, is_number(0, descriptor),
                            is_null(4));
}

/* Only to outputs: what is written to a packet socket is sent. */
static int add_output(scmp_filter_ctx filter, int descriptor)
{
    int error = add_call_on(filter, SCMP_SYS(write), descriptor);

    if (error == 0)
        error = add_call_on(filter, SCMP_SYS(writev), descriptor);
    return error == 0 ? add_sending(filter, descriptor) : error;
}

static int add_truncatable(scmp_filter_ctx filter, int descriptor)
{
    int error = add_call_on(filter, SCMP_SYS(ftruncate), descriptor);

    return error == 0 ? add_call_on(filter, SCMP_SYS(ftruncate64), descriptor) : error;
}

/* A filter cannot test names: that they are in the folder is up to Landlock. */
static int add_folder(scmp_filter_ctx filter, int folder)
{
    int error;

    if (folder < 0)
        return 0;
    error =
        seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 3, is_number(0, folder),
                         has_open_flags(2, SANDBOX_NEW_FILE), is_number(3, SANDBOX_NEW_FILE_MODE));
    if (error == 0)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 2, is_number(0, folder),
                                 has_open_flags(2, SANDBOX_PLUG));
    if (error != 0)
        return error;
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(unlinkat), 2, is_number(0, folder),
                            is_number(2, 0));
}

static int add_descriptors(scmp_filter_ctx filter, const struct sandbox_descriptors *descriptors)
{
    int error = add_output(filter, STDOUT_FILENO);

    if (error == 0)
        error = add_output(filter, STDERR_FILENO);
    for (size_t i = 0; i < descriptors->output_count && error == 0; i++)
        error = add_output(filter, descriptors->outputs[i]);
    for (size_t i = 0; i < descriptors->source_output_count && error == 0; i++)
        error = add_output(filter, descriptors->source_outputs[i]);
    for (size_t i = 0; i < descriptors->truncatable_count && error == 0; i++)
        error = add_truncatable(filter, descriptors->truncatable[i]);
    if (error == 0)
        error = add_folder(filter, descriptors->folder);
    if (error == 0)
        error = add_sending(filter, descriptors->dump_socket);
    if (error == 0)
        error = add_bind(filter, descriptors->kind, descriptors->source);
    return error;
}

static bool load_filter(const struct sandbox_descriptors *descriptors,
                        enum sandbox_violation violation, struct failure *failure)
{
    scmp_filter_ctx filter =
        seccomp_init(violation == SANDBOX_KILL ? SCMP_ACT_KILL_PROCESS : refusal());
    int error = filter ? 0 : -ENOMEM;

    if (error == 0) /* a binary tree */
        error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (error == 0)
        error = add_calls(filter, descriptors->kind);
    if (error == 0)
        error = add_failing(filter, descriptors->kind);
    if (error == 0)
        error = add_argument_rules(filter, descriptors->kind);
    if (error == 0)
        error = add_socket_options(filter, descriptors->kind, descriptors->source);
    if (error == 0)
        error = add_descriptors(filter, descriptors);
    if (error == 0)
        error = seccomp_load(filter);
    seccomp_release(filter);
    return error == 0 || failure_set_errno(failure, -error, "cannot limit the system calls");
}

static bool confine(const struct sandbox_descriptors *descriptors, enum sandbox_violation violation,
                    struct failure *failure)
{
    return (descriptors->folder < 0 || landlock_limit_files(descriptors->folder, failure)) &&
           load_filter(descriptors, violation, failure);
}

#else /* valgrind and the sanitizers make system calls of their own, and open files */

unsigned sandbox_refused(int *last)
{
    *last = 0;
    return 0;
}

static bool confine(const struct sandbox_descriptors *descriptors, enum sandbox_violation violation,
                    struct failure *failure)
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
    privilege_close_inherited();
    return privilege_drop(failure) && confine(descriptors, violation, failure);
}
