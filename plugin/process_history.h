/*
 * Which process has had which socket, as the comments of the frames so far say, so that a socket
 * error names the process that gets it. Kept until the file is closed, in wmem_file_scope().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PROCESS_HISTORY_H
#define IPMON_PROCESS_HISTORY_H

#include <wireshark.h>
#include <epan/packet_info.h>

#include "header_place.h"
#include "packet_error.h"

/* A process that has a socket. */
struct socket_process {
    guint32 id;
    const char *name;  /* NULL: it is not known */
    const char *title; /* as process_title writes it */
};

/* To be called once, while the protocol is registered. */
void process_history_register(void);

/* Adds the processes of a frame that is dissected for the first time, before its errors. */
void process_history_add(const packet_info *pinfo);

/*
 * The process that gets an error: the one that had the socket in the last frame up to this one that
 * names a process of it, or the one of the frame with the error. NULL: it is not known for certain.
 */
const struct socket_process *process_history_find(const packet_info *pinfo,
                                                  const struct header_place *place,
                                                  const struct packet_error *error);

#endif
