/*
 * The table of connections and what their packets came to. All the judging is done by
 * tcp_connection and sctp_association of common; here are the keys, and the verdicts by frame.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "connection.h"

#include <string.h>

#include "frame_context.h"
#include "sctp_association.h"
#include "sender.h"
#include "tcp_connection.h"

/* The addresses of both ends, the lower end first, and what tells equal ends apart. */
struct key {
    uint32_t tunnel;
    uint16_t ports[2];
    uint16_t vlan;
    uint8_t protocol;
    uint8_t length; /* of both addresses: 8 or 32 bytes */
    uint8_t addresses[2 * IPV6_ADDRESS_LENGTH];
};

/* An entry of the table; of the key only as many bytes are kept as its addresses have. */
struct connection {
    union {
        struct tcp_connection tcp;
        struct sctp_association sctp;
    };
    uint8_t sums_noted; /* bit set of sides that are known to fill in their checksums */
    struct key key;
};

/* The end that a packet or socket is at. */
struct end {
    const uint8_t *address;
    uint16_t port;
};

static wmem_map_t *connections; /* struct key to struct connection */
static wmem_map_t *verdicts;    /* frame and layer to a packed struct tcp_verdict */
static uint64_t seed;
static bool tell_end_of_stream;

static size_t key_length(const struct key *key)
{
    return offsetof(struct key, addresses) + key->length;
}

/* A hash that a sender cannot foresee, quicker than Wireshark's for so many bytes. */
static guint hash_key(gconstpointer data)
{
    const struct key *key = data;
    const uint8_t *bytes = data;
    uint64_t hash = seed;

    for (size_t i = 0; i < key_length(key); i += 4) {
        uint32_t word;

        memcpy(&word, bytes + i, sizeof word);
        hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 29;
    }
    return (guint)(hash >> 32 ^ hash);
}

static gboolean is_same_key(gconstpointer a, gconstpointer b)
{
    const struct key *left = a;
    const struct key *right = b;

    return left->length == right->length && memcmp(left, right, key_length(left)) == 0;
}

void connection_register(void)
{
    seed = (uint64_t)g_random_int() << 32 | g_random_int();
    connections =
        wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), hash_key, is_same_key);
    verdicts = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), g_direct_hash,
                                      g_direct_equal);
}

void connection_tell_end_of_stream(bool tell)
{
    tell_end_of_stream = tell;
}

/* Makes the key of two ends. Returns the side of the first one: 0 when it is the lower. */
static unsigned make_key(struct key *key, const packet_info *pinfo,
                         const struct header_place *place, uint8_t protocol, uint8_t version,
                         const struct end *from, const struct end *to)
{
    const uint8_t size = version == 4 ? IPV4_ADDRESS_LENGTH : IPV6_ADDRESS_LENGTH;
    const int order = memcmp(from->address, to->address, size);
    const unsigned side = order > 0 || (order == 0 && from->port > to->port);

    key->tunnel = place->tunnel;
    key->vlan = (uint16_t)pinfo->vlan_id;
    key->protocol = protocol;
    key->length = (uint8_t)(2 * size);
    key->ports[side] = from->port;
    key->ports[!side] = to->port;
    memcpy(key->addresses + side * size, from->address, size);
    memcpy(key->addresses + !side * size, to->address, size);
    return side;
}

static unsigned key_of_packet(struct key *key, const packet_info *pinfo,
                              const struct header_place *place)
{
    const struct ip_packet *packet = &place->packet;
    const struct end from = {packet->bytes + packet->source_offset, packet->source_port};
    const struct end to = {packet->bytes + packet->destination_offset, packet->destination_port};

    return make_key(key, pinfo, place, packet->protocol, packet->version, &from, &to);
}

static struct connection *connection_at(const struct key *key)
{
    struct connection *connection = wmem_map_lookup(connections, key);

    if (!connection) {
        connection = wmem_alloc0(wmem_file_scope(),
                                 offsetof(struct connection, key) + key_length(key));
        memcpy(&connection->key, key, key_length(key));
        wmem_map_insert(connections, &connection->key, connection);
    }
    return connection;
}

enum {
    LAYER_BITS = 5,
    VERDICT_LIKELY = 1 << 8,
    VERDICT_PRESENT = 1 << 9,
};

static gpointer verdict_key(guint32 frame, unsigned layer)
{
    return (gpointer)((gsize)frame << LAYER_BITS | (layer & ((1U << LAYER_BITS) - 1)));
}

static void keep_verdict(guint32 frame, unsigned layer, const struct tcp_verdict *verdict)
{
    const guint packed = (guint)verdict->situation | VERDICT_PRESENT |
                         (verdict->likely ? VERDICT_LIKELY : 0);

    wmem_map_insert(verdicts, verdict_key(frame, layer), GUINT_TO_POINTER(packed));
}

