/*
 * The blocks around the packets: section, interfaces, statistics.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "capture_blocks.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "capture_printer.h"
#include "capture_process.h"
#include "clock.h"
#include "printable.h"

enum {
    INTERFACE_ADDRESSES_MAX = 512,
    COMMENT_SIZE = 2048, /* also holds that of another machine */
    APPLICATION_SIZE = 512,
    MAC_LENGTH = 6, /* bytes of if_MACaddr; hardware addresses of other lengths are left out */
};

static const char *operating_system(char *text, size_t size)
{
    struct utsname name;

    if (uname(&name) != 0)
        return NULL;
    snprintf(text, size, "%s %s", name.sysname, name.release);
    return text;
}

static void write_section(struct capture *capture, enum capture_stream_id stream)
{
    const char *replayed = capture->replay ? capture->settings->file : NULL;
    const bool is_controlled = capture->toolbar.is_standard_input;
    struct utsname name;
    char system[256];
    char application[APPLICATION_SIZE];
    char shown[APPLICATION_SIZE];

    snprintf(application, sizeof application, "ipmon " IPMON_VERSION "%s%s%s",
             is_controlled ? ", controlled" : "", replayed ? ", replay of " : "",
             replayed ? replayed : "");
    printable_copy(shown, sizeof shown, application); /* a path may be no UTF-8 */
    pcapng_write_section(&capture->streams[stream].writer, uname(&name) == 0 ? name.machine : NULL,
                         operating_system(system, sizeof system), shown);
}

static size_t find_addresses(const struct capture *capture, unsigned index,
                             struct pcapng_address *addresses)
{
    size_t count = 0;

    for (size_t i = 0; i < capture->host.state.address_count && count < INTERFACE_ADDRESSES_MAX;
         i++) {
        const struct host_address *address = &capture->host.state.addresses[i];

        if (address->interface_index == index)
            addresses[count++] = (struct pcapng_address){
                .family = address->family,
                .bytes = address->bytes,
                .netmask = address->netmask,
                .prefix_length = address->prefix_length,
            };
    }
    return count;
}

/* Also one that was deleted recently: the latest with this index. */
static const struct host_interface *find_interface(const struct capture *capture, unsigned index)
{
    const struct host_interface *found = host_interface_by_index(&capture->host.state, index);

    for (unsigned i = 1; !found && i <= capture->host.gone_count && i <= GONE_REMEMBERED; i++) {
        const struct host_interface *gone =
            &capture->host.gone[(capture->host.gone_count - i) % GONE_REMEMBERED];

        if (gone->index == index)
            found = gone;
    }
    return found;
}

/* Fills in what the machine knows of an interface. */
static void describe_own(const struct capture *capture, unsigned index,
                         struct source_description *description)
{
    const struct host_interface *found = find_interface(capture, index);

    if (found) {
        snprintf(description->name, sizeof description->name, "%s", found->shown);
        description->block.speed = host_interface_speed(capture->host.ioctl_socket, found);
        if (found->hardware_length == MAC_LENGTH)
            description->block.hardware_address = found->hardware_address;
    } else {
        snprintf(description->name, sizeof description->name, "interface %u", index);
    }
    snprintf(description->text, sizeof description->text, "IP Monitor, receive-all mode %u",
             (unsigned)capture->mode.latest);
}

void capture_name_interface(const struct capture *capture,
                            const struct captured_interface *interface, char *name, size_t size)
{
    const struct packet_source_operations *operations = capture->source->operations;
    struct source_description description = {.block = {.name = description.name}};

    describe_own(capture, interface->index, &description);
    if (operations->describe)
        operations->describe(capture->source, interface->index, &description);
    if (description.block.name && description.block.name[0] != '\0')
        printable_copy(name, size, description.block.name);
    else
        snprintf(name, size, "interface %u", interface->index);
}

static uint32_t write_description(struct capture *capture, enum capture_stream_id stream,
                                  struct captured_interface *interface,
                                  const struct pcapng_interface *block)
{
    if (stream == STREAM_OUTPUT && capture->printer.print)
        return capture_print_interface(capture, interface, block);
    return pcapng_write_interface(&capture->streams[stream].writer, block);
}

