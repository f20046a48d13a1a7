/*
 * Breaking out of the sandbox: a child process enters it and tries what a program that was taken
 * over would try. Each attempt is made outside first, where it must succeed, so that a refusal is
 * the sandbox's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "sandbox_child.h"

#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "privilege.h"

/* Each returns a negative number with errno when it did not work. */

static long read_a_file(const struct world *world)
{
    (void)world;
    return syscall(SYS_openat, AT_FDCWD, "/proc/self/status", O_RDONLY);
}

static long make_a_file(const struct world *world)
{
    (void)world;
    return open("/tmp", O_TMPFILE | O_RDWR, 0600);
}

static long open_a_socket(const struct world *world)
{
    (void)world;
    return socket(AF_INET, SOCK_STREAM, 0);
}

static long join_sockets(const struct world *world)
{
    int ends[2];

    (void)world;
    return socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
}

static long connect_a_socket(const struct world *world)
{
    const struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = 9};

    return connect(world->receiver, (const struct sockaddr *)&address, sizeof address);
}

static long send_by(int descriptor)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = 9, .sin_addr = {htonl(INADDR_LOOPBACK)}};

    return sendto(descriptor, "x", 1, 0, (const struct sockaddr *)&address, sizeof address);
}

static long send_a_packet(const struct world *world)
{
    return send_by(world->receiver);
}

/* From the socket that may send, but to another address. */
static long send_from_the_dump_socket(const struct world *world)
{
    return send_by(world->dump_socket);
}

/* Which may send, but only to where it is connected. */
static long send_a_packet_by_standard_error(const struct world *world)
{
    (void)world;
    return send_by(STDERR_FILENO);
}

static long write_elsewhere(const struct world *world)
{
    return write(world->other, "x", 1);
}

static long duplicate(const struct world *world)
{
    return dup2(world->other, world->output);
}

static long duplicate_by_fcntl(const struct world *world)
{
    return fcntl(world->other, F_DUPFD, 0);
}

/* glibc's fork blocks signals first, also the one that reports a refused call, which then kills. */
static long start_a_process(const struct world *world)
{
    long child = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

    (void)world;
    if (child == 0)
        _exit(0);
    return child;
}

static long become_a_program(const struct world *world)
{
    char *const arguments[] = {(char[]){"sh"}, (char[]){"-c"}, (char[]){"exit 100"}, NULL};
    char *const environment[] = {NULL};

    (void)world;
    return execve("/bin/sh", arguments, environment);
}

static long trace_another(const struct world *world)
{
    (void)world;
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static long signal_another(const struct world *world)
{
    (void)world;
    return kill(getppid(), 0);
}

static long delete_a_file(const struct world *world)
{
    return unlink(world->victim);
}

static long cut_the_log(const struct world *world)
{
    return ftruncate(world->log, 0);
}

static long add_no_more_but_write(const struct world *world)
{
    return fcntl(world->log, F_SETFL, 0);
}

static long change_rights(const struct world *world)
{
    return fchmod(world->other, 0777);
}

static long map_a_program(const struct world *world)
{
    (void)world;
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
               ? -1
               : 0;
}

static long make_memory_a_program(const struct world *world)
{
    void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)world;
    return mprotect(memory, 4096, PROT_READ | PROT_EXEC);
}

