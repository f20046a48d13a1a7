/*
 * The plugin's dissector is called through a function that observes it, which the linker puts in
 * its place (--wrap=create_dissector_handle).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "dissection.h"

#include <unistd.h>

#include <wireshark.h>
#include <epan/column-info.h>
#include <epan/column.h>
#include <epan/epan.h>
#include <epan/epan_dissect.h>
#include <epan/exceptions.h>
#include <epan/expert.h>
#include <epan/frame_data.h>
#include <epan/packet.h>
#include <epan/prefs.h>
#include <epan/stat_tap_ui.h>
#include <epan/stats_tree_priv.h>
#include <epan/tap.h>
#include <epan/timestamp.h>
#include <epan/tvbuff.h>
#include <wiretap/wtap.h>
#include <wsutil/filesystem.h>
#include <wsutil/privileges.h>
#include <wsutil/wslog.h>
#include <ws_version.h>

#include "fuzz.h"
#include "statistics.h"

#define VERSION (WIRESHARK_VERSION_MAJOR * 100 + WIRESHARK_VERSION_MINOR)

enum {
    NANOSECONDS = 1000000000,
};

void plugin_register(void);
dissector_handle_t __real_create_dissector_handle(dissector_t dissector, int proto);
dissector_handle_t __wrap_create_dissector_handle(dissector_t dissector, int proto);

/* A file that is open. */
struct packet_provider_data {
    const struct dissection *dissection;
    epan_t *epan;
    frame_data frames[DISSECTION_FRAMES_MAX];
    uint32_t bytes; /* dissected so far */
};

static dissector_t plugin_dissector;
static int plugin_proto = -1;
static bool inside_plugin;
static column_info columns;

/* Wireshark releases little at its end; what a file leaves behind is measured instead. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "detect_leaks=0:malloc_context_size=8";
}

/* What the plugin throws never reaches Wireshark, which would make an item of it. */
static int watched_dissector(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    volatile int length = 0;

    inside_plugin = true;
    TRY
    {
        length = plugin_dissector(tvb, pinfo, tree, data);
    }
    CATCH_ALL
    {
        fprintf(stderr, "exception %lu from the plugin: %s\n", exc->except_id.except_code,
                GET_MESSAGE ? GET_MESSAGE : "no message");
        abort();
    }
    ENDTRY;
    inside_plugin = false;
    return length;
}

dissector_handle_t __wrap_create_dissector_handle(dissector_t dissector, int proto)
{
    plugin_dissector = dissector;
    plugin_proto = proto;
    return __real_create_dissector_handle(watched_dissector, proto);
}

/* A fatal one ends the process whoever it comes from. */
static void note_message(const char *domain, enum ws_log_level level, const char *format,
                         va_list values)
{
    if (!inside_plugin && level < LOG_LEVEL_ERROR)
        return;
    fprintf(stderr, "from %s, %s: ", inside_plugin ? "the plugin" : "Wireshark",
            domain ? domain : "no domain");
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
    abort();
}

static void on_wireshark_message(const char *domain, enum ws_log_level level,
#if VERSION < 404
                                 struct timespec time _U_, const char *file _U_, long line _U_,
                                 const char *function _U_,
#else
                                 const char *file _U_, long line _U_, const char *function _U_,
                                 const char *fatal _U_, ws_log_manifest_t *manifest _U_,
#endif
                                 const char *format, va_list values, void *data _U_)
{
    note_message(domain, level, format, values);
}

static void on_glib_message(const gchar *domain, GLogLevelFlags level _U_, const gchar *message,
                            gpointer data _U_)
{
    if (!inside_plugin)
        return;
    fprintf(stderr, "from the plugin, %s: %s\n", domain ? domain : "no domain", message);
    abort();
}

static void set_preference(const char *name, const char *value)
{
    char *text = g_strdup_printf("%s:%s", name, value);
    char *error = NULL;

    FUZZ_CHECK(prefs_set_pref(text, &error) == PREFS_SET_OK);
    g_free(error);
    g_free(text);
}

