/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "connection_table.h"

#include <string.h>

#include <wireshark.h>
#include <epan/packet.h>

#include "hash.h"
#include "ip_header.h"

/*
 * The connections of the file. A hash table of its own, because each TCP segment looks up its
 * connection, and a wmem_map would need the key in one piece and in the order of its sides. Empty
 * while no file is open.
 */
static struct {
    struct connection **buckets;
    guint count;  /* of buckets, a power of 2; 0 before the first connection */
    guint filled; /* connections */
} table;

/* Zeroed memory of the file for new connections, which saves an allocation for each. */
static struct {
    uint8_t *at;
    size_t left; /* bytes */
} arena;

static uint64_t seed; /* of the hash, so that no sender can make buckets long */

/* The memory itself goes with the file. */
static void reset(void)
{
    memset(&table, 0, sizeof table);
    memset(&arena, 0, sizeof arena);
    connection_life_reset();
}

void connection_table_register(void)
{
    register_init_routine(reset);
    register_cleanup_routine(reset);
    seed = (uint64_t)g_random_int() << 32 | g_random_int();
}

static uint64_t hash_end(const uint8_t *address, unsigned size, uint16_t port)
{
    uint64_t hash = seed ^ port;
    uint64_t word = 0;

    if (size == IPV4_ADDRESS_LENGTH) {
        memcpy(&word, address, IPV4_ADDRESS_LENGTH);
        return hash_word(hash, word << 16);
    }
    memcpy(&word, address, sizeof word);
    hash = hash_word(hash, word);
    memcpy(&word, address + sizeof word, sizeof word);
    return hash_word(hash, word);
}

/* The same for both directions. */
static uint32_t hash_ends(const struct ends *ends)
{
    const uint64_t both = hash_end(ends->addresses[0], ends->size, ends->ports[0]) +
                          hash_end(ends->addresses[1], ends->size, ends->ports[1]);

    return (uint32_t)(hash_word(both, ends->tunnel ^ ends->vlan) >> 16);
}

enum { NO_SIDE = 2 };

/* The side of the connection that sent the packet, or NO_SIDE if it is not of the connection. */
static unsigned side_in(const struct connection *connection, const struct ends *ends)
{
    const uint8_t *first = connection->addresses;
    const uint8_t *second = first + ends->size;

    if (connection->protocol != ends->protocol || connection->size != ends->size ||
        connection->tunnel != ends->tunnel || connection->vlan != ends->vlan)
        return NO_SIDE;
    if (connection->ports[0] == ends->ports[0] && connection->ports[1] == ends->ports[1] &&
        memcmp(first, ends->addresses[0], ends->size) == 0 &&
        memcmp(second, ends->addresses[1], ends->size) == 0)
        return 0;
    if (connection->ports[1] == ends->ports[0] && connection->ports[0] == ends->ports[1] &&
        memcmp(second, ends->addresses[0], ends->size) == 0 &&
        memcmp(first, ends->addresses[1], ends->size) == 0)
        return 1;
    return NO_SIDE;
}

/* See connection_table_find. */
static struct connection *find_by_hash(const struct ends *ends, uint32_t hash, unsigned *side)
{
    struct connection *connection =
        table.count != 0 ? table.buckets[hash & (table.count - 1)] : NULL;

    for (; connection; connection = connection->next) {
        if (connection->hash != hash)
            continue;
        *side = side_in(connection, ends);
        if (*side != NO_SIDE)
            return connection;
    }
    return NULL;
}

static void put_into_bucket(struct connection *connection)
{
    struct connection **bucket = &table.buckets[connection->hash & (table.count - 1)];

    connection->next = *bucket;
    *bucket = connection;
}

static void enlarge_table(void)
{
    enum { FIRST = 1024 };
    struct connection **before = table.buckets;
    const guint count = table.count;

    table.count = count != 0 ? 2 * count : FIRST;
    table.buckets = wmem_alloc0_array(wmem_file_scope(), struct connection *, table.count);
    for (guint i = 0; i < count; i++) {
        struct connection *next;

        for (struct connection *each = before[i]; each; each = next) {
            next = each->next;
            put_into_bucket(each);
        }
    }
    wmem_free(wmem_file_scope(), before);
}

/* Zeros for a connection with addresses of `size` bytes. */
static struct connection *make_connection(size_t size)
{
    enum { AT_ONCE = 1 << 16, ALIGNMENT = 8 };
    const size_t wanted = offsetof(struct connection, addresses) + 2 * size;
    const size_t length = (wanted + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    uint8_t *made;

    if (arena.left < length) {
        arena.at = wmem_alloc0(wmem_file_scope(), AT_ONCE);
        arena.left = AT_ONCE;
    }
    made = arena.at;
    arena.at += length;
    arena.left -= length;
    return (struct connection *)(void *)made;
}

static struct connection *add_connection(const struct ends *ends, uint32_t hash)
{
    const size_t size = ends->size;
    struct connection *connection = make_connection(size);

    if (table.filled++ == table.count)
        enlarge_table();
    connection->hash = hash;
    connection->tunnel = ends->tunnel;
    connection->ports[0] = ends->ports[0];
    connection->ports[1] = ends->ports[1];
    connection->vlan = ends->vlan;
    connection->protocol = ends->protocol;
    connection->size = ends->size;
    memcpy(connection->addresses, ends->addresses[0], size);
    memcpy(connection->addresses + size, ends->addresses[1], size);
    connection_life_begin(&connection->life);
    put_into_bucket(connection);
    return connection;
}

struct connection *connection_table_find(const struct ends *ends, unsigned *side)
{
    return find_by_hash(ends, hash_ends(ends), side);
}

struct connection *connection_table_get(const struct ends *ends, unsigned *side)
{
    const uint32_t hash = hash_ends(ends);
    struct connection *connection = find_by_hash(ends, hash, side);

    if (connection)
        return connection;
    *side = 0;
    return add_connection(ends, hash);
}
