/*
 * Two searches for each end of a packet, from the newest record to the oldest: by both ends, and by
 * the local end alone.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "socket_search.h"

#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "ip_address.h"
#include "ip_header.h"

enum {
    LOOKS_MAX = 256, /* at records, for one packet: sockets may take turns faster than it is read */
};

/*
 * How much later than a packet the kernel may report that it found no socket, or one of which the
 * process is not known, or that a process has received it.
 */
#define DELIVERY_DELAY (10 * CLOCK_MILLISECOND)

/* What a record says of the one who sends and receives. */
enum meaning {
    MEANS_SENT,
    MEANS_RECEIVED,
    MEANS_OWNED,    /* it has the socket, but may not have used it */
    MEANS_OBSTACLE, /* older records are of other sockets */
    MEANS_CLOSED,
    MEANS_BEGUN, /* older records are of other connections */
};

static const enum meaning meanings[PROCESS_EVENTS] = {
    [PROCESS_EVENT_NONE] = MEANS_OBSTACLE,     [PROCESS_EVENT_CONNECT] = MEANS_SENT,
    [PROCESS_EVENT_ACCEPT] = MEANS_SENT,       [PROCESS_EVENT_PORT] = MEANS_SENT,
    [PROCESS_EVENT_RAW] = MEANS_SENT,          [PROCESS_EVENT_SEND] = MEANS_SENT,
    [PROCESS_EVENT_RECEIVE] = MEANS_RECEIVED,  [PROCESS_EVENT_LISTEN] = MEANS_OWNED,
    [PROCESS_EVENT_EXISTING] = MEANS_OWNED,    [PROCESS_EVENT_KERNEL] = MEANS_SENT,
    [PROCESS_EVENT_DELIVERY] = MEANS_OBSTACLE, [PROCESS_EVENT_CLOSE] = MEANS_CLOSED,
    [PROCESS_EVENT_BEGIN] = MEANS_BEGUN,
};

static const uint8_t any[IPV6_ADDRESS_LENGTH];

static bool is_own(const struct socket_table *table, const struct process_event *event)
{
    return event->network == table->network;
}

static bool has_other_device(const struct socket_table *table, const struct socket_query *query,
                             const struct process_event *event)
{
    return event->device != 0 && query->device != 0 && event->device != query->device &&
           is_own(table, event);
}

/* Whether a socket without an address of its own has packets of this version. */
static bool takes_version(const struct process_event *event, int family)
{
    if (event->family == family)
        return true;
    return family == AF_INET && (event->flags & PROCESS_EVENT_IPV6_ONLY) == 0;
}

/* Whether a local address of a record may be that of the packet's end. */
static bool matches_local(const struct socket_table *table, const struct socket_query *query,
                          const struct process_event *event)
{
    const struct packet_end *end = query->end;
    const int family = end->version == 4 ? AF_INET : AF_INET6;

    if (has_other_device(table, query, event))
        return false;
    if (memcmp(event->local, any, sizeof any) != 0)
        return event->family == family && memcmp(event->local, end->local, sizeof any) == 0;
    if (!takes_version(event, family))
        return false;
    if (!is_own(table, event) || query->is_loopback || query->to_group)
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
    uint64_t closed;   /* the socket that listens no more; 0: none */
    bool is_delivered; /* after the packet the socket of `next` got its first one */
    bool is_cut;       /* there are too many records */
    bool is_ambiguous;
    struct socket_entry *found; /* what was chosen of the above */
};

static enum meaning meaning_of(const struct socket_entry *entry)
{
    return meanings[entry->event.kind];
}

static bool is_shared(const struct socket_entry *entry)
{
    return (entry->event.flags & PROCESS_EVENT_SHARED) != 0;
}

static bool is_later(const struct search *search, const struct socket_entry *entry)
{
    return entry->event.time > search->query->time;
}

