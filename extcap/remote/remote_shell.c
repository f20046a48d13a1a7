/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "remote_shell.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "caller_environment.h"

enum {
    END_READ,
    END_WRITE,
    STREAMS = 3, /* standard input, output and error */
    END_MILLISECONDS = 1000,
};

/*
 * What the user's ssh_config(5) could have set for sessions at a terminal, and would disturb a
 * stream of packets. A host that is gone is noticed after 45 seconds.
 */
static const char *const options[] = {
    "BatchMode=yes",
    "ConnectTimeout=5",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=2",
    "LogLevel=ERROR",
    "ClearAllForwardings=yes",
    "ForwardAgent=no",
    "ForwardX11=no",
    "PermitLocalCommand=no",
    "RemoteCommand=none",
    "SessionType=default",
    "StdinNull=no",
    "ForkAfterAuthentication=no",
    "EscapeChar=none",
};

enum {
    OPTION_COUNT = sizeof options / sizeof *options,
    ARGUMENTS_MAX = 2 * OPTION_COUNT + 6, /* ssh -T -- DESTINATION COMMAND, and the end */
};

/*
 * What does not fit the pipe is kept by ssh, in a buffer that it enlarges by 32 kB at a time, up to
 * 2 MB. By default glibc gives it new pages from the kernel each time, which costs as much as
 * relaying 200,000 packets.
 */
#define MEMORY_VARIABLE "GLIBC_TUNABLES"
#define MEMORY_SETTINGS "glibc.malloc.mmap_threshold=4194304:glibc.malloc.trim_threshold=8388608"

static void fill_arguments(const char *arguments[ARGUMENTS_MAX], const char *destination,
                           const char *command)
{
    size_t count = 0;

    arguments[count++] = "ssh";
    arguments[count++] = "-T";
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        arguments[count++] = "-o";
        arguments[count++] = options[i];
    }
    arguments[count++] = "--";
    arguments[count++] = destination;
    arguments[count++] = command;
    arguments[count] = NULL;
}

/*
 * As the user who called, whatever the program's file gives it. Root keeps its capabilities: it
 * would regain them with the program, and such a gain cancels the signal of prepare_child().
 */
static bool drop_power(void)
{
    cap_t none;
    bool dropped;

    if (setresgid(getgid(), getgid(), getgid()) != 0 ||
        setresuid(getuid(), getuid(), getuid()) != 0 || cap_reset_ambient() != 0)
        return false;
    if (getuid() == 0)
        return true;
    none = cap_init();
    dropped = none && cap_set_proc(none) == 0;
    cap_free(none);
    return dropped;
}

