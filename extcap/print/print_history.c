/*
 * A table of rows by a hash of 64 bits with a random seed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "print_history.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "clock.h"
#include "hash.h"
#include "ip_address.h"

enum {
    ROWS = 8192, /* a power of two */
};

struct print_history_row {
    uint64_t key; /* of the socket; 0: none */
    struct socket_process process;
};

bool print_history_init(struct print_history *history)
{
    *history = (struct print_history){.rows = calloc(ROWS, sizeof *history->rows)};
    if (getrandom(&history->seed, sizeof history->seed, GRND_NONBLOCK) < 0)
        history->seed = clock_now(CLOCK_MONOTONIC);
    return history->rows != NULL;
}

void print_history_free(struct print_history *history)
{
    free(history->rows);
    history->rows = NULL;
}

static uint64_t key_of(const struct print_history *history,
                       const struct packet_error_socket *socket)
{
    const size_t length = ip_address_length(socket->version);
    uint64_t hash = hash_word(history->seed, (uint64_t)socket->protocol << 8 | socket->version);

    hash = hash_address(hash, socket->local, length);
    hash = hash_address(hash, socket->remote, length);
    hash = hash_word(hash, (uint64_t)socket->local_port << 16 | socket->remote_port);
    return hash != 0 ? hash : 1;
}

/* No character is cut in two: its bytes but the first are 10xxxxxx (RFC 3629). */
static void copy_cut(char copy[SOCKET_PROCESS_NAME_SIZE], const char *text)
{
    size_t length = strnlen(text, SOCKET_PROCESS_NAME_SIZE);

    if (length == SOCKET_PROCESS_NAME_SIZE)
        do
            length--;
        while (length > 0 && ((uint8_t)text[length] & 0xC0) == 0x80);
    memcpy(copy, text, length);
    copy[length] = '\0';
}

static void describe(struct socket_process *described, const struct process *process)
{
    char name[PROCESS_TEXT_SIZE];

    described->id = process->numbers[PROCESS_ID];
    copy_cut(described->name, process_text(name, process, PROCESS_NAME) ? name : "");
    process_title(described->title, process);
}

/* process: NULL if it is not known from now on. */
static void note(struct print_history *history, const struct packet_error_socket *socket,
                 const struct process *process)
{
    const uint64_t key = key_of(history, socket);
    struct print_history_row *row = &history->rows[key & (ROWS - 1)];

    if (!process) {
        row->key = row->key == key ? 0 : row->key;
        return;
    }
    row->key = key;
    describe(&row->process, process);
    history->is_used = true;
}

void print_history_add(struct print_history *history, const struct ip_packet *packet,
                       const struct process_list *processes, enum network_known outgoing)
{
    const struct process *at[PROCESS_END_DESTINATION + 1] = {NULL};
    struct packet_error_socket socket;

    if (!history->rows || (processes->count == 0 && !history->is_used))
        return;
    for (size_t i = 0; i < processes->count; i++)
        if (process_is_certain(&processes->processes[i]))
            at[process_end_of(processes, &processes->processes[i], outgoing)] =
                &processes->processes[i];
    if ((at[PROCESS_END_SOURCE] || process_end_may_be_first(packet)) &&
        process_end_socket(&socket, packet, PROCESS_END_SOURCE))
        note(history, &socket, at[PROCESS_END_SOURCE]);
    if (at[PROCESS_END_DESTINATION] && process_end_socket(&socket, packet, PROCESS_END_DESTINATION))
        note(history, &socket, at[PROCESS_END_DESTINATION]);
}

static const struct socket_process *find_by_socket(const struct print_history *history,
                                                   const struct packet_error_socket *socket)
{
    const struct print_history_row *row;
    uint64_t key;

    if (!history->is_used || !socket->has_ports)
        return NULL;
    key = key_of(history, socket);
    row = &history->rows[key & (ROWS - 1)];
    return row->key == key ? &row->process : NULL;
}

/* The process of the packet's own that is at an end for certain; NULL: there is none. */
static const struct process *find_at(const struct process_list *processes, enum process_end end,
                                     enum network_known outgoing)
{
    for (size_t i = 0; i < processes->count && end != PROCESS_END_UNKNOWN; i++)
        if (process_is_certain(&processes->processes[i]) &&
            process_end_of(processes, &processes->processes[i], outgoing) == end)
            return &processes->processes[i];
    return NULL;
}

const struct socket_process *
print_history_find(const struct print_history *history, const struct packet_error_socket *socket,
                   const struct ip_packet *packet, const struct process_list *processes,
                   enum network_known outgoing, struct socket_process *own)
{
    const struct socket_process *found;
    const struct process *process;

    if (!socket->known)
        return NULL;
    found = find_by_socket(history, socket);
    if (found)
        return found;
    process = find_at(processes, process_end_with(socket, packet), outgoing);
    if (!process)
        return NULL;
    describe(own, process);
    return own;
}
