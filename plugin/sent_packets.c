/*
 * A ring of packets. Those whose conversations share a hash are a list, the newest first, so that
 * adding a packet compares nothing: an ICMP error is rare, and the packets are many.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "sent_packets.h"

#include <string.h>

#include "bytes.h"
#include "hash.h"
#include "icmp_message.h"
#include "probes.h"

enum {
    FIRST_ROOM = 1024, /* packets */
    STEPS_MAX = 4096,  /* packets of other conversations with the same hash that are passed over */
};

struct kept {
    struct packet_identity identity;
    guint32 frame;
    uint32_t
        conversation; /* a hash of its ends, protocol, VLAN and tunnels, and of its direction */
    guint32 before;   /* the packet before it in its list, a number as `ring.count`; 0: none */
};

static struct {
    struct kept *packets; /* number n is in slot n - 1 modulo the room */
    guint32 *lists;       /* the newest packet of each list; 0: none */
    guint32 room;         /* packets and lists, a power of 2; 0 before the first packet */
    guint32 count;        /* packets added; the number of the newest */
    guint32 last_frame;
    bool renumbered;
} ring;

static uint64_t seed;

/* The memory itself goes with the file. */
static void reset(void)
{
    memset(&ring, 0, sizeof ring);
}

void sent_packets_register(void)
{
    register_init_routine(reset);
    register_cleanup_routine(reset);
    seed = (uint64_t)g_random_int() << 32 | g_random_int();
}

static struct kept *packet_of(guint32 number)
{
    return &ring.packets[(number - 1) & (ring.room - 1)];
}

static guint32 *list_of(uint32_t conversation)
{
    return &ring.lists[conversation & (ring.room - 1)];
}

static void put_into_list(guint32 number)
{
    struct kept *packet = packet_of(number);
    guint32 *list = list_of(packet->conversation);

    packet->before = *list;
    *list = number;
}

static void enlarge(void)
{
    const guint32 room = ring.room != 0 ? 2 * ring.room : FIRST_ROOM;

    ring.packets = wmem_realloc(wmem_file_scope(), ring.packets, room * sizeof *ring.packets);
    wmem_free(wmem_file_scope(), ring.lists);
    ring.lists = wmem_alloc0_array(wmem_file_scope(), guint32, room);
    ring.room = room;
    for (guint32 number = 1; number <= ring.count; number++)
        put_into_list(number);
}

static void add(const packet_info *pinfo, uint32_t conversation,
                const struct packet_identity *identity)
{
    struct kept *packet;

    if (ring.count == ring.room && ring.room < SENT_PACKETS_MAX)
        enlarge();
    packet = packet_of(++ring.count);
    packet->identity = *identity;
    packet->frame = pinfo->num;
    packet->conversation = conversation;
    put_into_list(ring.count);
}

void sent_packets_begin_frame(guint32 frame)
{
    if (frame > ring.last_frame) {
        ring.last_frame = frame;
        return;
    }
    ring.last_frame = frame;
    ring.renumbered = true;
    while (ring.count != 0 && packet_of(ring.count)->frame >= frame) {
        *list_of(packet_of(ring.count)->conversation) = packet_of(ring.count)->before;
        ring.count--;
    }
}

bool sent_packets_are_renumbered(void)
{
    return ring.renumbered;
}

/* A packet's ends as the conversation's hash needs them. */
struct direction {
    uint8_t version;
    uint8_t protocol;
    const uint8_t *source;
    const uint8_t *destination;
    uint32_t ports; /* the source's in the upper half */
};

static uint32_t conversation_of(const packet_info *pinfo, uint32_t tunnel,
                                const struct direction *direction)
{
    uint64_t hash =
        hash_word(seed, (uint64_t)tunnel << 32 | pinfo->vlan_id << 8 | direction->protocol);

    if (direction->version == 4) {
        hash = hash_word(hash, (uint64_t)bytes_u32(direction->source) << 32 |
                                   bytes_u32(direction->destination));
    } else {
        hash = hash_address(hash, direction->source, IPV6_ADDRESS_LENGTH);
        hash = hash_address(hash, direction->destination, IPV6_ADDRESS_LENGTH);
    }
    return (uint32_t)(hash_word(hash, direction->ports) >> 16);
}

/* packet: one of which packet_identity_read has read the identity. */
static struct direction direction_of(const struct ip_packet *packet)
{
    return (struct direction){
        .version = packet->version,
        .protocol = packet->protocol,
        .source = packet->bytes + packet->source_offset,
        .destination = packet->bytes + packet->destination_offset,
        .ports = packet_identity_ports(packet->protocol, packet->bytes + packet->header_length),
    };
}

static bool is_icmp_error(const struct ip_packet *packet)
{
    const uint8_t type = packet->bytes[packet->header_length];

    if (packet->protocol == IP_PROTOCOL_ICMPV6)
        return type < ICMPV6_TYPE_ERROR_END;
    return packet->protocol == IP_PROTOCOL_ICMP &&
           (type == ICMP_TYPE_UNREACHABLE || type == ICMP_TYPE_TIME_EXCEEDED ||
            type == ICMP_TYPE_PARAMETER_PROBLEM || type == ICMP_TYPE_SOURCE_QUENCH ||
            type == ICMP_TYPE_REDIRECT);
}

