/*
 * Breaking out of the sandbox: a child process enters it and tries what a program that was taken
 * over would try. Each attempt is made outside first, where it must succeed, so that a refusal is
 * the sandbox's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sandbox.h"

enum {
    DONE = 100,        /* exit statuses of a child */
    REFUSED = 101,     /* with EPERM, and counted */
    FAILED = 102,      /* otherwise */
    NOT_COUNTED = 103, /* with EPERM */
    NOT_ENTERED = 104,
};

/* What a child has open. */
struct world {
    int ends[2];                                  /* that are read from */
    int output;                                   /* may be written to */
    int other;                                    /* a pipe that may not */
    int file;                                     /* may be cut */
    int log;                                      /* a file that may only be added to */
    int receiver;                                 /* a socket that may only receive */
    int questions;                                /* a socket that may ask the kernel */
    char victim[sizeof "/tmp/ipmon-test-XXXXXX"]; /* a file */
};

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

static long send_a_packet(const struct world *world)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = 9, .sin_addr = {htonl(INADDR_LOOPBACK)}};

    return sendto(world->receiver, "x", 1, 0, (const struct sockaddr *)&address, sizeof address);
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

/* glibc's fork blocks signals first, the one that tells of a refusal, too; whose call then kills. */
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

static long look_at_a_path(const struct world *world)
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

static const struct {
    const char *name;
    long (*attempt)(const struct world *world);
    bool opens;
} attempts[] = {
    {"read a file", read_a_file, true},
    {"make a file", make_a_file, true},
    {"open a socket", open_a_socket, true},
    {"join sockets", join_sockets, false},
    {"connect a socket", connect_a_socket, false},
    {"send a packet", send_a_packet, false},
    {"write elsewhere", write_elsewhere, false},
    {"duplicate a descriptor", duplicate, false},
    {"duplicate a descriptor by fcntl", duplicate_by_fcntl, false},
    {"start a process", start_a_process, false},
    {"become a program", become_a_program, false},
    {"trace another process", trace_another, false},
    {"signal another process", signal_another, false},
    {"delete a file", delete_a_file, false},
    {"cut the log", cut_the_log, false},
    {"write where the log has something", add_no_more_but_write, false},
    {"change rights", change_rights, false},
    {"map memory as a program", map_a_program, false},
    {"make memory a program", make_memory_a_program, false},
    {"become dumpable", become_dumpable, false},
    {"look at a path", look_at_a_path, false},
    {"set another option", set_another_option, false},
    {"use another ioctl", use_another_ioctl, false},
};

static struct world make_world(void)
{
    struct world world = {.victim = "/tmp/ipmon-test-XXXXXX"};
    int ends[2];

    world.file = mkstemp(world.victim);
    world.log = open(world.victim, O_WRONLY | O_APPEND);
    assert_true(world.file >= 0 && world.log >= 0);
    assert_int_equal(pipe(ends), 0);
    world.ends[0] = ends[0];
    world.output = ends[1];
    assert_int_equal(pipe(ends), 0);
    world.ends[1] = ends[0];
    world.other = ends[1];
    world.receiver = socket(AF_INET, SOCK_DGRAM, 0);
    world.questions = socket(AF_INET, SOCK_DGRAM, 0);
    assert_true(world.receiver >= 0 && world.questions >= 0);
    return world;
}

static void leave_world(const struct world *world)
{
    const int descriptors[] = {world->ends[0], world->ends[1], world->output,   world->other,
                               world->file,    world->log,     world->receiver, world->questions};

    for (size_t i = 0; i < ROWS(descriptors); i++)
        close(descriptors[i]);
    unlink(world->victim);
}

/* Inside of what an attempt is made. */
struct prison {
    enum sandbox_violation violation;
    bool tries_to_open;
};

static bool enter(const struct world *world, const struct prison *prison)
{
    const int outputs[] = {-1, world->output, world->log};
    const struct sandbox_descriptors descriptors = {
        .outputs = outputs,
        .output_count = ROWS(outputs),
        .cut = world->file,
        .questions = world->questions,
        .tries_to_open = prison->tries_to_open,
    };
    struct failure failure = {""};

    return sandbox_enter(&descriptors, prison->violation, &failure);
}

/* What became of a child that did the attempt, free or not: its exit status, or the negative
 * signal. */
static int outcome_of(size_t attempt, const struct prison *prison)
{
    const struct world world = make_world();
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        int last;

        if (prison && !enter(&world, prison))
            _exit(NOT_ENTERED);
        errno = 0;
        if (attempts[attempt].attempt(&world) >= 0)
            _exit(DONE);
        if (errno != EPERM)
            _exit(FAILED);
        _exit(sandbox_refused(&last) > 0 ? REFUSED : NOT_COUNTED);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    leave_world(&world);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void test_attempts(void **state)
{
    static const struct prison refusing = {SANDBOX_REFUSE, false};
    static const struct prison killing = {SANDBOX_KILL, false};

    (void)state;
    for (size_t i = 0; i < ROWS(attempts); i++) {
        row_equal(attempts[i].name, outcome_of(i, NULL), DONE);
        row_equal(attempts[i].name, outcome_of(i, &refusing), REFUSED);
        row_equal(attempts[i].name, outcome_of(i, &killing), -SIGSYS);
    }
}

/* libpcap tries to open what it can do without: that alone fails and nothing else happens. */
static void test_attempts_of_libpcap(void **state)
{
    static const struct prison refusing = {SANDBOX_REFUSE, true};
    static const struct prison killing = {SANDBOX_KILL, true};

    (void)state;
    for (size_t i = 0; i < ROWS(attempts); i++) {
        bool opens = attempts[i].opens;

        row_equal(attempts[i].name, outcome_of(i, &refusing), opens ? NOT_COUNTED : REFUSED);
        row_equal(attempts[i].name, outcome_of(i, &killing), opens ? NOT_COUNTED : -SIGSYS);
    }
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
    if (sendto(world->questions, "x", 1, 0,
               (const struct sockaddr *)&(const struct sockaddr_in){
                   .sin_family = AF_INET, .sin_port = 9, .sin_addr = {htonl(INADDR_LOOPBACK)}},
               sizeof(struct sockaddr_in)) != 1)
        return "sendto";
    return close(world->other) == 0 ? NULL : "close";
}

static void test_what_a_capture_needs(void **state)
{
    const struct world world = make_world();
    int status;
    pid_t child = fork();

    (void)state;
    if (child == 0) {
        const char *failed;

        if (!enter(&world, &(const struct prison){SANDBOX_KILL, false}))
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

/* Only what was open before is closed. */
static void test_strays(void **state)
{
    const struct world strays = make_world();
    int status;
    pid_t child = fork();

    (void)state;
    if (child == 0) {
        const struct sandbox_descriptors descriptors = {.cut = -1, .questions = -1};
        struct failure failure = {""};
        int ours;

        sandbox_note_strays();
        ours = dup(STDERR_FILENO);
        if (!sandbox_enter(&descriptors, SANDBOX_KILL, &failure))
            _exit(NOT_ENTERED);
        for (int i = STDERR_FILENO + 1; i < ours; i++)
            if (fcntl(i, F_GETFL) != -1 || errno != EBADF)
                _exit(FAILED);
        _exit(fcntl(STDERR_FILENO, F_GETFL) >= 0 && fcntl(ours, F_GETFL) >= 0 ? DONE : FAILED);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    leave_world(&strays);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attempts),
        cmocka_unit_test(test_attempts_of_libpcap),
        cmocka_unit_test(test_what_a_capture_needs),
        cmocka_unit_test(test_strays),
    };

    return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
