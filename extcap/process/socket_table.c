/*
 * A hash table of chains, the newest record first.
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
};

/*
 * How much later than a packet the kernel may report that it found no socket, or one of which the
 * process is not known, or that a process has received it.
 */
#define DELIVERY_DELAY (10 * CLOCK_MILLISECOND)

struct socket_entry {
    struct process_event event;
    uint32_t bucket;
    uint32_t newer; /* of the same bucket; 0: none */
    uint32_t older; /* the same; of a free one the next free one */
    bool is_used;   /* since the hand passed */
    bool is_free;
};

/* What a record says of the one who sends and receives. */
enum meaning {
    MEANS_SENT,
    MEANS_RECEIVED,
    MEANS_OWNED,    /* it has the socket, but may not have used it */
    MEANS_OBSTACLE, /* older records are of other sockets */
    MEANS_CLOSED,
};

static const enum meaning meanings[PROCESS_EVENTS] = {
    [PROCESS_EVENT_NONE] = MEANS_OBSTACLE,     [PROCESS_EVENT_CONNECT] = MEANS_SENT,
    [PROCESS_EVENT_ACCEPT] = MEANS_SENT,       [PROCESS_EVENT_PORT] = MEANS_SENT,
    [PROCESS_EVENT_RAW] = MEANS_SENT,          [PROCESS_EVENT_SEND] = MEANS_SENT,
    [PROCESS_EVENT_RECEIVE] = MEANS_RECEIVED,  [PROCESS_EVENT_LISTEN] = MEANS_OWNED,
    [PROCESS_EVENT_EXISTING] = MEANS_OWNED,    [PROCESS_EVENT_KERNEL] = MEANS_SENT,
    [PROCESS_EVENT_DELIVERY] = MEANS_OBSTACLE, [PROCESS_EVENT_CLOSE] = MEANS_CLOSED,
};

static const uint8_t any[IPV6_ADDRESS_LENGTH];

bool socket_table_init(struct socket_table *table, uint32_t network,
                       const struct host_addresses *host)
{
    *table = (struct socket_table){
        .entries = calloc(ENTRIES + 1, sizeof *table->entries),
        .buckets = calloc(BUCKETS, sizeof *table->buckets),
        .hand = 1,
        .network = network,
        .host = host,
    };
    if (getrandom(&table->seed, sizeof table->seed, GRND_NONBLOCK) < 0)
        table->seed = clock_now(CLOCK_MONOTONIC);
    return table->entries && table->buckets;
}

void socket_table_free(struct socket_table *table)
{
    free(table->entries);
    free(table->buckets);
    table->entries = NULL;
    table->buckets = NULL;
}

static uint32_t bucket_of(const struct socket_table *table, uint8_t protocol, uint16_t local_port,
                          uint16_t remote_port, const uint8_t *remote)
{
    const uint64_t ports = (uint64_t)protocol << 32 | (uint64_t)local_port << 16 | remote_port;

    return (uint32_t)hash_address(hash_word(table->seed, ports), remote, IPV6_ADDRESS_LENGTH) &
           (BUCKETS - 1);
}

static bool has_same_key(const struct process_event *a, const struct process_event *b)
{
    return a->protocol == b->protocol && a->local_port == b->local_port &&
           a->remote_port == b->remote_port && a->network == b->network &&
           memcmp(a->remote, b->remote, sizeof a->remote) == 0;
}

