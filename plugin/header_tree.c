/*
 * The fields of an IP header as a subtree. The values are those of ip_packet_decode, never
 * Wireshark's; each item covers its bytes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "header_tree.h"

#include <string.h>

#include <epan/ipproto.h>
#include <epan/tfs.h>

#include "demand.h"
#include "frame_context.h"
#include "ip_checksum.h"
#include "ip_names.h"
#include "type_of_service.h"

static int hf_header = -1;
static int hf_src = -1;
static int hf_dst = -1;
static int hf_addr = -1;
static int hf_src6 = -1;
static int hf_dst6 = -1;
static int hf_addr6 = -1;
static int hf_src_text = -1;
static int hf_dst_text = -1;
static int hf_srcport = -1;
static int hf_dstport = -1;
static int hf_port = -1;
static int hf_version = -1;
static int hf_header_length = -1;
static int hf_total_length = -1;
static int hf_id = -1;
static int hf_id_ipv6 = -1;
static int hf_flags = -1;
static int hf_flags_reserved = -1;
static int hf_flags_df = -1;
static int hf_flags_mf = -1;
static int hf_flags_ipv6 = -1;
static int hf_flags_mf_ipv6 = -1;
static int hf_offset = -1;
static int hf_ttl = -1;
static int hf_protocol = -1;
static int hf_checksum = -1;
static int hf_checksum_status = -1;
static int hf_extension_header = -1;
static int hf_timestamp = -1;
static int hf_layer = -1;
static int hf_missing = -1;

/* The TOS byte, and the traffic class, which lies across the first two bytes of the header. */
struct tos_fields {
    int tos;
    int precedence;
    int delay;
    int throughput;
    int reliability;
    int dscp;
    int ecn;
    const char *titles[UINT8_MAX + 1]; /* of each value; to format one takes longer than the rest */
};
static struct tos_fields hf_tos = {-1, -1, -1, -1, -1, -1, -1, {NULL}};
static struct tos_fields hf_traffic_class = {-1, -1, -1, -1, -1, -1, -1, {NULL}};

static gint ett_header = -1;
static gint ett_tos = -1;
static gint ett_flags = -1;

static const true_false_string tfs_delay = {"Low", "Normal"};
static const true_false_string tfs_high = {"High", "Normal"};

enum {
    TRAFFIC_CLASS_SHIFT = 4, /* the flow label's first bits follow it in the 16-bit word */
    IPV4_FLAGS_SHIFT = 5,    /* the offset's first bits follow them in the byte */
};

/* Filled in from common's names; a value_string ends with an empty row. */
static value_string precedence_values[TOS_PRECEDENCES + 1];
static value_string dscp_values[TOS_DSCPS + 1];
static value_string ecn_values[TOS_ECNS + 1];
static value_string flags_values[IP_FLAGS_VALUES + 1];
static value_string checksum_status_values[IP_CHECKSUM_STATUSES + 1];

/* The subtree of a header while it is being built. */
struct annotation {
    proto_tree *tree;
    packet_info *pinfo;
    const struct header_place *place;
    const struct ip_packet *packet;
};

static bool has(const struct annotation *annotation, enum ip_field field)
{
    return ip_packet_has(annotation->packet, field);
}

static bool is_ipv4(const struct annotation *annotation)
{
    return annotation->packet->version == 4;
}

/* Offset in the data source of an offset in the header. */
static gint at(const struct annotation *annotation, uint32_t offset)
{
    return (gint)(annotation->place->start + offset);
}

static proto_item *add_uint(const struct annotation *annotation, int field, uint32_t offset,
                            gint length, uint32_t value)
{
    return proto_tree_add_uint(annotation->tree, field, annotation->place->source,
                               at(annotation, offset), length, value);
}

