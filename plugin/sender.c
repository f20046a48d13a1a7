/*
 * A table of senders by address and protocol. The verdict on a frame is kept with the frame, so
 * that it is the same in every later pass.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "sender.h"

#include <string.h>

#include <epan/proto_data.h>

#include "frame_context.h"
#include "frame_data.h"
#include "hash.h"
#include "ip_checksum.h"
#include "tcp_segment.h"

enum {
    HABIT = 2,           /* wrong checksums that make a habit */
    UNVERIFIED_MAX = 64, /* messages without a verifiable checksum before a sender is settled */
    LAYERS_MAX = 32,     /* headers of a frame whose verdict can be kept */
};

/*
 * A sender's address and protocol as a hash of 64 bits with a random seed. Two of a million senders
 * share one in one of 37 million files. Never 0.
 */
typedef uint64_t fingerprint;

/* A sender without a right checksum so far: the number of its messages. */
struct sender {
    unsigned wrong;
    unsigned unverified;
};

static int proto_ipmon = -1;
static uint64_t seed;
static wmem_map_t *senders; /* fingerprint to struct sender, of the file */

/*
 * Senders that filled in a checksum, or left a partial one, in the frames dissected so far. A flood
 * makes millions, so it is a set with open addressing. Empty while no file is open.
 */
static struct {
    fingerprint *slots; /* 0: free */
    guint count;        /* a power of 2, at least twice as many as are filled */
    guint filled;
} right;

/* The settled senders looked up last, who send most packets; a cache of `right` and `senders`. */
static fingerprint recent[256];

static void reset(void)
{
    memset(&right, 0, sizeof right);
    memset(recent, 0, sizeof recent);
}

void sender_register(int proto)
{
    register_init_routine(reset);
    register_cleanup_routine(reset);
    proto_ipmon = proto;
    seed = (uint64_t)g_random_int() << 32 | g_random_int();
    senders =
        wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), g_direct_hash, g_direct_equal);
}

static inline fingerprint make_fingerprint(uint8_t protocol, const uint8_t *address, size_t length)
{
    const uint64_t hash = hash_address(seed ^ protocol, address, length);

    return hash != 0 ? hash : 1;
}

static fingerprint fingerprint_of(const struct ip_packet *packet)
{
    return make_fingerprint(packet->protocol, packet->bytes + packet->source_offset,
                            ip_address_length(packet->version));
}

/* The slot of a sender among those that are right, or the free one where it would be. */
static fingerprint *find_right(fingerprint wanted)
{
    guint i = (guint)wanted & (right.count - 1);

    while (right.slots[i] != 0 && right.slots[i] != wanted)
        i = (i + 1) & (right.count - 1);
    return &right.slots[i];
}

static bool is_right(fingerprint wanted)
{
    return right.count != 0 && *find_right(wanted) != 0;
}

static void enlarge_right(void)
{
    enum { FIRST = 1024 };
    fingerprint *before = right.slots;
    const guint count = right.count;

    right.count = count != 0 ? 2 * count : FIRST;
    right.slots = wmem_alloc0_array(wmem_file_scope(), fingerprint, right.count);
    for (guint i = 0; i < count; i++)
        if (before[i] != 0)
            *find_right(before[i]) = before[i];
    wmem_free(wmem_file_scope(), before);
}

static void add_right(fingerprint added)
{
    if (2 * right.filled >= right.count)
        enlarge_right();
    if (*find_right(added) == 0)
        right.filled++;
    *find_right(added) = added;
}

static struct sender *find_sender(fingerprint wanted)
{
    return wmem_map_lookup(senders, (gpointer)(gsize)wanted);
}

static fingerprint *recent_slot(fingerprint wanted)
{
    return &recent[wanted % G_N_ELEMENTS(recent)];
}

bool sender_is_unsettled(const packet_info *pinfo, uint8_t protocol)
{
    const address *source = &pinfo->net_src;
    const struct sender *sender;
    fingerprint wanted;

    if ((source->type != AT_IPv4 && source->type != AT_IPv6) || !source->data)
        return false;
    wanted = make_fingerprint(protocol, source->data, (size_t)source->len);
    if (*recent_slot(wanted) == wanted)
        return false;
    if (!is_right(wanted)) {
        sender = find_sender(wanted);
        if (!sender || sender->unverified < UNVERIFIED_MAX)
            return true;
    }
    *recent_slot(wanted) = wanted;
    return false;
}

static struct sender *sender_at(fingerprint wanted)
{
    struct sender *sender = find_sender(wanted);

