/*
 * Socket errors as fields and expert items.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "error_tree.h"

#include <string.h>

#include <epan/ipproto.h>
#include <epan/tfs.h>
#include <wsutil/utf8_entities.h>

#include "connection.h"
#include "demand.h"
#include "error_hint.h"
#include "error_link.h"
#include "error_names.h"
#include "open_subtree.h"
#include "packet_title.h"
#include "process_history.h"
#include "socket_error.h"

static int hf_error = -1;
static int hf_error_errno = -1;
static int hf_error_name = -1;
static int hf_error_winsock = -1;
static int hf_error_winsock_name = -1;
static int hf_error_reason = -1;
static int hf_error_socket = -1;
static int hf_error_protocol = -1;
static int hf_error_local_address = -1;
static int hf_error_local_address6 = -1;
static int hf_error_local_port = -1;
static int hf_error_remote_address = -1;
static int hf_error_remote_address6 = -1;
static int hf_error_remote_port = -1;
static int hf_error_process = -1;
static int hf_error_process_id = -1;
static int hf_error_process_name = -1;
static int hf_error_reporter = -1;
static int hf_error_reporter6 = -1;
static int hf_error_reporter_kind = -1;
static int hf_error_packet = -1;
static int hf_error_count = -1;
static int hf_error_fatal = -1;
static int hf_error_mtu = -1;
static int hf_error_reported_to = -1;
static int hf_error_told = -1; /* the former name of hf_error_reported_to, hidden */
static int hf_error_hint = -1;
static int hf_error_none = -1;
static int hf_error_answered_in = -1;

static gint ett_error = -1;

static expert_field ei_socket_error = EI_INIT;
static expert_field ei_soft_error = EI_INIT;
static expert_field ei_end_of_stream = EI_INIT;

bool error_tree_find(struct packet_error *error, packet_info *pinfo,
                     const struct header_place *place, bool carrier_discarded)
{
    struct packet_error_context context = connection_error_context(pinfo, place);

    context.carrier_discarded = carrier_discarded;
    context.traceroute = error_link_is_traceroute(pinfo, place);
    return packet_error_find(error, &place->packet, &context);
}

static void local_text(const struct packet_error_socket *socket, char text[IP_ENDPOINT_TEXT_SIZE])
{
    ip_endpoint_text(socket->version, socket->local, socket->has_ports, socket->local_port, text);
}

static void remote_text(const struct packet_error_socket *socket, char text[IP_ENDPOINT_TEXT_SIZE])
{
    ip_endpoint_text(socket->version, socket->remote, socket->has_ports, socket->remote_port, text);
}

const char *error_tree_socket(wmem_allocator_t *pool, const struct packet_error *error)
{
    const struct packet_error_socket *socket = &error->socket;
    char local[IP_ENDPOINT_TEXT_SIZE];
    char remote[IP_ENDPOINT_TEXT_SIZE];

    if (!socket->known)
        return "unknown";
    local_text(socket, local);
    remote_text(socket, remote);
    return wmem_strdup_printf(pool, "%s %s " UTF8_RIGHTWARDS_ARROW " %s",
                              ipprotostr(socket->protocol), local, remote);
}

const char *error_tree_local(wmem_allocator_t *pool, const struct packet_error *error)
{
    char local[IP_ENDPOINT_TEXT_SIZE];

    if (!error->socket.known)
        return "unknown";
    local_text(&error->socket, local);
    return wmem_strdup_printf(pool, "%s %s", ipprotostr(error->socket.protocol), local);
}

const char *error_tree_remote(wmem_allocator_t *pool, const struct packet_error *error)
{
    char remote[IP_ENDPOINT_TEXT_SIZE];

    if (!error->socket.known)
        return "unknown";
    remote_text(&error->socket, remote);
    return wmem_strdup(pool, remote);
}

const char *error_tree_reporter(wmem_allocator_t *pool, const struct packet_error *error)
{
    char address_text[PACKET_ADDRESS_SIZE];

    if (error->reporter == PACKET_ERROR_REPORTER_NONE)
        return NULL;
    ip_address_text(error->reporter_version, error->reporter_address, address_text);
    return wmem_strdup_printf(pool, "%s %s", error_reporter_kind(error->reporter), address_text);
}

const char *error_tree_title(packet_info *pinfo, const struct header_place *place,
                             const struct packet_error *error)
{
    const struct socket_process *process = process_history_find(pinfo, place, error);
    const char *reporter = error_tree_reporter(pinfo->pool, error);
    wmem_strbuf_t *title = wmem_strbuf_new(pinfo->pool, error->likely ? "likely " : "");

    wmem_strbuf_append_printf(title, "%s for ", error_name(error));
    if (process)
        wmem_strbuf_append_printf(title, "%s to ", process->title);
    wmem_strbuf_append(title, error_tree_remote(pinfo->pool, error));
    if (reporter)
        wmem_strbuf_append_printf(title, " (from %s)", reporter);
    return wmem_strbuf_get_str(title);
}