static proto_item *add_typed_address(const struct annotation *annotation, int field4, int field6,
                                     uint32_t offset)
{
    const uint8_t *bytes = annotation->packet->bytes + offset;
    tvbuff_t *source = annotation->place->source;
    ws_in4_addr ipv4; /* network byte order */

    if (!is_ipv4(annotation))
        return proto_tree_add_ipv6(annotation->tree, field6, source, at(annotation, offset),
                                   IPV6_ADDRESS_LENGTH, (const ws_in6_addr *)(const void *)bytes);
    memcpy(&ipv4, bytes, sizeof ipv4);
    return proto_tree_add_ipv4(annotation->tree, field4, source, at(annotation, offset),
                               IPV4_ADDRESS_LENGTH, ipv4);
}

/*
 * An address of the source or the destination. The same as that of either side and as a text is
 * hidden, and costs nothing unless it is wanted. text: empty if it is not.
 */
static void add_address(const struct annotation *annotation, int field4, int field6, int hf_text,
                        uint32_t offset, const char *text)
{
    const bool ipv4 = is_ipv4(annotation);
    const gint length = ipv4 ? IPV4_ADDRESS_LENGTH : IPV6_ADDRESS_LENGTH;

    add_typed_address(annotation, field4, field6, offset);
    if (proto_field_is_referenced(annotation->tree, ipv4 ? hf_addr : hf_addr6))
        proto_item_set_hidden(add_typed_address(annotation, hf_addr, hf_addr6, offset));
    if (*text != '\0')
        proto_item_set_hidden(proto_tree_add_string(annotation->tree, hf_text,
                                                    annotation->place->source,
                                                    at(annotation, offset), length, text));
}

static void add_port(const struct annotation *annotation, int field, uint32_t offset, uint16_t port)
{
    add_uint(annotation, field, offset, 2, port);
    if (proto_field_is_referenced(annotation->tree, hf_port))
        proto_item_set_hidden(add_uint(annotation, hf_port, offset, 2, port));
}

/* The texts take time, so they are made only if they are wanted, for a title or for a field. */
static void fill_endpoints(const struct annotation *annotation, struct packet_endpoints *endpoints)
{
    const struct ip_packet *packet = annotation->packet;

    endpoints->source[0] = '\0';
    endpoints->destination[0] = '\0';
    if (proto_field_is_referenced(annotation->tree, hf_src_text))
        packet_address(packet, IP_FIELD_SOURCE, packet->source_offset, endpoints->source);
    if (proto_field_is_referenced(annotation->tree, hf_dst_text))
        packet_address(packet, IP_FIELD_DESTINATION, packet->destination_offset,
                       endpoints->destination);
}

static void add_addresses_and_ports(const struct annotation *annotation,
                                    struct packet_endpoints *endpoints)
{
    const struct ip_packet *packet = annotation->packet;

    fill_endpoints(annotation, endpoints);
    if (has(annotation, IP_FIELD_SOURCE))
        add_address(annotation, hf_src, hf_src6, hf_src_text, packet->source_offset,
                    endpoints->source);
    if (has(annotation, IP_FIELD_DESTINATION))
        add_address(annotation, hf_dst, hf_dst6, hf_dst_text, packet->destination_offset,
                    endpoints->destination);
    if (has(annotation, IP_FIELD_SOURCE_PORT))
        add_port(annotation, hf_srcport, packet->payload_offset, packet->source_port);
    if (has(annotation, IP_FIELD_DESTINATION_PORT))
        add_port(annotation, hf_dstport, packet->payload_offset + 2, packet->destination_port);
}