static bool is_in_time(const struct socket_query *query, const struct process_event *event,
                       enum meaning meaning)
{
    if (meaning == MEANS_OBSTACLE && query->role == PROCESS_SENDER)
        return false; /* what was sent is no less certain */
    if (event->time <= query->time)
        return event->kind != PROCESS_EVENT_NONE;
    return query->role == PROCESS_RECEIVER && query->has_data &&
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
           event->remote_port == remote_port && is_own(table, event) != search->elsewhere &&
           memcmp(event->remote, remote, sizeof any) == 0 &&
           is_in_time(search->query, event, meanings[event->kind]) &&
           matches_local(table, search->query, event);
}

/* A raw socket sends segments as of a connection, which is not reported again when it sends. */
static bool is_raw_segment(const struct socket_entry *entry)
{
    return entry->event.kind == PROCESS_EVENT_RAW && entry->event.protocol == IP_PROTOCOL_TCP;
}

static bool is_forged(const struct socket_entry *raw, const struct socket_entry *owner)
{
    return is_raw_segment(raw) && !is_raw_segment(owner);
}

/* Another process that may as well be the one that is looked for. */
static bool is_rival(const struct search *search, const struct socket_entry *entry)
{
    const struct socket_entry *found = search->sent ? search->sent : search->received;
    const struct process_event *event = &entry->event;

    if (!found || event->process == found->event.process)
        return false;
    if (event->network != found->event.network || is_forged(found, entry))
        return true;
    if (event->socket == found->event.socket)
        return event->kind == PROCESS_EVENT_EXISTING && found->event.kind == PROCESS_EVENT_EXISTING;
    return search->is_local_end && is_shared(entry) &&
           (search->query->role == PROCESS_RECEIVER || meaning_of(found) == MEANS_OWNED);
}

/*
 * Whether records older than this one are of other sockets, or of no use: of sockets that have the
 * same port each one that sends after another one has a record.
 */
static bool ends_search(const struct search *search, const struct socket_entry *entry)
{
    if (search->elsewhere)
        return false;
    if (search->query->role == PROCESS_SENDER && meaning_of(entry) == MEANS_SENT)
        return !is_raw_segment(entry);
    if (entry->event.kind == PROCESS_EVENT_EXISTING || is_shared(entry))
        return search->is_ambiguous;
    return search->query->role == PROCESS_SENDER || search->received ||
           entry->event.kind != PROCESS_EVENT_SEND;
}

/*
 * Who receives later has received this packet, unless another socket has, or none. Returns whether
 * older records are needed.
 */
static bool take_obstacle(struct search *search, struct socket_entry *entry)
{
    const bool is_next = search->next && entry->event.socket == search->next->event.socket;

    if (is_next && is_later(search, entry)) {
        search->is_delivered = true;
        return true;
    }
    if (!search->sent && !search->received)
        search->obstacle = entry;
    if (!is_next)
        search->next = NULL;
    return false;
}

static bool take_received(struct search *search, struct socket_entry *entry)
{
    if (is_later(search, entry))
        search->next = entry;
    else if (!search->received)
        search->received = entry;
    if (entry->event.flags & PROCESS_EVENT_SEVERAL && search->query->role == PROCESS_RECEIVER &&
        search->query->has_data)
        search->is_ambiguous = true;
    return !(search->received && search->sent && !is_shared(entry));
}

/* The answer to a SYN is that of who listens: other records are of a connection before. */
static bool is_of_connection_before(const struct search *search, const struct socket_entry *entry)
{
    return search->query->is_reply && search->query->role == PROCESS_SENDER &&
           !search->is_local_end && entry->event.kind != PROCESS_EVENT_LISTEN &&
           entry->event.kind != PROCESS_EVENT_KERNEL;
}