/* One rule for each way to choose an event. */
static void set_event_rules(void)
{
    set_preference("uat", "ipmon_events:\"ipintr-badttl\",\"FALSE\",\"192.0.2.0/25\",\"\"");
    set_preference("uat", "ipmon_events:\"tcp_input-badflags\",\"TRUE\",\"2001:db8::/61\",\"\"");
    set_preference("uat", "ipmon_events:\"udp_input-badsum\",\"TRUE\",\"\",\"53\"");
}

void dissection_enable_plugin(bool enabled)
{
    proto_set_decoding(plugin_proto, enabled);
}

/*
 * Nothing of the user's configuration, and none of the tables that Wireshark 4.0 reads again for
 * each file and keeps. With WIRESHARK_DEBUG_WMEM_OVERRIDE=simple a sanitizer knows each piece of
 * memory that comes from Wireshark, which takes five times as long.
 */
static void set_environment(void)
{
    g_setenv("HOME", "/nonexistent", TRUE);
    g_setenv("XDG_CONFIG_HOME", "/nonexistent", TRUE);
    g_setenv("WIRESHARK_DATA_DIR", "/nonexistent", TRUE);
    g_setenv("G_SLICE", "always-malloc", TRUE);
}

/* Wireshark reads once whose process this is; it ignores the environment of root. */
static void start_as_nobody(void)
{
    enum { NOBODY = 65534 };
    const bool is_root = getuid() == 0;

    if (is_root)
        FUZZ_CHECK(setresgid(NOBODY, NOBODY, 0) == 0 && setresuid(NOBODY, NOBODY, 0) == 0);
    init_process_policies();
    if (is_root)
        FUZZ_CHECK(setresuid(0, 0, 0) == 0 && setresgid(0, 0, 0) == 0);
}

/* As the program Wireshark, not one of its relatives with other directories. */
static void set_up_folders(void)
{
#if VERSION < 406
    g_free(configuration_init("/proc/self/exe", NULL));
#else
    g_free(configuration_init("/proc/self/exe"));
#endif
}

void dissection_start(void)
{
    e_prefs *preferences;

    ws_log_set_level(LOG_LEVEL_WARNING); /* it begins with every message there is */
    ws_log_set_writer(on_wireshark_message);
    set_environment();
    start_as_nobody();
    set_up_folders();
    g_log_set_default_handler(on_glib_message, NULL);
    timestamp_set_type(TS_RELATIVE);
    timestamp_set_precision(TS_PREC_AUTO);
    timestamp_set_seconds_type(TS_SECONDS_DEFAULT);
    wtap_init(FALSE);
    plugin_register();
    FUZZ_CHECK(epan_init(NULL, NULL, FALSE));
    preferences = epan_load_settings();
    set_event_rules();
    prefs_apply_all();
    build_column_format_array(&columns, preferences->num_cols, TRUE);
    if (getenv("IPMON_FUZZ_WITHOUT"))
        dissection_enable_plugin(false);
}

static const nstime_t *frame_time(struct packet_provider_data *file, guint32 number)
{
    return number > 0 && number <= file->dissection->frame_count ? &file->frames[number - 1].abs_ts
                                                                 : NULL;
}

static const char *interface_name(struct packet_provider_data *file, guint32 number
#if VERSION >= 404
                                  ,
                                  unsigned section _U_
#endif
)
{
    return number < file->dissection->frame_count ? file->dissection->frames[number].interface : NULL;
}

static wtap_block_t block_of(const struct dissection_frame *frame)
{
    wtap_block_t block = wtap_block_create(WTAP_BLOCK_PACKET);

    if (frame->has_flags)
        wtap_block_add_uint32_option(block, OPT_PKT_FLAGS, frame->flags);
    if (frame->comment)
        wtap_block_add_string_option(block, OPT_COMMENT, frame->comment, strlen(frame->comment));
    return block;
}

