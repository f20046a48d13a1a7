/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "capture_record.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture_account.h"
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
                             "%s '%s' is not a regular file, which --on-full wait needs", option,
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
bool capture_record_is_only(const struct settings *settings)
{
    return settings->fifo && !settings_has_record(settings) &&
           (settings_has_ring(settings) ||
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
    if (capture_record_is_only(settings)) {
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

void capture_discard_record(const struct capture *capture)
{
    if (capture->record.descriptor < 0)
        return;
    if (capture->record.is_ring)
        unlinkat(capture->record.ring.folder, capture->record.ring.name, 0);
    else if (!capture->record.is_only)
        unlink(capture->record.path);
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
                      capture_record_path(capture), strerror(error));
    capture->end.reached = true;
}

static void wait_for_room(struct capture *capture, int error)
{
    if (capture->record.room_due == 0)
        capture->record.lost = capture->interfaces.tally.fates[PACKET_UNRECORDED];
    capture->record.error = error;
    capture->record.room_due = clock_now(CLOCK_MONOTONIC) + RETRY_INTERVAL;
}

static void end_of_wait(struct capture *capture)
{
    const uint64_t lost = capture->interfaces.tally.fates[PACKET_UNRECORDED] - capture->record.lost;

    if (capture->record.room_due == 0)
        return;
    capture->record.room_due = 0;
    capture->record.file_retry = 0;
    if (capture->record.has_lost)
        capture_warn(capture, "there is room again for '%s': %" PRIu64 " packets were lost",
                     capture_record_path(capture), lost);
    capture->record.has_lost = false;
}

/* The disk has been full for so long that the buffer is, too. */
static void lose_packet(struct capture *capture)
{
    capture->streams[STREAM_RECORD].drops_pending++;
    if (!capture->record.has_lost && !capture->record.failed)
        capture_warn(capture,
                     "cannot write '%s': %s; packets are counted and not recorded until there is "
                     "room",
                     capture_record_path(capture), strerror(capture->record.error));
    capture->record.has_lost = true;
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
    return capture->record.room_due != 0 && clock_now(CLOCK_MONOTONIC) < capture->record.room_due;
}

void capture_record_flush(struct capture *capture)
{
    if (!must_wait(capture))
        flush(capture);
}

/* Whether the next file may be created: not at once after that failed. */
static bool may_begin_next(const struct capture *capture)
{
    return capture->record.file_retry == 0 ||
           clock_now(CLOCK_MONOTONIC) >= capture->record.file_retry;
}

enum packet_fate capture_record_packet(struct capture *capture,
                                       struct captured_interface *interface,
                                       const struct captured_packet *packet)
{
    if (capture->record.is_complete && may_begin_next(capture))
        capture_record_next(capture);
    if (capture->end.reached)
        return PACKET_UNRECORDED; /* for lack of a next file */
    if (!capture_stream_has_room(&capture->streams[STREAM_RECORD]))
        capture_record_flush(capture);
    if (!capture_stream_has_room(&capture->streams[STREAM_RECORD])) {
        lose_packet(capture);
        return PACKET_UNRECORDED;
    }
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

    if (!interface)
        return;
    lose_packet(capture);
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
                 capture_record_path(capture));
}

/* A period begins where the one before ended, if that is what ended the file. */
static void set_due(struct capture *capture)
{
    const uint64_t duration = capture->settings->ring.duration * CLOCK_MILLISECOND;
    const uint64_t now = clock_now(CLOCK_MONOTONIC);
    const uint64_t due = capture->record.file_due;
    const bool is_in_time = due != 0 && due <= now && now - due < duration;

    capture->record.file_due = duration != 0 ? (is_in_time ? due : now) + duration : 0;
}

static void begin_file(struct capture *capture, const struct packet_counts *counts)
{
    if (capture->record.is_ring)
        capture->record.descriptor = capture->record.ring.current;
    capture->record.packets = 0;
    capture->record.is_complete = false;
    capture->record.file_retry = 0;
    set_due(capture);
    pcapng_writer_begin_file(writer_of(capture), capture->record.descriptor);
    capture_begin_stream(capture, STREAM_RECORD, counts);
}

/* What waits in the kernel belongs to a later file, as do the losses that no packet has marked. */
static struct packet_counts counts_so_far(const struct capture *capture)
{
    const uint64_t dropped = capture->accounting.drops_marked;

    return (struct packet_counts){
        .received = packet_tally_seen(&capture->interfaces.tally) + dropped,
        .dropped = dropped,
    };
}

/* Also of a next file that a signal asked for. */
static void retry_next(struct capture *capture)
{
    capture->record.file_retry = clock_now(CLOCK_MONOTONIC) + RETRY_INTERVAL;
    capture->record.file_due = capture->record.file_retry;
}

static void next_has_failed(struct capture *capture, int error)
{
    if (!may_wait(capture, error)) {
        fail(capture, "create the file after", error);
        return;
    }
    if (capture->record.file_retry == 0)
        capture_warn(capture,
                     "cannot create the file after '%s': %s; writing continues to that file",
                     capture_record_path(capture), strerror(error));
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
    struct packet_counts counts;

    capture_account_elsewhere(capture);
    counts = counts_so_far(capture);
    trim(capture);
    finish_file(capture, &counts);
    file_ring_close_before(&capture->record.ring);
    begin_file(capture, &counts);
    flush(capture);
    if (!capture->record.failed)
        log_line(IPMON_LOG_INFO, "the record continues in '%s'", capture_record_path(capture));
}

/* Whether anything of the current file is on the disk. */
static bool is_begun(struct capture *capture)
{
    return writer_of(capture)->total > pcapng_writer_pending(writer_of(capture));
}

/* While the disk is full, a next file would stay empty, unless the oldest makes room for it. */
static bool has_room_for_next(struct capture *capture)
{
    return capture->record.room_due == 0 ||
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

/* Whether no file follows the current one. */
static bool is_last(const struct capture *capture)
{
    const uint32_t last = capture->settings->file_count;

    return last != 0 && capture->record.ring.count >= last;
}

void capture_record_next(struct capture *capture)
{
    if (capture->record.failed || capture->end.reached)
        return;
    if (is_last(capture)) {
        log_line(IPMON_LOG_INFO, "the last of %" PRIu32 " files is complete",
                 capture->settings->file_count);
        capture->end.reached = true;
        return;
    }
    flush(capture); /* the disk may be full */
    if (!capture->record.failed)
        create_next(capture);
}

/* The next file is begun for the next packet: without one it would be empty. */
void capture_record_counted(struct capture *capture)
{
    const struct settings *settings = capture->settings;
    const uint64_t size = settings->ring.file_size;
    const uint32_t packets = settings->ring.packets;

    capture->record.is_complete = (size != 0 && writer_of(capture)->total >= size) ||
                                  (packets != 0 && capture->record.packets >= packets);
    if (capture->record.is_complete && is_last(capture))
        capture_record_next(capture);
}

/* Whether the current file is as old as it may be. */
static bool is_over(const struct capture *capture)
{
    const uint64_t due = capture->record.file_due;

    return due != 0 && capture->end.stop_time == 0 && clock_now(CLOCK_MONOTONIC) >= due;
}

/* A complete file on a full disk does not wait for a packet: the next one may make room. */
static bool gives_way(const struct capture *capture)
{
    return capture->record.is_complete && capture->record.room_due != 0;
}

void capture_record_update(struct capture *capture)
{
    if (capture->record.room_due != 0)
        capture_record_flush(capture);
    if ((is_over(capture) || gives_way(capture)) && may_begin_next(capture))
        capture_record_next(capture);
}

uint64_t capture_record_due(const struct capture *capture)
{
    if (capture->record.room_due != 0)
        return capture->record.room_due;
    if (capture->record.file_due == 0 || capture->end.stop_time != 0)
        return 0;
    return capture->record.file_due > capture->record.file_retry ? capture->record.file_due
                                                                 : capture->record.file_retry;
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
