/*
 * The packet that failed is found when the frame with the error is dissected for the first time,
 * among the packets before it: with ports that are used again, it is the newest that matches.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "error_link.h"

#include "connection.h"
#include "error_facts.h"
#include "hash.h"
#include "icmp_quote.h"
#include "probes.h"
#include "sent_packets.h"

/* The errors of one socket with one errno and one reason, in the frames dissected so far. */
struct repetitions {
    guint32 count;
    guint32 last; /* frame */
};

static uint64_t seed;
static wmem_map_t *repetitions; /* a hash of 64 bits to struct repetitions, of the file */

void error_link_register(void)
{
    error_facts_register();
    sent_packets_register();
    probes_register();
    seed = (uint64_t)g_random_int() << 32 | g_random_int();
    repetitions =
        wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), g_direct_hash, g_direct_equal);
}

/* Texts are static, so that their addresses tell reasons apart. */
static gpointer key_of(const struct packet_error *error)
{
    const struct packet_error_socket *socket = &error->socket;
    const size_t length = ip_address_length(socket->version);
    uint64_t hash = hash_word(seed, (uint64_t)(gsize)error->text);

    hash = hash_word(hash, (uint64_t)error->errno_value << 16 | (uint64_t)socket->protocol << 8 |
                               socket->version);
    hash = hash_address(hash, socket->local, length);
    hash = hash_address(hash, socket->remote, length);
    hash = hash_word(hash, (uint64_t)socket->local_port << 16 | socket->remote_port);
    return (gpointer)(gsize)hash;
}

static void count(const packet_info *pinfo, const struct packet_error *error)
{
    gpointer key;
    struct repetitions *same;

    if (!error->socket.known)
        return;
    key = key_of(error);
    same = wmem_map_lookup(repetitions, key);
    if (!same) {
        same = wmem_new0(wmem_file_scope(), struct repetitions);
        wmem_map_insert(repetitions, key, same);
    }
    same->count++;
    same->last = pinfo->num;
}

static bool is_icmp(const struct ip_packet *packet)
{
    return packet->protocol == IP_PROTOCOL_ICMP || packet->protocol == IP_PROTOCOL_ICMPV6;
}

/* That of TCP is the connection's task, unless a tunnel's packet failed. */
static bool find_failed(struct sent_packet *failed, packet_info *pinfo,
                        const struct header_place *place)
{
    struct ip_packet quote;

    if (place->packet.protocol == IP_PROTOCOL_SCTP)
        return sent_packets_find_last(failed, pinfo, place);
    if (!is_icmp(&place->packet))
        return false;
    icmp_quote_decode_outermost(&quote, &place->packet);
    return quote.protocol != IP_PROTOCOL_TCP && sent_packets_find(failed, pinfo, place, &quote);
}

void error_link_add(packet_info *pinfo, const struct header_place *place,
                    const struct packet_error *error)
{
    struct error_facts *facts = error_facts_make(pinfo->num, place->layer);
    struct sent_packet failed;
    guint32 frame;

    count(pinfo, error);
    if (facts->failed == 0 && find_failed(&failed, pinfo, place)) {
        facts->failed = failed.frame;
        facts->failed_layer = failed.layer;
        facts->failed_time_to_live = failed.time_to_live;
    }
    frame = facts->failed;
    if (frame == 0)
        return;
    facts = error_facts_make(frame, facts->failed_layer);
    if (facts->answered_in == 0)
        facts->answered_in = pinfo->num;
}

guint32 error_link_failed(packet_info *pinfo, const struct header_place *place)
{
    const struct error_facts *facts = error_facts_find(pinfo->num, place->layer);

    return facts && facts->failed != 0 ? facts->failed : connection_unanswered(pinfo, place);
}

guint32 error_link_answer(packet_info *pinfo, const struct header_place *place)
{
    const struct error_facts *facts;

    if (!PINFO_FD_VISITED(pinfo))
        return 0;
    facts = error_facts_find(pinfo->num, place->layer);
    return facts && facts->answered_in != 0 ? facts->answered_in
                                            : connection_timeout_frame(pinfo, place);
}

guint32 error_link_count(const packet_info *pinfo, const struct packet_error *error)
{
    const struct repetitions *same =
        error->socket.known ? wmem_map_lookup(repetitions, key_of(error)) : NULL;

    return same && same->count > 1 && same->last == pinfo->num ? same->count : 0;
}

bool error_link_is_traceroute(const packet_info *pinfo, const struct header_place *place)
{
    const struct error_facts *facts = error_facts_find(pinfo->num, place->layer);
    struct ip_packet quote;

    if (!facts || facts->failed == 0 || facts->failed_time_to_live > TRACEROUTE_TIME_TO_LIVE_MAX ||
        !is_icmp(&place->packet))
        return false;
    icmp_quote_decode_outermost(&quote, &place->packet);
    return ip_packet_has(&quote, IP_FIELD_DESTINATION) &&
           probes_are_traceroute(pinfo, place->tunnel, quote.version,
                                 quote.bytes + quote.source_offset);
}
