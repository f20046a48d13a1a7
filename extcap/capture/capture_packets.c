/*
 * The way of a packet: it is written, or counted as paused or discarded.
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

enum {
    WRITE_SHARE = 128 * 1024, /* bytes to write at once: what the processor's cache still holds */
};

static bool is_wanted(const struct capture *capture, const struct captured_packet *packet)
{
    if (capture->settings->packet_count != 0 &&
        capture->interfaces.delivered >= capture->settings->packet_count)
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
           capture->writer.total >= capture->settings->file_size;
}

static void write_block(struct capture *capture, const struct captured_interface *interface,
                        const struct captured_packet *packet)
{
    if (!pcapng_write_packet(&capture->writer, &(struct pcapng_packet){
                                                   .interface = interface->number,
                                                   .timestamp = packet->timestamp,
                                                   .bytes = packet->bytes,
                                                   .captured_length = packet->captured_length,
                                                   .wire_length = packet->wire_length,
                                                   .direction = packet->direction,
                                                   .reception = packet->reception,
                                                   .drops = capture->accounting.drops_pending,
                                                   .options = packet->options,
                                               }))
        capture->accounting.comments_cut++;
}

static void write_packet(struct capture *capture, struct captured_interface *interface,
                         const struct captured_packet *packet)
{
    if (!interface->described) {
        capture_read_host_changes(capture); /* they came before the first packet */
        capture_describe(capture, interface);
    }
    if (!capture->printer.print)
        write_block(capture, interface, packet);
    else if (!capture_print_packet(capture, interface, packet))
        return;
    capture->accounting.drops_pending = 0;
    capture->timeout.received = true;
    captured_interface_deliver(&capture->interfaces, interface);
    if (capture->interfaces.delivered == capture->settings->packet_count || is_full(capture))
        capture->end.reached = true;
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
    capture->accounting.drops_pending += packet->drops;
    if (!is_wanted(capture, packet)) {
        captured_interface_discard(&capture->interfaces, interface);
        capture->end.reached = capture->end.reached || is_past_stop(capture, packet);
    } else if (!capture->replay && pause_holds(&capture->pause, packet->arrival)) {
        captured_interface_pause(&capture->interfaces, interface);
    } else {
        write_packet(capture, interface, packet);
    }
}

/* Describes a replay's interfaces as far as they are known; false when there is no room yet. */
static bool describe_known(struct capture *capture)
{
    while (capture->interfaces.count < capture->source->interfaces && !capture->end.reached) {
        struct captured_interface *interface;

        if (!capture_has_room(capture))
            return false;
        interface = find_interface(capture, (unsigned)capture->interfaces.count + 1);
        if (interface)
            capture_describe(capture, interface);
    }
    return true;
}

bool capture_move_packets(struct capture *capture)
{
    const struct packet_source_operations *operations = capture->source->operations;
    size_t share = capture_pending(capture) + WRITE_SHARE;
    struct captured_packet packet;
    bool drained = capture_is_held(capture);

    while (!capture->end.reached && !drained && describe_known(capture) &&
           capture_has_room(capture) && capture_pending(capture) < share) {
        drained = !operations->next(capture->source, &packet);
        if (!drained)
            handle_packet(capture, &packet);
    }
    if (drained && !capture->end.reached && !capture_is_held(capture) &&
        operations->state(capture->source, capture->failure) == PACKET_SOURCE_ENDED &&
        !capture->source->busy)
        capture->end.reached = true;
    capture_flush(capture);
    return drained && (capture_is_held(capture) || !capture->source->busy);
}

static void lose_reader(struct capture *capture)
{
    capture->end.reader_gone = true;
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

void capture_flush(struct capture *capture)
{
    switch (capture->printer.print ? text_writer_flush(&capture->printer.writer)
                                   : pcapng_writer_flush(&capture->writer)) {
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

/* With the buffer full the source holds what comes; its readiness must not wake the loop. */
static int source_descriptor(const struct capture *capture)
{
    return capture_has_room(capture) && !capture_is_held(capture) ? capture->source->descriptor
                                                                  : -1;
}

static int output_descriptor(const struct capture *capture)
{
    return capture_pending(capture) != 0 ? capture->descriptors.output : -1;
}

static int reader_descriptor(const struct capture *capture)
{
    return capture->descriptors.output;
}

const struct capture_watch capture_source_watch = {source_descriptor, POLLIN, NULL};
const struct capture_watch capture_output_watch = {output_descriptor, POLLOUT, NULL};
const struct capture_watch capture_reader_watch = {reader_descriptor, POLLERR, reader_is_gone};