void capture_describe(struct capture *capture, enum capture_stream_id stream,
                      struct captured_interface *interface)
{
    const struct packet_source_operations *operations = capture->source->operations;
    struct pcapng_address addresses[INTERFACE_ADDRESSES_MAX];
    char system[256];
    struct source_description description = {
        .block = {
            .link_type = PCAPNG_LINKTYPE_RAW,
            .ticks_exponent = PCAPNG_NANOSECONDS,
            .snapshot_length = capture->settings->snapshot_length,
            .name = description.name,
            .description = description.text,
            .filter = capture->settings->capture_filter,
            .operating_system = operating_system(system, sizeof system),
            .addresses = addresses,
            .address_count = find_addresses(capture, interface->index, addresses),
        }};

    describe_own(capture, interface->index, &description);
    if (operations->describe)
        operations->describe(capture->source, interface->index, &description);
    captured_interface_described(&capture->interfaces, interface, stream,
                                 write_description(capture, stream, interface, &description.block),
                                 description.block.ticks_exponent);
}

/* What later statistics leave out. A pause that has begun before is one of the file's, too. */
static void set_base(struct capture *capture, enum capture_stream_id stream,
                     const struct packet_counts *counts)
{
    struct capture_stream *begun = &capture->streams[stream];

    begun->has_statistics = false;
    begun->events = (struct event_counts){.kinds = 0};
    begun->since.time = clock_now(CLOCK_REALTIME);
    begun->since.dropped = counts->dropped;
    begun->since.pauses = capture->pause.times - (pause_is_on(&capture->pause) ? 1 : 0);
    begun->since.pause_length = pause_length(&capture->pause, clock_now(CLOCK_MONOTONIC));
    begun->since.mode_changes = capture->mode.changes;
    capture->processes_before[stream] = capture_process_counts(capture);
}

/* Packets of a deleted interface may still wait: the first of them describes it. */
static bool is_deleted(const struct capture *capture, const struct captured_interface *interface)
{
    if (interface->gone || !capture_is_local(capture) || interface->index == 0)
        return interface->gone;
    return !host_interface_by_index(&capture->host.state, interface->index);
}

void capture_begin_stream(struct capture *capture, enum capture_stream_id stream,
                          const struct packet_counts *counts)
{
    set_base(capture, stream, counts);
    if (stream == STREAM_RECORD)
        captured_interfaces_begin_file(&capture->interfaces);
    if (stream == STREAM_RECORD || !capture->printer.print)
        write_section(capture, stream);
    for (size_t i = 0; i < capture->interfaces.count; i++) {
        if (!is_deleted(capture, &capture->interfaces.rows[i]) &&
            capture_stream_has_room(&capture->streams[stream]))
            capture_describe(capture, stream, &capture->interfaces.rows[i]);
    }
}

void capture_write_packet(struct capture *capture, enum capture_stream_id stream,
                          const struct captured_interface *interface,
                          const struct captured_packet *packet)
{
    struct capture_stream *written = &capture->streams[stream];

    if (!pcapng_write_packet(&written->writer, &(struct pcapng_packet){
                                                   .interface = interface->in[stream].number,
                                                   .timestamp = packet->timestamp,
                                                   .bytes = packet->bytes,
                                                   .captured_length = packet->captured_length,
                                                   .wire_length = packet->wire_length,
                                                   .direction = packet->direction,
                                                   .reception = packet->reception,
                                                   .drops = written->drops_pending,
                                                   .options = packet->options,
                                               }))
        capture->accounting.comments_cut++;
    written->drops_pending = 0;
}

