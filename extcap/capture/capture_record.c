/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "capture_record.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture_blocks.h"
#include "capture_host.h"
#include "clock.h"
#include "output.h"
#include "privilege.h"

enum {
    RECORD_BUFFER_SIZE = 1024 * 1024,
};

/* Between two attempts to write to a disk that was full. */
#define RETRY_INTERVAL CLOCK_SECOND

static struct pcapng_writer *writer_of(struct capture *capture)
{
    return &capture->streams[STREAM_RECORD].writer;
}

const char *capture_record_name(const struct capture *capture)
{
    const struct file_ring *ring = &capture->record.ring;

    if (!capture->record.is_ring)
        return capture->record.path;
    return capture->record.descriptor == ring->current ? ring->name : ring->name_before;
}

static bool open_ring(struct capture *capture, const char *option)
{
    struct file_ring *ring = &capture->record.ring;
    bool is_open;

    /* Later files are created without capabilities: that must be possible. */
    if (!privilege_suspend(capture->failure))
        return false;
    capture->record.is_ring = true;
    is_open = file_ring_open(ring, capture->record.path, option, capture->settings->ring.files,
                             capture->failure);
    privilege_resume();
    capture->record.descriptor = ring->current;
    return is_open;
}

static bool is_regular(const struct capture *capture, const char *option)
{
    struct stat status;

    return (fstat(capture->record.descriptor, &status) == 0 && S_ISREG(status.st_mode)) ||
           failure_set_errno(capture->failure, EINVAL,
                             "%s '%s' is no regular file, and only a disk has room again", option,
                             capture->record.path);
}

static bool open_file(struct capture *capture, const char *option)
{
    enum nonblocking how;

    capture->record.descriptor =
        capture->record.is_only
            ? output_open(capture->record.path, option, 0, -1, &how, capture->failure)
            : output_create(capture->record.path, option, capture->failure);
    return capture->record.descriptor >= 0 && is_regular(capture, option);
}

/* Only a user says --on-full of -w; in a dialog it is there for a record that may not be wanted. */
static bool records_in_output(const struct settings *settings)
{
    return settings->fifo && (settings_has_ring(settings) ||
                              (settings->is_command && settings->on_full == ON_FULL_WAIT));
}

/* Sets the path, if there is a record. Returns the option that names it. */
static const char *choose_path(struct capture *capture)
{
    const struct settings *settings = capture->settings;

    if (settings_has_record(settings)) {
        capture->record.path = settings->record;
        return "--record";
    }
    if (records_in_output(settings)) {
        capture->record.path = settings->fifo;
        capture->record.is_only = true;
    }
    return settings->is_command ? "-w" : "--fifo";
}

bool capture_open_record(struct capture *capture)
{
    const char *option = choose_path(capture);

    if (!capture_has_record(capture))
        return true;
    if (!pcapng_writer_init(writer_of(capture), -1, RECORD_BUFFER_SIZE))
        return failure_set_errno(capture->failure, ENOMEM, "no write buffer");
    if (!(settings_has_ring(capture->settings) ? open_ring(capture, option)
                                               : open_file(capture, option)))
        return false;
    writer_of(capture)->descriptor = capture->record.descriptor;
    return true;
}

void capture_close_record(struct capture *capture)
{
    pcapng_writer_free(writer_of(capture));
    if (capture->record.is_ring)
        file_ring_close(&capture->record.ring);
    else if (capture->record.descriptor >= 0)
        close(capture->record.descriptor);
}

static bool is_full_disk(int error)
{
    return error == ENOSPC || error == EDQUOT;
}

static bool may_wait(const struct capture *capture, int error)
{
    return is_full_disk(error) && capture->settings->on_full == ON_FULL_WAIT;
}

static void fail(struct capture *capture, const char *what, int error)
{
    failure_set_errno(capture->failure, error, "cannot %s '%s': %s", what,
                      capture_record_name(capture), strerror(error));
    capture->end.reached = true;
}

static void wait_for_room(struct capture *capture, int error)
{
    if (capture->record.retry_due == 0) {
        capture->record.lost = capture->interfaces.tally.fates[PACKET_UNRECORDED];
        capture_warn(capture,
                     "cannot write '%s': %s; packets are counted and not recorded until there is "
                     "room",
                     capture_record_name(capture), strerror(error));
    }
    capture->record.retry_due = clock_now(CLOCK_MONOTONIC) + RETRY_INTERVAL;
}

