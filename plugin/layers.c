/*
 * A hash table from Wireshark's numbers of protocols to their traits: the walks over a frame look
 * up each layer.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "layers.h"

#include <epan/packet.h>

static const struct {
    const char *name; /* filter name */
    unsigned traits;  /* enum layer_trait */
} protocols[] = {
    {"_ws.malformed", LAYER_BROKE_OFF},
    {"_ws.short", LAYER_BROKE_OFF},
    {"ah", LAYER_ANNOUNCES | LAYER_CARRIED},
    {"amt", LAYER_QUOTES},
    {"cflow", LAYER_QUOTES},
    {"chdlc", LAYER_ANNOUNCES},
    {"data", LAYER_DATA | LAYER_CARRIED},
    {"esp", LAYER_ANNOUNCES | LAYER_CARRIED},
    {"eth", LAYER_ETHERNET},
    {"ethertype", LAYER_ANNOUNCES},
    {"forces", LAYER_QUOTES},
    {"geneve", LAYER_ANNOUNCES},
    {"gre", LAYER_ANNOUNCES | LAYER_CARRIED},
    {"icmp", LAYER_ICMP | LAYER_QUOTES | LAYER_CARRIED},
    {"icmpv6", LAYER_ICMP | LAYER_QUOTES | LAYER_CARRIED},
    {"igmp", LAYER_CARRIED},
    {"ip", LAYER_IPV4 | LAYER_ANNOUNCES},
    {"ipmon", LAYER_OWN},
    {"ipv6", LAYER_IPV6 | LAYER_ANNOUNCES},
    {"ipv6.dstopts", LAYER_ANNOUNCES | LAYER_CARRIED},
    {"ipv6.fraghdr", LAYER_ANNOUNCES | LAYER_CARRIED},
    {"ipv6.hopopts", LAYER_ANNOUNCES | LAYER_CARRIED},
    {"ipv6.routing", LAYER_ANNOUNCES | LAYER_CARRIED},
    {"llc", LAYER_ANNOUNCES},
    {"mint", LAYER_QUOTES},
    {"mip", LAYER_QUOTES},
    {"mpls", LAYER_MPLS},
    {"msdp", LAYER_QUOTES},
    {"msrcp", LAYER_QUOTES},
    {"nhrp", LAYER_QUOTES},
    {"null", LAYER_ANNOUNCES},
    {"openflow", LAYER_QUOTES},
    {"pdcp-lte", LAYER_QUOTES},
    {"pdcp-nr", LAYER_QUOTES},
    {"pktap", LAYER_PKTAP},
    {"ppp", LAYER_ANNOUNCES},
    {"sctp", LAYER_CARRIED},
    {"sflow", LAYER_QUOTES},
    {"tcp", LAYER_CARRIED},
    {"tecmp", LAYER_QUOTES},
    {"udp", LAYER_CARRIED},
    {"wassp", LAYER_QUOTES},
};

enum {
    SLOTS = 256, /* a power of 2, several times the number of protocols */
};

/* Open addressing; traits 0: free. */
static struct {
    int protocol;
    unsigned traits;
} slots[SLOTS];

/* The slot of a protocol, or the free one where it would be. */
static unsigned slot_of(int protocol)
{
    unsigned slot = (unsigned)protocol % SLOTS;

    while (slots[slot].traits != 0 && slots[slot].protocol != protocol)
        slot = (slot + 1) % SLOTS;
    return slot;
}

void layers_prepare(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(protocols); i++) {
        const int protocol = proto_get_id_by_filter_name(protocols[i].name);
        const unsigned slot = slot_of(protocol);

        if (protocol < 0) /* not in this version of Wireshark */
            continue;
        slots[slot].protocol = protocol;
        slots[slot].traits = protocols[i].traits;
    }
}

unsigned layer_protocol_traits(int protocol)
{
    return slots[slot_of(protocol)].traits;
}

unsigned layer_traits(wmem_list_frame_t *layer)
{
    return layer ? layer_protocol_traits(GPOINTER_TO_INT(wmem_list_frame_data(layer))) : 0;
}

unsigned layers_count(const packet_info *pinfo, unsigned traits)
{
    unsigned count = 0;

    for (wmem_list_frame_t *layer = wmem_list_head(pinfo->layers); layer;
         layer = wmem_list_frame_next(layer))
        count += (layer_traits(layer) & traits) != 0;
    return count;
}

wmem_list_frame_t *layers_last(const packet_info *pinfo)
{
    wmem_list_frame_t *last = wmem_list_tail(pinfo->layers);

    while (layer_traits(last) & LAYER_OWN)
        last = wmem_list_frame_prev(last);
    return last;
}

bool layer_is_quoted(wmem_list_frame_t *layer)
{
    while ((layer = wmem_list_frame_prev(layer)) != NULL)
        if (layer_traits(layer) & LAYER_QUOTES)
            return true;
    return false;
}

bool layer_is_announced(wmem_list_frame_t *layer)
{
    return (layer_traits(wmem_list_frame_prev(layer)) & LAYER_ANNOUNCES) != 0;
}