static void add_type_of_service(const struct annotation *annotation)
{
    const bool ipv4 = is_ipv4(annotation);
    const struct tos_fields *hf = ipv4 ? &hf_tos : &hf_traffic_class;
    const uint8_t tos = annotation->packet->type_of_service;
    const uint32_t word = ipv4 ? tos : (uint32_t)tos << TRAFFIC_CLASS_SHIFT;
    const gint offset = at(annotation, ipv4 ? IPV4_TYPE_OF_SERVICE_FIELD : 0);
    const gint length = ipv4 ? 1 : 2;
    tvbuff_t *source = annotation->place->source;
    proto_item *item;
    proto_tree *tree;

    if (!has(annotation, IP_FIELD_TYPE_OF_SERVICE))
        return;
    item = proto_tree_add_uint(annotation->tree, hf->tos, source, offset, length, tos);
    proto_item_set_text(item, "%s", hf->titles[tos]);
    tree = proto_item_add_subtree(item, ett_tos);
    proto_tree_add_uint(tree, hf->precedence, source, offset, length, word);
    proto_tree_add_boolean(tree, hf->delay, source, offset, length, word);
    proto_tree_add_boolean(tree, hf->throughput, source, offset, length, word);
    proto_tree_add_boolean(tree, hf->reliability, source, offset, length, word);
    proto_tree_add_uint(tree, hf->dscp, source, offset, length, word);
    proto_tree_add_uint(tree, hf->ecn, source, offset, length, word);
}

/* Flags and offset. Of the three flags IPv6 has only "more fragments", in its fragment header. */
static void add_fragmentation(const struct annotation *annotation)
{
    const struct ip_packet *packet = annotation->packet;
    const bool ipv4 = is_ipv4(annotation);
    const uint32_t fragment = packet->fragment_header_offset;
    const uint32_t fragment_at = ipv4 ? IPV4_FRAGMENT_FIELD : fragment + IPV6_FRAGMENT_FIELD;
    const gint flags_at = at(annotation, ipv4 ? fragment_at : fragment_at + 1);
    tvbuff_t *source = annotation->place->source;
    const uint32_t flags = (uint32_t)ip_flags(packet) << (ipv4 ? IPV4_FLAGS_SHIFT : 0);
    proto_item *item;
    proto_tree *tree;

    if (has(annotation, IP_FIELD_IDENTIFICATION))
        add_uint(annotation, ipv4 ? hf_id : hf_id_ipv6,
                 ipv4 ? IPV4_IDENTIFICATION_FIELD : fragment + IPV6_FRAGMENT_IDENTIFICATION_FIELD,
                 ipv4 ? 2 : 4, packet->identification);
    if (!has(annotation, IP_FIELD_FLAGS))
        return;
    item = proto_tree_add_uint(annotation->tree, ipv4 ? hf_flags : hf_flags_ipv6, source, flags_at,
                               1, flags);
    tree = proto_item_add_subtree(item, ett_flags);
    if (ipv4) {
        proto_tree_add_boolean(tree, hf_flags_reserved, source, flags_at, 1, flags);
        proto_tree_add_boolean(tree, hf_flags_df, source, flags_at, 1, flags);
    }
    proto_tree_add_boolean(tree, ipv4 ? hf_flags_mf : hf_flags_mf_ipv6, source, flags_at, 1, flags);
    add_uint(annotation, hf_offset, fragment_at, 2, packet->fragment_offset);
}

static void add_checksum(const struct annotation *annotation)
{
    const struct ip_packet *packet = annotation->packet;
    const bool due = frame_header_checksum_due(annotation->pinfo, annotation->place);
    enum ip_checksum_status status;
    proto_item *item;

    if (!has(annotation, IP_FIELD_CHECKSUM))
        return;
    status = ip_checksum_header(packet, due);
    item = add_uint(annotation, hf_checksum, IPV4_CHECKSUM_FIELD, 2, packet->checksum);
    if (status == IP_CHECKSUM_BAD)
        proto_item_append_text(item, " (bad, should be 0x%04x)",
                               ip_checksum_header_expected(packet));
    item = add_uint(annotation, hf_checksum_status, IPV4_CHECKSUM_FIELD, 2, status);
    proto_item_set_generated(item);
}

