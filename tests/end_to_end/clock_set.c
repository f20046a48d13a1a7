/*
 * Preloaded into a program: its clock differs from the kernel's, by which packets are stamped, by
 * CLOCK_BEFORE seconds, and from SIGALRM on by CLOCK_AFTER. With one of them zero it is for packets
 * from that side of a moment at which a machine's clock is set.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t difference;
static sig_atomic_t after;

static void set(int number)
{
    (void)number;
    difference = after;
}

static sig_atomic_t seconds(const char *variable)
{
    const char *text = getenv(variable);

    return text ? (sig_atomic_t)strtol(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void prepare(void)
{
    const struct sigaction action = {.sa_handler = set, .sa_flags = SA_RESTART};

    difference = seconds("CLOCK_BEFORE");
    after = seconds("CLOCK_AFTER");
    sigaction(SIGALRM, &action, NULL);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = (int)syscall(SYS_clock_gettime, clock, now);

    if (clock == CLOCK_REALTIME)
        now->tv_sec += difference;
    return result;
}
