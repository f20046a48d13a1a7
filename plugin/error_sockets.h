/*
 * How many errors each socket and each remote endpoint gets, counted when the frames are dissected
 * for the first time. Statistics list those with the most errors one by one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_ERROR_SOCKETS_H
#define IPMON_ERROR_SOCKETS_H

#include <stdbool.h>

#include "packet_error.h"

/* Where errors are listed. Wireshark's window takes much longer for a line than printed text. */
enum error_sockets_place {
    ERROR_SOCKETS_IN_TEXT,
    ERROR_SOCKETS_IN_WINDOW,
    ERROR_SOCKETS_PLACES,
};

enum {
    ERROR_SOCKETS_IN_TEXT_SHOWN = 10000, /* sockets of a file that are shown one by one */
    ERROR_SOCKETS_IN_WINDOW_SHOWN = 200,
    ERROR_REMOTES_IN_TEXT_SHOWN = 2000, /* remote endpoints */
    ERROR_REMOTES_IN_WINDOW_SHOWN = 100,
};

/* To be called once, while the protocol is registered. */
void error_sockets_register(void);

/* Counts an error that an application sees, of a frame that is dissected for the first time. */
void error_sockets_count(const struct packet_error_socket *socket);

/*
 * Whether the socket is one of those with the most errors that are shown there; of those with
 * equally many, the first ones that this was called for. For an error of a frame that was dissected
 * before.
 */
bool error_sockets_is_shown(const struct packet_error_socket *socket,
                            enum error_sockets_place place);

/* The same for the socket's remote endpoint, of whose errors those of all sockets count. */
bool error_sockets_is_remote_shown(const struct packet_error_socket *socket,
                                   enum error_sockets_place place);

#endif