static void add_lengths(const struct annotation *annotation)
{
    const struct ip_packet *packet = annotation->packet;
    const bool ipv4 = is_ipv4(annotation);
    uint32_t total_at = ipv4 ? IPV4_TOTAL_LENGTH_FIELD : IPV6_PAYLOAD_LENGTH_FIELD;
    gint total_length = 2;
    proto_item *item;

    if (has(annotation, IP_FIELD_HEADER_LENGTH)) {
        item = add_uint(annotation, hf_header_length, 0, 1, packet->header_length);
        if (!ipv4)
            proto_item_set_generated(item);
    }
    if (!has(annotation, IP_FIELD_TOTAL_LENGTH))
        return;
    if (packet->jumbo_offset != 0) {
        total_at = packet->jumbo_offset;
        total_length = 4;
    }
    item = proto_tree_add_uint64(annotation->tree, hf_total_length, annotation->place->source,
                                 at(annotation, total_at), total_length, packet->total_length);
    if (!ipv4)
        proto_item_set_generated(item);
    if (packet->segmentation_offload)
        proto_item_append_text(item, " (segmentation offload)");
    else if (packet->jumbo_offset != 0)
        proto_item_append_text(item, " (jumbogram)");
}

static void add_extension_headers(const struct annotation *annotation)
{
    const struct ip_packet *packet = annotation->packet;
    struct ip_extension extension = {0};

    while (ip_packet_next_extension(packet, &extension)) {
        uint32_t length = MIN(extension.length, packet->captured_length - extension.offset);

        proto_tree_add_string(annotation->tree, hf_extension_header, annotation->place->source,
                              at(annotation, extension.offset), (gint)length,
                              ip_extension_name(extension.type));
    }
}

static void add_timestamp(const struct annotation *annotation)
{
    enum { SECOND = 1000000000 }; /* nanoseconds */
    const nstime_t *time = &annotation->pinfo->abs_ts;
    proto_item *item;

    /* In some files the fraction is not less than a second: then both parts are in doubt. */
    if (!annotation->pinfo->fd->has_ts || time->secs < 0 || time->nsecs < 0 ||
        time->nsecs >= SECOND)
        return;
    item = proto_tree_add_uint64(annotation->tree, hf_timestamp, annotation->place->source, 0, 0,
                                 (uint64_t)time->secs * 1000000 + (uint64_t)time->nsecs / 1000);
    proto_item_set_generated(item);
}

/* Lists the fields that a cut or broken header lacks. */
static void add_missing(const struct annotation *annotation)
{
    const struct ip_packet *packet = annotation->packet;
    char names[IP_MISSING_SIZE];

    if (packet->extent == IP_HEADER_WHOLE)
        return;
    ip_missing_text(names, packet);
    proto_item_set_generated(
        proto_tree_add_string_format(annotation->tree, hf_missing, annotation->place->source,
                                     at(annotation, 0), (gint)packet->captured_length, names,
                                     "Missing: %s (%s)", names, ip_extent_reason(packet->extent)));
}

proto_item *header_tree_add(proto_tree *tree, packet_info *pinfo, const struct header_place *place,
                            const struct demand *demand, struct packet_endpoints *endpoints)
{
    const struct ip_packet *packet = &place->packet;
    struct annotation annotation = {
        .pinfo = pinfo,
        .place = place,
        .packet = packet,
    };
    proto_item *item;

    item = proto_tree_add_item(tree, hf_header, place->source, (gint)place->start,
                               header_place_length(place), ENC_NA);
    annotation.tree = proto_item_add_subtree(item, ett_header);
    if (demand->addresses)
        add_addresses_and_ports(&annotation, endpoints);
    if (has(&annotation, IP_FIELD_VERSION))
        add_uint(&annotation, hf_version, 0, 1, packet->version);
    if (demand->type_of_service)
        add_type_of_service(&annotation);
    add_lengths(&annotation);
    if (demand->fragmentation)
        add_fragmentation(&annotation);
    if (has(&annotation, IP_FIELD_TIME_TO_LIVE))
        add_uint(&annotation, hf_ttl,
                 packet->version == 4 ? IPV4_TIME_TO_LIVE_FIELD : IPV6_HOP_LIMIT_FIELD, 1,
                 packet->time_to_live);
    add_checksum(&annotation);
    add_extension_headers(&annotation);
    if (has(&annotation, IP_FIELD_PROTOCOL))
        add_uint(&annotation, hf_protocol, packet->protocol_offset, 1, packet->protocol);
    add_timestamp(&annotation);
    proto_item_set_generated(add_uint(&annotation, hf_layer, 0, 0, place->layer));
    add_missing(&annotation);
    return item;
}

