/*
 * Which process has had which socket, as the comments of the packets so far say, so that an error
 * names the process that gets it, as in the dissector. The number of sockets is fixed: of two that
 * fall into one row the later one stays, and the process of the other one is not known.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PRINT_HISTORY_H
#define IPMON_PRINT_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "process_end.h"

enum {
    SOCKET_PROCESS_NAME_SIZE = 256, /* bytes of a name, which is cut, with its NUL */
};

/* A process that has a socket. */
struct socket_process {
    uint32_t id;
    char name[SOCKET_PROCESS_NAME_SIZE]; /* UTF-8, see process_text; "": not known */
    char title[PROCESS_TITLE_SIZE];      /* see process_title */
};

struct print_history_row;

/* All zero at first: then nothing is known. */
struct print_history {
    struct print_history_row *rows;
    uint64_t seed;
    bool is_used;
};

/* Allocates all memory, of which pages are used as they are needed; false when there is none. */
bool print_history_init(struct print_history *history);

void print_history_free(struct print_history *history);

/* Adds the processes of a packet, before its error is searched. outgoing: of the packet. */
void print_history_add(struct print_history *history, const struct ip_packet *packet,
                       const struct process_list *processes, enum network_known outgoing);

/*
 * The process that gets an error: the one that had the socket in the last packet that names a
 * process of it, or that of the packet with the error, which is then written to own. NULL: it is
 * not known for certain. Valid until the next packet.
 */
const struct socket_process *
print_history_find(const struct print_history *history, const struct packet_error_socket *socket,
                   const struct ip_packet *packet, const struct process_list *processes,
                   enum network_known outgoing, struct socket_process *own);

#endif