static void end_of_wait(struct capture *capture)
{
    if (capture->record.retry_due == 0)
        return;
    capture->record.retry_due = 0;
    capture->record.next_retry = 0;
    capture_warn(capture, "there is room again for '%s': %" PRIu64 " packets were lost",
                 capture_record_name(capture),
                 capture->interfaces.tally.fates[PACKET_UNRECORDED] - capture->record.lost);
}

/* The file ends with a whole block, whatever comes. */
static void write_has_failed(struct capture *capture, int error)
{
    output_cut(writer_of(capture)->descriptor, pcapng_writer_rewind(writer_of(capture)));
    if (may_wait(capture, error)) {
        wait_for_room(capture, error);
    } else {
        capture->record.failed = true;
        fail(capture, "write", error);
    }
}

/* A descriptor that refuses without blocking (NONBLOCKING_PENDING) is no regular file's. */
static void flush(struct capture *capture)
{
    if (capture->record.failed)
        return;
    if (pcapng_writer_flush(writer_of(capture)) == NONBLOCKING_FLUSHED)
        end_of_wait(capture);
    else
        write_has_failed(capture, errno);
}

static bool must_wait(const struct capture *capture)
{
    return capture->record.retry_due != 0 && clock_now(CLOCK_MONOTONIC) < capture->record.retry_due;
}

void capture_record_flush(struct capture *capture)
{
    if (!must_wait(capture))
        flush(capture);
}

enum packet_fate capture_record_packet(struct capture *capture,
                                       struct captured_interface *interface,
                                       const struct captured_packet *packet)
{
    if (!capture_stream_has_room(&capture->streams[STREAM_RECORD]))
        capture_record_flush(capture);
    if (!capture_stream_has_room(&capture->streams[STREAM_RECORD]))
        return PACKET_UNRECORDED;
    if (!interface->in[STREAM_RECORD].described) {
        capture_read_host_changes(capture); /* they came before the first packet */
        capture_describe(capture, STREAM_RECORD, interface);
    }
    capture_write_packet(capture, STREAM_RECORD, interface, packet);
    capture->record.packets++;
    return PACKET_WRITTEN;
}

/* A packet in a block that did not get into the file. */
static void take_back(void *context, uint32_t number)
{
    struct capture *capture = context;
    struct captured_interface *interface =
        captured_interface_by_number(&capture->interfaces, STREAM_RECORD, number);

    if (interface)
        captured_interface_take_back(&capture->interfaces, interface, PACKET_UNRECORDED);
}

/* Ends the current file. What the disk has no room for counts as unrecorded. */
static void finish_file(struct capture *capture, const struct packet_counts *counts)
{
    struct pcapng_writer *writer = writer_of(capture);
    size_t row = 0;

    flush(capture);
    pcapng_writer_unsent(writer, take_back, capture);
    while (row < capture->interfaces.count && pcapng_writer_pending(writer) == 0) {
        row = capture_write_statistics(capture, STREAM_RECORD, counts, row);
        flush(capture);
    }
    if (pcapng_writer_pending(writer) != 0)
        log_line(IPMON_LOG_WARNING, "'%s' has no statistics at its end: no room",
                 capture_record_name(capture));
}

static void begin_file(struct capture *capture, const struct packet_counts *counts)
{
    const uint64_t duration = capture->settings->ring.duration * CLOCK_MILLISECOND;

    if (capture->record.is_ring)
        capture->record.descriptor = capture->record.ring.current;
    capture->record.packets = 0;
    capture->record.next_due = duration != 0 ? clock_now(CLOCK_MONOTONIC) + duration : 0;
    capture->record.next_retry = 0;
    pcapng_writer_begin_file(writer_of(capture), capture->record.descriptor);
    capture_begin_stream(capture, STREAM_RECORD, counts);
}

/* What waits in the kernel belongs to a later file, as do the losses that nothing marked yet. */
static struct packet_counts counts_so_far(struct capture *capture)
{
    const struct packet_source_operations *operations = capture->source->operations;
    struct packet_counts counts = {
        .dropped = operations->dropped ? operations->dropped(capture->source) : 0};

