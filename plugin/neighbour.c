/*
 * One row of unanswered solicitations is kept for each target. A target is known to be there when
 * an advertisement names it or any message of neighbour discovery comes from it.
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

    MAX_SOLICIT = 3,           /* RFC 4861 section 10, multicast and unicast */
    ROW_SECONDS = MAX_SOLICIT, /* with RETRANS_TIMER, 1 second: then the host has given up */
};

/* Solicitations in a row for one target. */
struct row {
    uint8_t asker[IPV6_ADDRESS_LENGTH];
    unsigned count;
    nstime_t last;
};

static int proto_ipmon = -1;
static wmem_map_t *rows; /* target address to struct row */

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
    rows =
        wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), hash_address, is_same_address);
}

static bool continues(const struct row *row, const packet_info *pinfo, const uint8_t *asker)
{
    nstime_t gap;

    nstime_delta(&gap, &pinfo->abs_ts, &row->last);
    return is_same_address(row->asker, asker) && gap.secs >= 0 && gap.secs < ROW_SECONDS;
}

static void count_solicitation(packet_info *pinfo, const uint8_t *asker, const uint8_t *target)
{
    struct row *row = wmem_map_lookup(rows, target);

    if (!row) {
        row = wmem_new0(wmem_file_scope(), struct row);
        wmem_map_insert(rows, wmem_memdup(wmem_file_scope(), target, IPV6_ADDRESS_LENGTH), row);
    }
    if (!continues(row, pinfo, asker))
        row->count = 0;
    memcpy(row->asker, asker, IPV6_ADDRESS_LENGTH);
    row->last = pinfo->abs_ts;
    if (++row->count < MAX_SOLICIT)
        return;
    row->count = 0;
    p_add_proto_data(wmem_file_scope(), pinfo, proto_ipmon, FRAME_DATA_GIVEN_UP, row);
}

static void note_presence(const uint8_t *address)
{
    struct row *row = wmem_map_lookup(rows, address);

    if (row)
        row->count = 0;
}

void neighbour_gather(packet_info *pinfo, const struct header_place *place)
{
    static const uint8_t unspecified[IPV6_ADDRESS_LENGTH]; /* asks whether its own is taken */
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
        if (targeted && !is_same_address(source, unspecified))
            count_solicitation(pinfo, source, message + NEIGHBOUR_TARGET_FIELD);
        return;
    }
    note_presence(source);
    if (message[0] == ICMPV6_TYPE_NEIGHBOUR_ADVERTISEMENT && targeted)
        note_presence(message + NEIGHBOUR_TARGET_FIELD);
}

bool neighbour_was_given_up(packet_info *pinfo)
{
    return p_get_proto_data(wmem_file_scope(), pinfo, proto_ipmon, FRAME_DATA_GIVEN_UP) != NULL;
}