/* Takes a record that matches; returns false when no older one is needed. */
static bool take(struct search *search, struct socket_entry *entry)
{
    const enum meaning meaning = meaning_of(entry);

    if (meaning == MEANS_BEGUN || is_of_connection_before(search, entry))
        return false;
    if (meaning == MEANS_OBSTACLE)
        return take_obstacle(search, entry);
    if (is_rival(search, entry) ||
        (search->is_delivered && entry->event.socket != search->next->event.socket))
        search->is_ambiguous = true;
    if (meaning == MEANS_CLOSED) {
        search->closed = entry->event.socket;
        return true;
    }
    if (entry->event.socket == search->closed &&
        (entry->event.kind == PROCESS_EVENT_LISTEN || search->query->role == PROCESS_RECEIVER))
        return true;
    if (meaning == MEANS_RECEIVED)
        return take_received(search, entry);
    if (!search->sent)
        search->sent = entry;
    return !ends_search(search, entry);
}

static void walk(const struct socket_table *table, struct search *search)
{
    const uint32_t newest = socket_table_newest(table, search->query->end, search->is_local_end);
    unsigned looks = 0;

    for (uint32_t at = newest; at != 0; at = table->entries[at].older) {
        if (looks++ == LOOKS_MAX) {
            search->is_cut = search->is_ambiguous = true;
            return;
        }
        if (matches(table, search, &table->entries[at].event) && !take(search, &table->entries[at]))
            return;
    }
}

static struct socket_entry *choose_sender(const struct search *search)
{
    struct socket_entry *sent = search->sent;
    struct socket_entry *received = search->received;

    if (!sent || !received)
        return sent ? sent : received;
    if (meaning_of(sent) == MEANS_SENT)
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

/* What comes for the ports of a raw packet may be for another socket, which has them. */
static bool is_for_a_port(const struct search *search, const struct process_event *event)
{
    return search->query->role == PROCESS_RECEIVER && event->kind == PROCESS_EVENT_RAW &&
           (event->protocol == IP_PROTOCOL_TCP || event->protocol == IP_PROTOCOL_UDP);
}

/* Whether another process may have written what is sent; or receive what has no data. */
static bool is_mixed(const struct socket_query *query, const struct process_event *event)
{
    if (event->flags & PROCESS_EVENT_MIXED)
        return true;
    if (query->role != PROCESS_SENDER)
        return (event->flags & PROCESS_EVENT_SEQUENCE) != 0;
    return event->flags & PROCESS_EVENT_SEQUENCE && query->has_sequence && query->has_data &&
           (int32_t)(query->sequence - event->sequence) < 0;
}

/* In other network namespaces the same address may be that of another machine. */
static bool may_be_another_machine(const struct search *search, const struct process_event *event)
{
    return search->elsewhere &&
           (search->is_local_end || memcmp(event->local, any, sizeof any) == 0);
}

/* Whether a process that was made since may be the one that receives. */
static bool has_forked(const struct socket_table *table, const struct socket_query *query,
                       const struct process_event *event)
{
    const uint64_t time = socket_table_forked(table, event->process);

    return query->role == PROCESS_RECEIVER && query->has_data && time > event->time &&
           time <= query->time;
}

static bool is_uncertain(const struct socket_table *table, const struct search *search,
                         const struct process_event *event)
{
    const struct socket_query *query = search->query;

    return has_forked(table, query, event) || search->is_ambiguous ||
           (query->to_group && query->role == PROCESS_RECEIVER) ||
           (event->device != 0 && query->device == 0) || may_be_another_machine(search, event) ||
           is_guess(search, event) || is_for_a_port(search, event) || is_mixed(query, event);
}

/* A TCP socket without a remote end listens, also one that was there before the capture. */
static bool is_listener(const struct search *search, const struct process_event *event)
{
    return event->kind == PROCESS_EVENT_LISTEN ||
           (search->is_local_end && search->query->end->protocol == IP_PROTOCOL_TCP);
}

static enum process_certainty certainty_of(const struct socket_table *table,
                                           const struct search *search,
                                           const struct process_event *event)
{
    if (is_uncertain(table, search, event))
        return PROCESS_UNCERTAIN;
    if (event->kind == PROCESS_EVENT_KERNEL)
        return PROCESS_KERNEL;
    return is_listener(search, event) ? PROCESS_LISTENER : PROCESS_EXACT;
}

static bool says_nothing(const struct search *search)
{
    return !search->found && !search->obstacle && !search->is_cut;
}

/* The newer one of two records of different sockets. That of both ends is the socket's, if any. */
static struct search *newer_owner(struct search *both, struct search *local)
{
    const bool shared = is_shared(both->found) || is_shared(local->found);
    struct search *newer = local->found->event.time > both->found->event.time ? local : both;

