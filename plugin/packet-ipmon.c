/*
 * The dissector plugin: a postdissector that annotates each IP header Wireshark dissected in a
 * frame, its preferences and its tap.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define WS_BUILD_DLL
#include <wireshark.h>
#include <epan/packet.h>
#include <epan/prefs.h>
#include <epan/proto_data.h>
#include <epan/tap.h>
#include <wsutil/report_message.h>

#include "code_page.h"
#include "compat.h"
#include "connection.h"
#include "demand.h"
#include "error_sockets.h"
#include "error_tree.h"
#include "event_filter.h"
#include "event_tree.h"
#include "field_demand.h"
#include "frame_data.h"
#include "header_walk.h"
#include "history.h"
#include "layer_walk.h"
#include "layers.h"
#include "packet_title.h"
#include "packet_tree.h"
#include "sender.h"
#include "statistics.h"

WS_DLL_PUBLIC_DEF const gchar plugin_version[] = IPMON_VERSION;
WS_DLL_PUBLIC_DEF const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
WS_DLL_PUBLIC_DEF const int plugin_want_minor = WIRESHARK_VERSION_MINOR;
WS_DLL_PUBLIC void plugin_register(void);
WS_DLL_PUBLIC uint32_t plugin_describe(void);

static int proto_ipmon = -1;
static const header_field_info *protocol_info;
static int tap_ipmon = -1;
static int tap_events_id = -1;
static int tap_errors_id = -1;
static dissector_handle_t ipmon_handle;

static const char *preference_code_page = "65001";
static preference_bool preference_summary = FALSE;
static preference_bool preference_end_of_stream = FALSE;

/* What a visited header needs to be annotated. */
struct frame {
    proto_tree *root; /* NULL: only expert items are wanted */
    packet_info *pinfo;
    wmem_strbuf_t *summary; /* NULL: not wanted */
    bool annotated;         /* somebody looks at our protocol */
    bool fields_wanted;     /* and not only at network events and socket errors */
    bool tapped;            /* somebody listens to the tap of headers */
    bool events_wanted;     /* somebody looks at network events */
    bool events_tapped;     /* somebody listens to the tap of events */
    bool errors_wanted;     /* somebody looks at socket errors */
    bool errors_tapped;     /* somebody listens to the tap of errors */

    struct header_place outer; /* the header before, where errors are wanted */
    bool discarded;            /* a packet around the header does not reach its end */
};

static void add_summary(wmem_strbuf_t *summary, packet_info *pinfo, const struct ip_packet *packet)
{
    wmem_strbuf_t *details = wmem_strbuf_new(pinfo->pool, "");

    packet_title_details(details, packet);
    wmem_strbuf_append_printf(summary, " [%s]", wmem_strbuf_get_str(details));
}

static void tap_events(packet_info *pinfo, const struct header_events *events)
{
    size_t count;
    const struct network_event *dictionary = network_events(&count);

    for (size_t i = 0; i < events->count; i++)
        tap_queue_packet(tap_events_id, pinfo, &dictionary[events->found[i].id]);
}

static void tap_error(packet_info *pinfo, const struct packet_error *error)
{
    struct statistics_error *tapped = wmem_new(pinfo->pool, struct statistics_error);

    tapped->name = error_tree_name(error);
    tapped->socket = error_tree_socket(pinfo->pool, error);
    tapped->shown = !PINFO_FD_VISITED(pinfo) || error_sockets_is_shown(&error->socket);
    tap_queue_packet(tap_errors_id, pinfo, tapped);
}

/* What the title says at its end. error: NULL when there is none. */
static const char *remarks_on(wmem_allocator_t *pool, const struct header_events *events,
                              const struct packet_error *error)
{
    wmem_strbuf_t *remarks;

    if (events->count == 0 && !error)
        return "";
    remarks = wmem_strbuf_new(pool, "");
    if (events->count != 0)
        wmem_strbuf_append_printf(remarks, ", %zu event%s", events->count,
                                  events->count == 1 ? "" : "s");
    if (error)
        wmem_strbuf_append_printf(remarks, ", %s%s", error->likely ? "likely " : "",
                                  error_tree_name(error));
    return wmem_strbuf_get_str(remarks);
}

