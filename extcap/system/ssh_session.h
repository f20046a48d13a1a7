/*
 * The connection of ssh that this process runs in.
 * Source: ssh(1), SSH_CONNECTION.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_SSH_SESSION_H
#define IPMON_SSH_SESSION_H

#include <netinet/in.h>
#include <stdbool.h>

/* The ends of a connection: addresses as texts without a zone. */
struct ssh_session {
    char client[INET6_ADDRSTRLEN];
    char server[INET6_ADDRSTRLEN];
    unsigned server_port;
};

/*
 * Finds the connection by the environment that this process was called with, or, since sudo(8)
 * removes it there, by that of the processes which called it, as far as /proc shows them. False
 * when there is none.
 */
bool ssh_session_find(struct ssh_session *session);

#endif
