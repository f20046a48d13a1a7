/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ending_signals.h"

void ending_signals(sigset_t *signals)
{
    struct sigaction hangup;

    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
        sigaddset(signals, SIGHUP);
}
