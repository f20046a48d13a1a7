/*
 * Walks the list of dissectors that were called. Which tvb each of them was given is found by the
 * values that the dissector queued for its tap, or by bytes that make a header.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "layer_walk.h"

#include <epan/dissectors/packet-ip.h>
#include <epan/expert.h>
#include <epan/tap.h>

#include "bytes.h"
#include "compat.h"
#include "header_search.h"
#include "layers.h"
#include "plain_frame.h"

static int tap_ip = 0;
static int tap_ipv6 = 0;
static int expert_bad_ipv6 = -1;

struct walk {
    struct header_search search;
    bool tapped;     /* what dissectors queued for their taps may be used */
    bool passed_on;  /* the IPv4 dissector, to which the next header was announced, passed it on */
    int tapped_ipv4; /* headers used so far of those that the dissectors queued */
    int tapped_ipv6;
};

void layer_walk_prepare(void)
{
    tap_ip = find_tap_id("ip");
    tap_ipv6 = find_tap_id("ipv6");
    expert_bad_ipv6 = proto_registrar_get_id_byname("ipv6.bogus_ipv6_version");
}

static bool is_ipv4_header(const uint8_t *header, const ws_ip4 *tapped)
{
    return ip_header_version(header) == 4 &&
           bytes_u16(header + IPV4_IDENTIFICATION_FIELD) == tapped->ip_id &&
           bytes_u16(header + IPV4_FRAGMENT_FIELD) == tapped->ip_off &&
           header[IPV4_TIME_TO_LIVE_FIELD] == tapped->ip_ttl &&
           header[IPV4_PROTOCOL_FIELD] == tapped->ip_proto &&
           bytes_u16(header + IPV4_CHECKSUM_FIELD) == tapped->ip_sum &&
           memcmp(header + IPV4_SOURCE_FIELD, tapped->ip_src.data, IPV4_ADDRESS_LENGTH) == 0;
}

static bool is_ipv6_header(const uint8_t *header, const ws_ip6 *tapped)
{
    enum { FLOW_LABEL = 0xFFFFF };

    return ip_header_version(header) == 6 && (bytes_u32(header) & FLOW_LABEL) == tapped->ip6_flw &&
           header[IPV6_HOP_LIMIT_FIELD] == tapped->ip6_hop &&
           memcmp(header + IPV6_SOURCE_FIELD, tapped->ip6_src.data, IPV6_ADDRESS_LENGTH) == 0;
}

/* Whether the tvb begins with the header that an IP dissector queued for its tap. */
static bool is_tapped_header(tvbuff_t *tvb, const void *tapped)
{
    const ws_ip4 *ipv4 = WS_IP4_PTR(tapped);
    const ws_ip6 *ipv6 = WS_IP6_PTR(tapped);
    const guint length = ipv4 ? IPV4_HEADER_MIN : IPV6_HEADER_LENGTH;
    const uint8_t *header;

    if ((!ipv4 && !ipv6) || tvb_captured_length(tvb) < length)
        return false;
    header = tvb_get_ptr(tvb, 0, (gint)length);
    return ipv4 ? is_ipv4_header(header, ipv4) : is_ipv6_header(header, ipv6);
}

/* What the dissector of that IP version queued for its tap about its next header, or NULL. */
static const void *tapped_header(const struct walk *walk, unsigned version)
{
    if (!walk->tapped)
        return NULL;
    return version == 4 ? fetch_tapped_data(tap_ip, walk->tapped_ipv4)
                        : fetch_tapped_data(tap_ipv6, walk->tapped_ipv6);
}

static const void *take_tapped_header(struct walk *walk, unsigned version)
{
    const void *tapped = tapped_header(walk, version);

    if (version == 4)
        walk->tapped_ipv4++;
    else
        walk->tapped_ipv6++;
    return tapped;
}

/* The tvb of a queued header, not before those of the headers found so far; NULL: none. */
static tvbuff_t *find_tapped_tvb(const struct walk *walk, const void *tapped)
{
    tvbuff_t *first = header_search_next_tvb(&walk->search);
    tvbuff_t *tvb;

    if (!tapped)
        return NULL;
    tvb = header_search_outermost(&walk->search, first);
    if (tvb && is_tapped_header(tvb, tapped)) /* and not a trailer with the same bytes */
        return tvb;
    for (tvb = first; tvb; tvb = compat_next_tvb(tvb))
        if (is_tapped_header(tvb, tapped) && !header_search_is_last(&walk->search, tvb))
            break;
    return tvb;
}

static bool is_before(const tvbuff_t *one, const tvbuff_t *other)
{
    while (one && one != other)
        one = compat_next_tvb(one);
    return one != NULL;
}

/*
 * Whether the IPv4 dissector of the layer passed its bytes on to that of IPv6. Then it queued
 * nothing for its tap, and what it queued next, if anything, is of a header further inside.
 */
static bool is_passed_on(const struct walk *walk, wmem_list_frame_t *layer)
{
    const void *tapped_ipv4 = tapped_header(walk, 4);
    const void *tapped_ipv6 = tapped_header(walk, 6);
    tvbuff_t *ipv4;
    tvbuff_t *ipv6;

    if (!(layer_traits(layer) & LAYER_IPV4) || !tapped_ipv6 ||
        !(layer_traits(wmem_list_frame_next(layer)) & LAYER_IPV6))
        return false;
    if (!tapped_ipv4)
        return true;
    ipv6 = find_tapped_tvb(walk, tapped_ipv6);
    ipv4 = find_tapped_tvb(walk, tapped_ipv4);
    return ipv6 && (!ipv4 || is_before(ipv6, ipv4));
}