/* Returns whether the packet carries an error, which may be one that no application sees. */
static bool find_error(struct packet_error *error, struct frame *frame,
                       const struct header_place *place)
{
    if (!frame->errors_wanted)
        return false;
    if (place->layer > 0 && !frame->discarded)
        frame->discarded = sender_is_discarded(frame->pinfo, &frame->outer);
    frame->outer = *place;
    return error_tree_find(error, frame->pinfo, place, frame->discarded);
}

static void visit(const struct header_place *place, void *data)
{
    struct frame *frame = data;
    struct header_events events;
    struct packet_error error;
    const bool carries_error = find_error(&error, frame, place);
    const bool seen = carries_error && !error.ignored;
    proto_tree *tree = NULL;

    events.count = 0; /* the array has room for all there are */
    if (frame->events_wanted)
        event_tree_find(&events, frame->pinfo, place);
    if (frame->annotated)
        tree = packet_tree_add(frame->root, frame->pinfo, proto_ipmon, place,
                               remarks_on(frame->pinfo->pool, &events, seen ? &error : NULL),
                               frame->fields_wanted);
    event_tree_add(tree, frame->pinfo, place, &events);
    if (carries_error)
        error_tree_add(tree, frame->pinfo, place, &error);
    if (frame->events_tapped)
        tap_events(frame->pinfo, &events);
    if (seen && frame->errors_tapped)
        tap_error(frame->pinfo, &error);
    if (frame->tapped)
        tap_queue_packet(tap_ipmon, frame->pinfo,
                         wmem_memdup(frame->pinfo->pool, &place->packet, sizeof place->packet));
    if (frame->summary)
        add_summary(frame->summary, frame->pinfo, &place->packet);
}

/*
 * Appends the summary to the Info column. Later passes can come without a tree, in which no header
 * is found, so what the first one made is kept.
 */
static void show_summary(packet_info *pinfo, const wmem_strbuf_t *made)
{
    const char *summary = made ? wmem_strbuf_get_str(made) : NULL;

    if (made && !p_get_proto_data(wmem_file_scope(), pinfo, proto_ipmon, FRAME_DATA_SUMMARY))
        p_add_proto_data(wmem_file_scope(), pinfo, proto_ipmon, FRAME_DATA_SUMMARY,
                         wmem_strdup(wmem_file_scope(), summary));
    if (!summary)
        summary = p_get_proto_data(wmem_file_scope(), pinfo, proto_ipmon, FRAME_DATA_SUMMARY);
    if (summary)
        col_append_str(pinfo->cinfo, COL_INFO, summary);
}

/* What of a frame's headers has to be made, because somebody looks at it. */
static void ask_who_looks(struct frame *frame, proto_tree *tree)
{
    /* Wireshark marks the protocol, too, when one of its fields is looked at. */
    const bool referenced = is_protocol_wanted(tree, protocol_info);
    const bool experts = expert_is_wanted(tree, referenced);

    frame->tapped = have_tap_listener(tap_ipmon);
    frame->events_tapped = have_tap_listener(tap_events_id);
    frame->events_wanted =
        experts || frame->events_tapped || (referenced && event_tree_is_wanted(tree));
    frame->errors_tapped = have_tap_listener(tap_errors_id);
    frame->errors_wanted =
        experts || frame->errors_tapped || (referenced && error_tree_is_wanted(tree));
    frame->annotated = frame->events_wanted || frame->errors_wanted || referenced;
    frame->fields_wanted =
        !(frame->events_wanted || frame->errors_wanted) || packet_tree_is_wanted(tree);
    if (preference_summary)
        frame->summary = wmem_strbuf_new(frame->pinfo->pool, "");
}

static void annotate(struct frame *frame)
{
    if (frame->root) {
        header_walk_keep_items(frame->pinfo);
        ask_who_looks(frame, frame->root);
        if (frame->annotated || frame->tapped || frame->summary)
            header_walk(frame->root, frame->pinfo, visit, frame);
    } else if (expert_is_listened_to()) {
        frame->events_wanted = true;
        frame->errors_wanted = true;
        layer_walk(frame->pinfo, true, visit, frame);
    }
}

