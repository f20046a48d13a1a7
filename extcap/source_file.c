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
#include "log.h"
#include "socket_error.h"

enum {
    LINK_TYPES_MAX = 512, /* LINKTYPE_* numbers are below */
    FIRST_LINKTYPE = 100, /* from here on they are the same in every file */
};

/* An interface of the file, or one of the link types of such an interface. */
struct file_interface {
    unsigned section;
    unsigned number; /* within its section */
    int encapsulation;
    int link_type; /* LINKTYPE_*; -1: its bytes alone do not tell the packet */
    struct bpf_program filter;
    char name[DESCRIPTION_SIZE];
};

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
    struct file_interface *interfaces;
    size_t interface_count;
    char (*names)[DESCRIPTION_SIZE]; /* of the interfaces described so far, by section */
    unsigned *name_sections;
    size_t name_count;
    uint64_t first_time; /* of the first packet, the file's */
    uint64_t begun;      /* CLOCK_MONOTONIC when the first packet was due; 0: not yet */
    uint64_t held;       /* CLOCK_MONOTONIC when the replay was held; 0: it is not */
    uint64_t taken;      /* packets handed out */
    uint64_t skipped;    /* records that are no packets of a known link type */
    uint64_t timeless;   /* packets whose time is none that pcap-ng can tell */
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

/* The library has the table the other way round only. */
static int link_type_of(int encapsulation)
{
    if (wtap_encap_requires_phdr(encapsulation))
        return -1;
    for (int i = 0; i < LINK_TYPES_MAX; i++) {
        int link_type = (i + FIRST_LINKTYPE) % LINK_TYPES_MAX;

        if (wtap_pcap_encap_to_wtap_encap(link_type) == encapsulation)
            return link_type;
    }
    return -1;
}

/* libpcap calls the type of IP packets by a number of its own. */
static int dlt_of(int link_type)
{
    return link_type == PCAPNG_LINKTYPE_RAW ? DLT_RAW : link_type;
}

/* Descriptions of interfaces stand in front of the packets that use them. */
static void read_names(struct source_file *source)
{
    wtap_block_t block;

    while ((block = wtap_get_next_interface_description(source->file)) != NULL) {
        void *names = realloc(source->names, (source->name_count + 1) * sizeof *source->names);
        unsigned *sections;
        char *name = NULL;

        if (!names)
            return;
        source->names = names;
        sections = realloc(source->name_sections,
                           (source->name_count + 1) * sizeof *source->name_sections);
        if (!sections)
            return;
        source->name_sections = sections;
        if (wtap_block_get_string_option_value(block, OPT_IDB_NAME, &name) != WTAP_OPTTYPE_SUCCESS)
            name = NULL;
        snprintf(source->names[source->name_count], DESCRIPTION_SIZE, "%s", name ? name : "");
        sections[source->name_count++] = source->record.section_number;
    }
}

static void set_name(const struct source_file *source, struct file_interface *interface)
{
    unsigned number = 0;

    for (size_t i = 0; i < source->name_count; i++)
        if (source->name_sections[i] == interface->section && number++ == interface->number)
            snprintf(interface->name, sizeof interface->name, "%s", source->names[i]);
    if (interface->name[0] == '\0')
        snprintf(interface->name, sizeof interface->name, "replay %u", interface->number);
}

/* A new row for the record's interface, with the capture filter for its link type. */
static struct file_interface *add_interface(struct source_file *source,
                                            const struct file_interface *wanted)
{
    const char *expression = source->settings->capture_filter;
    struct file_interface *grown =
        realloc(source->interfaces, (source->interface_count + 1) * sizeof *grown);
    struct file_interface *added;

    if (!grown) {
        failure_set_errno(&source->failure, ENOMEM, "no memory for another interface");
        return NULL;
    }
    source->interfaces = grown;
    added = &grown[source->interface_count];
    *added = *wanted;
    added->link_type = link_type_of(added->encapsulation);
    set_name(source, added);
    if (added->link_type >= 0 && expression && *expression &&
        !capture_filter_compile(&added->filter, dlt_of(added->link_type), PCAPNG_PACKET_MAX,
                                expression, &source->failure))
        return NULL;
    source->interface_count++;
    return added;
}

static struct file_interface *find_interface(struct source_file *source)
{
    const wtap_packet_header *header = &source->record.rec_header.packet_header;
    const struct file_interface wanted = {
        .section = source->record.section_number,
        .number = source->record.presence_flags & WTAP_HAS_INTERFACE_ID ? header->interface_id : 0,
        .encapsulation = header->pkt_encap,
    };