static bool find_verdict(struct tcp_verdict *verdict, guint32 frame, unsigned layer)
{
    const guint packed = GPOINTER_TO_UINT(wmem_map_lookup(verdicts, verdict_key(frame, layer)));

    *verdict = (struct tcp_verdict){
        .situation = (enum tcp_situation)(packed & (VERDICT_LIKELY - 1)),
        .likely = (packed & VERDICT_LIKELY) != 0,
    };
    return packed != 0;
}

static uint32_t milliseconds(const packet_info *pinfo)
{
    return (uint32_t)pinfo->abs_ts.secs * 1000U + (uint32_t)(pinfo->abs_ts.nsecs / 1000000);
}

static void gather_segment(packet_info *pinfo, const struct header_place *place)
{
    struct tcp_segment segment;
    struct tcp_timeout timeout;
    struct tcp_verdict verdict;
    struct connection *connection;
    struct key key;
    unsigned side;
    bool noted;

    if (!tcp_segment_read(&segment, &place->packet))
        return;
    side = key_of_packet(&key, pinfo, place);
    connection = connection_at(&key);
    noted = (connection->sums_noted >> side & 1) != 0;
    if (!sender_gather(pinfo, place, &noted))
        return;
    connection->sums_noted |= (uint8_t)(noted << side);
    verdict = tcp_connection_segment(&connection->tcp, side, &segment, pinfo->num,
                                     milliseconds(pinfo), &timeout);
    if (timeout.frame != 0)
        keep_verdict(timeout.frame, place->layer,
                     &(struct tcp_verdict){.situation = timeout.situation});
    if (segment.flags & TCP_FLAG_RST ||
        (tell_end_of_stream && verdict.situation == SITUATION_FIRST_FIN))
        keep_verdict(pinfo->num, place->layer, &verdict);
}

static void gather_sctp(packet_info *pinfo, const struct header_place *place)
{
    const struct ip_packet *packet = &place->packet;
    struct tcp_verdict verdict;
    struct key key;
    unsigned side;

    if (!ip_packet_has(packet, IP_FIELD_DESTINATION_PORT))
        return;
    side = key_of_packet(&key, pinfo, place);
    verdict = sctp_association_packet(&connection_at(&key)->sctp, side, packet);
    if (sctp_abort_offset(packet) != 0)
        keep_verdict(pinfo->num, place->layer, &verdict);
}

/* An ICMP error about a TCP segment, by the connection of the socket that sent the segment. */
static void gather_error(packet_info *pinfo, const struct header_place *place)
{
    struct tcp_verdict verdict = {SITUATION_UNKNOWN, true};
    struct packet_error_socket socket;
    struct tcp_quote quote;
    struct connection *connection;
    struct key key;
    unsigned side;

    if (!packet_error_read_quote(&socket, &quote, &place->packet))
        return;
    side = make_key(&key, pinfo, place, IP_PROTOCOL_TCP, socket.version,
                    &(struct end){socket.local, socket.local_port},
                    &(struct end){socket.remote, socket.remote_port});
    connection = wmem_map_lookup(connections, &key);
    if (connection)
        verdict = tcp_connection_error(&connection->tcp, side, &quote);
    keep_verdict(pinfo->num, place->layer, &verdict);
}

void connection_gather(packet_info *pinfo, const struct header_place *place)
{
    switch (place->packet.protocol) {
    case IP_PROTOCOL_TCP:
        gather_segment(pinfo, place);
        break;
    case IP_PROTOCOL_SCTP:
        gather_sctp(pinfo, place);
        break;
    case IP_PROTOCOL_ICMP:
    case IP_PROTOCOL_ICMPV6:
        gather_error(pinfo, place);
        break;
    default:
        break;
    }
}

/* Whether the frame has the last segment that nobody answered, as far as is known by now. */
static enum tcp_situation timeout_of(const packet_info *pinfo, const struct header_place *place)
{
    const struct ip_packet *packet = &place->packet;
    const struct connection *connection;
    struct key key;
    unsigned side;

    if (packet->protocol != IP_PROTOCOL_TCP || tcp_segment_flags(packet) & TCP_FLAG_RST ||
        !ip_packet_has(packet, IP_FIELD_DESTINATION_PORT))
        return SITUATION_UNKNOWN;
    side = key_of_packet(&key, pinfo, place);
    connection = wmem_map_lookup(connections, &key);
    return connection ? tcp_connection_timeout(&connection->tcp, side, pinfo->num,
                                               pinfo->fd->visited != 0)
                      : SITUATION_UNKNOWN;
}

struct packet_error_context connection_error_context(packet_info *pinfo,
                                                     const struct header_place *place)
{
    const struct ip_packet *packet = &place->packet;
    struct packet_error_context context = {
        .header_checksum_due = packet->version == 4 && packet->checksum == 0 &&
                               frame_header_checksum_due(pinfo, place),
        .sums_left_to_card = sender_leaves_sums(pinfo, place),
    };

    if (!find_verdict(&context.connection, pinfo->num, place->layer))
        context.connection.situation = timeout_of(pinfo, place);
    return context;
}
