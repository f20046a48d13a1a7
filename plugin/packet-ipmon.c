/*
 * The dissector plugin: a postdissector that annotates each IP header of a frame, its preferences
 * and its taps.
 *
 * Theory of operation. Wireshark calls dissect_ipmon for each frame, after all other dissectors:
 * once in the order of the file, and then again in any order, when a packet is selected, a display
 * filter or statistics run over the file, or in the second pass of tshark -2.
 *
 * The first time (PINFO_FD_VISITED is not set), history_update records what later frames depend
 * on: connections, senders and their checksums, neighbour solicitations, errors of each socket.
 * It makes one walk over the headers, which uses neither the tree nor the taps, so that the history
 * is the same in every run. Most frames need no walk: plain_frame finds their only header, and of
 * most TCP segments only the fields that concern the connection are read.
 *
 * Then, and each time after that, demand_of returns what is wanted of the frame:
 * - Without a tree, as for the list of packets: nothing, unless the tap of expert items or that of
 *   connections has a listener. Then layer_walk finds the headers by the list of dissectors that
 *   were called and by what they queued for their taps.
 * - With a tree: header_walk finds the headers by the items at its root. Wireshark makes a tree to
 *   show or print a packet, for display filters, columns and printed fields, and for listeners on
 *   our taps (TL_REQUIRES_PROTO_TREE). The preference "summary" requests one for the Info column
 *   (set_postdissector_wanted_hfids).
 * Both walks find the same headers. For each, outermost first, visit_header finds network events
 * and socket errors if they are wanted, adds the subtree and the expert items, and queues data for
 * our taps.
 *
 * In the first pass a frame is judged by the frames before it, later by all of the file: of the
 * repetitions of an unanswered segment only the last one remains a timeout, and a wrong checksum is
 * perhaps due to offload only if its sender has no right one in the file.
 *
 * Kept for each frame until the file is closed: the summary, and what earlier frames mean for it
 * (frame_data.h, and the verdicts in connection.c). Kept for the file: the tables of the modules
 * that history_update calls, in wmem_file_scope(). All else is in pinfo->pool.
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
#include "connection_state.h"
#include "demand.h"
#include "error_tree.h"
#include "event_filter.h"
#include "event_tree.h"
#include "frame_data.h"
#include "frame_processes.h"
#include "header_walk.h"
#include "history.h"
#include "layer_walk.h"
#include "layers.h"
#include "packet_title.h"
#include "packet_tree.h"
#include "process_tree.h"
#include "sender.h"
#include "statistics.h"
#include "timeout_watch.h"

WS_DLL_PUBLIC_DEF const gchar plugin_version[] = IPMON_VERSION;
WS_DLL_PUBLIC_DEF const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
WS_DLL_PUBLIC_DEF const int plugin_want_minor = WIRESHARK_VERSION_MINOR;
WS_DLL_PUBLIC void plugin_register(void);
WS_DLL_PUBLIC uint32_t plugin_describe(void);

static int proto_ipmon = -1;
static dissector_handle_t ipmon_handle;
static struct demand_taps taps = {-1, -1, -1, -1, -1};

static const char *preference_code_page = "65001";
static preference_bool preference_summary = FALSE;
static preference_bool preference_end_of_stream = FALSE;

/* One frame while its headers are annotated. */
struct frame {
    proto_tree *root; /* NULL: there are only expert items */
    packet_info *pinfo;
    const struct demand *demand;
    wmem_strbuf_t *summary;    /* of the headers so far; valid if the summary is wanted */
    struct header_place outer; /* the header before; valid if errors are wanted */
    bool discarded;            /* a packet around the header does not reach its end */
    const struct process_list *processes; /* valid if they are wanted; of the outermost header */
};

/* The processes of a header in one line; NULL: it has none. */
static const char *processes_title(const struct frame *frame, const struct header_place *place)
{
    return frame->demand->processes && place->layer == 0
               ? process_tree_title(frame->pinfo->pool, frame->processes)
               : NULL;
}

static void add_summary(const struct frame *frame, const struct header_place *place)
{
    const char *processes = processes_title(frame, place);
    struct packet_line details = {.length = 0};

    packet_title_details(&details, &place->packet);
    wmem_strbuf_append_printf(frame->summary, " [%s%s%s]", details.text, processes ? ", " : "",
                              processes ? processes : "");
}

