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

#include "capture_filter.h"
#include "clock.h"
#include "file_block.h"
#include "file_interface.h"
#include "log.h"
#include "open_error.h"
#include "socket_error.h"
#include "wiretap_compat.h"

enum {
    USUAL_PACKET = 2048, /* bytes */
};

struct source_file {
    struct packet_source source; /* the descriptor is a timer's */
    const struct settings *settings;
    wtap *file;
    struct wiretap_record record;
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

/* libpcap has a number of its own for the link type of IP packets. */
static int dlt_of(int link_type)
{
    return link_type == PCAPNG_LINKTYPE_RAW ? DLT_RAW : link_type;
}

static const wtap_packet_header *packet_header(const struct source_file *source)
{
    return &source->record.record.rec_header.packet_header;
}

static bool fail_without_memory(struct source_file *source)
{
    return failure_set_errno(&source->failure, ENOMEM, "no memory for another interface");
}

/* Adds the interfaces whose descriptions were read with the latest record. */
static bool read_interfaces(struct source_file *source)
{
    return file_interfaces_read(&source->interfaces, source->file,
                                source->record.record.section_number,
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

/* Sets source->interface for the record; SIZE_MAX when that cannot be replayed. */
static bool find_interface(struct source_file *source)
{
    source->interface = SIZE_MAX;
    if (source->record.record.rec_type != REC_TYPE_PACKET)
        return true;
    if (!file_interfaces_find(&source->interfaces, &source->record.record,
                              source->settings->capture_filter, &source->interface))
        return fail_without_memory(source);
    return source->interface == SIZE_MAX ||
           prepare_filter(source, &source->interfaces.rows[source->interface]);
}

/* Whether the record passes the capture filter. */
static bool passes(struct source_file *source)
{
    const wtap_packet_header *header = packet_header(source);

    return capture_filter_accepts(&source->interfaces.rows[source->interface].filter,
                                  wiretap_record_bytes(&source->record), header->caplen,
                                  header->len);
}

/* The file ends here, or cannot be read any further. */
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

/* Reads the next record; false when there is none that can be read. */
static bool load_record(struct source_file *source)
{
    char *reason = NULL;
    int error = 0;
    bool read;

    read = wiretap_record_read(&source->record, source->file, &error, &reason);
    if (!read)
        end(source, error, reason);
    g_free(reason);
    if (!read_interfaces(source) || (read && !find_interface(source)))
        source->ended = true;
    return !source->ended;
}

/* Reads up to the next packet that passes the filter, in one turn. */
static bool load(struct source_file *source)
{
    source->source.busy = false;
    for (unsigned i = 0; !source->loaded && !source->ended && !source->source.busy; i++) {
        if (!load_record(source))
            return false;
        if (source->interface == SIZE_MAX)
            source->skipped++;
        else
            source->loaded = passes(source);
        source->source.busy = !source->loaded && i + 1 == PACKET_SOURCE_TURN;
    }
    return source->loaded;
}

/* The packet's time in nanoseconds; 0 when it has none. */
static uint64_t pace_time(const struct source_file *source)
{
    static const struct file_interface nanoseconds = {.ticks_exponent = PCAPNG_NANOSECONDS};
    uint64_t time;

    file_interface_ticks(&nanoseconds, &source->record.record, &time);
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
        .bytes = wiretap_record_bytes(&source->record),
        .captured_length = header->caplen < limit ? header->caplen : limit,
        .wire_length = header->len,
        .interface = (unsigned)source->interface + 1,
        .options = &source->options,
    };
    file_block_packet_options(source->record.record.block, &source->options, source->comments);
    packet->timeless = !file_interface_ticks(&source->interfaces.rows[source->interface],
                                             &source->record.record, &packet->timestamp);
    source->timeless += packet->timeless;
    source->loaded = false;
    source->taken++;
    return true;
}

static enum packet_source_state state(struct packet_source *base, struct failure *failure)
{
    struct source_file *source = (struct source_file *)base;

    if (!source->ended)
        return PACKET_SOURCE_RUNNING;
    if (!failure_is_set(failure))
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

/* The pace stands still while the replay is held. */
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
    wiretap_record_cleanup(&source->record);
    if (source->file)
        wtap_close(source->file);
    wtap_cleanup();
    if (base->descriptor >= 0)
        close(base->descriptor);
    free(source);
}

/* libwiretap also reads pictures, films and texts, whose contents have no link type. */
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
    /* The writer of a pipe could keep a capture waiting, which would not react to signals. */
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
    /* What else is wrong shows at the first packet, before anything is written. */
    load(source);
    if (failure_is_set(&source->failure))
        *failure = source->failure;
    return !failure_is_set(&source->failure);
}

static const struct packet_source_operations operations = {
    .next = next_packet,
    .state = state,
    .counts = read_counts,
    .describe = describe,
    .hold = hold,
    .close = close_source,
};

/* What the program looks up in the module. */
__attribute__((visibility("default"))) packet_source_opener ipmon_replay_open;

struct packet_source *ipmon_replay_open(const struct packet_source_request *request,
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
    wiretap_silence();
    wtap_init(FALSE);
    wiretap_record_init(&source->record, USUAL_PACKET);
    if (source->source.descriptor >= 0 && open_file(source, failure)) {
        set_timer(source, 1); /* in the past: readable from now on */
        source->held = clock_now(CLOCK_MONOTONIC);
        return &source->source;
    }
    close_source(&source->source);
    return NULL;
}
