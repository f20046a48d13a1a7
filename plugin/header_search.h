/*
 * A search for the IP headers of one frame, under way: what was found, and the ways to find the
 * bytes of the next header. header_walk and layer_walk decide which headers there are.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_HEADER_SEARCH_H
#define IPMON_HEADER_SEARCH_H

#include <stdbool.h>

#include <wireshark.h>
#include <epan/packet_info.h>

#include "header_place.h"

/* All members except the first three must be zero at first. */
struct header_search {
    packet_info *pinfo;
    header_visitor visit;
    void *data;
    unsigned found;            /* headers */
    struct header_place place; /* the header found last; valid when found is not 0 */
    tvbuff_t *last_tvb; /* that began with the header found last by its tvb; NULL: none did */
};

/*
 * A header at `start` of a data source: decodes it and calls the visitor. announced: the version
 * that the layer around announced, 0: none. Ignores a place without bytes, and the header found
 * last, which one dissector passed on to another.
 */
void header_search_add(struct header_search *search, tvbuff_t *source, unsigned start,
                       uint8_t announced);

/* The same for a header that begins the tvb, behind which the search goes on. */
void header_search_add_tvb(struct header_search *search, tvbuff_t *tvb, uint8_t announced);

/* Whether the tvb begins with the header found last. */
bool header_search_is_last(const struct header_search *search, tvbuff_t *tvb);

/* The tvb from which on the next header is to be searched; NULL: there are no more. */
tvbuff_t *header_search_next_tvb(const struct header_search *search);

/*
 * From `tvb` on, the one that begins where the link header ends, however broken it is. NULL when
 * that is not known, or a header was found before.
 */
tvbuff_t *header_search_outermost(const struct header_search *search, tvbuff_t *tvb);

/*
 * Finds the next header by its bytes: the first tvb that begins with a header of the version, or
 * that stands right behind the link header. Returns false when there is none.
 */
bool header_search_step(struct header_search *search, unsigned version, uint8_t announced);

#endif
