/*
 * Walks the root of the protocol tree. Items directly under the root are always there, also in an
 * invisible tree, and quoted headers are not among them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "header_walk.h"

#include <epan/dissectors/packet-ip.h>
#include <epan/expert.h>
#include <epan/tap.h>
#include <epan/tvbuff-int.h>

#include "bytes.h"
#include "compat.h"
#include "header_extent.h"
#include "plain_frame.h"

static int proto_ip = -1;
static int proto_ipv6 = -1;
static int proto_ethertype = -1;
static int proto_mpls = -1;
static int proto_data = -1;
/* Protocols that name the version of the IP header which they carry. */
static int proto_announcing[15];
/* Protocols that tell of other packets, or parts of them: what follows is of these. */
static int proto_quoting[16];
/* Protocols that stand behind an IP header. */
static int proto_carried[14];
static int proto_short = -1;
static int proto_malformed = -1;
static int proto_ipmon = -1;
static int tap_ip = 0;
static int tap_ipv6 = 0;
static int expert_bad_ipv6 = -1;

/* State of one walk. */
struct walk {
    struct header_place place; /* the header found last */
    packet_info *pinfo;
    tvbuff_t *stepped; /* the tvb that step_to_header found last */
    header_visitor visit;
    void *data;
    unsigned found;
    unsigned found_ip;   /* of these, by items of the IPv4 dissector */
    unsigned found_ipv6; /* and by those of the IPv6 dissector, but for refused ones */
    bool tapped;         /* look at what dissectors told their taps */
    bool handed_on; /* the IPv4 dissector, to which the next header was announced, passed it on */
    bool quoting;   /* what follows is part of a packet that another one tells of */
    bool broke_off; /* a dissector ran out of bytes */
    int told_ip;    /* headers that the taps of the IP dissectors told of so far */
    int told_ipv6;
};

static void want_items(void)
{
    compat_want_item(proto_ip);
    compat_want_item(proto_ipv6);
}

#if COMPAT_VERSION >= 406
/* The frame's memory goes after its tree. */
static bool want_items_again(wmem_allocator_t *pool _U_, wmem_cb_event_t event _U_, void *data _U_)
{
    want_items();
    return false; /* not called again */
}
#endif

void header_walk_keep_items(packet_info *pinfo)
{
#if COMPAT_VERSION >= 406
    wmem_register_callback(pinfo->pool, want_items_again, NULL);
#else
    (void)pinfo;
#endif
}

