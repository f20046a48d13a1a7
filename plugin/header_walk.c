/*
 * Walks the root of the protocol tree. Items directly under the root are always there, also in an
 * invisible tree, and quoted headers are not among them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "header_walk.h"

#include "compat.h"
#include "header_search.h"
#include "layers.h"

struct walk {
    struct header_search search;
    unsigned ipv4_layers; /* layers of the IPv4 dissector that the items so far account for */
    unsigned ipv6_layers; /* and of the IPv6 dissector, without headers of another version */
    bool quoting;         /* what follows is part of a packet that another one reports */
    bool broke_off;       /* a dissector ran out of bytes */
};

static void want_items(void)
{
    compat_want_item(proto_get_id_by_filter_name("ip"));
    compat_want_item(proto_get_id_by_filter_name("ipv6"));
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
    want_items();
}

/*
 * Whether the IPv6 header of the item that comes next was announced as IPv4: the dissector of IPv4
 * passes such a header on and leaves a layer without an item.
 */
static bool was_passed_on(const struct walk *walk)
{
    wmem_list_frame_t *ipv4_layer = NULL; /* the last one before */
    unsigned ipv4 = 0;
    unsigned ipv6 = 0;

    for (wmem_list_frame_t *layer = wmem_list_head(walk->search.pinfo->layers); layer;
         layer = wmem_list_frame_next(layer)) {
        const unsigned traits = layer_traits(layer);

        if (!(traits & LAYER_IP) || layer_is_quoted(layer))
            continue;
        if (traits & LAYER_IPV4) {
            ipv4_layer = layer;
            ipv4++;
        } else if (ipv6++ == walk->ipv6_layers) {
            return ipv4_layer && ipv4_layer == wmem_list_frame_prev(layer) &&
                   ipv4 > walk->ipv4_layers && layer_is_announced(ipv4_layer);
        }
    }
    return false;
}

/* Whether the IPv4 dissector whose item comes next was called because IPv4 was announced. */
static bool is_ipv4_announced(const struct walk *walk)
{
    unsigned ipv4 = 0;

    for (wmem_list_frame_t *layer = wmem_list_head(walk->search.pinfo->layers); layer;
         layer = wmem_list_frame_next(layer))
        if (layer_traits(layer) & LAYER_IPV4 && !layer_is_quoted(layer) &&
            ipv4++ == walk->ipv4_layers)
            return layer_is_announced(layer);
    return false;
}

/* The version announced for a header of that version which has an item of an IP dissector. */
static uint8_t announced_version(struct walk *walk, bool ipv4_item, uint8_t version)
{
    uint8_t announced = 6;

    if (ipv4_item) {
        announced = version == 4 || is_ipv4_announced(walk) ? 4 : 0;
        walk->ipv4_layers++;
        return announced;
    }
    if (version != 6)
        return announced;
    if (was_passed_on(walk)) {
        walk->ipv4_layers++;
        announced = 4;
    }
    walk->ipv6_layers++;
    return announced;
}

static void visit_item(struct walk *walk, const proto_node *node)
{
    const header_field_info *field = compat_node_field(node);
    const field_info *item = PNODE_FINFO(node);
    const unsigned traits = field ? layer_protocol_traits(field->id) : 0;
    const uint8_t *header;

    if (traits & LAYER_BROKE_OFF)
        walk->broke_off = true;
    if (traits & LAYER_QUOTES)
        walk->quoting = true;
    if (!(traits & LAYER_IP) || walk->quoting || !item || !item->ds_tvb || item->start < 0 ||
        (unsigned)item->start >= tvb_captured_length(item->ds_tvb))
        return;
    header = tvb_get_ptr(item->ds_tvb, item->start, 1);
    header_search_add(
        &walk->search, item->ds_tvb, (unsigned)item->start,
        announced_version(walk, (traits & LAYER_IPV4) != 0, ip_header_version(header)));
}

/*
 * The IP version of a header whose dissection broke off so early that Wireshark has no item for it:
 * the dissector called last was IP, and more IP dissectors were called than headers found. 0: none.
 */
static unsigned broken_off_version(const struct walk *walk)
{
    wmem_list_frame_t *last = layers_last(walk->search.pinfo);
    const unsigned traits = layer_traits(last);
    unsigned called = 0;

    if (!(traits & LAYER_IP) || layer_is_quoted(last))
        return 0;
    for (wmem_list_frame_t *layer = last; layer; layer = wmem_list_frame_prev(layer))
        called += layer_traits(layer) & LAYER_IP && !layer_is_quoted(layer);
    if (called <= walk->search.found)
        return 0;
    return traits & LAYER_IPV4 ? 4 : 6;
}

/* The innermost tvb of the frame that begins like an IP header of that version. */
static void find_broken_off(struct walk *walk)
{
    const packet_info *pinfo = walk->search.pinfo;
    const unsigned version = broken_off_version(walk);
    tvbuff_t *source;
    tvbuff_t *innermost = NULL;

    if (version == 0 || !pinfo->data_src)
        return;
    source = get_data_source_tvb(g_slist_last(pinfo->data_src)->data);
    for (tvbuff_t *tvb = source; tvb; tvb = compat_next_tvb(tvb))
        if (tvb_get_ds_tvb(tvb) == source && tvb_captured_length(tvb) > 0 &&
            ip_header_version(tvb_get_ptr(tvb, 0, 1)) == version &&
            (!innermost || tvb_raw_offset(tvb) > tvb_raw_offset(innermost)))
            innermost = tvb;
    if (innermost && !header_search_is_last(&walk->search, innermost))
        header_search_add(&walk->search, source, (unsigned)tvb_raw_offset(innermost), 0);
}

void header_walk(proto_tree *root, packet_info *pinfo, header_visitor visit, void *data)
{
    struct walk walk = {.search = {.pinfo = pinfo, .visit = visit, .data = data}};
    const proto_node *last = root->last_child; /* what the visitor adds comes behind it */

    for (const proto_node *node = root->first_child; node; node = node->next) {
        visit_item(&walk, node);
        if (node == last)
            break;
    }
    if (walk.broke_off)
        find_broken_off(&walk);
}