    for (size_t i = 0; i < source->interface_count; i++) {
        struct file_interface *interface = &source->interfaces[i];

        if (interface->section == wanted.section && interface->number == wanted.number &&
            interface->encapsulation == wanted.encapsulation)
            return interface;
    }
    return add_interface(source, &wanted);
}

static bool passes(const struct source_file *source, const struct file_interface *interface,
                   const uint8_t *bytes)
{
    const wtap_packet_header *header = &source->record.rec_header.packet_header;
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
        log_line(IPMON_LOG_WARNING,
                 "%llu packets of the file are from before 1970 or after July 2554: their "
                 "time is told as 1970-01-01",
                 (unsigned long long)source->timeless);
    if (error != 0)
        failure_set(&source->failure, SOCKET_ERROR_CANNOT_READ,
                    "cannot read '%s' beyond byte %lld, after %llu packets: %s%s%s",
                    source->settings->file, (long long)wtap_read_so_far(source->file),
                    (unsigned long long)source->taken, wtap_strerror(error), reason ? ": " : "",
                    reason ? reason : "");
}

/* Reads on to the next packet that is wanted, as far as one turn goes. */
static bool load(struct source_file *source)
{
    source->source.busy = false;
    for (unsigned i = 0; !source->loaded && !source->ended && !source->source.busy; i++) {
        const struct file_interface *interface = NULL;
        char *reason = NULL;
        int error = 0;

        wtap_rec_reset(&source->record);
        if (!read_record(source, &error, &reason)) {
            end(source, error, reason);
            g_free(reason);
            return false;
        }
        read_names(source);
        if (source->record.rec_type == REC_TYPE_PACKET) {
            interface = find_interface(source);
            if (!interface) {
                source->ended = true;
                return false;
            }
        }
        if (!interface || interface->link_type < 0)
            source->skipped++;
        else
            source->loaded = passes(source, interface, record_bytes(source));
        source->source.busy = !source->loaded && i + 1 == PACKET_SOURCE_TURN;
    }
    return source->loaded;
}

/* Whether the record's time, if it has one, is what nanoseconds in 64 bits can tell. */
static bool is_time_told(const struct source_file *source)
{
    return !(source->record.presence_flags & WTAP_HAS_TS) ||
           (source->record.ts.secs >= 0 &&
            (uint64_t)source->record.ts.secs < UINT64_MAX / CLOCK_SECOND);
}

static uint64_t record_time(const struct source_file *source)
{
    if (!(source->record.presence_flags & WTAP_HAS_TS) || !is_time_told(source))
        return 0;
    return (uint64_t)source->record.ts.secs * CLOCK_SECOND + (uint64_t)source->record.ts.nsecs;
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
    uint64_t time = record_time(source);
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

static bool next_packet(struct packet_source *base, struct captured_packet *packet)
{
    struct source_file *source = (struct source_file *)base;
    const wtap_packet_header *header = &source->record.rec_header.packet_header;
    uint32_t limit = source->settings->snapshot_length;

    if (!load(source) || !is_due(source))
        return false;
    *packet = (struct captured_packet){
        .bytes = record_bytes(source),
        .captured_length = header->caplen < limit ? header->caplen : limit,
        .wire_length = header->len,
        .timestamp = record_time(source),
        .interface = (unsigned)(find_interface(source) - source->interfaces) + 1,
    };
    source->loaded = false;
    source->taken++;
    source->timeless += !is_time_told(source);
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
    const struct file_interface *found = &source->interfaces[interface - 1];

    description->link_type = (uint16_t)found->link_type;
    snprintf(description->name, sizeof description->name, "%s", found->name);
    snprintf(description->text, sizeof description->text, "IP Monitor, replay of %s",
             source->settings->file);
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

    for (size_t i = 0; i < source->interface_count; i++)
        pcap_freecode(&source->interfaces[i].filter);
    wtap_rec_cleanup(&source->record);
#if WIRESHARK_VERSION_MAJOR == 4 && WIRESHARK_VERSION_MINOR < 5
    ws_buffer_free(&source->buffer);
#endif
    if (source->file)
        wtap_close(source->file);
    wtap_cleanup();
    if (base->descriptor >= 0)
        close(base->descriptor);
    free(source->interfaces);
    free(source->names);
    free(source->name_sections);
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
           wtap_encap_requires_phdr(encapsulation) || link_type_of(encapsulation) >= 0;
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
                    wtap_strerror(error), reason ? ": " : "", reason ? reason : "");
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
        .descriptor = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)};
    if (source->source.descriptor < 0)
        failure_set_errno(failure, errno, "cannot make a timer");
    source->settings = request->settings;
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