/*
 * The header that the dissector called last was given and gave up on. It made no tvb of its own, so
 * the one it was given begins last, but for trailers of the frame.
 */
static void find_given_up(struct walk *walk, uint8_t announced)
{
    const struct header_place *outer = &walk->search.place;
    tvbuff_t *last = compat_frame(walk->search.pinfo);
    unsigned end = G_MAXUINT;

    if (walk->search.found != 0 && last == outer->source && outer->packet.datagram_end != 0)
        end = outer->start + outer->packet.datagram_end;
    for (tvbuff_t *tvb = last; tvb; tvb = compat_next_tvb(tvb)) {
        const unsigned start = (unsigned)tvb_raw_offset(tvb);

        if (tvb_get_ds_tvb(tvb) == tvb_get_ds_tvb(last) && start > (unsigned)tvb_raw_offset(last) &&
            (start < end || (start == end && tvb_reported_length(tvb) == 0)))
            last = tvb;
    }
    if (last)
        header_search_add_tvb(&walk->search, last, announced);
}

/* One IP dissector that was called. */
static void visit_layer(struct walk *walk, wmem_list_frame_t *layer)
{
    const uint8_t version = layer_traits(layer) & LAYER_IPV4 ? 4 : 6;
    const bool passed_on = is_passed_on(walk, layer);
    const void *tapped = passed_on ? NULL : take_tapped_header(walk, version);
    const uint8_t announced = walk->passed_on                             ? 4
                              : version == 6 || layer_is_announced(layer) ? version
                                                                          : 0;
    tvbuff_t *tvb;

    if (layer_is_quoted(layer))
        return;
    walk->passed_on = passed_on && layer_is_announced(layer);
    if (passed_on)
        return;
    tvb = find_tapped_tvb(walk, tapped);
    if (tvb)
        header_search_add_tvb(&walk->search, tvb, announced);
    else if (header_search_step(&walk->search, version, announced))
        return;
    else if (layer == layers_last(walk->search.pinfo))
        find_given_up(walk, announced);
    else if (version == 4 && layer_traits(wmem_list_frame_next(layer)) & LAYER_IPV6)
        walk->passed_on = layer_is_announced(layer);
}

/*
 * The header behind MPLS labels. From Wireshark 4.4 on, its dissector is called by a guess at what
 * the labels carry, and leaves no layer.
 */
static void visit_labels(struct walk *walk, wmem_list_frame_t *layer)
{
    const unsigned carried = layer_traits(wmem_list_frame_next(layer));
    tvbuff_t *ipv4;
    tvbuff_t *ipv6;

    if (layer_is_quoted(layer) || !(carried & LAYER_CARRIED))
        return;
    ipv4 = find_tapped_tvb(walk, tapped_header(walk, 4));
    ipv6 = find_tapped_tvb(walk, tapped_header(walk, 6));
    if (ipv6 && (!ipv4 || is_before(ipv6, ipv4))) {
        walk->tapped_ipv6++;
        header_search_add_tvb(&walk->search, ipv6, 0);
    } else if (ipv4) {
        walk->tapped_ipv4++;
        header_search_add_tvb(&walk->search, ipv4, 0);
    } else if (!(carried & LAYER_DATA) && !header_search_step(&walk->search, 4, 0)) {
        header_search_step(&walk->search, 6, 0);
    }
}

/*
 * Whether the dissector of IPv6 refused the bytes it was given last for their version, which leaves
 * no trace of it among the layers.
 */
static bool was_refused(const packet_info *pinfo)
{
    static int tap = 0; /* not known yet while plugins are registered */
    wmem_list_frame_t *last = layers_last(pinfo);
    const expert_info_t *expert;
    bool refused = false;

    if (tap <= 0)
        tap = find_tap_id("expert");
    for (int i = 0; !refused && (expert = fetch_tapped_data(tap, i)) != NULL; i++)
        refused = expert->hf_index == expert_bad_ipv6;
    return refused && !(layer_traits(last) & LAYER_QUOTES) && !layer_is_quoted(last);
}

/*
 * From 4.4 on all layers are taken off the list when a dissector, chosen by its port, rejects the
 * data of UDP. Then the header behind the link header is read from the bytes; the addresses show
 * that IP was dissected.
 */
static void visit_unlisted(const struct walk *walk)
{
    const packet_info *pinfo = walk->search.pinfo;
    struct plain_header header;
    struct header_place place;

    if ((pinfo->net_src.type != AT_IPv4 && pinfo->net_src.type != AT_IPv6) ||
        !plain_frame_first(&header, pinfo))
        return;
    plain_frame_decode(&place, &header);
    if (place.packet.extent == IP_HEADER_WHOLE)
        walk->search.visit(&place, walk->search.data);
}

void layer_walk(packet_info *pinfo, bool tapped, header_visitor visit, void *data)
{
    struct walk walk = {
        .search = {.pinfo = pinfo, .visit = visit, .data = data},
        .tapped = tapped,
    };

    if (layers_count(pinfo, LAYER_IP) == 0)
        visit_unlisted(&walk);
    for (wmem_list_frame_t *layer = wmem_list_head(pinfo->layers); layer;
         layer = wmem_list_frame_next(layer)) {
        const unsigned traits = layer_traits(layer);

        if (traits & LAYER_IP)
            visit_layer(&walk, layer);
        else if (traits & LAYER_MPLS)
            visit_labels(&walk, layer);
    }
    if (tapped && was_refused(pinfo))
        find_given_up(&walk, 6);
}
