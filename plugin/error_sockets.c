/*
 * Tables of sockets and of endpoints by a hash of 64 bits with a random seed. A flood of errors for
 * sockets that do not exist fills them, so they have no more than a number for each.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "error_sockets.h"

#include <string.h>

#include <wireshark.h>
#include <epan/packet.h>

#include "hash.h"

enum {
    SHOWN = 1, /* bits of a table's value, one for each place: shown, with as many errors as the
                  threshold */
    ONE = 1 << ERROR_SOCKETS_PLACES, /* the unit in which the value counts */
};

static uint64_t seed;

struct ranking {
    wmem_map_t *errors;                       /* hash to the number of errors, of the file */
    guint counted;                            /* errors in the table */
    const guint limits[ERROR_SOCKETS_PLACES]; /* how many are shown */

    /* What divides those that are shown from the others; invalid until it is computed. */
    struct threshold {
        bool valid;
        guint counted; /* errors in the table when it was computed */
        guint errors;  /* of the last one that is shown */
        guint left;    /* how many more with just as many errors can be shown */
    } thresholds[ERROR_SOCKETS_PLACES];
};

static struct ranking sockets = {
    .limits =
        {
            [ERROR_SOCKETS_IN_TEXT] = ERROR_SOCKETS_IN_TEXT_SHOWN,
            [ERROR_SOCKETS_IN_WINDOW] = ERROR_SOCKETS_IN_WINDOW_SHOWN,
        },
};
static struct ranking remotes = {
    .limits =
        {
            [ERROR_SOCKETS_IN_TEXT] = ERROR_REMOTES_IN_TEXT_SHOWN,
            [ERROR_SOCKETS_IN_WINDOW] = ERROR_REMOTES_IN_WINDOW_SHOWN,
        },
};

static void reset_ranking(struct ranking *ranking)
{
    ranking->counted = 0;
    memset(ranking->thresholds, 0, sizeof ranking->thresholds);
}

static void reset(void)
{
    reset_ranking(&sockets);
    reset_ranking(&remotes);
}

static wmem_map_t *make_table(void)
{
    return wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), g_direct_hash,
                                  g_direct_equal);
}

void error_sockets_register(void)
{
    register_init_routine(reset);
    seed = (uint64_t)g_random_int() << 32 | g_random_int();
    sockets.errors = make_table();
    remotes.errors = make_table();
}

/* As the statistics name it: by address and port. */
static gpointer key_of_remote(const struct packet_error_socket *socket)
{
    uint64_t hash = seed;

    if (!socket->known)
        return NULL;
    hash = hash_address(hash, socket->remote, ip_address_length(socket->version));
    if (socket->has_ports)
        hash = hash_word(hash, socket->remote_port);
    return (gpointer)(gsize)hash;
}

static gpointer key_of(const struct packet_error_socket *socket)
{
    uint64_t hash = (gsize)key_of_remote(socket);

    if (!socket->known)
        return NULL;
    hash = hash_word(hash, (uint64_t)socket->protocol << 8 | socket->version);
    hash = hash_address(hash, socket->local, ip_address_length(socket->version));
    if (socket->has_ports)
        hash = hash_word(hash, socket->local_port);
    return (gpointer)(gsize)hash;
}

static void count(struct ranking *ranking, gpointer key)
{
    const guint before = GPOINTER_TO_UINT(wmem_map_lookup(ranking->errors, key));

    wmem_map_insert(ranking->errors, key, GUINT_TO_POINTER(before + ONE));
    ranking->counted++;
}

void error_sockets_count(const struct packet_error_socket *socket)
{
    count(&sockets, key_of(socket));
    count(&remotes, key_of_remote(socket));
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

static void compute_threshold(struct ranking *ranking, enum error_sockets_place place)
{
    struct threshold *threshold = &ranking->thresholds[place];
    const guint limit = ranking->limits[place];
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(guint));
    guint above = 0;

    wmem_map_foreach(ranking->errors, add_number, numbers);
    g_array_sort(numbers, descending);
    threshold->valid = true;
    threshold->counted = ranking->counted;
    threshold->errors = numbers->len < limit ? 1 : g_array_index(numbers, guint, limit - 1);
    while (above < numbers->len && g_array_index(numbers, guint, above) > threshold->errors)
        above++;
    threshold->left = limit - above;
    g_array_free(numbers, TRUE);
}

static bool is_shown(struct ranking *ranking, gpointer key, enum error_sockets_place place)
{
    struct threshold *threshold = &ranking->thresholds[place];
    const guint shown = SHOWN << place;
    guint value = GPOINTER_TO_UINT(wmem_map_lookup(ranking->errors, key));

    /* While a capture runs errors are added; sorting them for each frame would take long. */
    if (!threshold->valid ||
        (ranking->counted > threshold->counted && ranking->counted >= 2 * threshold->counted))
        compute_threshold(ranking, place);
    if (value < ONE) /* a timeout, which is not counted */
        value += ONE;
    if (value / ONE != threshold->errors || (value & shown))
        return value / ONE >= threshold->errors;
    if (threshold->left == 0)
        return false;
    threshold->left--;
    wmem_map_insert(ranking->errors, key, GUINT_TO_POINTER(value | shown));
    return true;
}

bool error_sockets_is_shown(const struct packet_error_socket *socket,
                            enum error_sockets_place place)
{
    return is_shown(&sockets, key_of(socket), place);
}

bool error_sockets_is_remote_shown(const struct packet_error_socket *socket,
                                   enum error_sockets_place place)
{
    return is_shown(&remotes, key_of_remote(socket), place);
}
