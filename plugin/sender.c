/*
 * A table of senders by address and protocol. The verdict on a frame is kept with the frame, so
 * that it is the same in every later look.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "sender.h"

#include <string.h>

#include <epan/proto_data.h>

#include "bytes.h"
#include "frame_context.h"
#include "frame_data.h"
#include "ip_checksum.h"
#include "tcp_segment.h"
#include "udp_datagram.h"

enum {
    HABIT = 2,           /* wrong checksums that make a habit */
    UNVERIFIED_MAX = 64, /* messages that tell nothing before a sender is let be */
    LAYERS_MAX = 32,     /* headers of a frame whose verdict can be kept */
    KEY_LENGTH = 1 + IPV6_ADDRESS_LENGTH,
};

struct sender {
    bool right; /* or partial, at least once */
    unsigned wrong;
    unsigned unverified;
};

/* Protocol and address; an IPv4 address is followed by zeros. */
struct key {
    uint8_t bytes[KEY_LENGTH];
};

static int proto_ipmon = -1;
static uint64_t seed;
static wmem_map_t *senders; /* struct key to struct sender */
/* Settled ones that were asked for last, by a part of their key: most packets are theirs. */
static struct key recent[256];

/* Most packets ask for theirs; a sender may choose its address, but gains nothing by equal ones. */
static guint hash_key(gconstpointer data)
{
    const uint8_t *bytes = data;
    uint64_t words[2];

    memcpy(words, bytes + 1, sizeof words);
    words[0] = (words[0] ^ seed ^ bytes[0]) * UINT64_C(0x9E3779B97F4A7C15);
    words[1] = (words[1] ^ words[0] >> 31) * UINT64_C(0x9E3779B97F4A7C15);
    return (guint)((words[0] ^ words[1]) >> 32);
}

static gboolean is_same_key(gconstpointer a, gconstpointer b)
{
    const uint8_t *left = a;
    const uint8_t *right = b;
    uint64_t words[4];

    memcpy(words, left + 1, 2 * sizeof *words);
    memcpy(words + 2, right + 1, 2 * sizeof *words);
    return left[0] == right[0] && words[0] == words[2] && words[1] == words[3];
}

static void forget_recent(void)
{
    memset(recent, 0, sizeof recent);
}

void sender_register(int proto)
{
    register_init_routine(forget_recent);
    register_cleanup_routine(forget_recent);
    proto_ipmon = proto;
    seed = (uint64_t)g_random_int() << 32 | g_random_int();
    senders = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), hash_key, is_same_key);
}

static inline struct key make_key(uint8_t protocol, const void *address, size_t length)
{
    struct key key = {{protocol}};

    if (length == IPV4_ADDRESS_LENGTH) /* told apart for the compiler */
        memcpy(key.bytes + 1, address, IPV4_ADDRESS_LENGTH);
    else
        memcpy(key.bytes + 1, address, IPV6_ADDRESS_LENGTH);
    return key;
}

static struct key key_of(const struct ip_packet *packet)
{
    return make_key(packet->protocol, packet->bytes + packet->source_offset,
                    packet->version == 4 ? IPV4_ADDRESS_LENGTH : IPV6_ADDRESS_LENGTH);
}

static bool is_settled(const struct sender *sender)
{
    return sender->right || sender->unverified >= UNVERIFIED_MAX;
}

static struct key *recent_slot(uint8_t protocol, const uint8_t *address, size_t length)
{
    return &recent[(protocol + address[length - 1] * 7U) % G_N_ELEMENTS(recent)];
}

bool sender_is_concerned(const packet_info *pinfo, uint8_t protocol)
{
    const address *source = &pinfo->net_src;
    const struct sender *sender;
    const uint8_t *bytes = source->data;
    struct key *slot;
    struct key key;

    if ((source->type != AT_IPv4 && source->type != AT_IPv6) || !bytes)
        return false;
    slot = recent_slot(protocol, bytes, (size_t)source->len);
    key = make_key(protocol, bytes, (size_t)source->len);
    if (is_same_key(slot, &key))
        return false;
    sender = wmem_map_lookup(senders, &key);
    if (!sender || !is_settled(sender))
        return true;
    *slot = key;
    return false;
}

static struct sender *sender_at(const struct key *key)
{
    struct sender *sender = wmem_map_lookup(senders, key);

