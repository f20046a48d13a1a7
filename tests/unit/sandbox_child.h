/*
 * Child processes in the sandbox: what they have open, and what becomes of an attempt that they
 * make.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_SANDBOX_CHILD_H
#define IPMON_SANDBOX_CHILD_H

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sandbox.h"

/* Sets of enum sandbox_source. */
enum {
    BY_LIBPCAP = SANDBOX_LIBPCAP | SANDBOX_LIBPCAP_DEVICE,
    LIVE = SANDBOX_PACKET_SOCKET | SANDBOX_RAW_SOCKETS | BY_LIBPCAP,
    KINDS_END = SANDBOX_REMOTE << 1,
};

enum {
    DONE = 100,        /* exit statuses of a child */
    REFUSED = 101,     /* with EPERM, and counted */
    FAILED = 102,      /* otherwise */
    NOT_COUNTED = 103, /* with EPERM */
    NOT_ENTERED = 104,
};

/* What a child has open. */
struct world {
    int ends[2];   /* that are read from */
    int output;    /* may be written to */
    int other;     /* a pipe that may not */
    int file;      /* may be cut */
    int log;       /* a file that may only be added to */
    int receiver;  /* a socket that may only receive */
    int dump_socket; /* a socket that may send requests to the kernel */
    int source;    /* a socket where the packet socket is */
    int epoll;
    int timer;
    char victim[sizeof "/tmp/ipmon-test-XXXXXX"]; /* a file */
};

struct attempt {
    const char *name;
    /* Returns a negative number with errno when it did not work. */
    long (*attempt)(const struct world *world);
    bool opens;       /* a file to read, or a socket, as libpcap does */
    unsigned granted; /* to captures from these sources */
};

static inline struct world make_world(void)
{
    const struct sockaddr_in kernel = {
        .sin_family = AF_INET, .sin_port = 9, .sin_addr = {htonl(INADDR_LOOPBACK)}};
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
    world.dump_socket = socket(AF_INET, SOCK_DGRAM, 0);
    world.source = socket(AF_INET, SOCK_DGRAM, 0);
    world.epoll = epoll_create1(0);
    world.timer = timerfd_create(CLOCK_MONOTONIC, 0);
    assert_true(world.receiver >= 0 && world.dump_socket >= 0 && world.source >= 0);
    assert_true(world.epoll >= 0 && world.timer >= 0);
    assert_int_equal(connect(world.dump_socket, (const struct sockaddr *)&kernel, sizeof kernel),
                     0);
    return world;
}

static inline void leave_world(const struct world *world)
{
    const int descriptors[] = {world->ends[0], world->ends[1], world->output,   world->other,
                               world->file,    world->log,     world->receiver, world->dump_socket,
                               world->source,  world->epoll,   world->timer};

    for (size_t i = 0; i < ROWS(descriptors); i++)
        close(descriptors[i]);
    unlink(world->victim);
}

/* Inside of what an attempt is made. */
struct prison {
    enum sandbox_violation violation;
    enum sandbox_source kind;
};

static inline bool enter(const struct world *world, const struct prison *prison)
{
    const int outputs[] = {-1, world->output, world->log};
    const struct sandbox_descriptors descriptors = {
        .outputs = outputs,
        .output_count = ROWS(outputs),
        .truncatable = &world->file,
        .truncatable_count = 1,
        .folder = -1,
        .dump_socket = world->dump_socket,
        .kind = prison->kind,
        .source = world->source,
    };
    struct failure failure = {""};

    return sandbox_enter(&descriptors, prison->violation, &failure);
}

/* What became of a child that did the attempt, free or not: its exit status, or the negative
 * signal. */
static inline int outcome_of(const struct attempt *attempt, const struct prison *prison)
{
    const struct world world = make_world();
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        int last;

        dup2(world.receiver, STDERR_FILENO); /* a socket may be standard error, too */
        if (prison && !enter(&world, prison))
            _exit(NOT_ENTERED);
        errno = 0;
        if (attempt->attempt(&world) >= 0)
            _exit(DONE);
        if (errno != EPERM)
            _exit(FAILED);
        _exit(sandbox_refused(&last) > 0 ? REFUSED : NOT_COUNTED);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    leave_world(&world);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* libpcap tries to open what it can do without: that fails and is no violation. */
static inline int expected_of(const struct attempt *attempt, enum sandbox_source kind, int refused)
{
    if (attempt->granted & kind)
        return DONE;
    return attempt->opens && (kind & BY_LIBPCAP) ? NOT_COUNTED : refused;
}

/* Each attempt outside, where it must succeed, and inside with every kind of source. */
static inline void check_attempts(const struct attempt *attempts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        row_equal(attempts[i].name, outcome_of(&attempts[i], NULL), DONE);
        for (unsigned bit = SANDBOX_FILE; bit < KINDS_END; bit <<= 1) {
            const enum sandbox_source kind = (enum sandbox_source)bit;
            const struct prison refusing = {SANDBOX_REFUSE, kind};
            const struct prison killing = {SANDBOX_KILL, kind};

            row_equal(attempts[i].name, outcome_of(&attempts[i], &refusing),
                      expected_of(&attempts[i], kind, REFUSED));
            row_equal(attempts[i].name, outcome_of(&attempts[i], &killing),
                      expected_of(&attempts[i], kind, -SIGSYS));
        }
    }
}

#endif
