/*
 * The record as a subtree: its title, the header, and the payload. Errors and events are added by
 * error_tree and event_tree.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "packet_tree.h"

#include "header_tree.h"
#include "open_subtree.h"

static int hf_payload = -1;
static int hf_payload_text = -1;
static int hf_payload_length = -1;

static gint ett_ipmon = -1;
static gint ett_payload = -1;

static const struct code_page *text_code_page; /* of ipmon.payload.text */

/* Where the captured payload is. */
struct payload {
    tvbuff_t *source;
    const uint8_t *bytes;
    gint start;
    gint length;
};

static struct payload payload_of(const struct header_place *place)
{
    const struct ip_packet *packet = &place->packet;
    const uint32_t offset = MIN(packet->payload_offset, packet->captured_length);

    return (struct payload){
        .source = place->source,
        .bytes = packet->bytes + offset,
        .start = (gint)(place->start + offset),
        .length = (gint)packet->payload_captured,
    };
}

/* The conversion takes time, so it is made only if the field is wanted. */
static void add_text(proto_tree *tree, packet_info *pinfo, const struct payload *payload)
{
    const char *text;

    if (!proto_field_is_referenced(tree, hf_payload_text))
        return;
    text = code_page_to_utf8(pinfo->pool, text_code_page, payload->bytes, (size_t)payload->length);
    if (text)
        proto_item_set_generated(proto_tree_add_string(tree, hf_payload_text, payload->source,
                                                       payload->start, payload->length, text));
}

static void add_payload(proto_tree *tree, packet_info *pinfo, const struct header_place *place)
{
    const struct ip_packet *packet = &place->packet;
    const struct payload payload = payload_of(place);
    proto_item *item;

    if (!ip_packet_has(packet, IP_FIELD_PAYLOAD))
        return;
    if (payload.length > 0) {
        item = proto_tree_add_item(tree, hf_payload, payload.source, payload.start, payload.length,
                                   ENC_NA);
        tree = proto_item_add_subtree(item, ett_payload);
    }
    item = proto_tree_add_uint(tree, hf_payload_length, payload.source, payload.start,
                               payload.length, packet->payload_length);
    proto_item_set_generated(item);
    if (packet->payload_captured < packet->payload_length)
        proto_item_append_text(item, " (%u captured)", packet->payload_captured);
    if (payload.length > 0)
        add_text(tree, pinfo, &payload);
}

/* An error takes the title, and the header's words go to its own line. */
static void set_titles(proto_tree *tree, proto_item *header, const struct ip_packet *packet,
                       const struct packet_endpoints *endpoints,
                       const struct packet_findings *findings)
{
    struct packet_line line = {.length = 0};

    packet_line_append(&line, findings->error ? ": " : "IP Monitor: ");
    if (findings->events && !findings->error) {
        packet_line_append(&line, findings->events);
        packet_line_append(&line, ", ");
    }
    packet_title_endpoints(&line, packet, endpoints);
    packet_title_details(&line, packet);
    if (findings->processes && !findings->error) {
        packet_line_append(&line, ", ");
        packet_line_append(&line, findings->processes);
    }
    if (findings->error) {
        proto_item_set_text(tree, "IP Monitor: %s", findings->error);
        proto_item_append_text(header, "%s", line.text);
    } else {
        proto_item_set_text(tree, "%s", line.text);
    }
}

proto_tree *packet_tree_add(proto_tree *root, int proto, const struct header_place *place)
{
    proto_item *item = proto_tree_add_item(root, proto, place->source, (gint)place->start,
                                           header_place_length(place), ENC_NA);

    return proto_item_add_subtree(item, ett_ipmon);
}

void packet_tree_complete(proto_tree *tree, packet_info *pinfo, const struct header_place *place,
                          const struct demand *demand, const struct packet_findings *findings)
{
    struct packet_endpoints endpoints;
    proto_item *header = NULL;

    if (demand->header)
        header = header_tree_add(tree, pinfo, place, demand, &endpoints);
    if (header && PTREE_DATA(tree)->visible)
        set_titles(tree, header, &place->packet, &endpoints, findings);
    if (demand->payload)
        add_payload(tree, pinfo, place);
}

void packet_tree_set_code_page(const struct code_page *page)
{
    text_code_page = page;
}

void packet_tree_register(int proto)
{
    static hf_register_info hf[] = {
        {&hf_payload, {"Payload", "ipmon.payload", FT_BYTES, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_payload_text,
         {"Payload as Text", "ipmon.payload.text", FT_STRING, BASE_NONE, NULL, 0,
          "In the code page of the preference", HFILL}},
        {&hf_payload_length,
         {"Payload Length", "ipmon.payload_length", FT_UINT32, BASE_DEC, NULL, 0,
          "Bytes of the datagram behind the header, frame padding excluded", HFILL}},
    };
    static gint *ett[] = {&ett_ipmon, &ett_payload};

    header_tree_register(proto);
    proto_register_field_array(proto, hf, array_length(hf));
    demand_add_fields(DEMAND_PAYLOAD, hf, array_length(hf));
    proto_register_subtree_array(ett, array_length(ett));
    open_subtree(&ett_ipmon);
}