/* One error while its items are being added. */
struct addition {
    proto_tree *tree;
    tvbuff_t *source;
    gint start;
    gint length;
};

/* value: NULL for a field that the error does not have. Returns the item, or NULL. */
static proto_item *add_string(const struct addition *addition, int field, const char *value)
{
    proto_item *item = NULL;

    if (value)
        item = proto_tree_add_string(addition->tree, field, addition->source, addition->start,
                                     addition->length, value);
    proto_item_set_generated(item);
    return item;
}

/* value: 0 for a field that the error does not have. */
static void add_uint(const struct addition *addition, int field, unsigned value)
{
    if (value != 0)
        proto_item_set_generated(proto_tree_add_uint(addition->tree, field, addition->source,
                                                     addition->start, addition->length, value));
}

/* bytes: in network order; may be NULL, and then there is no field. */
static void add_address(const struct addition *addition, int field, int field6, uint8_t version,
                        const uint8_t *bytes)
{
    guint32 ipv4;
    ws_in6_addr ipv6;
    proto_item *item;

    if (!bytes)
        return;
    if (version == 4) {
        memcpy(&ipv4, bytes, sizeof ipv4);
        item = proto_tree_add_ipv4(addition->tree, field, addition->source, addition->start,
                                   addition->length, ipv4);
    } else {
        memcpy(&ipv6, bytes, sizeof ipv6);
        item = proto_tree_add_ipv6(addition->tree, field6, addition->source, addition->start,
                                   addition->length, &ipv6);
    }
    proto_item_set_generated(item);
}

static void add_port(const struct addition *addition, int field,
                     const struct packet_error_socket *socket, uint16_t port)
{
    if (socket->has_ports)
        proto_item_set_generated(proto_tree_add_uint(addition->tree, field, addition->source,
                                                     addition->start, addition->length, port));
}

static void add_socket(const struct addition *addition, packet_info *pinfo,
                       const struct packet_error *error)
{
    const struct packet_error_socket *socket = &error->socket;

    add_string(addition, hf_error_socket, error_tree_socket(pinfo->pool, error));
    if (!socket->known)
        return;
    proto_item_set_generated(proto_tree_add_uint(addition->tree, hf_error_protocol,
                                                 addition->source, addition->start,
                                                 addition->length, socket->protocol));
    add_address(addition, hf_error_local_address, hf_error_local_address6, socket->version,
                socket->local);
    add_port(addition, hf_error_local_port, socket, socket->local_port);
    add_address(addition, hf_error_remote_address, hf_error_remote_address6, socket->version,
                socket->remote);
    add_port(addition, hf_error_remote_port, socket, socket->remote_port);
}

static void add_process(const struct addition *addition, packet_info *pinfo,
                        const struct header_place *place, const struct packet_error *error)
{
    const struct socket_process *process = process_history_find(pinfo, place, error);

    if (!process)
        return;
    add_string(addition, hf_error_process, process->title);
    proto_item_set_generated(proto_tree_add_uint(addition->tree, hf_error_process_id,
                                                 addition->source, addition->start,
                                                 addition->length, process->id));
    add_string(addition, hf_error_process_name, process->name);
}

/* Building the text takes time. */
static void add_hint(const struct addition *addition, const struct packet_error *error)
{
    char reporter[PACKET_ADDRESS_SIZE] = "";
    char target[PACKET_ADDRESS_SIZE] = "";
    char text[ERROR_HINT_SIZE];

    if (!proto_field_is_referenced(addition->tree, hf_error_hint))
        return;
    if (error->reporter_address)
        ip_address_text(error->reporter_version, error->reporter_address, reporter);
    if (error->socket.known)
        ip_address_text(error->socket.version, error->socket.remote, target);
    error_hint_write(text, sizeof text, error, reporter, target);
    add_string(addition, hf_error_hint, text);
}

