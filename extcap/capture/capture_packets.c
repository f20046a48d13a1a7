/*
 * The way of a packet: it is written to the output, the record, or both; or counted as paused or
 * discarded.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "capture_packets.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "capture_blocks.h"
#include "capture_host.h"
#include "capture_printer.h"
#include "capture_record.h"
#include "pcapng_run.h"

enum {
    WRITE_SHARE = 256 * 1024, /* bytes to write at once: what the processor's cache still holds */
};

static bool is_wanted(const struct capture *capture, const struct captured_packet *packet)
{
    if (capture->settings->packet_count != 0 &&
        capture->interfaces.tally.fates[PACKET_WRITTEN] >= capture->settings->packet_count)
        return false;
    return capture->end.stop_time == 0 || packet->arrival <= capture->end.stop_time;
}

/* Whether the packet arrived so long after the stop that none from before it can follow. */
static bool is_past_stop(const struct capture *capture, const struct captured_packet *packet)
{
    return capture->end.stop_time != 0 && packet->arrival > capture->end.deadline;
}

/* Whether the file is as large as -a filesize lets it become. */
static bool is_full(const struct capture *capture)
{
    return capture->settings->file_size != 0 &&
           capture->streams[capture_main_stream(capture)].writer.total >=
               capture->settings->file_size;
}

/* The output's buffer has room. Returns PACKET_WRITTEN or PACKET_UNPRINTED. */
static enum packet_fate write_to_output(struct capture *capture,
                                        struct captured_interface *interface,
                                        const struct captured_packet *packet)
{
    if (!interface->in[STREAM_OUTPUT].described) {
        capture_read_host_changes(capture); /* they came before the first packet */
        capture_describe(capture, STREAM_OUTPUT, interface);
    }
    if (!capture->printer.print)
        capture_write_packet(capture, STREAM_OUTPUT, interface, packet);
    else if (!capture_print_packet(capture, interface, packet))
        return PACKET_UNPRINTED;
    return PACKET_WRITTEN;
}

/* There are gaps from now on, which nobody would notice otherwise; the counts follow. */
static void log_behind(struct capture *capture)
{
    if (!capture->record.was_behind)
        capture_warn(capture, "packets come faster than the reader takes them: all are recorded, "
                              "not all are shown");
    capture->record.was_behind = true;
}

/*
 * Whether the output takes a packet. Once its buffer was full, it gets none until that is empty: a
 * reader that is too slow gets long runs of packets with few gaps between them.
 */
static bool output_takes_packet(struct capture *capture)
{
    if (capture->end.reader_gone || (capture->record.is_behind && capture_pending(capture) != 0))
        return false;
    capture->record.is_behind = !capture_output_has_room(capture);
    if (capture->record.is_behind)
        log_behind(capture);
    return !capture->record.is_behind;
}

/* Shows a packet of which there is a record, if the reader is fast enough. */
static void show_packet(struct capture *capture, struct captured_interface *interface,
                        const struct captured_packet *packet)
{
    if (!output_takes_packet(capture))
        capture->streams[STREAM_OUTPUT].drops_pending++;
    else if (write_to_output(capture, interface, packet) == PACKET_WRITTEN)
        return;
    captured_interface_hide(&capture->interfaces, interface);
}

static enum packet_fate write_to_record(struct capture *capture,
                                        struct captured_interface *interface,
                                        const struct captured_packet *packet)
{
    const enum packet_fate fate = capture_record_packet(capture, interface, packet);

    if (capture_has_output(capture))
        show_packet(capture, interface, packet);
    return fate;
}

/* Whether as much is written as was asked for. */
static bool has_all(const struct capture *capture)
{
    const uint32_t count = capture->settings->packet_count;

    return (count != 0 && capture->interfaces.tally.fates[PACKET_WRITTEN] >= count) ||
           is_full(capture);
}

/* What a full disk has not taken yet is not recorded. */
static bool waits_for_disk(struct capture *capture)
{
    if (!capture_has_record(capture))
        return false;
    capture_record_flush(capture);
    return capture->record.room_due != 0;
}

