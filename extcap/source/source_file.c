/*
 * Replay of a capture file of any format that Wireshark's libwiretap reads: at once, or each packet
 * when its time has come. Packets keep the times and the link types of the file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "packet_source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <wiretap/pcap-encap.h>
#include <wiretap/wtap.h>
#include <wsutil/wslog.h>
#include <ws_version.h>

#include "capture_filter.h"
#include "clock.h"
#include "file_interface.h"
#include "log.h"
#include "open_error.h"
#include "socket_error.h"

struct source_file {
    struct packet_source source; /* the descriptor is a timer's */
    const struct settings *settings;
    wtap *file;
    wtap_rec record;
#if WIRESHARK_VERSION_MAJOR == 4 && WIRESHARK_VERSION_MINOR < 5
    Buffer buffer; /* later versions have it in the record */
#endif
    bool loaded; /* the record holds a packet that was not handed out */
    bool ended;
    struct failure failure; /* why it ended; empty: at the file's end */
    struct file_interfaces interfaces;
    size_t interface; /* place of the loaded packet's */
    struct pcapng_packet_options options;
    const char *comments[FILE_COMMENTS_MAX]; /* what `options` points to */
    uint64_t first_time;                     /* of the first packet, the file's */
    uint64_t begun;    /* CLOCK_MONOTONIC when the first packet was due; 0: not yet */
    uint64_t held;     /* CLOCK_MONOTONIC when the replay was held; 0: it is not */
    uint64_t taken;    /* packets handed out */
    uint64_t skipped;  /* records that are no packets of a known link type */
    uint64_t timeless; /* packets without a time that can be written */
};

static bool read_record(struct source_file *source, int *error, char **reason)
{
    gint64 offset;

#if WIRESHARK_VERSION_MAJOR == 4 && WIRESHARK_VERSION_MINOR < 5
    return wtap_read(source->file, &source->record, &source->buffer, error, reason, &offset);
#else
    return wtap_read(source->file, &source->record, error, reason, &offset);
#endif
}

static const uint8_t *record_bytes(struct source_file *source)
{
#if WIRESHARK_VERSION_MAJOR == 4 && WIRESHARK_VERSION_MINOR < 5
    return ws_buffer_start_ptr(&source->buffer);
#else
    return ws_buffer_start_ptr(&source->record.data);
#endif
}

/* libpcap calls the type of IP packets by a number of its own. */
static int dlt_of(int link_type)
{
    return link_type == PCAPNG_LINKTYPE_RAW ? DLT_RAW : link_type;
}

static const wtap_packet_header *packet_header(const struct source_file *source)
{
    return &source->record.rec_header.packet_header;
}

static bool fail_without_memory(struct source_file *source)
{
    return failure_set_errno(&source->failure, ENOMEM, "no memory for another interface");
}

/* Takes the descriptions that were read together with the latest record. */
static bool read_interfaces(struct source_file *source)
{
    return file_interfaces_read(&source->interfaces, source->file, source->record.section_number,
                                source->settings->capture_filter) ||
           fail_without_memory(source);
}

/* The capture filter, compiled for the interface's link type when its first packet comes. */
static bool prepare_filter(struct source_file *source, struct file_interface *interface)
{
    const char *expression = source->settings->capture_filter;

    return !expression || !*expression || interface->filter.bf_len != 0 ||
           capture_filter_compile(&interface->filter, dlt_of(interface->link_type),
                                  PCAPNG_PACKET_MAX, expression, &source->failure);
}

/* Sets source->interface for the record; SIZE_MAX when it is none that can be replayed. */
static bool find_interface(struct source_file *source)
{
    source->interface = SIZE_MAX;
    if (source->record.rec_type != REC_TYPE_PACKET)
        return true;
    if (!file_interfaces_find(&source->interfaces, &source->record,
                              source->settings->capture_filter, &source->interface))
        return fail_without_memory(source);
    return source->interface == SIZE_MAX ||
           prepare_filter(source, &source->interfaces.rows[source->interface]);
}

static bool passes(const struct source_file *source, const struct file_interface *interface,
                   const uint8_t *bytes)
{
    const wtap_packet_header *header = packet_header(source);
    const struct pcap_pkthdr lengths = {.caplen = header->caplen, .len = header->len};

    return interface->filter.bf_len == 0 ||
           pcap_offline_filter(&interface->filter, &lengths, bytes) != 0;
}

/* The end of the file, or what is wrong with it from here on. */
static void end(struct source_file *source, int error, const char *reason)
{
    source->ended = true;
    if (source->skipped != 0)
        log_line(IPMON_LOG_WARNING, "%llu records of the file are no packets or cannot be replayed",
                 (unsigned long long)source->skipped);
    if (source->timeless != 0)
        log_line(
            IPMON_LOG_WARNING,
            "%llu packets of the file have no valid time (none, from before 1970, too late, or "
            "with a fraction of more than a second): 1970-01-01 is written",
            (unsigned long long)source->timeless);
    if (error != 0)
        failure_set(&source->failure, SOCKET_ERROR_CANNOT_READ,
                    "cannot read '%s' beyond byte %lld, after %llu packets: %s%s%s",
                    source->settings->file, (long long)wtap_read_so_far(source->file),
                    (unsigned long long)source->taken, wtap_strerror(error), reason ? ": " : "",
                    reason ? reason : "");
}