static void tap_header(packet_info *pinfo, const struct ip_packet *packet)
{
    tap_queue_packet(taps.headers, pinfo, wmem_memdup(pinfo->pool, packet, sizeof *packet));
}

static void tap_events(packet_info *pinfo, const struct header_events *events)
{
    for (size_t i = 0; i < events->count; i++)
        tap_queue_packet(taps.events, pinfo, network_event_of(events->found[i].id));
}

static void tap_error(packet_info *pinfo, const struct packet_error *error)
{
    tap_queue_packet(taps.errors, pinfo,
                     statistics_error_of(pinfo->pool, error, PINFO_FD_VISITED(pinfo)));
}

static void tap_timeout(enum timeout_change change, gsize key, void *pinfo)
{
    packet_info *frame = pinfo;

    tap_queue_packet(taps.errors, frame, statistics_timeout_of(frame->pool, change, key));
}

static void tap_processes(const struct frame *frame, const struct header_place *place,
                          const struct packet_error *error)
{
    const struct statistics_process *tapped =
        statistics_process_of(frame->pinfo, place, frame->processes, error);

    if (tapped)
        tap_queue_packet(taps.processes, frame->pinfo, tapped);
}

static void tap_connection(packet_info *pinfo, const struct header_place *place)
{
    struct statistics_connection tapped = {.is_packet = false};

    if (!PINFO_FD_VISITED(pinfo) && connection_state_replaced(&tapped.state, pinfo, place))
        tap_queue_packet(taps.connections, pinfo, wmem_memdup(pinfo->pool, &tapped, sizeof tapped));
    if (!connection_state_find(&tapped.state, pinfo, place))
        return;
    tapped.is_packet = true;
    tap_queue_packet(taps.connections, pinfo, wmem_memdup(pinfo->pool, &tapped, sizeof tapped));
}

/* Returns whether the packet carries an error, which may be one that no application sees. */
static bool find_error(struct packet_error *error, struct frame *frame,
                       const struct header_place *place)
{
    if (!frame->demand->errors)
        return false;
    if (place->layer > 0 && !frame->discarded)
        frame->discarded = sender_is_discarded(frame->pinfo, &frame->outer);
    frame->outer = *place;
    return error_tree_find(error, frame->pinfo, place, frame->discarded);
}

/* Completes a record that has its error and its events. error: NULL when there is none. */
static void complete(proto_tree *tree, const struct frame *frame, const struct header_place *place,
                     const struct header_events *events, const struct packet_error *error)
{
    wmem_allocator_t *pool = frame->pinfo->pool;
    struct packet_findings findings = {.error = NULL};

    if (PTREE_DATA(tree)->visible) {
        findings.events = event_tree_title(pool, events);
        findings.error = error ? error_tree_title(frame->pinfo, place, error) : NULL;
        findings.processes = processes_title(frame, place);
    }
    packet_tree_complete(tree, frame->pinfo, place, frame->demand, &findings);
}

static void visit_header(const struct header_place *place, void *data)
{
    struct frame *frame = data;
    packet_info *pinfo = frame->pinfo;
    const struct demand *demand = frame->demand;
    struct header_events events;
    struct packet_error error;
    const bool has_error = find_error(&error, frame, place);
    const bool is_visible = has_error && !error.ignored;
    proto_tree *tree = NULL;

    events.count = 0; /* the array has room for every event */
    if (demand->events)
        event_tree_find(&events, pinfo, place);
    if (demand->annotation)
        tree = packet_tree_add(frame->root, proto_ipmon, place);
    if (has_error)
        error_tree_add(tree, pinfo, place, &error);
    if (tree && demand->errors)
        error_tree_add_answer(tree, pinfo, place);
    event_tree_add(tree, pinfo, place, &events);
    if (tree && demand->processes && place->layer == 0)
        process_tree_add(tree, place, frame->processes);
    if (tree)
        complete(tree, frame, place, &events, is_visible ? &error : NULL);
    if (demand->event_tap)
        tap_events(pinfo, &events);
    if (demand->error_tap && is_visible)
        tap_error(pinfo, &error);
    if (demand->process_tap)
        tap_processes(frame, place, is_visible ? &error : NULL);
    if (demand->connection_tap)
        tap_connection(pinfo, place);
    if (demand->header_tap)
        tap_header(pinfo, &place->packet);
    if (demand->summary)
        add_summary(frame, place);
}