static void write_packet(struct capture *capture, struct captured_interface *interface,
                         const struct captured_packet *packet)
{
    const enum packet_fate fate = capture_has_record(capture)
                                      ? write_to_record(capture, interface, packet)
                                      : write_to_output(capture, interface, packet);

    captured_interface_count(&capture->interfaces, interface, fate);
    if (fate == PACKET_UNPRINTED)
        return;
    capture->timeout.received = true;
    if (has_all(capture))
        capture->end.reached = !waits_for_disk(capture);
    else if (capture_has_record(capture))
        capture_record_counted(capture);
}

static struct captured_interface *find_interface(struct capture *capture, unsigned index)
{
    struct captured_interface *interface = captured_interface_find(&capture->interfaces, index);

    if (!interface) {
        failure_set_errno(capture->failure, ENOMEM, "no memory for another interface");
        capture->end.reached = true;
    }
    return interface;
}

static void handle_packet(struct capture *capture, const struct captured_packet *packet)
{
    struct captured_interface *interface = find_interface(capture, packet->interface);

    if (!interface)
        return;
    for (size_t i = 0; i < STREAMS; i++)
        capture->streams[i].drops_pending += packet->drops;
    if (!is_wanted(capture, packet)) {
        captured_interface_count(&capture->interfaces, interface, PACKET_DISCARDED);
        capture->end.reached = capture->end.reached || is_past_stop(capture, packet);
    } else if (packet->arrival != 0 && pause_holds(&capture->pause, packet->arrival)) {
        captured_interface_count(&capture->interfaces, interface, PACKET_PAUSED);
    } else {
        write_packet(capture, interface, packet);
    }
    capture->accounting.drops_marked += packet->drops;
}

/* Describes the interfaces that the source knows of; false when there is no room yet. */
static bool describe_known(struct capture *capture)
{
    while (capture->interfaces.count < capture->source->interfaces && !capture->end.reached) {
        struct captured_interface *interface;

        if (!capture_has_room(capture))
            return false;
        interface = find_interface(capture, (unsigned)capture->interfaces.count + 1);
        if (interface)
            capture_describe(capture, capture_main_stream(capture), interface);
    }
    return true;
}

/* Bytes that wait to be written where every packet goes. */
static size_t waiting(const struct capture *capture)
{
    return capture_has_record(capture)
               ? pcapng_writer_pending(&capture->streams[STREAM_RECORD].writer)
               : capture_pending(capture);
}

/* Nothing more is shown. What arrived until now is recorded, if there is a record. */
static void lose_reader(struct capture *capture)
{
    capture->end.reader_gone = true;
    if (capture_has_record(capture))
        capture_stop(capture);
    else
        capture->end.reached = true;
}

static void reader_is_gone(struct capture *capture)
{
    log_line(IPMON_LOG_INFO, "the reader has gone");
    lose_reader(capture);
}

/* A terminal that was closed fails like a broken disk. */
static void output_has_failed(struct capture *capture)
{
    if (errno == EIO && capture->descriptors.output_is_terminal) {
        reader_is_gone(capture);
        return;
    }
    failure_set_errno(capture->failure, errno, "cannot write the capture: %s", strerror(errno));
    lose_reader(capture);
}

/* errno is that of the write, if it has failed. */
static void output_was_written(struct capture *capture, enum nonblocking_flush result)
{
    switch (result) {
    case NONBLOCKING_FLUSHED:
    case NONBLOCKING_PENDING:
        break;
    case NONBLOCKING_READER_GONE:
        reader_is_gone(capture);
        break;
    case NONBLOCKING_FAILED:
        output_has_failed(capture);
        break;
    }
}

/* Whether the loop goes on with packets. share: of `waiting`. */
static bool may_read(struct capture *capture, size_t share)
{
    return !capture->end.reached && describe_known(capture) && capture_has_room(capture) &&
           waiting(capture) < share;
}