/* Reads the next record; false at the end of the file or of what can be read. */
static bool load_record(struct source_file *source)
{
    char *reason = NULL;
    int error = 0;
    bool read;

    wtap_rec_reset(&source->record);
    read = read_record(source, &error, &reason);
    if (!read)
        end(source, error, reason);
    g_free(reason);
    if (!read_interfaces(source) || (read && !find_interface(source)))
        source->ended = true;
    return !source->ended;
}

/* Reads on to the next packet that is wanted, as far as one turn goes. */
static bool load(struct source_file *source)
{
    source->source.busy = false;
    for (unsigned i = 0; !source->loaded && !source->ended && !source->source.busy; i++) {
        if (!load_record(source))
            return false;
        if (source->interface == SIZE_MAX)
            source->skipped++;
        else
            source->loaded =
                passes(source, &source->interfaces.rows[source->interface], record_bytes(source));
        source->source.busy = !source->loaded && i + 1 == PACKET_SOURCE_TURN;
    }
    return source->loaded;
}

/* Nanoseconds; 0 for a time that is none. */
static uint64_t pace_time(const struct source_file *source)
{
    static const struct file_interface nanoseconds = {.ticks_exponent = PCAPNG_NANOSECONDS};
    uint64_t time;

    file_interface_ticks(&nanoseconds, &source->record, &time);
    return time;
}

/* Makes the descriptor readable at a time of CLOCK_MONOTONIC. */
static void set_timer(const struct source_file *source, uint64_t time)
{
    const struct itimerspec timer = {
        .it_value = {(time_t)(time / CLOCK_SECOND), (long)(time % CLOCK_SECOND)}};

    timerfd_settime(source->source.descriptor, TFD_TIMER_ABSTIME, &timer, NULL);
}

/* Whether the loaded packet's time has come; if not, the timer is set to it. */
static bool is_due(struct source_file *source)
{
    uint64_t time = pace_time(source);
    uint64_t now;
    uint64_t due;

    if (source->settings->pace == PACE_FAST)
        return true;
    now = clock_now(CLOCK_MONOTONIC);
    if (source->begun == 0) {
        source->begun = now;
        source->first_time = time;
    }
    due = source->begun + (time > source->first_time ? time - source->first_time : 0);
    if (due <= now)
        return true;
    set_timer(source, due);
    return false;
}

/* What the file says of the packet beside its bytes. */
static const struct pcapng_packet_options *read_options(struct source_file *source)
{
    struct pcapng_packet_options *options = &source->options;
    wtap_block_t block = source->record.block;

    memset(options, 0, sizeof *options);
    if (!block)
        return options;
    options->has_flags = wtap_block_get_uint32_option_value(
                             block, OPT_PKT_FLAGS, &options->flags) == WTAP_OPTTYPE_SUCCESS;
    options->has_drops = wtap_block_get_uint64_option_value(
                             block, OPT_PKT_DROPCOUNT, &options->drops) == WTAP_OPTTYPE_SUCCESS;
    options->has_id = wtap_block_get_uint64_option_value(block, OPT_PKT_PACKETID, &options->id) ==
                      WTAP_OPTTYPE_SUCCESS;
    options->has_queue = wtap_block_get_uint32_option_value(
                             block, OPT_PKT_QUEUE, &options->queue) == WTAP_OPTTYPE_SUCCESS;
    options->comments = file_comments(block, source->comments);
    return options;
}

/* New interfaces are described before anything else is handed out. */
static bool has_new_interfaces(struct source_file *source)
{
    if (source->interfaces.count <= source->source.interfaces)
        return false;
    source->source.interfaces = (unsigned)source->interfaces.count;
    source->source.busy = true;
    return true;
}

static bool next_packet(struct packet_source *base, struct captured_packet *packet)
{
    struct source_file *source = (struct source_file *)base;
    const wtap_packet_header *header = packet_header(source);
    uint32_t limit = source->settings->snapshot_length;
    bool loaded = load(source);

    if (has_new_interfaces(source) || !loaded || !is_due(source))
        return false;
    *packet = (struct captured_packet){
        .bytes = record_bytes(source),
        .captured_length = header->caplen < limit ? header->caplen : limit,
        .wire_length = header->len,
        .interface = (unsigned)source->interface + 1,
        .options = read_options(source),
    };
    source->timeless += !file_interface_ticks(&source->interfaces.rows[source->interface],
                                              &source->record, &packet->timestamp);
    source->loaded = false;
    source->taken++;
    return true;
}

static enum packet_source_state state(struct packet_source *base, struct failure *failure)
{
    struct source_file *source = (struct source_file *)base;

    if (!source->ended)
        return PACKET_SOURCE_RUNNING;
    if (failure->text[0] == '\0')
        *failure = source->failure;
    return PACKET_SOURCE_ENDED;
}

static struct packet_counts read_counts(struct packet_source *base)
{
    return (struct packet_counts){.received = ((struct source_file *)base)->taken};
}