static proto_item *add_fields(const struct addition *parent, packet_info *pinfo,
                              const struct header_place *place, const struct packet_error *error)
{
    const struct socket_error *winsock = socket_error_by_code(error->winsock);
    struct addition addition = *parent;
    char summary[ERROR_SUMMARY_SIZE];
    proto_item *item;

    error_summary(summary, error);
    item = add_string(parent, hf_error, summary);
    addition.tree = proto_item_add_subtree(item, ett_error);
    add_uint(&addition, hf_error_errno, (unsigned)error->errno_value);
    add_string(&addition, hf_error_name, error->errno_name);
    add_uint(&addition, hf_error_winsock, winsock ? (unsigned)winsock->code : 0);
    add_string(&addition, hf_error_winsock_name, winsock ? winsock->name : NULL);
    add_string(&addition, hf_error_reason, error->text);
    add_socket(&addition, pinfo, error);
    add_process(&addition, pinfo, place, error);
    add_address(&addition, hf_error_reporter, hf_error_reporter6, error->reporter_version,
                error->reporter_address);
    add_string(&addition, hf_error_reporter_kind, error_reporter_kind(error->reporter));
    add_uint(&addition, hf_error_packet, error_link_failed(pinfo, place));
    add_uint(&addition, hf_error_count, error_link_count(pinfo, error));
    proto_item_set_generated(proto_tree_add_boolean(addition.tree, hf_error_fatal, parent->source,
                                                    parent->start, parent->length, error->fatal));
    add_uint(&addition, hf_error_mtu, error->mtu);
    add_string(&addition, hf_error_reported_to, error->reported_to);
    proto_item_set_hidden(add_string(&addition, hf_error_told, error->reported_to));
    add_hint(&addition, error);
    return item;
}

/*
 * The text for the Expert dialog. Wireshark compares each text with all before, so there is not one
 * for each socket or reporter.
 */
static void add_expert(packet_info *pinfo, proto_item *item, const struct packet_error *error)
{
    const char *kind = error_reporter_kind(error->reporter);
    const char *likely = error->likely ? "likely " : "";

    if (!error->errno_name)
        expert_add_info_format(pinfo, item, &ei_end_of_stream, "Socket: %s, recv() returns 0",
                               error->text);
    else
        expert_add_info_format(pinfo, item, error->fatal ? &ei_socket_error : &ei_soft_error,
                               "Socket error: %s%s%s%s: %s", likely, error->errno_name,
                               kind ? " from " : "", kind ? kind : "", error->text);
}

void error_tree_add(proto_tree *tree, packet_info *pinfo, const struct header_place *place,
                    const struct packet_error *error)
{
    const struct addition addition = {
        .tree = tree,
        .source = place->source,
        .start = (gint)(place->start + error->offset),
        .length = (gint)error->length,
    };
    proto_item *item = NULL;

    if (error->ignored) {
        if (tree)
            add_string(&addition, hf_error_none, error->ignored);
        return;
    }
    if (tree)
        item = add_fields(&addition, pinfo, place, error);
    add_expert(pinfo, item, error);
    open_subtree_again(item, ett_error);
}

void error_tree_add_answer(proto_tree *tree, packet_info *pinfo, const struct header_place *place)
{
    const struct addition addition = {
        .tree = tree,
        .source = place->source,
        .start = (gint)place->start,
    };

    add_uint(&addition, hf_error_answered_in, error_link_answer(pinfo, place));
}