static void set_link(wtap_packet_header *header, int encapsulation)
{
    header->pkt_encap = encapsulation;
    if (encapsulation == WTAP_ENCAP_ETHERNET)
        header->pseudo_header.eth.fcs_len = -1; /* not known */
}

/* The record as a reader of capture files would make it; each frame is of an interface of its own.
 */
static void make_record(wtap_rec *record, const struct dissection *dissection, size_t at)
{
    const struct dissection_frame *frame = &dissection->frames[at];
    wtap_packet_header *header = &record->rec_header.packet_header;

#if VERSION < 406
    wtap_rec_init(record);
    record->rec_type = REC_TYPE_PACKET;
#else
    wtap_rec_init(record, frame->captured_length);
    wtap_setup_packet_rec(record, dissection->encapsulation);
    ws_buffer_append(&record->data, frame->bytes, frame->captured_length);
#endif
    record->presence_flags = WTAP_HAS_TS | WTAP_HAS_CAP_LEN;
    if (frame->interface)
        record->presence_flags |= WTAP_HAS_INTERFACE_ID;
    record->ts.secs = (time_t)(frame->time / NANOSECONDS);
    record->ts.nsecs = (int)(frame->time % NANOSECONDS);
    record->tsprec = WTAP_TSPREC_NSEC;
    record->block = block_of(frame);
    header->caplen = frame->captured_length;
    header->len = frame->wire_length;
    header->interface_id = (guint32)at;
    set_link(header, dissection->encapsulation);
}

static void prime(epan_dissect_t *dissect, const struct dissection_demand *demand)
{
    for (size_t i = 0; i < DISSECTION_FIELDS_MAX; i++)
        if (demand->fields[i])
            epan_dissect_prime_with_hfid(dissect, proto_registrar_get_id_byname(demand->fields[i]));
#if VERSION < 406 /* later ones do it */
    prime_epan_dissect_with_postdissector_wanted_hfids(dissect);
#endif
}

static void run(epan_dissect_t *dissect, wtap_rec *record, const struct dissection_frame *frame,
                frame_data *data, column_info *info)
{
#if VERSION < 406
    tvbuff_t *tvb =
        tvb_new_real_data(frame->bytes, frame->captured_length, (gint)frame->wire_length);

    epan_dissect_run_with_taps(dissect, WTAP_FILE_TYPE_SUBTYPE_UNKNOWN, record, tvb, data, info);
#else
    (void)frame;
    epan_dissect_run_with_taps(dissect, WTAP_FILE_TYPE_SUBTYPE_UNKNOWN, record, data, info);
#endif
}

static void dissect_frame(struct packet_provider_data *file, size_t at, enum dissection_pass pass)
{
    const struct dissection *dissection = file->dissection;
    epan_dissect_t *dissect = epan_dissect_new(file->epan, pass != DISSECTION_WITHOUT_TREE,
                                               pass == DISSECTION_VISIBLE_TREE);
    const frame_data *reference = &file->frames[0];
    nstime_t elapsed = NSTIME_INIT_ZERO;
    frame_data *data = &file->frames[at];
    wtap_rec record;

    memset(&record, 0, sizeof record);
    make_record(&record, dissection, at);
    if (!data->visited)
        frame_data_init(data, (guint32)at + 1, &record, 0, file->bytes);
    frame_data_set_before_dissect(data, &elapsed, &reference, at > 0 ? data - 1 : NULL);
    prime(dissect, &dissection->demand);
    run(dissect, &record, &dissection->frames[at], data,
        dissection->demand.columns ? &columns : NULL);
    frame_data_set_after_dissect(data, &file->bytes);
    epan_dissect_free(dissect);
    wtap_rec_cleanup(&record);
}

static void dissect_frames(struct packet_provider_data *file, enum dissection_pass pass)
{
    if (pass == DISSECTION_NO_PASS)
        return;
    for (size_t i = 0; i < file->dissection->frame_count; i++)
        dissect_frame(file, i, pass);
}