static int dissect_ipmon(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    struct frame frame = {.root = tree, .pinfo = pinfo};
    const bool in_error_packet = pinfo->flags.in_error_pkt;

    history_gather(pinfo);
    /*
     * A quote that was cut off leaves the mark set, and then no listener would hear of the headers
     * around it.
     */
    pinfo->flags.in_error_pkt = false;
    annotate(&frame);
    pinfo->flags.in_error_pkt = in_error_packet;
    if (preference_summary)
        show_summary(pinfo, frame.summary);
    return (int)tvb_captured_length(tvb);
}

static const struct code_page *chosen_code_page(void)
{
    char *end;
    unsigned long identifier = strtoul(preference_code_page, &end, 0);
    const struct code_page *page = NULL;
    const char *name = NULL;

    if (g_ascii_isdigit(preference_code_page[0]) && *end == '\0' && identifier <= UINT32_MAX) {
        page = code_page_find((unsigned)identifier);
        name = code_page_unsupported_name((unsigned)identifier);
    }
    if (page)
        return page;
    report_failure("IP Monitor: the code page '%s'%s%s%s cannot be shown, payload text is read as "
                   "UTF-8 (65001).",
                   preference_code_page, name ? " (" : "", name ? name : "", name ? ")" : "");
    return code_page_find(CODE_PAGE_UTF8);
}

static void apply_preferences(void)
{
    GArray *wanted = NULL;

    packet_tree_set_code_page(chosen_code_page());
    connection_tell_end_of_stream(preference_end_of_stream);
    /* The Info column is filled without a tree otherwise, and headers are found in the tree. */
    if (preference_summary) {
        wanted = g_array_new(FALSE, FALSE, sizeof proto_ipmon);
        g_array_append_val(wanted, proto_ipmon);
    }
    set_postdissector_wanted_hfids(ipmon_handle, wanted);
}

static void register_preferences(void)
{
    module_t *module = prefs_register_protocol(proto_ipmon, apply_preferences);

    prefs_register_string_preference(
        module, "code_page", "Code page of payload text",
        "Identifier of the code page in which ipmon.payload.text shows "
        "the payload, for example 65001 for UTF-8, 1252 for Windows "
        "Latin 1, 37 for EBCDIC; the manual page ipmon(5) lists them.",
        &preference_code_page);
    prefs_register_bool_preference(module, "summary", "Summary in the Info column",
                                   "Append protocol, precedence, fragmentation and TTL of each IP "
                                   "header to the Info column.",
                                   &preference_summary);
    prefs_register_bool_preference(module, "end_of_stream", "End of streams as socket error",
                                   "Tell the first FIN of each direction, on which recv() returns "
                                   "0, like a socket error (Winsock 10101).",
                                   &preference_end_of_stream);
    event_filter_register(module);
}

static void prepare(void)
{
    layers_prepare();
    header_walk_prepare();
    layer_walk_prepare();
}

static void register_ipmon(void)
{
    expert_module_t *experts;

    proto_ipmon = proto_register_protocol("IP Monitor", "IP Monitor", "ipmon");
    protocol_info = proto_registrar_get_nth((guint)proto_ipmon);
    packet_tree_register(proto_ipmon);
    packet_tree_set_code_page(code_page_find(CODE_PAGE_UTF8));
    tap_ipmon = register_tap(STATISTICS_TAP);
    tap_events_id = register_tap(STATISTICS_EVENTS_TAP);
    tap_errors_id = register_tap(STATISTICS_ERRORS_TAP);
    experts = expert_register_protocol(proto_ipmon);
    event_tree_register(proto_ipmon, experts);
    error_tree_register(proto_ipmon, experts);
    history_register(proto_ipmon);
    ipmon_handle = create_dissector_handle(dissect_ipmon, proto_ipmon);
    register_postdissector(ipmon_handle);
    register_preferences();
    register_shutdown_routine(code_page_close);
}

/* Asked from 4.4 on. */
uint32_t plugin_describe(void)
{
    return COMPAT_PLUGIN_KIND;
}

void plugin_register(void)
{
    static const proto_plugin dissector = {
        .register_protoinfo = register_ipmon,
        .register_handoff = prepare,
    };
    static const tap_plugin statistics = {
        .register_tap_listener = statistics_register,
    };

    proto_register_plugin(&dissector);
    tap_register_plugin(&statistics);
}