static long become_dumpable(const struct world *world)
{
    (void)world;
    return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static long inspect_a_path(const struct world *world)
{
    struct stat status;

    (void)world;
    return fstatat(AT_FDCWD, "/etc", &status, 0);
}

static long set_another_option(const struct world *world)
{
    const int one = 1;

    return setsockopt(world->receiver, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
}

static long use_another_ioctl(const struct world *world)
{
    int waiting;

    return syscall(SYS_ioctl, world->receiver, 0x5411 /* TIOCOUTQ */, &waiting);
}

static const struct attempt attempts[] = {
    {"read a file", read_a_file, true, 0},
    {"make a file", make_a_file, false, 0},
    {"open a socket", open_a_socket, true, 0},
    {"join sockets", join_sockets, false, 0},
    {"connect a socket", connect_a_socket, false, 0},
    {"send a packet", send_a_packet, false, 0},
    {"send from the dump socket to another", send_from_the_dump_socket, false, 0},
    {"send a packet by standard error", send_a_packet_by_standard_error, false, 0},
    {"write elsewhere", write_elsewhere, false, 0},
    {"duplicate a descriptor", duplicate, false, 0},
    {"duplicate a descriptor by fcntl", duplicate_by_fcntl, false, 0},
    {"start a process", start_a_process, false, 0},
    {"become a program", become_a_program, false, 0},
    {"trace another process", trace_another, false, 0},
    {"signal another process", signal_another, false, 0},
    {"delete a file", delete_a_file, false, 0},
    {"cut the log", cut_the_log, false, 0},
    {"write where the log has something", add_no_more_but_write, false, 0},
    {"change rights", change_rights, false, 0},
    {"map memory as a program", map_a_program, false, 0},
    {"make memory a program", make_memory_a_program, false, 0},
    {"become dumpable", become_dumpable, false, 0},
    {"inspect a path", inspect_a_path, false, 0},
    {"set another option", set_another_option, false, 0},
    {"use another ioctl", use_another_ioctl, false, 0},
};

static void test_attempts(void **state)
{
    (void)state;
    check_attempts(attempts, ROWS(attempts));
}

/* What a capture does works inside; returns what did not. */
static const char *first_failure(const struct world *world)
{
    struct pollfd polled = {.fd = world->output, .events = POLLOUT};
    struct timespec now;
    char *memory;

    if (write(world->output, "x", 1) != 1)
        return "write";
    if (write(world->log, "x", 1) != 1)
        return "write to the log";
    if (ftruncate(world->file, 0) != 0)
        return "ftruncate";
    if (poll(&polled, 1, 0) != 1)
        return "poll";
    if (syscall(SYS_clock_gettime, CLOCK_REALTIME, &now) != 0)
        return "clock_gettime";
    memory = malloc(16 << 20); /* by mmap */
    memory = memory ? realloc(memory, 64 << 20) : NULL;
    if (!memory)
        return "malloc";
    free(memory);
    for (size_t i = 0; i < 64; i++) /* by brk */
        if (!malloc(64 << 10))
            return "malloc of small pieces";
    if (send(world->dump_socket, "x", 1, 0) != 1)
        return "send";
    return close(world->other) == 0 ? NULL : "close";
}

static void check_needs(enum sandbox_source kind)
{
    const struct world world = make_world();
    int status;
    pid_t child = fork();

    if (child == 0) {
        const char *failed;

        if (!enter(&world, &(const struct prison){SANDBOX_KILL, kind}))
            _exit(NOT_ENTERED);
        failed = first_failure(&world);
        if (failed)
            fprintf(stderr, "%s does not work\n", failed);
        _exit(failed ? FAILED : DONE);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    leave_world(&world);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), DONE);
}

static void test_what_a_capture_needs(void **state)
{
    (void)state;
    for (unsigned kind = SANDBOX_FILE; kind < KINDS_END; kind <<= 1)
        check_needs((enum sandbox_source)kind);
}

/* Only what was open before is closed. */
static void test_inherited(void **state)
{
    const struct world inherited = make_world();
    int status;
    pid_t child = fork();

    (void)state;
    if (child == 0) {
        const struct sandbox_descriptors descriptors = {
            .folder = -1, .dump_socket = -1, .kind = SANDBOX_FILE, .source = -1};
        struct failure failure = {""};
        int ours;

        privilege_note_inherited();
        ours = dup(STDERR_FILENO);
        if (!sandbox_enter(&descriptors, SANDBOX_KILL, &failure))
            _exit(NOT_ENTERED);
        for (int i = STDERR_FILENO + 1; i < ours; i++)
            if (fcntl(i, F_GETFL) != -1 || errno != EBADF)
                _exit(FAILED);
        _exit(fcntl(STDERR_FILENO, F_GETFL) >= 0 && fcntl(ours, F_GETFL) >= 0 ? DONE : FAILED);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    leave_world(&inherited);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attempts),
        cmocka_unit_test(test_what_a_capture_needs),
        cmocka_unit_test(test_inherited),
    };

    return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