static tap_packet_status ignore_expert(void *data _U_, packet_info *pinfo _U_,
                                       epan_dissect_t *dissect _U_, const void *expert _U_,
                                       tap_flags_t flags _U_)
{
    return TAP_PACKET_DONT_REDRAW;
}

static void *listen_to_statistics(const char *name)
{
    stats_tree_cfg *kind = stats_tree_get_cfg_by_abbr(name);
    stats_tree *tree = stats_tree_new(kind, NULL, NULL);
    GString *error = register_tap_listener(kind->tapname, tree, NULL, TL_REQUIRES_PROTO_TREE,
                                           stats_tree_reset, stats_tree_packet, NULL, NULL);

    FUZZ_CHECK(!error);
    if (kind->init)
        kind->init(tree);
    return tree;
}

/* As tshark listens for a table. */
static void listen_to_connections(stat_data_t *connections)
{
    connections->stat_tap_data = stat_tap_by_name("ipmon_connections");
    connections->stat_tap_data->stat_tap_init_cb(connections->stat_tap_data);
    FUZZ_CHECK(!register_tap_listener(connections->stat_tap_data->tap_name, connections, NULL,
                                      TL_REQUIRES_NOTHING, NULL,
                                      connections->stat_tap_data->packet_func, NULL, NULL));
}

/* All who listen to taps. */
struct listeners {
    stats_tree *statistics[DISSECTION_TREES];
    stat_data_t connections; /* its table is NULL without a listener */
    bool experts;
};

static void listen(struct listeners *listeners, const struct dissection_demand *demand)
{
    static const char *const names[] = {STATISTICS_TAP, STATISTICS_EVENTS_TAP,
                                        STATISTICS_ERRORS_TAP, STATISTICS_PROCESSES_TAP};

    memset(listeners, 0, sizeof *listeners);
    for (size_t i = 0; i < DISSECTION_TREES; i++)
        if (demand->statistics[i])
            listeners->statistics[i] = listen_to_statistics(names[i]);
    if (demand->connections)
        listen_to_connections(&listeners->connections);
    listeners->experts = demand->experts;
    if (demand->experts)
        FUZZ_CHECK(!register_tap_listener("expert", listeners, NULL, TL_REQUIRES_NOTHING, NULL,
                                          ignore_expert, NULL, NULL));
}

static void stop_listening(struct listeners *listeners)
{
    for (size_t i = 0; i < DISSECTION_TREES; i++)
        if (listeners->statistics[i]) {
            remove_tap_listener(listeners->statistics[i]);
            stats_tree_free(listeners->statistics[i]);
        }
    if (listeners->connections.stat_tap_data) {
        remove_tap_listener(&listeners->connections);
        free_stat_tables(listeners->connections.stat_tap_data);
    }
    if (listeners->experts)
        remove_tap_listener(listeners);
}

static void apply_preferences(const struct dissection_demand *demand)
{
    set_preference("ipmon.summary", demand->summary ? "TRUE" : "FALSE");
    set_preference("ipmon.end_of_stream", demand->end_of_stream ? "TRUE" : "FALSE");
    set_preference("ipmon.code_page", demand->code_page);
    prefs_apply(prefs_find_module("ipmon"));
}

void dissection_run(const struct dissection *dissection)
{
    static const struct packet_provider_funcs functions = {
        .get_frame_ts = frame_time,
        .get_interface_name = interface_name,
    };
    static struct packet_provider_data file;
    struct listeners listeners;

    memset(&file, 0, sizeof file);
    file.dissection = dissection;
    apply_preferences(&dissection->demand);
    listen(&listeners, &dissection->demand);
    file.epan = epan_new(&file, &functions);
    dissect_frames(&file, dissection->demand.first);
    dissect_frames(&file, dissection->demand.second);
    for (size_t i = 0; i < dissection->frame_count; i++)
        frame_data_destroy(&file.frames[i]);
    epan_free(file.epan);
    stop_listening(&listeners);
}
