/*
 * Each socket, by a hash of 64 bits with a random seed, has the list of its processes in the order
 * of the file: most have one, and another one when ports are used again. So a later pass finds the
 * process of that time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "process_history.h"

#include <epan/packet.h>

#include "frame_processes.h"
#include "hash.h"
#include "plain_frame.h"
#include "sent_packets.h"

/* From a frame on, a socket is that of the process; NULL: of one that is not known. */
struct change {
    guint32 frame;
    const struct socket_process *process;
};

static uint64_t seed;
static wmem_map_t *sockets;   /* a hash of the socket to a wmem_array_t of struct change */
static wmem_map_t *processes; /* by a hash of what is kept of them: many sockets have the same */

void process_history_register(void)
{
    seed = (uint64_t)g_random_int() << 32 | g_random_int();
    sockets =
        wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), g_direct_hash, g_direct_equal);
    processes =
        wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), g_direct_hash, g_direct_equal);
}

static gpointer key_of(const struct packet_error_socket *socket)
{
    const size_t length = ip_address_length(socket->version);
    uint64_t hash = hash_word(seed, (uint64_t)socket->protocol << 8 | socket->version);

    hash = hash_address(hash, socket->local, length);
    hash = hash_address(hash, socket->remote, length);
    hash = hash_word(hash, (uint64_t)socket->local_port << 16 | socket->remote_port);
    return (gpointer)(gsize)hash;
}

static const struct socket_process *make_process(wmem_allocator_t *scope,
                                                 const struct process *process)
{
    struct socket_process *made = wmem_new(scope, struct socket_process);
    char title[PROCESS_TITLE_SIZE];
    char name[PROCESS_TEXT_SIZE];

    process_title(title, process);
    made->id = process->numbers[PROCESS_ID];
    made->name = process_text(name, process, PROCESS_NAME) ? wmem_strdup(scope, name) : NULL;
    made->title = wmem_strdup(scope, title);
    return made;
}

static uint64_t hash_string(uint64_t hash, const struct process *process,
                            enum process_string string)
{
    const struct process_span *span = &process->strings[string];
    uint64_t word;
    size_t at = 0;

    for (; at + sizeof word <= span->length; at += sizeof word) {
        memcpy(&word, span->start + at, sizeof word);
        hash = hash_word(hash, word);
    }
    word = span->length;
    for (; at < span->length; at++)
        word = word << 8 | (uint8_t)span->start[at];
    return hash_word(hash, word);
}

static gpointer key_of_process(const struct process *process)
{
    uint64_t hash = hash_word(seed, (uint64_t)process->numbers[PROCESS_ID] << 32 |
                                        process->numbers[PROCESS_USER]);

    hash = hash_word(hash, process->known);
    hash = hash_string(hash, process, PROCESS_NAME);
    hash = hash_string(hash, process, PROCESS_USER_NAME);
    return (gpointer)(gsize)hash;
}

/* A process for the rest of the file. */
static const struct socket_process *keep_process(const struct process *process)
{
    const gpointer key = key_of_process(process);
    const struct socket_process *kept = wmem_map_lookup(processes, key);

    if (!kept) {
        kept = make_process(wmem_file_scope(), process);
        wmem_map_insert(processes, key, (gpointer)kept);
    }
    return kept;
}

/* The last change up to a frame. */
static const struct socket_process *process_at(wmem_array_t *changes, guint32 frame)
{
    const struct change *change = wmem_array_get_raw(changes);
    guint least = 0;
    guint most = wmem_array_get_count(changes);

    while (least < most) {
        const guint middle = least + (most - least) / 2;

        if (change[middle].frame <= frame)
            least = middle + 1;
        else
            most = middle;
    }
    return least > 0 ? change[least - 1].process : NULL;
}

/* process: NULL if it is not known from now on. */
static void note(guint32 frame, const struct packet_error_socket *socket,
                 const struct socket_process *process)
{
    const gpointer key = key_of(socket);
    const struct change change = {frame, process};
    wmem_array_t *changes = wmem_map_lookup(sockets, key);
    const struct socket_process *before = NULL;

    if (changes)
        before = process_at(changes, frame);
    if (before == process)
        return;
    if (!changes) {
        changes = wmem_array_sized_new(wmem_file_scope(), sizeof change, 1);
        wmem_map_insert(sockets, key, changes);
    }
    wmem_array_append_one(changes, change);
}

void process_history_add(const packet_info *pinfo)
{
    const struct socket_process *at[PROCESS_END_DESTINATION + 1] = {NULL};
    struct packet_error_socket socket;
    struct plain_header header;
    struct process_list list;
    struct header_place place;

    if ((!frame_processes_find(&list, pinfo) && wmem_map_size(sockets) == 0) ||
        !plain_frame_first(&header, pinfo))
        return;
    plain_frame_decode(&place, &header);
    for (size_t i = 0; i < list.count; i++)
        if (process_is_certain(&list.processes[i]))
            at[frame_process_end(pinfo, &list, &list.processes[i])] =
                keep_process(&list.processes[i]);
    if ((at[PROCESS_END_SOURCE] || process_end_may_be_first(&place.packet)) &&
        process_end_socket(&socket, &place.packet, PROCESS_END_SOURCE))
        note(pinfo->num, &socket, at[PROCESS_END_SOURCE]);
    if (at[PROCESS_END_DESTINATION] &&
        process_end_socket(&socket, &place.packet, PROCESS_END_DESTINATION))
        note(pinfo->num, &socket, at[PROCESS_END_DESTINATION]);
}

/* Numbers of frames mean nothing in later passes if a read filter gave them to others. */
static const struct socket_process *process_by_socket(const packet_info *pinfo,
                                                      const struct packet_error_socket *socket)
{
    wmem_array_t *changes;

    if (!socket->has_ports || (PINFO_FD_VISITED(pinfo) && sent_packets_are_renumbered()))
        return NULL;
    changes = wmem_map_lookup(sockets, key_of(socket));
    return changes ? process_at(changes, pinfo->num) : NULL;
}

static const struct socket_process *process_of_frame(const packet_info *pinfo,
                                                     const struct header_place *place,
                                                     const struct packet_error_socket *socket)
{
    const enum process_end end = process_end_with(socket, &place->packet);
    struct process_list list;

    if (end == PROCESS_END_UNKNOWN || !frame_processes_find(&list, pinfo))
        return NULL;
    for (size_t i = 0; i < list.count; i++)
        if (process_is_certain(&list.processes[i]) &&
            frame_process_end(pinfo, &list, &list.processes[i]) == end)
            return make_process(pinfo->pool, &list.processes[i]);
    return NULL;
}

const struct socket_process *process_history_find(const packet_info *pinfo,
                                                  const struct header_place *place,
                                                  const struct packet_error *error)
{
    const struct socket_process *process;

    /* Comments are about the outermost packet of their frame. */
    if (!error->socket.known || place->layer != 0)
        return NULL;
    process = process_by_socket(pinfo, &error->socket);
    return process ? process : process_of_frame(pinfo, place, &error->socket);
}
