/*
 * A hash table of chains, the newest record first; and all records in the order of their use.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "socket_table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "clock.h"
#include "hash.h"
#include "ip_address.h"
#include "ip_header.h"

enum {
    ENTRIES = 262144, /* packets may wait while as many sockets are opened */
    BUCKETS = 262144, /* a power of two */
    FORKS = 65536,    /* a power of two */
};

bool socket_table_init(struct socket_table *table, uint32_t network,
                       const struct host_addresses *host)
{
    *table = (struct socket_table){
        .entries = calloc(ENTRIES + 1, sizeof *table->entries),
        .buckets = calloc(BUCKETS, sizeof *table->buckets),
        .forks = calloc(FORKS, sizeof *table->forks),
        .network = network,
        .host = host,
    };
    if (getrandom(&table->seed, sizeof table->seed, GRND_NONBLOCK) < 0)
        table->seed = clock_now(CLOCK_MONOTONIC);
    return table->entries && table->buckets && table->forks;
}

void socket_table_free(struct socket_table *table)
{
    free(table->entries);
    free(table->buckets);
    free(table->forks);
    table->entries = NULL;
    table->buckets = NULL;
    table->forks = NULL;
}

static uint32_t bucket_of(const struct socket_table *table, uint8_t protocol, uint16_t local_port,
                          uint16_t remote_port, const uint8_t *remote)
{
    const uint64_t ports = (uint64_t)protocol << 32 | (uint64_t)local_port << 16 | remote_port;

    return (uint32_t)hash_address(hash_word(table->seed, ports), remote, IPV6_ADDRESS_LENGTH) &
           (BUCKETS - 1);
}

static uint32_t bucket_of_event(const struct socket_table *table, const struct process_event *event)
{
    return bucket_of(table, (uint8_t)event->protocol, event->local_port, event->remote_port,
                     event->remote);
}

static bool has_same_key(const struct process_event *a, const struct process_event *b)
{
    return a->protocol == b->protocol && a->local_port == b->local_port &&
           a->remote_port == b->remote_port && a->network == b->network &&
           memcmp(a->remote, b->remote, sizeof a->remote) == 0;
}

/* Into the order of use, as the one that is used last. */
static void link_use(struct socket_table *table, uint32_t at)
{
    struct socket_entry *entries = table->entries;

    entries[at].later = 0;
    entries[at].before = entries[0].before;
    entries[entries[0].before].later = at;
    entries[0].before = at;
}

static void unlink_use(struct socket_table *table, uint32_t at)
{
    struct socket_entry *entries = table->entries;

    entries[entries[at].before].later = entries[at].later;
    entries[entries[at].later].before = entries[at].before;
}

static void forget(struct socket_table *table, uint32_t at)
{
    struct socket_entry *entry = &table->entries[at];

    unlink_use(table, at);
    if (entry->newer != 0)
        table->entries[entry->newer].older = entry->older;
    else
        table->buckets[bucket_of_event(table, &entry->event)] = entry->older;
    if (entry->older != 0)
        table->entries[entry->older].newer = entry->newer;
    entry->older = table->free;
    table->free = at;
}

/* With those that it has made obsolete. */
static void forget_with_older(struct socket_table *table, uint32_t at)
{
    const struct process_event event = table->entries[at].event;

    while (at != 0) {
        const uint32_t older = table->entries[at].older;

        if (has_same_key(&table->entries[at].event, &event))
            forget(table, at);
        at = older;
    }
}

static uint32_t take_entry(struct socket_table *table)
{
    uint32_t at;

    if (table->count < ENTRIES)
        return ++table->count;
    if (table->free == 0)
        forget_with_older(table, table->entries[0].later);
    at = table->free;
    table->free = table->entries[at].older;
    return at;
}

/* An IPv4 address as an IPv6 socket has it: RFC 4291 section 2.5.5.2. */
static bool is_mapped(const uint8_t *address)
{
    static const uint8_t prefix[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

    return memcmp(address, prefix, sizeof prefix) == 0;
}

static void unmap(uint8_t *address)
{
    uint8_t found[IPV4_ADDRESS_LENGTH];

    if (!is_mapped(address))
        return;
    memcpy(found, address + IPV6_ADDRESS_LENGTH - sizeof found, sizeof found);
    memset(address, 0, IPV6_ADDRESS_LENGTH);
    memcpy(address, found, sizeof found);
}

static void normalize(struct process_event *event)
{
    if (event->family != AF_INET6)
        return;
    if (is_mapped(event->local) || is_mapped(event->remote))
        event->family = AF_INET;
    unmap(event->local);
    unmap(event->remote);
}

static void add_socket(struct socket_table *table, const struct process_event *event)
{
    const uint32_t at = take_entry(table);
    struct socket_entry *entry = &table->entries[at];
    uint32_t *newest;

    *entry = (struct socket_entry){.event = *event};
    normalize(&entry->event);
    newest = &table->buckets[bucket_of_event(table, &entry->event)];
    entry->older = *newest;
    if (entry->older != 0)
        table->entries[entry->older].newer = at;
    *newest = at;
    link_use(table, at);
}

void socket_table_add(struct socket_table *table, const struct process_event *event)
{
    if (event->kind == PROCESS_EVENT_FORK)
        table->forks[event->process & (FORKS - 1)] = event->time;
    else
        add_socket(table, event);
}

void socket_table_use(struct socket_table *table, struct socket_entry *entry)
{
    const uint32_t at = (uint32_t)(entry - table->entries);

    if (entry->later == 0)
        return;
    unlink_use(table, at);
    link_use(table, at);
}

uint32_t socket_table_newest(const struct socket_table *table, const struct packet_end *end,
                             bool is_local_end)
{
    static const uint8_t any[IPV6_ADDRESS_LENGTH];

    return table->buckets[is_local_end ? bucket_of(table, end->protocol, end->local_port, 0, any)
                                       : bucket_of(table, end->protocol, end->local_port,
                                                   end->remote_port, end->remote)];
}

uint64_t socket_table_forked(const struct socket_table *table, uint32_t process)
{
    return table->forks[process & (FORKS - 1)];
}
