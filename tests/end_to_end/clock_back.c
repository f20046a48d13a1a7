/*
 * Preloaded into a program: at SIGHUP its clock goes back by an hour, while the kernel's, by which
 * packets are stamped, stays. So it is for packets that wait while a machine's clock is set back.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t back;

static void set_back(int number)
{
    (void)number;
    back = 3600;
}

__attribute__((constructor)) static void prepare(void)
{
    const struct sigaction action = {.sa_handler = set_back, .sa_flags = SA_RESTART};

    sigaction(SIGHUP, &action, NULL);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = (int)syscall(SYS_clock_gettime, clock, now);

    if (clock == CLOCK_REALTIME)
        now->tv_sec -= back;
    return result;
}