void error_tree_register(int proto, expert_module_t *experts)
{
    static hf_register_info hf[] = {
        {&hf_error,
         {"Socket Error", "ipmon.error", FT_STRING, BASE_NONE, NULL, 0,
          "What the application gets to see because of this packet", HFILL}},
        {&hf_error_errno,
         {"Error Number", "ipmon.error.errno", FT_UINT32, BASE_DEC, NULL, 0,
          "Value of errno on Linux", HFILL}},
        {&hf_error_name,
         {"Error Name", "ipmon.error.name", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_error_winsock,
         {"Winsock Error", "ipmon.error.winsock", FT_UINT32, BASE_DEC, NULL, 0,
          "What WSAGetLastError() returns on Windows", HFILL}},
        {&hf_error_winsock_name,
         {"Winsock Name", "ipmon.error.winsock_name", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_error_reason,
         {"Reason", "ipmon.error.reason", FT_STRING, BASE_NONE, NULL, 0,
          "What the packet reports or shows", HFILL}},
        {&hf_error_socket,
         {"Socket", "ipmon.error.socket", FT_STRING, BASE_NONE, NULL, 0,
          "Whose error it is: protocol, local and remote address and port", HFILL}},
        {&hf_error_protocol,
         {"Socket Protocol", "ipmon.error.protocol", FT_UINT8, BASE_DEC | BASE_EXT_STRING,
          &ipproto_val_ext, 0, NULL, HFILL}},
        {&hf_error_local_address,
         {"Local Address", "ipmon.error.local.address", FT_IPv4, BASE_NONE, NULL, 0,
          "Of the socket that gets the error", HFILL}},
        {&hf_error_local_address6,
         {"Local Address", "ipmon.error.local.address6", FT_IPv6, BASE_NONE, NULL, 0,
          "Of the socket that gets the error", HFILL}},
        {&hf_error_local_port,
         {"Local Port", "ipmon.error.local.port", FT_UINT16, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_error_remote_address,
         {"Remote Address", "ipmon.error.remote.address", FT_IPv4, BASE_NONE, NULL, 0,
          "Of the other end of the socket", HFILL}},
        {&hf_error_remote_address6,
         {"Remote Address", "ipmon.error.remote.address6", FT_IPv6, BASE_NONE, NULL, 0,
          "Of the other end of the socket", HFILL}},
        {&hf_error_remote_port,
         {"Remote Port", "ipmon.error.remote.port", FT_UINT16, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_error_process,
         {"Process", "ipmon.error.process", FT_STRING, BASE_NONE, NULL, 0,
          "Whose socket it is, in a few words", HFILL}},
        {&hf_error_process_id,
         {"Process ID", "ipmon.error.process.id", FT_UINT32, BASE_DEC, NULL, 0,
          "On the host that captured", HFILL}},
        {&hf_error_process_name,
         {"Process Name", "ipmon.error.process.name", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_error_reporter,
         {"Reporter", "ipmon.error.reporter", FT_IPv4, BASE_NONE, NULL, 0,
          "Who sent the ICMP error or the reset", HFILL}},
        {&hf_error_reporter6,
         {"Reporter", "ipmon.error.reporter6", FT_IPv6, BASE_NONE, NULL, 0,
          "Who sent the ICMP error or the reset", HFILL}},
        {&hf_error_reporter_kind,
         {"Reporter Kind", "ipmon.error.reporter.kind", FT_STRING, BASE_NONE, NULL, 0,
          "target, router, capturing host, or capturing host's neighbour table", HFILL}},
        {&hf_error_packet,
         {"Failed Packet", "ipmon.error.packet", FT_FRAMENUM, BASE_NONE,
          FRAMENUM_TYPE(FT_FRAMENUM_REQUEST), 0, "The packet that the error is about", HFILL}},
        {&hf_error_count,
         {"Count", "ipmon.error.count", FT_UINT32, BASE_DEC, NULL, 0,
          "How often the socket got the error for this reason, on the last of them", HFILL}},
        {&hf_error_fatal,
         {"Fatal", "ipmon.error.fatal", FT_BOOLEAN, BASE_NONE, TFS(&tfs_yes_no), 0,
          "Whether the socket gets the error at once and cannot go on as before", HFILL}},
        {&hf_error_mtu,
         {"Path MTU", "ipmon.error.mtu", FT_UINT32, BASE_DEC, NULL, 0,
          "Bytes of the largest packet that the link ahead takes", HFILL}},
        {&hf_error_reported_to,
         {"Reported to", "ipmon.error.reported_to", FT_STRING, BASE_NONE, NULL, 0,
          "What kind of socket gets the error, and how", HFILL}},
        {&hf_error_told,
         {"Reported to", "ipmon.error.told", FT_STRING, BASE_NONE, NULL, 0,
          "Former name of ipmon.error.reported_to", HFILL}},
        {&hf_error_hint, {"Hint", "ipmon.error.hint", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_error_none,
         {"No Socket Error", "ipmon.error.none", FT_STRING, BASE_NONE, NULL, 0,
          "Why no application sees what the packet reports", HFILL}},
        {&hf_error_answered_in,
         {"Error in", "ipmon.error.answered_in", FT_FRAMENUM, BASE_NONE,
          FRAMENUM_TYPE(FT_FRAMENUM_RESPONSE), 0,
          "The packet with the socket error because of this one", HFILL}},
    };
    static ei_register_info ei[] = {
        {&ei_socket_error,
         {"ipmon.expert.socket-error", PI_RESPONSE_CODE, PI_ERROR, "Socket error", EXPFILL}},
        {&ei_soft_error,
         {"ipmon.expert.socket-error.soft", PI_RESPONSE_CODE, PI_WARN,
          "Socket error that is not fatal", EXPFILL}},
        {&ei_end_of_stream,
         {"ipmon.expert.end-of-stream", PI_RESPONSE_CODE, PI_CHAT, "End of the stream", EXPFILL}},
    };
    static gint *ett[] = {&ett_error};

    proto_register_field_array(proto, hf, array_length(hf));
    demand_add_fields(DEMAND_ERRORS, hf, array_length(hf));
    proto_register_subtree_array(ett, array_length(ett));
    open_subtree(&ett_error);
    expert_register_field_array(experts, ei, array_length(ei));
    demand_add_expert(&ei_socket_error);
    demand_add_expert(&ei_soft_error);
    demand_add_expert(&ei_end_of_stream);
}