    if (!sender) {
        sender = wmem_new0(wmem_file_scope(), struct sender);
        wmem_map_insert(senders, (gpointer)(gsize)wanted, sender);
    }
    return sender;
}

void sender_add_right(uint8_t protocol, const uint8_t *address, size_t length)
{
    const fingerprint added = make_fingerprint(protocol, address, length);

    if (*recent_slot(added) == added && is_right(added))
        return;
    add_right(added);
    *recent_slot(added) = added;
}

static bool opens_connection(const struct ip_packet *packet)
{
    return (tcp_segment_flags(packet) & (TCP_FLAG_SYN | TCP_FLAG_ACK)) == TCP_FLAG_SYN;
}

static void keep_verdict(packet_info *pinfo, unsigned layer)
{
    const guint before = GPOINTER_TO_UINT(
        p_get_proto_data(wmem_file_scope(), pinfo, proto_ipmon, FRAME_DATA_OFFLOADED));

    if (layer >= LAYERS_MAX)
        return;
    if (before != 0)
        p_remove_proto_data(wmem_file_scope(), pinfo, proto_ipmon, FRAME_DATA_OFFLOADED);
    p_add_proto_data(wmem_file_scope(), pinfo, proto_ipmon, FRAME_DATA_OFFLOADED,
                     GUINT_TO_POINTER(before | 1U << layer));
}

/* Counts a checksum of the sender. Returns whether the sender fills them in. */
static bool count_checksum(packet_info *pinfo, const struct header_place *place,
                           enum ip_checksum_status status)
{
    const fingerprint counted = fingerprint_of(&place->packet);
    struct sender *sender;

    if (is_right(counted))
        return true;
    if (status == IP_CHECKSUM_GOOD || status == IP_CHECKSUM_OFFLOADED) {
        add_right(counted);
        return true;
    }
    sender = sender_at(counted);
    if (status == IP_CHECKSUM_UNVERIFIED) {
        sender->unverified++;
    } else {
        sender->wrong++;
        if (sender->wrong >= HABIT || opens_connection(&place->packet))
            keep_verdict(pinfo, place->layer);
    }
    return false;
}

/* Whether the header names the receiver and the protocol and has a right checksum. */
static bool has_good_header(const packet_info *pinfo, const struct header_place *place)
{
    const struct ip_packet *packet = &place->packet;

    return ip_packet_has(packet, IP_FIELD_DESTINATION) &&
           ip_packet_has(packet, IP_FIELD_PROTOCOL) &&
           !(packet->version == 4 &&
             ip_checksum_header(packet, frame_header_checksum_due(pinfo, place)) ==
                 IP_CHECKSUM_BAD);
}

bool sender_is_discarded(packet_info *pinfo, const struct header_place *place)
{
    return place->packet.protocol != IP_PROTOCOL_TCP &&
           (!has_good_header(pinfo, place) ||
            (ip_checksum_message(&place->packet) == IP_CHECKSUM_BAD &&
             !sender_offloads_checksum(pinfo, place)));
}

bool sender_update(packet_info *pinfo, const struct header_place *place, bool *right_sums)
{
    const struct ip_packet *packet = &place->packet;
    enum ip_checksum_status status;

    if (!has_good_header(pinfo, place))
        return false;
    status = ip_checksum_message(packet);
    if (!*right_sums)
        *right_sums = count_checksum(pinfo, place, status);
    return status != IP_CHECKSUM_BAD || sender_offloads_checksum(pinfo, place);
}

/* A direction that the capture file states outweighs any habit; it is the outermost packet's. */
static enum network_known is_outgoing(const packet_info *pinfo, const struct header_place *place)
{
    return place->layer == 0 ? frame_outgoing(pinfo) : NETWORK_UNKNOWN;
}

bool sender_offloads_checksum(packet_info *pinfo, const struct header_place *place)
{
    const guint layers = GPOINTER_TO_UINT(
        p_get_proto_data(wmem_file_scope(), pinfo, proto_ipmon, FRAME_DATA_OFFLOADED));
    const enum network_known outgoing = is_outgoing(pinfo, place);

    if (outgoing != NETWORK_UNKNOWN)
        return outgoing == NETWORK_YES;
    return place->layer < LAYERS_MAX && (layers >> place->layer & 1) != 0;
}

bool sender_is_always_wrong(const packet_info *pinfo, const struct header_place *place)
{
    const fingerprint wanted = fingerprint_of(&place->packet);
    const struct sender *sender = find_sender(wanted);

    return sender && sender->wrong >= HABIT && !is_right(wanted) &&
           is_outgoing(pinfo, place) != NETWORK_NO && !ip_checksum_is_omitted(&place->packet);
}