    if (both->found->event.socket == local->found->event.socket)
        return newer;
    if (newer->query->role == PROCESS_SENDER)
        newer->is_ambiguous |= shared && meaning_of(newer->found) != MEANS_SENT;
    else
        newer->is_ambiguous |= shared || is_later(newer, newer->found);
    newer->is_ambiguous |= both->found->event.network != local->found->event.network;
    return newer;
}

/*
 * A socket that is known by both ends, and packets that came to one by the local end of which the
 * process is not known; or the other way round.
 */
static struct search *newer_delivery(struct search *known, struct search *obstructed)
{
    const struct socket_entry *obstacle = obstructed->obstacle;

    if (!obstacle || is_later(obstructed, obstacle) || is_shared(known->found) ||
        obstacle->event.time > known->found->event.time)
        return obstructed;
    known->is_ambiguous |= is_later(known, known->found);
    return known;
}

/* Of TCP the local end alone is that of a listener, which has no part in a connection. */
static bool is_of_connection(const struct search *both)
{
    return both->query->end->protocol == IP_PROTOCOL_TCP && !says_nothing(both);
}

/* Which of both searches has the answer. */
static struct search *decide(struct search *both, struct search *local)
{
    if (says_nothing(local))
        return both;
    if (says_nothing(both))
        return local;
    if (both->found && local->found)
        return newer_owner(both, local);
    if (both->found)
        return newer_delivery(both, local);
    return local->found ? newer_delivery(local, both) : both;
}

static void answer_by(struct socket_table *table, const struct search *search,
                      struct process_answer *answer)
{
    struct socket_entry *entry = search->found;

    if (!entry) {
        if (search->obstacle && search->obstacle->event.kind == PROCESS_EVENT_NONE)
            answer->certainty = PROCESS_NOBODY;
        return;
    }
    socket_table_use(table, entry);
    *answer = (struct process_answer){
        .certainty = certainty_of(table, search, &entry->event),
        .is_listener = is_listener(search, &entry->event),
        .how = (enum process_event_kind)entry->event.kind,
        .time = entry->event.time,
        .process = entry->event.process,
        .thread = entry->event.thread,
        .user = entry->event.user,
        .program = entry->event.program,
    };
}

static void find_in(const struct socket_table *table, struct search *search)
{
    if (search->query->is_request && search->query->role == PROCESS_RECEIVER &&
        !search->is_local_end)
        return;
    walk(table, search);
    search->found =
        search->query->role == PROCESS_SENDER ? choose_sender(search) : choose_receiver(search);
}

void socket_search(struct socket_table *table, const struct socket_query *query,
                   struct process_answer *answer)
{
    *answer = (struct process_answer){.certainty = PROCESS_UNKNOWN};
    for (unsigned elsewhere = query->is_foreign; elsewhere <= !query->is_loopback; elsewhere++) {
        struct search both = {.query = query, .elsewhere = elsewhere};
        struct search local = {.query = query, .elsewhere = elsewhere, .is_local_end = true};
        const struct search *decided;

        find_in(table, &both);
        if (!is_of_connection(&both))
            find_in(table, &local);
        decided = decide(&both, &local);
        if (!says_nothing(decided)) {
            answer_by(table, decided, answer);
            return;
        }
    }
}
