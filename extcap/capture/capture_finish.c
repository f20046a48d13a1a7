/*
 * From the end of the loop to the end of the output: no packet is left uncounted.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "capture_finish.h"

#include <poll.h>

#include "capture_account.h"
#include "capture_blocks.h"
#include "capture_display.h"
#include "capture_packets.h"
#include "capture_record.h"
#include "output.h"

enum {
    REST_STEP = 5,    /* milliseconds between two attempts to read the rest of the packets */
    REST_LIMIT = 200, /* milliseconds beside the source's latency after which it is given up */
};

/* What was received and not read when the capture ended. */
static void discard_waiting(struct capture *capture)
{
    const struct packet_source_operations *operations = capture->source->operations;
    struct packet_source *source = capture->source;
    struct captured_packet packet;

    while (operations->next(source, &packet) || source->busy) {
        struct captured_interface *interface =
            source->busy ? NULL : captured_interface_find(&capture->interfaces, packet.interface);

        if (interface)
            captured_interface_count(&capture->interfaces, interface, PACKET_DISCARDED);
    }
}

/* Other machines may have counted packets of interfaces that none was read from. */
static void find_interfaces(struct capture *capture)
{
    for (unsigned number = 1; number <= capture->source->interfaces; number++)
        captured_interface_find(&capture->interfaces, number);
}

/* Whether no packet is missing. Of other machines that is known when all have ended. */
static bool is_complete(struct capture *capture, const struct packet_counts *counts)
{
    const struct packet_source_operations *operations = capture->source->operations;

    if (capture->remote &&
        operations->state(capture->source, capture->failure) != PACKET_SOURCE_ENDED)
        return false;
    return packet_tally_seen(&capture->interfaces.tally) + counts->dropped >= counts->received;
}

/* Counts what the source still holds, until nothing is missing. */
static struct packet_counts count_rest(struct capture *capture)
{
    const struct packet_source_operations *operations = capture->source->operations;
    struct packet_counts counts;

    if (operations->stop)
        operations->stop(capture->source);
    for (int waited = 0;; waited += REST_STEP) {
        if (operations->stop)
            discard_waiting(capture);
        if (capture->remote)
            find_interfaces(capture);
        capture_account_elsewhere(capture);
        counts = operations->counts(capture->source);
        if (is_complete(capture, &counts) || waited >= REST_LIMIT + (int)capture->source->latency)
            return counts;
        poll(NULL, 0, REST_STEP);
    }
}

/* Waits until the buffer is empty, within the time a stalled reader gets. */
static void flush_all(struct capture *capture, uint64_t deadline)
{
    for (;;) {
        struct pollfd output = {.fd = capture->descriptors.output, .events = POLLOUT};

        capture_flush(capture);
        if (capture->end.reader_gone || capture_pending(capture) == 0 ||
            clock_now(CLOCK_MONOTONIC) >= deadline)
            return;
        poll(&output, 1, clock_milliseconds_until(deadline));
    }
}

/* Packets in blocks that the reader never took were not written; or, with a record, not shown. */
static void take_back(void *context, uint32_t number)
{
    struct capture *capture = context;
    struct captured_interface *interface =
        captured_interface_by_number(&capture->interfaces, STREAM_OUTPUT, number);

    if (interface && capture_has_record(capture))
        captured_interface_hide(&capture->interfaces, interface);
    else if (interface)
        captured_interface_take_back(&capture->interfaces, interface, PACKET_DISCARDED);
}

/* As many rounds as the interfaces need; none behind blocks that the reader did not take. */
static void write_statistics(struct capture *capture, const struct packet_counts *counts,
                             uint64_t deadline)
{
    size_t row = capture->printer.print ? capture->interfaces.count : 0; /* text has none */

    while (row < capture->interfaces.count && !capture->end.reader_gone &&
           capture_pending(capture) == 0) {
        row = capture_write_statistics(capture, STREAM_OUTPUT, counts, row);
        flush_all(capture, deadline);
    }
}

static void finish_output(struct capture *capture, const struct packet_counts *counts,
                          uint64_t deadline)
{
    if (!capture->end.reader_gone)
        flush_all(capture, deadline);
    if (capture->printer.print)
        text_writer_unsent(&capture->printer.writer, take_back, capture);
    else
        pcapng_writer_unsent(&capture->streams[STREAM_OUTPUT].writer, take_back, capture);
    write_statistics(capture, counts, deadline);
}

static void close_output(struct capture *capture, uint64_t deadline)
{
    const size_t partial = capture->printer.print
                               ? text_writer_partial(&capture->printer.writer)
                               : pcapng_writer_partial(&capture->streams[STREAM_OUTPUT].writer);

    if (capture->end.reader_gone)
        output_cut(capture->descriptors.output, partial);
    else
        output_drain(capture->descriptors.output, deadline);
}

/* The record first: the reader of the output may take its time. */
void capture_finish(struct capture *capture)
{
    uint64_t begin =
        capture->end.stop_time != 0 ? capture->end.deadline : clock_now(CLOCK_MONOTONIC);
    uint64_t deadline = begin + CAPTURE_STALL_LIMIT;
    struct packet_counts counts = count_rest(capture);

    if (capture->missing.count != 0 && !failure_is_set(capture->failure))
        *capture->failure = capture->missing.rows[0];
    if (capture_has_record(capture))
        capture_finish_record(capture, &counts);
    if (capture_has_output(capture))
        finish_output(capture, &counts, deadline);
    capture_account_finish(capture, &counts);
    capture_display_finish(capture);
    if (capture_has_output(capture))
        close_output(capture, deadline);
}
