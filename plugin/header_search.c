/*
 * Each dissector was given a tvb of its own, and they are chained in the order of nesting: the
 * search steps along the chain.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "header_search.h"

#include <wiretap/wtap.h>

#include "compat.h"
#include "header_extent.h"
#include "layers.h"
#include "plain_frame.h"

void header_search_add(struct header_search *search, tvbuff_t *source, unsigned start,
                       uint8_t announced)
{
    struct header_place *place = &search->place;
    const struct header_place outer = *place;
    const struct header_place *around = search->found != 0 ? &outer : NULL;

    if (start >= tvb_captured_length(source) || header_extent_rest(source, start) == 0 ||
        (around && header_extent_is_empty(around, source, start)))
        return;
    if (around && around->source == source && around->start == start)
        return;
    header_extent_decode(&place->packet, search->pinfo, around, source, start);
    if (announced != 0 && place->packet.version != announced)
        ip_packet_refuse_version(&place->packet);
    place->source = source;
    place->start = start;
    place->tunnel = around ? header_extent_tunnel(around) : 0;
    place->layer = search->found++;
    place->announced_version = announced;
    search->visit(place, search->data);
}

void header_search_add_tvb(struct header_search *search, tvbuff_t *tvb, uint8_t announced)
{
    search->last_tvb = tvb;
    header_search_add(search, tvb_get_ds_tvb(tvb), (unsigned)tvb_raw_offset(tvb), announced);
}

bool header_search_is_last(const struct header_search *search, tvbuff_t *tvb)
{
    return search->found != 0 && (unsigned)tvb_raw_offset(tvb) == search->place.start &&
           tvb_get_ds_tvb(tvb) == search->place.source;
}

tvbuff_t *header_search_next_tvb(const struct header_search *search)
{
    return search->last_tvb ? compat_next_tvb(search->last_tvb) : compat_frame(search->pinfo);
}

/* Where a header begins if only the link layer is in front of it, bytes; -1: not known. */
static int outermost_offset(const packet_info *pinfo)
{
    const bool ethernet = pinfo->rec->rec_header.packet_header.pkt_encap == WTAP_ENCAP_ETHERNET;
    /* frame, link type and Ethertype; an Ethernet header can have a tag and its Ethertype behind */
    const int most = ethernet ? 5 : 3;
    wmem_list_frame_t *layer = wmem_list_head(pinfo->layers);

    for (int before = 0; layer && !(layer_traits(layer) & LAYER_IP);
         layer = wmem_list_frame_next(layer))
        if (++before > most)
            return -1;
    return layer ? plain_frame_offset(pinfo) : -1;
}

tvbuff_t *header_search_outermost(const struct header_search *search, tvbuff_t *tvb)
{
    const int offset = search->found == 0 ? outermost_offset(search->pinfo) : -1;

    if (offset < 0)
        return NULL;
    while (tvb && tvb_raw_offset(tvb) != offset)
        tvb = compat_next_tvb(tvb);
    return tvb;
}

bool header_search_step(struct header_search *search, unsigned version, uint8_t announced)
{
    tvbuff_t *first = header_search_next_tvb(search);
    tvbuff_t *tvb = header_search_outermost(search, first);

    if (!tvb)
        for (tvb = first; tvb; tvb = compat_next_tvb(tvb))
            if (header_extent_fits(tvb, version) && !header_search_is_last(search, tvb))
                break;
    if (tvb)
        header_search_add_tvb(search, tvb, announced);
    return tvb != NULL;
}