void header_walk_prepare(void)
{
    static const char *const announcing[G_N_ELEMENTS(proto_announcing)] = {
        "ah",           "chdlc",        "esp",  "ethertype",    "geneve",
        "gre",          "ip",           "ipv6", "ipv6.dstopts", "ipv6.fraghdr",
        "ipv6.hopopts", "ipv6.routing", "llc",  "null",         "ppp",
    };
    static const char *const quoting[G_N_ELEMENTS(proto_quoting)] = {
        "amt",   "cflow", "forces",   "icmp",     "icmpv6",  "mint",  "mip",   "msdp",
        "msrcp", "nhrp",  "openflow", "pdcp-lte", "pdcp-nr", "sflow", "tecmp", "wassp",
    };
    static const char *const carried[G_N_ELEMENTS(proto_carried)] = {
        "ah",           "data",         "esp",          "gre",          "icmp", "icmpv6", "igmp",
        "ipv6.dstopts", "ipv6.fraghdr", "ipv6.hopopts", "ipv6.routing", "sctp", "tcp",    "udp",
    };

    proto_ip = proto_get_id_by_filter_name("ip");
    proto_ipv6 = proto_get_id_by_filter_name("ipv6");
    proto_ethertype = proto_get_id_by_filter_name("ethertype");
    proto_mpls = proto_get_id_by_filter_name("mpls");
    proto_data = proto_get_id_by_filter_name("data");
    for (size_t i = 0; i < G_N_ELEMENTS(proto_announcing); i++)
        proto_announcing[i] = proto_get_id_by_filter_name(announcing[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(proto_quoting); i++)
        proto_quoting[i] = proto_get_id_by_filter_name(quoting[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(proto_carried); i++)
        proto_carried[i] = proto_get_id_by_filter_name(carried[i]);
    proto_short = proto_get_id_by_filter_name("_ws.short");
    proto_malformed = proto_get_id_by_filter_name("_ws.malformed");
    proto_ipmon = proto_get_id_by_filter_name("ipmon");
    tap_ip = find_tap_id("ip");
    tap_ipv6 = find_tap_id("ipv6");
    expert_bad_ipv6 = proto_registrar_get_id_byname("ipv6.bogus_ipv6_version");
    want_items();
}

/* A header of which the layer around announced the version; 0: none. */
static void found_header(struct walk *walk, tvbuff_t *source, unsigned start, uint8_t announced)
{
    struct header_place *place = &walk->place;
    const struct header_place outer = *place;

    if (start >= tvb_captured_length(source) || header_extent_rest(source, start) == 0 ||
        (walk->found != 0 && header_extent_is_empty(&outer, source, start)))
        return;
    /* The same bytes again, which one dissector handed on to another: one record serves. */
    if (walk->found != 0 && place->source == source && place->start == start)
        return;
    header_extent_decode(&place->packet, walk->pinfo, walk->found != 0 ? &outer : NULL, source,
                         start);
    if (announced != 0 && place->packet.version != announced)
        ip_packet_refuse_version(&place->packet);
    place->source = source;
    place->start = start;
    place->tunnel = walk->found != 0 ? header_extent_tunnel(&outer) : 0;
    place->layer = walk->found++;
    place->announced_version = announced;
    walk->visit(place, walk->data);
}

static bool begins_at(tvbuff_t *tvb, const struct header_place *place)
{
    return tvb->ds_tvb == place->source && (unsigned)tvb_raw_offset(tvb) == place->start;
}

/* The first tvb from `tvb` on that an IP header of that version begins, other than the last one. */
static tvbuff_t *search_chain(const struct walk *walk, tvbuff_t *tvb, unsigned version)
{
    while (tvb && (!header_extent_fits(tvb, version) || begins_at(tvb, &walk->place)))
        tvb = tvb->next;
    return tvb;
}

static void found_tvb(struct walk *walk, tvbuff_t *tvb, uint8_t announced)
{
    walk->stepped = tvb;
    found_header(walk, tvb->ds_tvb, (unsigned)tvb_raw_offset(tvb), announced);
}

static int layer_protocol(wmem_list_frame_t *layer)
{
    return layer ? GPOINTER_TO_INT(wmem_list_frame_data(layer)) : -1;
}

/*
 * Where the outermost header begins when nothing but the link layer stands before it, however
 * broken it is. ANYWHERE: not known.
 */
enum { ANYWHERE = -1 };

static int outermost_offset(const struct walk *walk)
{
    const bool ethernet =
        walk->pinfo->rec->rec_header.packet_header.pkt_encap == WTAP_ENCAP_ETHERNET;
    /* frame, link type and Ethertype; an Ethernet header can have a tag and its Ethertype behind */
    const int most = ethernet ? 5 : 3;
    wmem_list_frame_t *layer = wmem_list_head(walk->pinfo->layers);

    for (int before = 0;
         layer && layer_protocol(layer) != proto_ip && layer_protocol(layer) != proto_ipv6;
         layer = wmem_list_frame_next(layer))
        if (++before > most)
            return ANYWHERE;
    return layer ? plain_frame_offset(walk->pinfo) : ANYWHERE;
}

static tvbuff_t *search_outermost(const struct walk *walk, tvbuff_t *tvb)
{
    const int offset = outermost_offset(walk);

    while (tvb && (int)tvb_raw_offset(tvb) != offset)
        tvb = tvb->next;
    return tvb;
}

/*
 * The next header's bytes, for one that has no item with bytes: each dissector got a tvb of its
 * own, and they are chained in the order of nesting. Returns whether there was one.
 */
static bool step_to_header(struct walk *walk, unsigned version, uint8_t announced)
{
    tvbuff_t *first = walk->stepped ? walk->stepped->next : header_extent_frame(walk->pinfo);
    tvbuff_t *tvb = walk->found == 0 ? search_outermost(walk, first) : NULL;

    if (!tvb)
        tvb = search_chain(walk, first, version);
    if (tvb)
        found_tvb(walk, tvb, announced);
    return tvb != NULL;
}

static bool is_among(int protocol, const int *protocols, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (protocol == protocols[i])
            return true;
    return false;
}

static bool is_quoting(int protocol)
{
    return is_among(protocol, proto_quoting, G_N_ELEMENTS(proto_quoting));
}

/* Whether an IP dissector was called for a packet that another one only tells of. */
static bool is_quoted(wmem_list_frame_t *layer)
{
    while ((layer = wmem_list_frame_prev(layer)) != NULL)
        if (is_quoting(layer_protocol(layer)))
            return true;
    return false;
}

/*
 * Whether what stands in front of an IP dissector's layer names the version of the header. (A link
 * type of one version does not: files of it hold what a program put in.)
 */
static bool is_announced(wmem_list_frame_t *layer)
{
    return is_among(layer_protocol(wmem_list_frame_prev(layer)), proto_announcing,
                    G_N_ELEMENTS(proto_announcing));
}

/*
 * Whether the IPv6 header of the item that comes next was announced as IPv4: the dissector of IPv4
 * hands such a header on and leaves a layer without an item.
 */
static bool was_handed_on(const struct walk *walk)
{
    wmem_list_frame_t *passed_on = NULL; /* the IPv4 layer right in front */
    unsigned ip = 0;
    unsigned ipv6 = 0;

    for (wmem_list_frame_t *layer = wmem_list_head(walk->pinfo->layers); layer;
         layer = wmem_list_frame_next(layer)) {
        const int id = layer_protocol(layer);

        if (id == proto_ip && !is_quoted(layer)) {
            passed_on = layer;
            ip++;
        } else if (id == proto_ipv6 && !is_quoted(layer)) {
            if (ipv6++ == walk->found_ipv6)
                return passed_on && passed_on == wmem_list_frame_prev(layer) &&
                       ip > walk->found_ip && is_announced(passed_on);
        }
    }
    return false;
}

/* Whether the IPv4 dissector whose item comes next was called because IPv4 was announced. */
static bool is_ipv4_announced(const struct walk *walk)
{
    unsigned ip = 0;

    for (wmem_list_frame_t *layer = wmem_list_head(walk->pinfo->layers); layer;
         layer = wmem_list_frame_next(layer))
        if (layer_protocol(layer) == proto_ip && !is_quoted(layer) && ip++ == walk->found_ip)
            return is_announced(layer);
    return false;
}

/* The version that was announced for a header at which the item of an IP dissector stands. */
static uint8_t announced_version(struct walk *walk, int protocol, uint8_t version)
{
    uint8_t announced = 6;

    if (protocol == proto_ip) {
        announced = version == 4 || is_ipv4_announced(walk) ? 4 : 0;
        walk->found_ip++;
        return announced;
    }
    if (version != 6)
        return announced;
    if (was_handed_on(walk)) {
        walk->found_ip++;
        announced = 4;
    }
    walk->found_ipv6++;
    return announced;
}

static void look_at_item(struct walk *walk, const proto_node *node)
{
    const header_field_info *field = compat_node_field(node);
    const field_info *finfo = PNODE_FINFO(node);
    unsigned start;

    if (!field)
        return;
    if (field->id == proto_short || field->id == proto_malformed)
        walk->broke_off = true;
    walk->quoting = walk->quoting || is_quoting(field->id);
    if ((field->id != proto_ip && field->id != proto_ipv6) || !finfo || walk->quoting)
        return;
    start = (unsigned)finfo->start;
    if (finfo->ds_tvb && finfo->start >= 0 && start < tvb_captured_length(finfo->ds_tvb))
        found_header(
            walk, finfo->ds_tvb, start,
            announced_version(walk, field->id, tvb_get_ptr(finfo->ds_tvb, (gint)start, 1)[0] >> 4));
}

/* The dissector that was called last, other than our own. */
static wmem_list_frame_t *last_layer(const packet_info *pinfo)
{
    wmem_list_frame_t *last = wmem_list_tail(pinfo->layers);

    while (layer_protocol(last) == proto_ipmon)
        last = wmem_list_frame_prev(last);
    return last;
}

/*
 * The IP version of a header whose dissection broke off so early that Wireshark has no item for it:
 * the dissector called last was IP, and more IP dissectors were called than headers found. 0: none.
 */
static unsigned broken_off_version(const struct walk *walk)
{
    wmem_list_frame_t *last = last_layer(walk->pinfo);
    const int protocol = layer_protocol(last);
    unsigned called = 0;

    if (protocol != proto_ip && protocol != proto_ipv6)
        return 0;
    for (wmem_list_frame_t *layer = last; layer; layer = wmem_list_frame_prev(layer)) {
        const int id = layer_protocol(layer);

        if (is_quoted(layer) && layer == last)
            return 0;
        called += (id == proto_ip || id == proto_ipv6) && !is_quoted(layer);
    }
    if (called <= walk->found)
        return 0;
    return protocol == proto_ip ? 4 : 6;
}

/* The innermost tvb of the frame that begins like an IP header of that version. */
static void find_broken_off(struct walk *walk)
{
    const unsigned version = broken_off_version(walk);
    tvbuff_t *source;
    tvbuff_t *innermost = NULL;

    if (version == 0 || !walk->pinfo->data_src)
        return;
    source = get_data_source_tvb(g_slist_last(walk->pinfo->data_src)->data);
    for (tvbuff_t *tvb = source; tvb; tvb = tvb->next)
        if (tvb->ds_tvb == source && tvb_captured_length(tvb) > 0 &&
            tvb_get_ptr(tvb, 0, 1)[0] >> 4 == version &&
            (!innermost || tvb_raw_offset(tvb) > tvb_raw_offset(innermost)))
            innermost = tvb;
    if (innermost && !(walk->found != 0 && begins_at(innermost, &walk->place)))
        found_header(walk, source, (unsigned)tvb_raw_offset(innermost), 0);
}

void header_walk(proto_tree *root, packet_info *pinfo, header_visitor visit, void *data)
{
    struct walk walk = {.pinfo = pinfo, .visit = visit, .data = data};
    const proto_node *last = root->last_child; /* what the visitor adds comes behind it */

    for (const proto_node *node = root->first_child; node; node = node->next) {
        look_at_item(&walk, node);
        if (node == last)
            break;
    }
    if (walk.broke_off)
        find_broken_off(&walk);
}

/* Whether the bytes are those of the header that an IP dissector told its tap of. */
static bool is_told_header(tvbuff_t *tvb, const void *told)
{
    const ws_ip4 *ip4 = WS_IP4_PTR(told);
    const ws_ip6 *ip6 = WS_IP6_PTR(told);
    const guint length = ip4 ? IPV4_HEADER_MIN : IPV6_HEADER_LENGTH;
    const uint8_t *bytes;

    if ((!ip4 && !ip6) || tvb_captured_length(tvb) < length)
        return false;
    bytes = tvb_get_ptr(tvb, 0, (gint)length);
    if (ip4)
        return bytes[0] >> 4 == 4 && bytes_u16(bytes + 4) == ip4->ip_id &&
               bytes_u16(bytes + 6) == ip4->ip_off && bytes[8] == ip4->ip_ttl &&
               bytes[9] == ip4->ip_proto && bytes_u16(bytes + 10) == ip4->ip_sum &&
               memcmp(bytes + 12, ip4->ip_src.data, IPV4_ADDRESS_LENGTH) == 0;
    return bytes[0] >> 4 == 6 && (bytes_u32(bytes) & 0xFFFFF) == ip6->ip6_flw &&
           bytes[7] == ip6->ip6_hop &&
           memcmp(bytes + 8, ip6->ip6_src.data, IPV6_ADDRESS_LENGTH) == 0;
}

/* What the dissector of that IP version told its tap about the next of its headers, or NULL. */
static const void *told_of(const struct walk *walk, unsigned version)
{
    if (!walk->tapped)
        return NULL;
    return version == 4 ? fetch_tapped_data(tap_ip, walk->told_ip)
                        : fetch_tapped_data(tap_ipv6, walk->told_ipv6);
}

static const void *next_told(struct walk *walk, unsigned version)
{
    const void *told = told_of(walk, version);

    if (version == 4)
        walk->told_ip++;
    else
        walk->told_ipv6++;
    return told;
}

static tvbuff_t *search_told(const struct walk *walk, const void *told)
{
    tvbuff_t *first = walk->stepped ? walk->stepped->next : header_extent_frame(walk->pinfo);
    tvbuff_t *tvb;

    if (!told)
        return NULL;
    tvb = walk->found == 0 ? search_outermost(walk, first) : NULL;
    if (tvb && is_told_header(tvb, told)) /* and not a trailer that looks like it */
        return tvb;
    for (tvb = first; tvb && (!is_told_header(tvb, told) || begins_at(tvb, &walk->place));)
        tvb = tvb->next;
    return tvb;
}

static bool is_before(const tvbuff_t *one, const tvbuff_t *other)
{
    while (one && one != other)
        one = one->next;
    return one != NULL;
}

/*
 * Whether the IPv4 dissector of the layer passed its bytes on to that of IPv6: then it told its tap
 * nothing, and what its tap heard next, if anything, is of a header further inside.
 */
static bool is_passed_on(const struct walk *walk, wmem_list_frame_t *layer)
{
    const void *told = told_of(walk, 4);
    const void *told_ipv6 = told_of(walk, 6);
    tvbuff_t *ipv6;
    tvbuff_t *tvb;

    if (layer_protocol(layer) != proto_ip || !told_ipv6 ||
        layer_protocol(wmem_list_frame_next(layer)) != proto_ipv6)
        return false;
    if (!told)
        return true;
    ipv6 = search_told(walk, told_ipv6);
    tvb = search_told(walk, told);
    return ipv6 && (!tvb || is_before(ipv6, tvb));
}

/*
 * The header that the dissector called last was given and gave up on. It made no tvb of its own, so
 * its own begins last, but for trailers of the frame.
 */
static void find_given_up(struct walk *walk, uint8_t announced)
{
    const struct header_place *outer = &walk->place;
    tvbuff_t *last = header_extent_frame(walk->pinfo);
    unsigned end = G_MAXUINT;

    if (walk->found != 0 && last == outer->source && outer->packet.datagram_end != 0)
        end = outer->start + outer->packet.datagram_end;
    for (tvbuff_t *tvb = last; tvb; tvb = tvb->next) {
        const unsigned start = (unsigned)tvb_raw_offset(tvb);

        if (tvb->ds_tvb == last->ds_tvb && start > (unsigned)tvb_raw_offset(last) &&
            (start < end || (start == end && tvb_reported_length(tvb) == 0)))
            last = tvb;
    }
    if (last)
        found_tvb(walk, last, announced);
}

/* One IP dissector that was called, of a frame without a tree. */
static void look_at_layer(struct walk *walk, wmem_list_frame_t *layer)
{
    const uint8_t version = layer_protocol(layer) == proto_ip ? 4 : 6;
    const bool passed_on = is_passed_on(walk, layer);
    const void *told = passed_on ? NULL : next_told(walk, version);
    const uint8_t announced = walk->handed_on                       ? 4
                              : version == 6 || is_announced(layer) ? version
                                                                    : 0;
    tvbuff_t *tvb;

    if (is_quoted(layer))
        return;
    walk->handed_on = passed_on && is_announced(layer);
    if (passed_on)
        return;
    tvb = search_told(walk, told);
    if (tvb)
        found_tvb(walk, tvb, announced);
    else if (step_to_header(walk, version, announced))
        return;
    else if (layer == last_layer(walk->pinfo))
        find_given_up(walk, announced);
    else if (version == 4 && layer_protocol(wmem_list_frame_next(layer)) == proto_ipv6)
        walk->handed_on = is_announced(layer);
}

/*
 * The header behind MPLS labels. From Wireshark 4.4 on, its dissector is called by a guess at what
 * the labels carry, and leaves no layer.
 */
static void look_behind_labels(struct walk *walk, wmem_list_frame_t *layer)
{
    const int carried = layer_protocol(wmem_list_frame_next(layer));
    tvbuff_t *tvb;
    tvbuff_t *ipv6;

    if (is_quoted(layer) || !is_among(carried, proto_carried, G_N_ELEMENTS(proto_carried)))
        return;
    tvb = search_told(walk, told_of(walk, 4));
    ipv6 = search_told(walk, told_of(walk, 6));
    if (ipv6 && (!tvb || is_before(ipv6, tvb))) {
        walk->told_ipv6++;
        found_tvb(walk, ipv6, 0);
    } else if (tvb) {
        walk->told_ip++;
        found_tvb(walk, tvb, 0);
    } else if (carried != proto_data && !step_to_header(walk, 4, 0)) {
        step_to_header(walk, 6, 0);
    }
}

/*
 * Whether the dissector of IPv6 refused the bytes it was given last for their version, which leaves
 * no trace of it among the layers.
 */
static bool was_refused(const packet_info *pinfo)
{
    static int tap = 0; /* not known yet while plugins are registered */
    wmem_list_frame_t *last = last_layer(pinfo);
    const expert_info_t *expert;
    bool refused = false;

    if (tap <= 0)
        tap = find_tap_id("expert");
    for (int i = 0; !refused && (expert = fetch_tapped_data(tap, i)) != NULL; i++)
        refused = expert->hf_index == expert_bad_ipv6;
    return refused && !is_quoting(layer_protocol(last)) && !is_quoted(last);
}

void header_walk_without_tree(packet_info *pinfo, bool tapped, header_visitor visit, void *data)
{
    struct walk walk = {.pinfo = pinfo, .visit = visit, .data = data, .tapped = tapped};

    for (wmem_list_frame_t *layer = wmem_list_head(pinfo->layers); layer;
         layer = wmem_list_frame_next(layer)) {
        const int id = layer_protocol(layer);

        if (id == proto_ip || id == proto_ipv6)
            look_at_layer(&walk, layer);
        else if (id == proto_mpls)
            look_behind_labels(&walk, layer);
    }
    if (tapped && was_refused(pinfo))
        find_given_up(&walk, 6);
}
