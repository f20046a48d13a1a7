/*
 * A table of sockets by a hash of 64 bits with a random seed. A flood of errors for sockets that do
 * not exist fills it, so it has no more than a number for each.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "error_sockets.h"

#include <string.h>

#include <wireshark.h>
#include <epan/packet.h>

#include "hash.h"

enum {
    SHOWN = 1, /* bit of a table's value: shown, with as many errors as the threshold */
    ONE = 2,   /* the unit in which the value counts */
};

static uint64_t seed;
static wmem_map_t *sockets; /* hash to the number of errors, of the file */
static guint counted;       /* errors in the table */

/* What divides the sockets that are shown from the others; invalid until it is computed. */
static struct {
    bool valid;
    guint counted; /* errors in the table when it was computed */
    guint errors;  /* of the last socket that is shown */
    guint left;    /* how many more sockets with just as many errors can be shown */
} threshold;

static void reset(void)
{
    counted = 0;
    memset(&threshold, 0, sizeof threshold);
}

void error_sockets_register(void)
{
    register_init_routine(reset);
    seed = (uint64_t)g_random_int() << 32 | g_random_int();
    sockets =
        wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), g_direct_hash, g_direct_equal);
}

static gpointer key_of(const struct packet_error_socket *socket)
{
    const size_t length = ip_address_length(socket->version);
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

static gint descending(gconstpointer a, gconstpointer b)
{
    const guint one = *(const guint *)a;
    const guint other = *(const guint *)b;

    return (one < other) - (one > other);
}

static void compute_threshold(void)
{
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(guint));
    guint above = 0;

    wmem_map_foreach(sockets, add_number, numbers);
    g_array_sort(numbers, descending);
    threshold.valid = true;
    threshold.counted = counted;
    threshold.errors = numbers->len < ERROR_SOCKETS_SHOWN
                           ? 1
                           : g_array_index(numbers, guint, ERROR_SOCKETS_SHOWN - 1);
    while (above < numbers->len && g_array_index(numbers, guint, above) > threshold.errors)
        above++;
    threshold.left = ERROR_SOCKETS_SHOWN - above;
    g_array_free(numbers, TRUE);
}

bool error_sockets_is_shown(const struct packet_error_socket *socket)
{
    gpointer key = key_of(socket);
    guint value = GPOINTER_TO_UINT(wmem_map_lookup(sockets, key));

    /* While a capture runs errors are added; sorting them for each frame would take long. */
    if (!threshold.valid || (counted > threshold.counted && counted >= 2 * threshold.counted))
        compute_threshold();
    if (value < ONE) /* a timeout, which is not counted */
        value = ONE;
    if (value / ONE != threshold.errors || (value & SHOWN))
        return value / ONE >= threshold.errors;
    if (threshold.left == 0)
        return false;
    threshold.left--;
    wmem_map_insert(sockets, key, GUINT_TO_POINTER(value | SHOWN));
    return true;
}