/* Returns the summary of the headers; NULL: it is not wanted. */
static const char *annotate(proto_tree *root, packet_info *pinfo, const struct demand *demand)
{
    const bool in_error_packet = pinfo->flags.in_error_pkt;
    struct process_list processes;
    struct frame frame = {.root = root, .pinfo = pinfo, .demand = demand, .processes = &processes};

    if (demand->summary)
        frame.summary = wmem_strbuf_new(pinfo->pool, "");
    if (demand->processes)
        frame_processes_find(&processes, pinfo);
    /* A quote that was cut off leaves the mark set, which excludes the headers around from taps. */
    pinfo->flags.in_error_pkt = false;
    if (root)
        header_walk(root, pinfo, visit_header, &frame);
    else
        layer_walk(pinfo, true, visit_header, &frame);
    pinfo->flags.in_error_pkt = in_error_packet;
    return demand->summary ? wmem_strbuf_get_str(frame.summary) : NULL;
}

/*
 * Appends the summary to the Info column. Later passes may have no tree to make it from, so the
 * first one is kept.
 */
static void show_summary(packet_info *pinfo, const char *summary)
{
    const char *kept = p_get_proto_data(wmem_file_scope(), pinfo, proto_ipmon, FRAME_DATA_SUMMARY);

    if (summary && !kept)
        p_add_proto_data(wmem_file_scope(), pinfo, proto_ipmon, FRAME_DATA_SUMMARY,
                         wmem_strdup(wmem_file_scope(), summary));
    if (summary || kept)
        col_append_str(pinfo->cinfo, COL_INFO, summary ? summary : kept);
}

static int dissect_ipmon(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    const struct demand demand = demand_of(tree);
    const char *summary = NULL;

    timeout_watch(demand.error_tap && !PINFO_FD_VISITED(pinfo) ? tap_timeout : NULL, pinfo);
    history_update(pinfo);
    if (tree)
        header_walk_keep_items(pinfo);
    if (demand.headers)
        summary = annotate(tree, pinfo, &demand);
    if (preference_summary)
        show_summary(pinfo, summary);
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
    event_filter_apply();
    connection_report_end_of_stream(preference_end_of_stream);
    demand_set_summary(preference_summary);
    /* The Info column alone demands no tree, but the headers are found in one. */
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
                                   "header, and the processes of the packet, to the Info column.",
                                   &preference_summary);
    prefs_register_bool_preference(module, "end_of_stream", "End of streams as socket error",
                                   "Report the first FIN of each direction, on which recv() "
                                   "returns 0, as a socket error (Winsock 10101).",
                                   &preference_end_of_stream);
    event_filter_register(module);
}

static void handoff_ipmon(void)
{
    layers_prepare();
    header_walk_prepare();
    layer_walk_prepare();
    statistics_register();
}

static void register_ipmon(void)
{
    expert_module_t *experts;

    proto_ipmon = proto_register_protocol("IP Monitor", "IP Monitor", "ipmon");
    packet_tree_register(proto_ipmon);
    packet_tree_set_code_page(code_page_find(CODE_PAGE_UTF8));
    taps.headers = register_tap(STATISTICS_TAP);
    taps.events = register_tap(STATISTICS_EVENTS_TAP);
    taps.errors = register_tap(STATISTICS_ERRORS_TAP);
    taps.processes = register_tap(STATISTICS_PROCESSES_TAP);
    taps.connections = register_tap(STATISTICS_CONNECTIONS_TAP);
    demand_register(proto_ipmon, &taps);
    experts = expert_register_protocol(proto_ipmon);
    event_tree_register(proto_ipmon, experts);
    error_tree_register(proto_ipmon, experts);
    process_tree_register(proto_ipmon);
    history_register(proto_ipmon);
    ipmon_handle = create_dissector_handle(dissect_ipmon, proto_ipmon);
    register_postdissector(ipmon_handle);
    register_preferences();
    register_shutdown_routine(code_page_close);
}

/* Called from 4.4 on. */
uint32_t plugin_describe(void)
{
    return COMPAT_PLUGIN_KIND;
}

void plugin_register(void)
{
    static const proto_plugin dissector = {
        .register_protoinfo = register_ipmon,
        .register_handoff = handoff_ipmon,
    };

    proto_register_plugin(&dissector);
}
