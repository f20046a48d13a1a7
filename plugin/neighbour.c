/*
 * One address resolution is kept for each target. A target is reachable if an advertisement names
 * it or any message of neighbour discovery comes from it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "neighbour.h"

#include <epan/proto_data.h>

#include "frame_context.h"
#include "frame_data.h"
#include "icmp_message.h"

enum {
    TARGETED_LENGTH = NEIGHBOUR_TARGET_FIELD + IPV6_ADDRESS_LENGTH,

    MAX_SOLICIT = 3,               /* RFC 4861 section 10, multicast and unicast */
    RESOLUTION_TIME = MAX_SOLICIT, /* seconds, with a RETRANS_TIMER of 1 second */
};

/* The latest resolution of one target, after the frames dissected so far. */
struct resolution {
    uint8_t sender[IPV6_ADDRESS_LENGTH]; /* of the solicitations */
    unsigned count;                      /* without an answer; 0: none, and the rest is not valid */
    nstime_t last;                       /* time of the last one */
};

static int proto_ipmon = -1;
static wmem_map_t *resolutions; /* target address to struct resolution, of the file */

static guint hash_address(gconstpointer address)
{
    return wmem_strong_hash(address, IPV6_ADDRESS_LENGTH);
}

static gboolean is_same_address(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, IPV6_ADDRESS_LENGTH) == 0;
}

void neighbour_register(int proto)
{
    proto_ipmon = proto;
    resolutions =
        wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), hash_address, is_same_address);
}

static bool continues(const struct resolution *resolution, const packet_info *pinfo,
                      const uint8_t *sender)
{
    nstime_t gap;

    nstime_delta(&gap, &pinfo->abs_ts, &resolution->last);
    return is_same_address(resolution->sender, sender) && gap.secs >= 0 &&
           gap.secs < RESOLUTION_TIME;
}

static void count_solicitation(packet_info *pinfo, const uint8_t *sender, const uint8_t *target)
{
    struct resolution *resolution = wmem_map_lookup(resolutions, target);

    if (!resolution) {
        resolution = wmem_new0(wmem_file_scope(), struct resolution);
        wmem_map_insert(resolutions, wmem_memdup(wmem_file_scope(), target, IPV6_ADDRESS_LENGTH),
                        resolution);
    }
    if (!continues(resolution, pinfo, sender))
        resolution->count = 0;
    memcpy(resolution->sender, sender, IPV6_ADDRESS_LENGTH);
    resolution->last = pinfo->abs_ts;
    if (++resolution->count < MAX_SOLICIT)
        return;
    resolution->count = 0;
    p_add_proto_data(wmem_file_scope(), pinfo, proto_ipmon, FRAME_DATA_RESOLUTION_FAILED,
                     resolution);
}

static void end_resolution(const uint8_t *address)
{
    struct resolution *resolution = wmem_map_lookup(resolutions, address);

    if (resolution)
        resolution->count = 0;
}

void neighbour_update(packet_info *pinfo, const struct header_place *place)
{
    const struct ip_packet *packet = &place->packet;
    const uint8_t *source = packet->bytes + packet->source_offset;
    const uint8_t *message = packet->bytes + packet->payload_offset;
    bool targeted;

    if (packet->version != 6 || packet->protocol != IP_PROTOCOL_ICMPV6 || packet->later_fragment ||
        packet->time_to_live != NEIGHBOUR_HOP_LIMIT || packet->payload_captured == 0 ||
        message[0] < ICMPV6_TYPE_ROUTER_SOLICITATION || message[0] > ICMPV6_TYPE_REDIRECT)
        return;
    targeted = packet->payload_captured >= TARGETED_LENGTH;
    if (message[0] == ICMPV6_TYPE_NEIGHBOUR_SOLICITATION && frame_outgoing(pinfo) == NETWORK_YES) {
        /* From the unspecified address it is one of duplicate address detection. */
        if (targeted && !ip_address_is_unspecified(6, source))
            count_solicitation(pinfo, source, message + NEIGHBOUR_TARGET_FIELD);
        return;
    }
    end_resolution(source);
    if (message[0] == ICMPV6_TYPE_NEIGHBOUR_ADVERTISEMENT && targeted)
        end_resolution(message + NEIGHBOUR_TARGET_FIELD);
}

bool neighbour_resolution_failed(packet_info *pinfo)
{
    return p_get_proto_data(wmem_file_scope(), pinfo, proto_ipmon, FRAME_DATA_RESOLUTION_FAILED) !=
           NULL;
}