static void fill_values(value_string *values, unsigned count, const char *(*name)(uint8_t))
{
    for (unsigned i = 0; i < count; i++) {
        const char *text = name((uint8_t)i);

        values[i].value = i;
        values[i].strptr = text ? text : "Unassigned";
    }
}

static const char *checksum_status_name(uint8_t status)
{
    return ip_checksum_status_name((enum ip_checksum_status)status);
}

/* "Type of Service: 0x20 (Priority)" */
static void fill_titles(struct tos_fields *fields, const char *name)
{
    for (unsigned tos = 0; tos <= UINT8_MAX; tos++)
        fields->titles[tos] =
            wmem_strdup_printf(wmem_epan_scope(), "%s: 0x%02x (%s)", name, tos,
                               tos_precedence_name((uint8_t)(tos >> TOS_PRECEDENCE_SHIFT)));
}

void header_tree_register(int proto)
{
    static hf_register_info addresses[] = {
        {&hf_src, {"Source Address", "ipmon.src", FT_IPv4, BASE_NONE, NULL, 0, "IPv4", HFILL}},
        {&hf_dst, {"Destination Address", "ipmon.dst", FT_IPv4, BASE_NONE, NULL, 0, "IPv4", HFILL}},
        {&hf_addr,
         {"Source or Destination Address", "ipmon.addr", FT_IPv4, BASE_NONE, NULL, 0, "IPv4",
          HFILL}},
        {&hf_src6, {"Source Address", "ipmon.src6", FT_IPv6, BASE_NONE, NULL, 0, "IPv6", HFILL}},
        {&hf_dst6,
         {"Destination Address", "ipmon.dst6", FT_IPv6, BASE_NONE, NULL, 0, "IPv6", HFILL}},
        {&hf_addr6,
         {"Source or Destination Address", "ipmon.addr6", FT_IPv6, BASE_NONE, NULL, 0, "IPv6",
          HFILL}},
        {&hf_src_text,
         {"Source Address as Text", "ipmon.src.text", FT_STRING, BASE_NONE, NULL, 0,
          "IPv4 or IPv6, for columns", HFILL}},
        {&hf_dst_text,
         {"Destination Address as Text", "ipmon.dst.text", FT_STRING, BASE_NONE, NULL, 0,
          "IPv4 or IPv6, for columns", HFILL}},
        {&hf_srcport, {"Source Port", "ipmon.srcport", FT_UINT16, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_dstport,
         {"Destination Port", "ipmon.dstport", FT_UINT16, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_port,
         {"Source or Destination Port", "ipmon.port", FT_UINT16, BASE_DEC, NULL, 0, NULL, HFILL}},
    };
    static hf_register_info type_of_service[] = {
        {&hf_tos.tos, {"Type of Service", "ipmon.tos", FT_UINT8, BASE_HEX, NULL, 0, NULL, HFILL}},
        {&hf_tos.precedence,
         {"Precedence", "ipmon.tos.precedence", FT_UINT8, BASE_DEC, VALS(precedence_values),
          TOS_PRECEDENCE_MASK, "RFC 791", HFILL}},
        {&hf_tos.delay,
         {"Delay", "ipmon.tos.delay", FT_BOOLEAN, 8, TFS(&tfs_delay), TOS_DELAY_MASK, "RFC 791",
          HFILL}},
        {&hf_tos.throughput,
         {"Throughput", "ipmon.tos.throughput", FT_BOOLEAN, 8, TFS(&tfs_high), TOS_THROUGHPUT_MASK,
          "RFC 791", HFILL}},
        {&hf_tos.reliability,
         {"Reliability", "ipmon.tos.reliability", FT_BOOLEAN, 8, TFS(&tfs_high),
          TOS_RELIABILITY_MASK, "RFC 791", HFILL}},
        {&hf_tos.dscp,
         {"Differentiated Services Codepoint", "ipmon.tos.dscp", FT_UINT8, BASE_DEC,
          VALS(dscp_values), TOS_DSCP_MASK, "RFC 2474", HFILL}},
        {&hf_tos.ecn,
         {"Explicit Congestion Notification", "ipmon.tos.ecn", FT_UINT8, BASE_DEC, VALS(ecn_values),
          TOS_ECN_MASK, "RFC 3168", HFILL}},
        {&hf_traffic_class.tos,
         {"Traffic Class", "ipmon.tos", FT_UINT8, BASE_HEX, NULL, 0, NULL, HFILL}},
        {&hf_traffic_class.precedence,
         {"Precedence", "ipmon.tos.precedence", FT_UINT16, BASE_DEC, VALS(precedence_values),
          TOS_PRECEDENCE_MASK << TRAFFIC_CLASS_SHIFT, "RFC 791", HFILL}},
        {&hf_traffic_class.delay,
         {"Delay", "ipmon.tos.delay", FT_BOOLEAN, 16, TFS(&tfs_delay),
          TOS_DELAY_MASK << TRAFFIC_CLASS_SHIFT, "RFC 791", HFILL}},
        {&hf_traffic_class.throughput,
         {"Throughput", "ipmon.tos.throughput", FT_BOOLEAN, 16, TFS(&tfs_high),
          TOS_THROUGHPUT_MASK << TRAFFIC_CLASS_SHIFT, "RFC 791", HFILL}},
        {&hf_traffic_class.reliability,
         {"Reliability", "ipmon.tos.reliability", FT_BOOLEAN, 16, TFS(&tfs_high),
          TOS_RELIABILITY_MASK << TRAFFIC_CLASS_SHIFT, "RFC 791", HFILL}},
        {&hf_traffic_class.dscp,
         {"Differentiated Services Codepoint", "ipmon.tos.dscp", FT_UINT16, BASE_DEC,
          VALS(dscp_values), TOS_DSCP_MASK << TRAFFIC_CLASS_SHIFT, "RFC 2474", HFILL}},
        {&hf_traffic_class.ecn,
         {"Explicit Congestion Notification", "ipmon.tos.ecn", FT_UINT16, BASE_DEC,
          VALS(ecn_values), TOS_ECN_MASK << TRAFFIC_CLASS_SHIFT, "RFC 3168", HFILL}},
    };
    static hf_register_info fragmentation[] = {
        {&hf_id, {"Identification", "ipmon.id", FT_UINT16, BASE_HEX, NULL, 0, NULL, HFILL}},
        {&hf_id_ipv6, {"Identification", "ipmon.id", FT_UINT32, BASE_HEX, NULL, 0, NULL, HFILL}},
        {&hf_flags,
         {"Flags", "ipmon.flags", FT_UINT8, BASE_HEX, VALS(flags_values), 0xE0, NULL, HFILL}},
        {&hf_flags_reserved,
         {"Reserved", "ipmon.flags.reserved", FT_BOOLEAN, 8, TFS(&tfs_set_notset), 0x80, NULL,
          HFILL}},
        {&hf_flags_df,
         {"Don't Fragment", "ipmon.flags.df", FT_BOOLEAN, 8, TFS(&tfs_set_notset), 0x40, NULL,
          HFILL}},
        {&hf_flags_mf,
         {"More Fragments", "ipmon.flags.mf", FT_BOOLEAN, 8, TFS(&tfs_set_notset), 0x20, NULL,
          HFILL}},
        {&hf_flags_ipv6,
         {"Flags", "ipmon.flags", FT_UINT8, BASE_HEX, VALS(flags_values), 0x01, NULL, HFILL}},
        {&hf_flags_mf_ipv6,
         {"More Fragments", "ipmon.flags.mf", FT_BOOLEAN, 8, TFS(&tfs_set_notset), 0x01, NULL,
          HFILL}},
        {&hf_offset,
         {"Fragment Offset", "ipmon.offset", FT_UINT32, BASE_DEC, NULL, 0, "Bytes", HFILL}},
    };
    static hf_register_info others[] = {
        {&hf_header, {"IP Header", "ipmon.header", FT_NONE, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_version, {"IP Version", "ipmon.version", FT_UINT8, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_header_length,
         {"Header Length", "ipmon.header_length", FT_UINT32, BASE_DEC, NULL, 0,
          "Bytes of the header, for IPv6 with its extension headers", HFILL}},
        {&hf_total_length,
         {"Total Length", "ipmon.total_length", FT_UINT64, BASE_DEC, NULL, 0,
          "Bytes of the datagram as the header says", HFILL}},
        {&hf_ttl,
         {"Time to Live", "ipmon.ttl", FT_UINT8, BASE_DEC, NULL, 0, "Time to live or hop limit",
          HFILL}},
        {&hf_protocol,
         {"Protocol", "ipmon.protocol", FT_UINT8, BASE_DEC | BASE_EXT_STRING, &ipproto_val_ext, 0,
          "Upper-layer protocol, for IPv6 behind the extension headers", HFILL}},
        {&hf_checksum,
         {"Header Checksum", "ipmon.checksum", FT_UINT16, BASE_HEX, NULL, 0, NULL, HFILL}},
        {&hf_checksum_status,
         {"Header Checksum Status", "ipmon.checksum.status", FT_UINT8, BASE_NONE,
          VALS(checksum_status_values), 0, NULL, HFILL}},
        {&hf_extension_header,
         {"Extension Header", "ipmon.extension_header", FT_STRING, BASE_NONE, NULL, 0, NULL,
          HFILL}},
        {&hf_timestamp,
         {"Timestamp", "ipmon.timestamp", FT_UINT64, BASE_DEC, NULL, 0,
          "Microseconds since 1970-01-01 00:00 UTC", HFILL}},
        {&hf_layer,
         {"Layer", "ipmon.layer", FT_UINT16, BASE_DEC, NULL, 0,
          "Number of the IP header in the frame, 0 is the outermost", HFILL}},
        {&hf_missing,
         {"Missing", "ipmon.missing", FT_STRING, BASE_NONE, NULL, 0,
          "What a cut or broken header leaves open", HFILL}},
    };
    static const struct {
        enum demand_group group;
        hf_register_info *fields;
        int count;
    } groups[] = {
        {DEMAND_ADDRESSES, addresses, array_length(addresses)},
        {DEMAND_TYPE_OF_SERVICE, type_of_service, array_length(type_of_service)},
        {DEMAND_FRAGMENTATION, fragmentation, array_length(fragmentation)},
        {DEMAND_HEADER, others, array_length(others)},
    };
    static gint *ett[] = {&ett_header, &ett_tos, &ett_flags};

    fill_values(precedence_values, TOS_PRECEDENCES, tos_precedence_name);
    fill_values(dscp_values, TOS_DSCPS, tos_dscp_name);
    fill_values(ecn_values, TOS_ECNS, tos_ecn_name);
    fill_values(flags_values, IP_FLAGS_VALUES, ip_flags_name);
    fill_values(checksum_status_values, IP_CHECKSUM_STATUSES, checksum_status_name);
    fill_titles(&hf_tos, "Type of Service");
    fill_titles(&hf_traffic_class, "Traffic Class");
    for (size_t i = 0; i < G_N_ELEMENTS(groups); i++) {
        proto_register_field_array(proto, groups[i].fields, groups[i].count);
        demand_add_fields(groups[i].group, groups[i].fields, (unsigned)groups[i].count);
    }
    proto_register_subtree_array(ett, array_length(ett));
}
