/*
 * A table of sockets by a hash of 64 bits that nobody can foresee: a flood of errors from sockets
 * that do not exist fills it, so it has no more than a number for each.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "error_sockets.h"

#include <string.h>

#include <wireshark.h>
#include <epan/packet.h>

#include "hash.h"

enum {
    SHOWN = 1, /* bit of a table's value: one of those with as many as the last that is shown */
    ONE = 2,   /* the unit in which it counts */
};

static uint64_t seed;
static wmem_map_t *sockets; /* hash to the number of errors */
static guint counted;       /* errors in the table */

/* What divides those that are shown from the others. */
static struct {
    bool found;
    guint counted; /* errors in the table when it was */
    guint least;   /* errors of the last one that is shown */
    guint room;    /* how many more with just as many errors can be shown */
} line;

static void forget(void)
{
    counted = 0;
    memset(&line, 0, sizeof line);
}

void error_sockets_register(void)
{
    register_init_routine(forget);
    seed = (uint64_t)g_random_int() << 32 | g_random_int();
    sockets =
        wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), g_direct_hash, g_direct_equal);
}

static gpointer key_of(const struct packet_error_socket *socket)
{
    const size_t length = socket->version == 4 ? IPV4_ADDRESS_LENGTH : IPV6_ADDRESS_LENGTH;
    uint64_t hash = seed;

    if (!socket->known)
        return NULL;
    hash = hash_word(hash, (uint64_t)socket->protocol << 8 | socket->version);
    hash = hash_address(hash, socket->local, length);
    hash = hash_address(hash, socket->remote, length);
    if (socket->has_ports)
        hash = hash_word(hash, (uint64_t)socket->local_port << 16 | socket->remote_port);
    return (gpointer)(gsize)hash;
}

void error_sockets_count(const struct packet_error_socket *socket)
{
    gpointer key = key_of(socket);
    const guint before = GPOINTER_TO_UINT(wmem_map_lookup(sockets, key));

    wmem_map_insert(sockets, key, GUINT_TO_POINTER(before + ONE));
    counted++;
}

static void add_number(gpointer key _U_, gpointer value, gpointer numbers)
{
    const guint number = GPOINTER_TO_UINT(value) / ONE;

    g_array_append_val((GArray *)numbers, number);
}

static gint more_first(gconstpointer a, gconstpointer b)
{
    const guint one = *(const guint *)a;
    const guint other = *(const guint *)b;

    return (one < other) - (one > other);
}

static void find_line(void)
{
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(guint));
    guint above = 0;

    wmem_map_foreach(sockets, add_number, numbers);
    g_array_sort(numbers, more_first);
    line.found = true;
    line.counted = counted;
    line.least = numbers->len < ERROR_SOCKETS_SHOWN
                     ? 1
                     : g_array_index(numbers, guint, ERROR_SOCKETS_SHOWN - 1);
    while (above < numbers->len && g_array_index(numbers, guint, above) > line.least)
        above++;
    line.room = ERROR_SOCKETS_SHOWN - above;
    g_array_free(numbers, TRUE);
}

bool error_sockets_is_shown(const struct packet_error_socket *socket)
{
    gpointer key = key_of(socket);
    guint value = GPOINTER_TO_UINT(wmem_map_lookup(sockets, key));

    /* While a capture runs there are more and more; sorting them for each frame would be felt. */
    if (!line.found || (counted > line.counted && counted >= 2 * line.counted))
        find_line();
    if (value < ONE) /* an error that only time shows, which was not counted */
        value = ONE;
    if (value / ONE != line.least || (value & SHOWN))
        return value / ONE >= line.least;
    if (line.room == 0)
        return false;
    line.room--;
    wmem_map_insert(sockets, key, GUINT_TO_POINTER(value | SHOWN));
    return true;
}