void sent_packets_add(const packet_info *pinfo, const struct header_place *place)
{
    const struct ip_packet *packet = &place->packet;
    struct packet_identity identity;
    struct direction direction;

    if (!ip_packet_has(packet, IP_FIELD_DESTINATION) || !packet_identity_read(&identity, packet) ||
        is_icmp_error(packet))
        return;
    identity.layer = (uint8_t)place->layer;
    direction = direction_of(packet);
    add(pinfo, conversation_of(pinfo, place->tunnel, &direction), &identity);
    probes_add(pinfo, place->tunnel, direction.version, direction.source, identity.time_to_live);
}

bool sent_packets_add_plain(const packet_info *pinfo, const uint8_t *header, uint32_t captured)
{
    const bool ipv4 = ip_header_version(header) == 4;
    const uint8_t *message = header + (ipv4 ? IPV4_HEADER_MIN : IPV6_HEADER_LENGTH);
    const uint32_t length = ipv4 ? IPV4_ADDRESS_LENGTH : IPV6_ADDRESS_LENGTH;
    struct packet_identity identity;
    struct direction direction;

    if (!packet_identity_read_plain(&identity, header, captured))
        return false;
    direction = (struct direction){
        .version = ipv4 ? 4 : 6,
        .protocol = IP_PROTOCOL_UDP,
        .source = message - 2 * (size_t)length,
        .destination = message - length,
        .ports = bytes_u32(message),
    };
    add(pinfo, conversation_of(pinfo, 0, &direction), &identity);
    probes_add(pinfo, 0, direction.version, direction.source, identity.time_to_live);
    return true;
}

void sent_packets_add_segment(const packet_info *pinfo, uint32_t conversation, unsigned layer,
                              const struct tcp_segment *segment)
{
    const struct packet_identity identity = {
        .number = segment->sequence,
        .extent = segment->length != 0 ? segment->length : 1,
        .identification = segment->identification,
        .time_to_live = segment->time_to_live,
        .layer = (uint8_t)layer,
    };

    add(pinfo, conversation, &identity);
}

/*
 * The newest packet of the conversation that matches best. quoted: NULL: any. A slot of a number
 * that was dropped may have a frame from after it.
 */
static const struct kept *find(const packet_info *pinfo, uint32_t conversation, uint8_t protocol,
                               const struct packet_identity *quoted)
{
    const struct kept *found = NULL;
    unsigned steps = 0;
    unsigned seen = 0;

    if (ring.room == 0)
        return NULL;
    for (guint32 number = *list_of(conversation);
         number != 0 && ring.count - number < ring.room && packet_of(number)->frame < pinfo->num &&
         seen < SENT_PACKETS_OF_CONVERSATION && steps < STEPS_MAX;
         number = packet_of(number)->before, steps++) {
        const struct kept *packet = packet_of(number);
        enum packet_match match = PACKET_MATCH_EXACT;

        if (packet->conversation != conversation)
            continue;
        seen++;
        if (quoted)
            match = packet_identity_match(protocol, &packet->identity, quoted);
        if (match == PACKET_MATCH_EXACT)
            return packet;
        if (match == PACKET_MATCH_POSSIBLE && !found)
            found = packet;
    }
    return found;
}

static bool take(struct sent_packet *found, const struct kept *packet)
{
    if (!packet)
        return false;
    *found = (struct sent_packet){
        .frame = packet->frame,
        .layer = packet->identity.layer,
        .time_to_live = packet->identity.time_to_live,
    };
    return true;
}

bool sent_packets_find_segment(struct sent_packet *found, const packet_info *pinfo,
                               uint32_t conversation, const struct packet_identity *quoted)
{
    return take(found, find(pinfo, conversation, IP_PROTOCOL_TCP, quoted));
}

bool sent_packets_find(struct sent_packet *found, const packet_info *pinfo,
                       const struct header_place *place, const struct ip_packet *quote)
{
    struct packet_identity quoted;
    struct direction direction;

    if (!ip_packet_has(quote, IP_FIELD_DESTINATION) || !packet_identity_read(&quoted, quote))
        return false;
    direction = direction_of(quote);
    return take(found, find(pinfo, conversation_of(pinfo, place->tunnel, &direction),
                            quote->protocol, &quoted));
}

bool sent_packets_find_last(struct sent_packet *found, const packet_info *pinfo,
                            const struct header_place *place)
{
    const struct ip_packet *packet = &place->packet;
    const struct direction direction = {
        .version = packet->version,
        .protocol = packet->protocol,
        .source = packet->bytes + packet->destination_offset,
        .destination = packet->bytes + packet->source_offset,
        .ports = (uint32_t)packet->destination_port << 16 | packet->source_port,
    };

    return take(found, find(pinfo, conversation_of(pinfo, place->tunnel, &direction),
                            packet->protocol, NULL));
}