/* What this process blocks or ignores, ssh does not. */
static void restore_signals(void)
{
    sigset_t none;

    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * The session of its own keeps Ctrl-C at the terminal from ssh, which would end it before the
 * remote's last packets are here, and keeps ssh from asking at the terminal.
 */
static bool prepare_child(int ends[STREAMS], pid_t parent)
{
    setsid();
    for (int i = 0; i < STREAMS; i++)
        if (dup2(ends[i], i) < 0)
            return false;
    if (close_range(STREAMS, ~0U, 0) != 0 || !drop_power() || prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
        return false;
    return getppid() == parent; /* or it has ended before the child asked for the signal */
}

static _Noreturn void run_child(int ends[STREAMS], pid_t parent, const char *destination,
                                const char *command)
{
    const char *arguments[ARGUMENTS_MAX];

    fill_arguments(arguments, destination, command);
    if (prepare_child(ends, parent)) {
        restore_signals();
        caller_environment_restore();
        setenv(MEMORY_VARIABLE, MEMORY_SETTINGS, 0);
        execvp(arguments[0], (char *const *)arguments);
    }
    dprintf(STDERR_FILENO, "cannot run ssh: %s\n", strerror(errno));
    _exit(127);
}

void remote_shell_close_descriptor(int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
    *descriptor = -1;
}

static void close_pipes(int pipes[STREAMS][2])
{
    for (int i = 0; i < STREAMS; i++)
        for (int end = END_READ; end <= END_WRITE; end++)
            remote_shell_close_descriptor(&pipes[i][end]);
}

static bool open_pipes(int pipes[STREAMS][2])
{
    for (int i = 0; i < STREAMS; i++)
        if (pipe2(pipes[i], O_CLOEXEC) != 0)
            return false;
    return true;
}

/* The end of a pipe that this process keeps; the pipe gives it up. */
static int keep_end(int pipes[STREAMS][2], int stream)
{
    const int end = stream == STDIN_FILENO ? END_WRITE : END_READ;
    const int kept = pipes[stream][end];

    pipes[stream][end] = -1;
    fcntl(kept, F_SETFL, O_NONBLOCK);
    return kept;
}

static void kill_child(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static bool start(struct remote_shell *shell, int pipes[STREAMS][2], const char *destination,
                  const char *command)
{
    int ends[STREAMS] = {pipes[STDIN_FILENO][END_READ], pipes[STDOUT_FILENO][END_WRITE],
                         pipes[STDERR_FILENO][END_WRITE]};
    const pid_t parent = getpid();

    shell->pid = fork();
    if (shell->pid == 0)
        run_child(ends, parent, destination, command);
    if (shell->pid < 0)
        return false;
    shell->pidfd = pidfd_open(shell->pid, 0);
    if (shell->pidfd >= 0)
        return true;
    kill_child(shell->pid);
    return false;
}

bool remote_shell_open(struct remote_shell *shell, const char *destination, const char *command,
                       struct failure *failure)
{
    int pipes[STREAMS][2] = {{-1, -1}, {-1, -1}, {-1, -1}};

    *shell = (struct remote_shell){.pid = -1, .pidfd = -1, .in = -1, .out = -1, .error = -1};
    if (!open_pipes(pipes) || !start(shell, pipes, destination, command)) {
        failure_set_errno(failure, errno, "cannot start ssh for %s", destination);
        close_pipes(pipes);
        return false;
    }
    shell->in = keep_end(pipes, STDIN_FILENO);
    shell->out = keep_end(pipes, STDOUT_FILENO);
    shell->error = keep_end(pipes, STDERR_FILENO);
    close_pipes(pipes);
    return true;
}

/* Removes the oldest lines, since the reason is among the latest. */
static void make_room(struct remote_shell *shell, size_t length)
{
    const size_t room = sizeof shell->said - 1 - shell->said_length;
    const size_t least = length > room ? length - room : 0;
    const char *end;
    size_t removed = least;

    if (least == 0)
        return;
    end = memchr(shell->said + least - 1, '\n', shell->said_length - (least - 1));
    if (end)
        removed = (size_t)(end + 1 - shell->said);
    shell->said_length -= removed;
    memmove(shell->said, shell->said + removed, shell->said_length);
}

bool remote_shell_read_error(struct remote_shell *shell)
{
    char bytes[1024];
    ssize_t length = read(shell->error, bytes, sizeof bytes);

    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (length <= 0) {
        remote_shell_close_descriptor(&shell->error);
        return false;
    }
    make_room(shell, (size_t)length);
    memcpy(shell->said + shell->said_length, bytes, (size_t)length);
    shell->said_length += (size_t)length;
    shell->said[shell->said_length] = '\0';
    return true;
}

void remote_shell_close(struct remote_shell *shell)
{
    int *const descriptors[] = {&shell->in, &shell->out, &shell->error, &shell->pidfd};

    for (size_t i = 0; i < sizeof descriptors / sizeof *descriptors; i++)
        remote_shell_close_descriptor(descriptors[i]);
}

int remote_shell_end(struct remote_shell *shell)
{
    struct pollfd child = {.fd = shell->pidfd, .events = POLLIN};
    int status = 0;

    if (shell->pid <= 0)
        return -1;
    kill(shell->pid, SIGTERM);
    if (poll(&child, 1, END_MILLISECONDS) == 0)
        kill(shell->pid, SIGKILL);
    while (waitpid(shell->pid, &status, 0) < 0 && errno == EINTR)
        ;
    shell->pid = -1;
    remote_shell_close(shell);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