    counts.received = packet_tally_seen(&capture->interfaces.tally) + counts.dropped;
    return counts;
}

/* Also of a next file that a signal asked for. */
static void retry_next(struct capture *capture)
{
    capture->record.next_retry = clock_now(CLOCK_MONOTONIC) + RETRY_INTERVAL;
    capture->record.next_due = capture->record.next_retry;
}

static void next_has_failed(struct capture *capture, int error)
{
    if (!may_wait(capture, error)) {
        fail(capture, "create the file after", error);
        return;
    }
    if (capture->record.next_retry == 0)
        capture_warn(capture, "cannot create the file after '%s': %s; it is written on",
                     capture_record_name(capture), strerror(error));
    retry_next(capture);
}

static void trim(struct capture *capture)
{
    const int error = file_ring_trim(&capture->record.ring);

    if (error != 0)
        capture_warn(capture, "cannot remove the oldest file named after '%s': %s",
                     capture->record.path, strerror(error));
}

/*
 * The oldest file is removed when the new one is open, and before the statistics need room. What
 * the new file begins with is written at once: the next packet may come much later.
 */
static void begin_next(struct capture *capture)
{
    const struct packet_counts counts = counts_so_far(capture);

    trim(capture);
    finish_file(capture, &counts);
    file_ring_close_before(&capture->record.ring);
    begin_file(capture, &counts);
    flush(capture);
    if (!capture->record.failed)
        log_line(IPMON_LOG_INFO, "the record continues in '%s'", capture_record_name(capture));
}

/* Whether anything of the current file is on the disk. */
static bool is_begun(struct capture *capture)
{
    return writer_of(capture)->total > pcapng_writer_pending(writer_of(capture));
}

/* While the disk is full, a next file would stay empty, unless the oldest makes room for it. */
static bool has_room_for_next(struct capture *capture)
{
    return capture->record.retry_due == 0 ||
           (file_ring_is_full(&capture->record.ring) && is_begun(capture));
}

static void create_next(struct capture *capture)
{
    if (!has_room_for_next(capture))
        retry_next(capture);
    else if (file_ring_next(&capture->record.ring))
        begin_next(capture);
    else
        next_has_failed(capture, errno);
}

void capture_record_next(struct capture *capture)
{
    const uint32_t last = capture->settings->file_count;

    if (capture->record.failed || capture->end.reached)
        return;
    if (last != 0 && capture->record.ring.count >= last) {
        log_line(IPMON_LOG_INFO, "the last of %" PRIu32 " files is complete", last);
        capture->end.reached = true;
        return;
    }
    flush(capture); /* the disk may be full */
    if (!capture->record.failed)
        create_next(capture);
}

static bool may_begin_next(const struct capture *capture)
{
    return capture->record.next_retry == 0 ||
           clock_now(CLOCK_MONOTONIC) >= capture->record.next_retry;
}

void capture_record_counted(struct capture *capture)
{
    const struct settings *settings = capture->settings;
    const uint64_t size = settings->ring.file_size;
    const uint32_t packets = settings->ring.packets;

    if (((size != 0 && writer_of(capture)->total >= size) ||
         (packets != 0 && capture->record.packets >= packets)) &&
        may_begin_next(capture))
        capture_record_next(capture);
}

void capture_record_update(struct capture *capture)
{
    const uint64_t due = capture->record.next_due;

    if (capture->record.retry_due != 0)
        capture_record_flush(capture);
    if (due != 0 && clock_now(CLOCK_MONOTONIC) >= due && may_begin_next(capture))
        capture_record_next(capture);
}

uint64_t capture_record_due(const struct capture *capture)
{
    if (capture->record.retry_due != 0)
        return capture->record.retry_due;
    if (capture->record.next_due == 0)
        return 0;
    return capture->record.next_due > capture->record.next_retry ? capture->record.next_due
                                                                 : capture->record.next_retry;
}

void capture_begin_record(struct capture *capture)
{
    static const struct packet_counts none = {0};

    begin_file(capture, &none);
}

void capture_finish_record(struct capture *capture, const struct packet_counts *counts)
{
    finish_file(capture, counts);
    if (capture->record.is_ring && capture->record.ring.count > 1 && !is_begun(capture))
        file_ring_discard(&capture->record.ring); /* an empty file is no capture */
}