/* Adds a part to a comment; one that does not fit whole is left out. */
static void add_part(char *comment, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add_part(char *comment, const char *format, ...)
{
    static const char between[] = "; ";
    const size_t used = strlen(comment);
    size_t at = used;
    va_list arguments;
    int length;

    if (used + sizeof between > COMMENT_SIZE)
        return;
    if (used != 0) {
        memcpy(comment + used, between, sizeof between);
        at += sizeof between - 1;
    }
    va_start(arguments, format);
    length = vsnprintf(comment + at, COMMENT_SIZE - at, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= COMMENT_SIZE - at)
        comment[used] = '\0';
}

static void add_pauses(const struct capture *capture, const struct capture_stream *stream,
                       uint64_t packets, char *comment)
{
    const uint64_t length = pause_length(&capture->pause, clock_now(CLOCK_MONOTONIC));
    const uint64_t paused = (length - stream->since.pause_length) / CLOCK_MILLISECOND;
    const unsigned times = capture->pause.times - stream->since.pauses;

    if (times != 0)
        add_part(comment,
                 "Paused %u times, for %" PRIu64 ".%03" PRIu64 " s; %" PRIu64
                 " packets were discarded meanwhile",
                 times, paused / 1000, paused % 1000, packets);
}

/* What a record beside the output makes of the packets. */
static void add_record(const struct capture *capture, enum capture_stream_id stream,
                       const struct packet_tally *tally, char *comment)
{
    if (stream == STREAM_RECORD && tally->fates[PACKET_UNRECORDED] != 0)
        add_part(comment, "%" PRIu64 " packets were not recorded: the disk was full",
                 tally->fates[PACKET_UNRECORDED]);
    if (stream == STREAM_OUTPUT && tally->not_shown != 0) {
        add_part(comment, "%" PRIu64 " packets were recorded and not shown", tally->not_shown);
        add_part(comment, "Record: %s", capture->record.path);
    }
}

/* The account of an interface on another machine; empty for one of this machine. */
static struct source_account account_elsewhere(const struct capture *capture,
                                               const struct captured_interface *interface)
{
    const struct packet_source_operations *operations = capture->source->operations;
    struct source_account account = {.comment = NULL};

    if (operations->account)
        operations->account(capture->source, interface->index, &account);
    return account;
}

static void add_text(const char *text, char *comment)
{
    if (text && text[0] != '\0')
        add_part(comment, "%s", text);
}

/* What is about all interfaces. */
static void add_common(const struct capture *capture, enum capture_stream_id stream,
                       bool has_comment, char *comment)
{
    const struct capture_stream *written = &capture->streams[stream];
    const unsigned changes = capture->mode.changes - written->since.mode_changes;
    char events[COMMENT_SIZE / 2];
    char processes[CAPTURE_PROCESS_TEXT];

    if (capture_process_describe(capture, &capture->processes_before[stream], processes))
        add_part(comment, "Processes of packets: %s", processes);
    if (changes != 0 && !has_comment)
        add_part(comment, "The receive-all mode was changed %u times, to %u in the end", changes,
                 capture->mode.latest);
    if (event_counts_print(&written->events, events, sizeof events) != 0)
        add_part(comment, "Network events that ipmon met: %s", events);
}

/*
 * What the numbers of the statistics block leave out. An interface of another machine comes with a
 * comment of the other ipmon, which has the pauses and the mode; here is what was done here.
 */
static void make_comment(const struct capture *capture, enum capture_stream_id stream,
                         const struct captured_interface *interface,
                         const struct packet_tally *tally, char *comment)
{
    const struct capture_stream *written = &capture->streams[stream];
    const struct source_account account = account_elsewhere(capture, interface);
    const bool has_comment = account.comment && account.comment[0] != '\0';
    const uint64_t theirs = has_comment ? account.discarded : 0;

    comment[0] = '\0';
    if (!has_comment)
        add_pauses(capture, written, tally->fates[PACKET_PAUSED], comment);
    add_text(account.comment, comment);
    add_record(capture, stream, tally, comment);
    if (tally->fates[PACKET_DISCARDED] > theirs)
        add_part(comment, "%" PRIu64 " packets were discarded at the end",
                 tally->fates[PACKET_DISCARDED] - theirs);
    if (account.is_incomplete)
        add_part(comment, "The counts are incomplete");
    add_text(account.end, comment);
    if (!written->has_statistics)
        add_common(capture, stream, has_comment, comment);
}

/* Packets of this file, of those that count as written. */
static uint64_t packets_in(const struct capture *capture, enum capture_stream_id stream,
                           const struct packet_tally *tally)
{
    return stream == STREAM_OUTPUT && capture_has_record(capture) ? packet_tally_shown(tally)
                                                                  : tally->fates[PACKET_WRITTEN];
}

/*
 * Packets dropped, by the interface as far as the source knows it. Otherwise there is one socket
 * for all interfaces: its losses, and what nobody has seen, are in the first block.
 */
static uint64_t dropped_in(const struct capture *capture, const struct capture_stream *written,
                           const struct packet_counts *counts, const struct packet_tally *tally)
{
    if (capture->remote)
        return tally->dropped;
    return written->has_statistics ? 0 : counts->dropped - written->since.dropped;
}

/* Packets received that no other number of the statistics has, dropped ones included. */
static uint64_t unseen_in(const struct capture *capture, const struct capture_stream *written,
                          const struct packet_counts *counts, const struct packet_tally *tally)
{
    const uint64_t seen = packet_tally_seen(&capture->interfaces.tally) + written->since.dropped;

    if (capture->remote)
        return tally->dropped;
    return written->has_statistics || counts->received < seen ? 0 : counts->received - seen;
}

static void write_statistics(struct capture *capture, enum capture_stream_id stream,
                             const struct packet_counts *counts,
                             const struct captured_interface *interface,
                             const struct packet_tally *tally)
{
    struct capture_stream *written = &capture->streams[stream];
    char comment[COMMENT_SIZE] = "";

    if (!written->is_interim)
        make_comment(capture, stream, interface, tally, comment);
    pcapng_write_statistics(
        &written->writer,
        &(struct pcapng_statistics){
            .interface = interface->in[stream].number,
            .ticks_exponent = interface->exponent,
            .start_time = written->since.time,
            .end_time = clock_now(CLOCK_REALTIME),
            .received = packet_tally_seen(tally) + unseen_in(capture, written, counts, tally),
            .dropped = dropped_in(capture, written, counts, tally),
            .delivered = packets_in(capture, stream, tally),
            .comment = comment[0] != '\0' ? comment : NULL,
            .has_rest = written->has_reports,
            .is_interim = written->is_interim,
            .paused = tally->fates[PACKET_PAUSED],
            .discarded = tally->fates[PACKET_DISCARDED],
        });
    written->has_statistics = true;
}

size_t capture_write_statistics(struct capture *capture, enum capture_stream_id stream,
                                const struct packet_counts *counts, size_t first)
{
    static const struct packet_tally none = {{0}, 0, 0};
    size_t i = first;

    for (; i < capture->interfaces.count && capture_stream_has_room(&capture->streams[stream]);
         i++) {
        struct captured_interface *interface = &capture->interfaces.rows[i];
        const struct packet_tally tally = packet_tally_since(
            &interface->tally, stream == STREAM_RECORD ? &interface->before : &none);

        if (!interface->in[stream].described && packet_tally_seen(&tally) == 0)
            continue;
        if (!interface->in[stream].described)
            capture_describe(capture, stream, interface);
        write_statistics(capture, stream, counts, interface, &tally);
    }
    return i;
}

/* Rows for which there is no room are in the next report. */
void capture_write_report(struct capture *capture, uint64_t token)
{
    struct capture_stream *output = &capture->streams[STREAM_OUTPUT];
    struct packet_counts counts;

    if (!capture_has_output(capture) || capture->printer.print || !capture_stream_has_room(output))
        return;
    output->has_reports = true;
    pcapng_write_report(&output->writer, token, clock_now(CLOCK_REALTIME));
    counts = capture->source->operations->counts(capture->source);
    output->is_interim = true;
    capture_write_statistics(capture, STREAM_OUTPUT, &counts, 0);
    output->is_interim = output->has_statistics = false;
}