static void describe(struct packet_source *base, unsigned interface,
                     struct source_description *description)
{
    const struct source_file *source = (const struct source_file *)base;

    file_interface_describe(&source->interfaces.rows[interface - 1], &description->block,
                            source->settings->snapshot_length);
}

/* The time of a pause does not count. */
static void hold(struct packet_source *base, bool held)
{
    struct source_file *source = (struct source_file *)base;
    uint64_t now = clock_now(CLOCK_MONOTONIC);

    if (held) {
        source->held = now;
    } else {
        if (source->begun != 0)
            source->begun += now - source->held;
        set_timer(source, now);
    }
}

static void close_source(struct packet_source *base)
{
    struct source_file *source = (struct source_file *)base;

    file_interfaces_close(&source->interfaces);
    wtap_rec_cleanup(&source->record);
#if WIRESHARK_VERSION_MAJOR == 4 && WIRESHARK_VERSION_MINOR < 5
    ws_buffer_free(&source->buffer);
#endif
    if (source->file)
        wtap_close(source->file);
    wtap_cleanup();
    if (base->descriptor >= 0)
        close(base->descriptor);
    free(source);
}

static void prepare_record(struct source_file *source)
{
    enum { USUAL_PACKET = 2048 };

#if WIRESHARK_VERSION_MAJOR == 4 && WIRESHARK_VERSION_MINOR < 5
    wtap_rec_init(&source->record);
    ws_buffer_init(&source->buffer, USUAL_PACKET);
#else
    wtap_rec_init(&source->record, USUAL_PACKET);
#endif
}

/* libwiretap reads other files, too, whose contents have no link type: pictures, films, texts. */
static bool holds_packets(wtap *file)
{
    const int encapsulation = wtap_file_encap(file);

    return encapsulation == WTAP_ENCAP_PER_PACKET || encapsulation == WTAP_ENCAP_UNKNOWN ||
           wtap_encap_requires_phdr(encapsulation) || file_interface_link_type(encapsulation) >= 0;
}

static bool open_file(struct source_file *source, struct failure *failure)
{
    const char *path = source->settings->file;
    struct stat status;
    char *reason = NULL;
    int error = 0;

    if (!path || !*path)
        return failure_set_errno(failure, EINVAL, "ipmon:file needs --file FILE");
    /* A pipe's writer could let a capture wait, deaf to signals. */
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return failure_set(failure, SOCKET_ERROR_CANNOT_READ,
                           "cannot read '%s': it is no regular file", path);
    source->file = wtap_open_offline(path, WTAP_TYPE_AUTO, &error, &reason, FALSE);
    if (!source->file) {
        failure_set(failure, SOCKET_ERROR_CANNOT_READ, "cannot read '%s': %s%s%s", path,
                    error == EACCES ? open_error_text(path, error) : wtap_strerror(error),
                    reason ? ": " : "", reason ? reason : "");
        g_free(reason);
        return false;
    }
    if (wtap_file_size(source->file, NULL) == 0)
        return failure_set(failure, SOCKET_ERROR_CANNOT_READ, "cannot read '%s': it is empty",
                           path);
    if (!holds_packets(source->file))
        return failure_set(
            failure, SOCKET_ERROR_CANNOT_READ,
            "cannot read '%s': it is no capture of packets but %s", path,
            wtap_file_type_subtype_description(wtap_file_type_subtype(source->file)));
    file_interfaces_open(&source->interfaces, path);
    /* The first packet shows what else may be wrong, before anything is written. */
    load(source);
    if (source->failure.text[0] != '\0')
        *failure = source->failure;
    return source->failure.text[0] == '\0';
}

static const struct packet_source_operations operations = {
    .next = next_packet,
    .state = state,
    .counts = read_counts,
    .describe = describe,
    .hold = hold,
    .close = close_source,
};

struct packet_source *source_file_open(const struct packet_source_request *request,
                                       struct failure *failure)
{
    struct source_file *source = calloc(1, sizeof *source);

    if (!source) {
        failure_set_errno(failure, ENOMEM, "cannot replay a file");
        return NULL;
    }
    source->source = (struct packet_source){
        .operations = &operations,
        .kind = SANDBOX_FILE,
        .descriptor = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)};
    if (source->source.descriptor < 0)
        failure_set_errno(failure, errno, "cannot make a timer");
    source->settings = request->settings;
    source->interfaces.reader.descriptor = -1;
    /* It would tell everything on stderr otherwise. */
#if WIRESHARK_VERSION_MAJOR > 4 || WIRESHARK_VERSION_MINOR >= 6
    ws_log_init(NULL);
#else
    ws_log_init("ipmon", NULL);
#endif
    ws_log_set_level(LOG_LEVEL_CRITICAL);
    wtap_init(FALSE);
    prepare_record(source);
    if (source->source.descriptor >= 0 && open_file(source, failure)) {
        set_timer(source, 1); /* long ago: readable from now on */
        source->held = clock_now(CLOCK_MONOTONIC);
        return &source->source;
    }
    close_source(&source->source);
    return NULL;
}