static void forget(struct socket_table *table, uint32_t at)
{
    struct socket_entry *entry = &table->entries[at];

    if (entry->newer != 0)
        table->entries[entry->newer].older = entry->older;
    else
        table->buckets[entry->bucket] = entry->older;
    if (entry->older != 0)
        table->entries[entry->older].newer = entry->newer;
    entry->is_free = true;
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

/* The hand goes round once at most until it finds one that was not used since. */
static void make_space(struct socket_table *table)
{
    for (;;) {
        struct socket_entry *entry = &table->entries[table->hand];
        const uint32_t at = table->hand;
        const bool is_used = entry->is_used;

        table->hand = at == ENTRIES ? 1 : at + 1;
        entry->is_used = false;
        if (!is_used && !entry->is_free) {
            forget_with_older(table, at);
            return;
        }
    }
}

static uint32_t take_entry(struct socket_table *table)
{
    uint32_t at;

    if (table->count < ENTRIES)
        return ++table->count;
    if (table->free == 0)
        make_space(table);
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

void socket_table_add(struct socket_table *table, const struct process_event *event)
{
    const uint32_t at = take_entry(table);
    struct socket_entry *entry = &table->entries[at];

    *entry = (struct socket_entry){.event = *event};
    normalize(&entry->event);
    entry->bucket = bucket_of(table, (uint8_t)entry->event.protocol, entry->event.local_port,
                              entry->event.remote_port, entry->event.remote);
    entry->older = table->buckets[entry->bucket];
    if (entry->older != 0)
        table->entries[entry->older].newer = at;
    table->buckets[entry->bucket] = at;
}

/* Whether a local address of a record may be that of the packet's end. */
static bool matches_local(const struct socket_table *table, const struct socket_query *query,
                          const struct process_event *event)
{
    const struct packet_end *end = query->end;
    const int family = end->version == 4 ? AF_INET : AF_INET6;

    if (memcmp(event->local, any, sizeof any) != 0)
        return event->family == family && memcmp(event->local, end->local, sizeof any) == 0;
    if (event->family == AF_INET && family == AF_INET6)
        return false;
    if (event->network != table->network || query->is_loopback || query->to_group)
        return true;
    for (size_t i = 0; i < table->host->address_count; i++)
        if (table->host->addresses[i].family == family &&
            ip_address_equal(end->version, table->host->addresses[i].bytes, end->local))
            return true;
    return false;
}

/* The records of the same ports, from the newest to the oldest. */
struct search {
    const struct socket_query *query;
    bool elsewhere;            /* in other network namespaces than the capture's */
    bool is_local_end;         /* by the local end alone: records without a remote one */
    struct socket_entry *sent; /* or owned */
    struct socket_entry *received;
    struct socket_entry *next; /* the first that received after the packet */
    struct socket_entry *obstacle;
    uint64_t closed; /* the socket that listens no more; 0: none */
    bool is_ambiguous;
};

static bool is_in_time(const struct socket_query *query, const struct process_event *event,
                       enum meaning meaning)
{
    if (meaning == MEANS_OBSTACLE && query->role == PROCESS_SENDER)
        return false; /* what was sent is no less certain */
    if (event->time <= query->time)
        return event->kind != PROCESS_EVENT_NONE;
    return query->role == PROCESS_RECEIVER &&
           (meaning == MEANS_OBSTACLE || meaning == MEANS_RECEIVED) &&
           event->time <= query->time + DELIVERY_DELAY;
}

static bool matches(const struct socket_table *table, const struct search *search,
                    const struct process_event *event)
{
    const struct packet_end *end = search->query->end;
    const uint16_t remote_port = search->is_local_end ? 0 : end->remote_port;
    const uint8_t *remote = search->is_local_end ? any : end->remote;

    return event->protocol == end->protocol && event->local_port == end->local_port &&
           event->remote_port == remote_port &&
           (event->network != table->network) == search->elsewhere &&
           memcmp(event->remote, remote, sizeof any) == 0 &&
           is_in_time(search->query, event, meanings[event->kind]) &&
           matches_local(table, search->query, event);
}

/* Another process that may as well be the one that is looked for. */
static bool is_rival(const struct search *search, const struct process_event *event)
{
    const struct socket_entry *found = search->sent ? search->sent : search->received;

    if (!found || event->process == found->event.process)
        return false;
    if (event->network != found->event.network)
        return true;
    if (event->socket == found->event.socket)
        return event->kind == PROCESS_EVENT_EXISTING && found->event.kind == PROCESS_EVENT_EXISTING;
    return search->query->role == PROCESS_RECEIVER && search->is_local_end && event->shared != 0;
}

/* Whether records older than this one are of other sockets, or of no use. */
static bool ends_search(const struct search *search, const struct process_event *event)
{
    if (event->kind == PROCESS_EVENT_EXISTING || event->shared != 0 || search->elsewhere)
        return false;
    return search->query->role == PROCESS_SENDER || event->kind != PROCESS_EVENT_SEND;
}

/* Who receives later has received this packet, unless another socket has, or none. */
static void take_obstacle(struct search *search, struct socket_entry *entry)
{
    if (!search->sent && !search->received)
        search->obstacle = entry;
    if (search->next && entry->event.socket != search->next->event.socket)
        search->next = NULL;
}

/* Takes a record that matches; returns false when no older one is needed. */
static bool take(struct search *search, struct socket_entry *entry)
{
    const enum meaning meaning = meanings[entry->event.kind];

    if (is_rival(search, &entry->event))
        search->is_ambiguous = true;
    if (meaning == MEANS_OBSTACLE) {
        take_obstacle(search, entry);
        return false;
    }
    if (meaning == MEANS_CLOSED) {
        search->closed = entry->event.socket;
        return true;
    }
    if (entry->event.socket == search->closed &&
        (entry->event.kind == PROCESS_EVENT_LISTEN || search->query->role == PROCESS_RECEIVER))
        return true;
    if (meaning == MEANS_RECEIVED) {
        if (entry->event.time > search->query->time)
            search->next = entry;
        else if (!search->received)
            search->received = entry;
        return true;
    }
    if (!search->sent)
        search->sent = entry;
    return !ends_search(search, &entry->event);
}

static void walk(const struct socket_table *table, struct search *search, uint32_t newest)
{
    for (uint32_t at = newest; at != 0; at = table->entries[at].older)
        if (matches(table, search, &table->entries[at].event) && !take(search, &table->entries[at]))
            return;
}

static struct socket_entry *choose_sender(const struct search *search)
{
    struct socket_entry *sent = search->sent;
    struct socket_entry *received = search->received;

    if (!sent || !received)
        return sent ? sent : received;
    if (meanings[sent->event.kind] == MEANS_SENT)
        return sent;
    return received->event.time >= sent->event.time ? received : sent;
}

static bool is_of_another_socket(const struct socket_entry *entry, const struct socket_entry *owner)
{
    return entry && owner && entry->event.socket != owner->event.socket;
}

/* Who received before, or else who is the first to receive afterwards; or who has the socket. */
static struct socket_entry *choose_receiver(struct search *search)
{
    struct socket_entry *owner = choose_sender(search);
    struct socket_entry *received =
        is_of_another_socket(search->received, owner) ? NULL : search->received;
    struct socket_entry *next = is_of_another_socket(search->next, owner) ? NULL : search->next;

    if (received && next && received->event.process != next->event.process)
        search->is_ambiguous = true;
    if (received && search->sent && search->sent->event.time > received->event.time &&
        search->sent->event.process != received->event.process)
        search->is_ambiguous = true;
    if (received)
        return received;
    return next ? next : owner;
}

/* Of data when one is only known to have the socket: it may leave the reading to another one. */
static bool is_guess(const struct search *search, const struct process_event *event)
{
    return search->query->role == PROCESS_RECEIVER && search->query->has_data &&
           meanings[event->kind] == MEANS_SENT && event->kind != PROCESS_EVENT_RAW &&
           event->kind != PROCESS_EVENT_KERNEL;
}

static enum process_certainty certainty_of(const struct search *search,
                                           const struct process_event *event)
{
    const bool is_any = memcmp(event->local, any, sizeof any) == 0;
    const bool to_group = search->query->to_group && search->query->role == PROCESS_RECEIVER;

    if (search->is_ambiguous || to_group || (search->elsewhere && is_any) ||
        is_guess(search, event))
        return PROCESS_UNCERTAIN;
    if (event->kind == PROCESS_EVENT_KERNEL)
        return PROCESS_KERNEL;
    if (event->kind == PROCESS_EVENT_LISTEN ||
        (search->is_local_end && search->query->end->protocol == IP_PROTOCOL_TCP))
        return PROCESS_LISTENER;
    return PROCESS_EXACT;
}

/* False when the search says nothing. */
static bool conclude(struct search *search, struct process_answer *answer)
{
    struct socket_entry *entry =
        search->query->role == PROCESS_SENDER ? choose_sender(search) : choose_receiver(search);

    *answer = (struct process_answer){.certainty = PROCESS_UNKNOWN};
    if (!entry) {
        if (search->obstacle && search->obstacle->event.kind == PROCESS_EVENT_NONE)
            answer->certainty = PROCESS_NOBODY;
        return search->obstacle != NULL;
    }
    entry->is_used = true;
    *answer = (struct process_answer){
        .certainty = certainty_of(search, &entry->event),
        .how = (enum process_event_kind)entry->event.kind,
        .time = entry->event.time,
        .process = entry->event.process,
        .thread = entry->event.thread,
        .user = entry->event.user,
        .program = entry->event.program,
    };
    return true;
}

void socket_table_find(struct socket_table *table, const struct socket_query *query,
                       struct process_answer *answer)
{
    const struct packet_end *end = query->end;
    const uint32_t newest[] = {
        table->buckets[bucket_of(table, end->protocol, end->local_port, end->remote_port,
                                 end->remote)],
        table->buckets[bucket_of(table, end->protocol, end->local_port, 0, any)],
    };

    *answer = (struct process_answer){.certainty = PROCESS_UNKNOWN};
    for (unsigned step = 0; step < 4; step++) {
        struct search search = {
            .query = query, .elsewhere = step >= 2, .is_local_end = step % 2 == 1};

        if (search.elsewhere && query->is_loopback)
            return;
        if (newest[step % 2] == 0) /* usually of one of both */
            continue;
        walk(table, &search, newest[step % 2]);
        if (conclude(&search, answer))
            return;
    }
}