/* Returns whether there are no more. */
static bool read_packets(struct capture *capture, size_t share)
{
    struct captured_packet packet;

    while (may_read(capture, share)) {
        if (!capture->source->operations->next(capture->source, &packet))
            return true;
        handle_packet(capture, &packet);
    }
    return false;
}

/* Whether nothing depends on a single packet, so that all may be written as they come. */
static bool takes_runs(const struct capture *capture)
{
    return capture->source->operations->next_run && !capture->printer.print &&
           !capture_has_record(capture) && capture->settings->packet_count == 0 &&
           capture->settings->file_size == 0;
}

static void count_run(struct capture *capture, const struct pcapng_run *run)
{
    for (size_t i = 0; i < run->interface_count; i++) {
        struct captured_interface *interface = find_interface(capture, run->interfaces[i].number);

        if (interface)
            captured_interface_add(&capture->interfaces, interface, PACKET_WRITTEN,
                                   run->interfaces[i].packets);
    }
    capture->timeout.received = true;
}

/* False if the next packet is to be read alone. */
static bool relay_run(struct capture *capture)
{
    struct capture_stream *stream = &capture->streams[STREAM_OUTPUT];
    struct pcapng_run run;

    if (stream->drops_pending != 0 || !capture->source->operations->next_run(
                                          capture->source, pcapng_run_room(&stream->writer), &run))
        return false;
    count_run(capture, &run);
    output_was_written(capture, pcapng_write_run(&stream->writer, run.blocks, run.length));
    return true;
}

/* As read_packets; what is written without a copy has its share, too. */
static bool relay_packets(struct capture *capture, size_t share)
{
    const struct pcapng_writer *writer = &capture->streams[STREAM_OUTPUT].writer;
    const uint64_t end = writer->total + WRITE_SHARE;
    struct captured_packet packet;

    while (may_read(capture, share) && writer->total < end) {
        if (relay_run(capture))
            continue;
        if (!capture->source->operations->next(capture->source, &packet))
            return true;
        handle_packet(capture, &packet);
    }
    return false;
}

static bool has_ended(struct capture *capture)
{
    return !capture_is_held(capture) && !capture->source->busy &&
           capture->source->operations->state(capture->source, capture->failure) ==
               PACKET_SOURCE_ENDED;
}

bool capture_move_packets(struct capture *capture)
{
    const size_t share = waiting(capture) + WRITE_SHARE;
    bool drained = capture_is_held(capture);

    if (!drained)
        drained =
            takes_runs(capture) ? relay_packets(capture, share) : read_packets(capture, share);
    if (drained && !capture->end.reached && has_ended(capture))
        capture->end.reached = true;
    if (capture_has_record(capture)) {
        capture_record_flush(capture);
        if (has_all(capture) && capture->record.room_due == 0)
            capture->end.reached = true;
    }
    if (capture_has_output(capture) && !capture->end.reader_gone)
        capture_flush(capture);
    return drained && (capture_is_held(capture) || !capture->source->busy);
}

void capture_flush(struct capture *capture)
{
    output_was_written(capture, capture->printer.print
                                    ? text_writer_flush(&capture->printer.writer)
                                    : pcapng_writer_flush(&capture->streams[STREAM_OUTPUT].writer));
}

/* While the buffer is full, or the source rests, its readiness must not wake the loop. */
static int source_descriptor(const struct capture *capture)
{
    return capture_has_room(capture) && !capture_is_held(capture) && capture->source->rest == 0
               ? capture->source->descriptor
               : -1;
}

/* Without a reader it is always ready. */
static int reader_descriptor(const struct capture *capture)
{
    return capture->end.reader_gone ? -1 : capture->descriptors.output;
}

static int output_descriptor(const struct capture *capture)
{
    return capture_pending(capture) != 0 ? reader_descriptor(capture) : -1;
}

const struct capture_watch capture_source_watch = {source_descriptor, POLLIN, NULL};
const struct capture_watch capture_output_watch = {output_descriptor, POLLOUT, NULL};
const struct capture_watch capture_reader_watch = {reader_descriptor, POLLERR, reader_is_gone};