    if (!sender) {
        sender = wmem_new0(wmem_file_scope(), struct sender);
        wmem_map_insert(senders, wmem_memdup(wmem_file_scope(), key, sizeof *key), sender);
    }
    return sender;
}

void sender_note_right(uint8_t protocol, const uint8_t *address, size_t length)
{
    const struct key key = make_key(protocol, address, length);
    struct key *slot = recent_slot(protocol, address, length);

    if (is_same_key(slot, &key))
        return;
    sender_at(&key)->right = true;
    *slot = key;
}

static bool opens_connection(const struct ip_packet *packet)
{
    return (tcp_segment_flags(packet) & (TCP_FLAG_SYN | TCP_FLAG_ACK)) == TCP_FLAG_SYN;
}

static void keep_verdict(packet_info *pinfo, unsigned layer)
{
    const guint before = GPOINTER_TO_UINT(
        p_get_proto_data(wmem_file_scope(), pinfo, proto_ipmon, FRAME_DATA_LEFT_TO_CARD));

    if (layer >= LAYERS_MAX)
        return;
    if (before != 0)
        p_remove_proto_data(wmem_file_scope(), pinfo, proto_ipmon, FRAME_DATA_LEFT_TO_CARD);
    p_add_proto_data(wmem_file_scope(), pinfo, proto_ipmon, FRAME_DATA_LEFT_TO_CARD,
                     GUINT_TO_POINTER(before | 1U << layer));
}

/* Adds a checksum to what is known of the sender. Returns whether it fills them in. */
static bool note(packet_info *pinfo, const struct header_place *place,
                 enum ip_checksum_status status)
{
    const struct key key = key_of(&place->packet);
    struct sender *sender = sender_at(&key);

    if (is_settled(sender))
        return sender->right;
    switch (status) {
    case IP_CHECKSUM_GOOD:
    case IP_CHECKSUM_OFFLOADED:
        sender->right = true;
        break;
    case IP_CHECKSUM_UNVERIFIED:
        sender->unverified++;
        break;
    case IP_CHECKSUM_BAD:
        sender->wrong++;
        if (sender->wrong >= HABIT || opens_connection(&place->packet))
            keep_verdict(pinfo, place->layer);
        break;
    }
    return sender->right;
}

bool sender_gather(packet_info *pinfo, const struct header_place *place, bool *noted)
{
    const struct ip_packet *packet = &place->packet;
    enum ip_checksum_status status;

    if (!ip_packet_has(packet, IP_FIELD_DESTINATION) || !ip_packet_has(packet, IP_FIELD_PROTOCOL))
        return false;
    if (packet->version == 4 &&
        ip_checksum_header(packet, packet->checksum == 0 &&
                                       frame_header_checksum_due(pinfo, place)) == IP_CHECKSUM_BAD)
        return false;
    status = ip_checksum_message(packet);
    if (!*noted)
        *noted = note(pinfo, place, status);
    return status != IP_CHECKSUM_BAD || sender_leaves_sums(pinfo, place);
}

/* What the capture file says of the outermost packet's direction holds more than any habit. */
static enum network_known is_outgoing(const packet_info *pinfo, const struct header_place *place)
{
    return place->layer == 0 ? frame_outgoing(pinfo) : NETWORK_UNKNOWN;
}

bool sender_leaves_sums(packet_info *pinfo, const struct header_place *place)
{
    const guint layers = GPOINTER_TO_UINT(
        p_get_proto_data(wmem_file_scope(), pinfo, proto_ipmon, FRAME_DATA_LEFT_TO_CARD));
    const enum network_known outgoing = is_outgoing(pinfo, place);

    if (outgoing != NETWORK_UNKNOWN)
        return outgoing == NETWORK_YES;
    return place->layer < LAYERS_MAX && (layers >> place->layer & 1) != 0;
}

/* A UDP checksum of 0 is none at all. */
static bool has_none(const struct ip_packet *packet)
{
    return packet->protocol == IP_PROTOCOL_UDP && packet->payload_captured >= UDP_HEADER_LENGTH &&
           bytes_u16(packet->bytes + packet->payload_offset + UDP_CHECKSUM_FIELD) == 0;
}

bool sender_is_always_wrong(const packet_info *pinfo, const struct header_place *place)
{
    const struct key key = key_of(&place->packet);
    const struct sender *sender = wmem_map_lookup(senders, &key);

    return sender && !sender->right && sender->wrong >= HABIT &&
           is_outgoing(pinfo, place) != NETWORK_NO && !has_none(&place->packet);
}
