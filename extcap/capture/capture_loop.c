/*
 * The loop of a capture: waits for packets, for room in the output, for signals, for changes of the
 * machine and for the time to end.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "capture.h"
#include "clock.h"
#include "console.h"
#include "log.h"
#include "output.h"

enum {
    WRITE_SHARE = 128 * 1024, /* bytes to write at once: what the processor's cache still holds */
    REST_STEP = 5,            /* milliseconds between two looks for the rest of the packets */
    REST_LIMIT = 200,         /* milliseconds after which the rest is given up */
    STOP_GRACE = 20,          /* milliseconds beside the source's latency */
};

/* A reader that stalls gets this long at the end; Wireshark kills an extcap after 30 s. */
#define STALL_LIMIT (20 * CLOCK_SECOND)

static bool is_replay(const struct capture *capture)
{
    return capture->source->operations->hold != NULL;
}

static uint64_t stop_latency(const struct capture *capture)
{
    return (capture->source->latency + STOP_GRACE) * CLOCK_MILLISECOND;
}

static bool is_wanted(const struct capture *capture, const struct captured_packet *packet)
{
    if (capture->settings->packet_count != 0 &&
        capture->interfaces.delivered >= capture->settings->packet_count)
        return false;
    return capture->stop_time == 0 || packet->arrival <= capture->stop_time;
}

/* Whether the packet came so long after the signal that none from before it can follow. */
static bool is_past_stop(const struct capture *capture, const struct captured_packet *packet)
{
    return capture->stop_time != 0 && packet->arrival > capture->stop_time + stop_latency(capture);
}

static void write_packet(struct capture *capture, struct captured_interface *interface,
                         const struct captured_packet *packet)
{
    if (!interface->described) {
        capture_read_host_changes(capture); /* they came before the first packet */
        capture_describe(capture, interface);
    }
    if (!pcapng_write_packet(&capture->writer, &(struct pcapng_packet){
                                                   .interface = interface->number,
                                                   .timestamp = packet->timestamp,
                                                   .bytes = packet->bytes,
                                                   .captured_length = packet->captured_length,
                                                   .wire_length = packet->wire_length,
                                                   .direction = packet->direction,
                                                   .reception = packet->reception,
                                                   .drops = capture->drops_to_tell,
                                                   .options = packet->options,
                                               }))
        capture->comments_cut++;
    capture->drops_to_tell = 0;
    capture->received = true;
    captured_interface_deliver(&capture->interfaces, interface);
    if (capture->interfaces.delivered == capture->settings->packet_count)
        capture->ended = true;
}

static struct captured_interface *find_interface(struct capture *capture, unsigned index)
{
    struct captured_interface *interface = captured_interface_find(&capture->interfaces, index);

    if (!interface) {
        failure_set_errno(capture->failure, ENOMEM, "no memory for another interface");
        capture->ended = true;
    }
    return interface;
}

static void take_packet(struct capture *capture, const struct captured_packet *packet)
{
    struct captured_interface *interface = find_interface(capture, packet->interface);

    if (!interface)
        return;
    capture->drops_to_tell += packet->drops;
    if (!is_wanted(capture, packet)) {
        captured_interface_discard(&capture->interfaces, interface);
        capture->ended = capture->ended || is_past_stop(capture, packet);
    } else if (!is_replay(capture) && pause_holds(&capture->pause, packet->arrival)) {
        captured_interface_pause(&capture->interfaces, interface);
    } else {
        write_packet(capture, interface, packet);
    }
}

/* Room for a packet and the description of its interface, which may be new. */
static bool has_room(const struct capture *capture)
{
    return pcapng_writer_has_room(&capture->writer, 2);
}

static void flush(struct capture *capture)
{
    switch (pcapng_writer_flush(&capture->writer)) {
    case PCAPNG_FLUSHED:
    case PCAPNG_PENDING:
        return;
    case PCAPNG_READER_GONE:
        log_line(IPMON_LOG_INFO, "the reader has gone");
        break;
    case PCAPNG_FAILED:
        failure_set_errno(capture->failure, errno, "cannot write the capture: %s", strerror(errno));
        break;
    }
    capture->reader_gone = true;
    capture->ended = true;
}

static bool is_held(const struct capture *capture)
{
    return is_replay(capture) && pause_is_on(&capture->pause);
}

/* Describes a replay's interfaces as far as they are known; false when there is no room yet. */
static bool describe_known(struct capture *capture)
{
    while (capture->interfaces.count < capture->source->interfaces && !capture->ended) {
        struct captured_interface *interface;

        if (!has_room(capture))
            return false;
        interface = find_interface(capture, (unsigned)capture->interfaces.count + 1);
        if (interface)
            capture_describe(capture, interface);
    }
    return true;
}

/* Moves a share of what can be moved without waiting; true when the source has no more for now. */
static bool move_packets(struct capture *capture)
{
    const struct packet_source_operations *operations = capture->source->operations;
    size_t share = pcapng_writer_pending(&capture->writer) + WRITE_SHARE;
    struct captured_packet packet;
    bool drained = is_held(capture);

    while (!capture->ended && !drained && describe_known(capture) && has_room(capture) &&
           pcapng_writer_pending(&capture->writer) < share) {
        drained = !operations->next(capture->source, &packet);
        if (!drained)
            take_packet(capture, &packet);
    }
    if (drained && !capture->ended && !is_held(capture) &&
        operations->state(capture->source, capture->failure) == PACKET_SOURCE_ENDED &&
        !capture->source->busy)
        capture->ended = true;
    flush(capture);
    return drained && (is_held(capture) || !capture->source->busy);
}

void capture_stop(struct capture *capture)
{
    if (capture->stop_time != 0)
        return;
    capture->stop_time = arrival_look(&capture->arrival);
    capture->stop_deadline = capture->stop_time + stop_latency(capture);
    if (is_replay(capture))
        capture->ended = true;
}

static void read_signals(struct capture *capture)
{
    struct signalfd_siginfo signal;

    while (read(capture->signals, &signal, sizeof signal) > 0) {
        if (signal.ssi_signo == SIGUSR1 || signal.ssi_signo == SIGUSR2) {
            capture_set_pause(capture, signal.ssi_signo == SIGUSR1);
            continue;
        }
        console_hurry();
        capture_stop(capture);
    }
}

static bool timeout_runs(const struct capture *capture)
{
    return capture->settings->timeout != 0 && capture->stop_time == 0 &&
           (capture->settings->absolute_timeout || !pause_is_on(&capture->pause));
}

static void check_timeout(struct capture *capture)
{
    /* Behind a full output packets may wait that nobody has read yet. */
    bool received = capture->received || !has_room(capture);
    uint64_t now;

    if (!timeout_runs(capture))
        return;
    now = clock_now(CLOCK_MONOTONIC);
    if (capture->idle_deadline == 0 || (received && !capture->settings->absolute_timeout))
        capture->idle_deadline = now + capture->settings->timeout * CLOCK_SECOND;
    capture->received = false;
    if (now >= capture->idle_deadline) {
        log_line(IPMON_LOG_INFO, "the timeout of %u seconds is over", capture->settings->timeout);
        capture_stop(capture);
    }
}

/* Milliseconds from now, for poll(). */
static int milliseconds_until(uint64_t deadline)
{
    uint64_t now = clock_now(CLOCK_MONOTONIC);
    uint64_t wait = now >= deadline ? 0 : (deadline - now) / CLOCK_MILLISECOND + 1;

    return wait > INT_MAX ? INT_MAX : (int)wait;
}

/* The next moment at which there is something to do although nothing happens; 0: none. */
static uint64_t next_deadline(const struct capture *capture)
{
    uint64_t show = capture_show_due(capture);
    uint64_t end = 0;

    if (capture->stop_time != 0)
        end = clock_now(CLOCK_MONOTONIC) < capture->stop_deadline
                  ? capture->stop_deadline
                  : capture->stop_deadline + STALL_LIMIT;
    else if (timeout_runs(capture))
        end = capture->idle_deadline;
    return end == 0 || (show != 0 && show < end) ? show : end;
}

/* Milliseconds that poll may wait; -1: without limit. */
static int wait_limit(const struct capture *capture, bool drained)
{
    uint64_t deadline;

    if (!drained && has_room(capture))
        return 0;
    deadline = next_deadline(capture);
    return deadline != 0 ? milliseconds_until(deadline) : -1;
}

/*
 * After a signal: done when all was read that came before it, or the reader takes too long. A
 * source that refuses packets as fast as they come is never drained unless it receives no more.
 */
static bool stop_is_complete(const struct capture *capture, bool drained)
{
    struct packet_source *source = capture->source;
    uint64_t now = clock_now(CLOCK_MONOTONIC);

    if (source->busy && now >= capture->stop_deadline && source->operations->stop)
        source->operations->stop(source);
    return (drained && now >= capture->stop_deadline) ||
           now >= capture->stop_deadline + STALL_LIMIT;
}

/* The sooner a setting is known, the fewer packets could be from either side of it. */
static void read_clock(struct capture *capture)
{
    uint64_t ends;

    if (read(capture->clock, &ends, sizeof ends) < 0 && errno == ECANCELED)
        arrival_look(&capture->arrival);
}

static void wait_for_something(struct capture *capture, bool drained)
{
    enum { SOURCE, OUTPUT, SIGNALS, MONITOR, CLOCK, PARENT, ORDERS, SHOWN, CONSOLE, DESCRIPTORS };
    bool pending = pcapng_writer_pending(&capture->writer) != 0;
    /* With the output full the source holds what comes; its readiness must not wake us. */
    bool ready = has_room(capture) && !is_held(capture);
    struct pollfd polled[DESCRIPTORS] = {
        [SOURCE] = {.fd = ready ? capture->source->descriptor : -1, .events = POLLIN},
        [OUTPUT] = {.fd = capture->output, .events = pending ? POLLOUT : 0},
        [SIGNALS] = {.fd = capture->signals, .events = POLLIN},
        [MONITOR] = {.fd = capture->monitor, .events = POLLIN},
        [CLOCK] = {.fd = capture->clock, .events = POLLIN},
        [PARENT] = {.fd = capture->stop_time == 0 ? capture->parent : -1, .events = POLLIN},
        [ORDERS] = {.fd = capture->toolbar.in, .events = POLLIN},
        [SHOWN] = {.fd = toolbar_pending(&capture->toolbar) ? capture->toolbar.out : -1,
                   .events = POLLOUT},
        [CONSOLE] = {.fd = console_pending(), .events = POLLOUT},
    };

    if (poll(polled, DESCRIPTORS, wait_limit(capture, drained)) < 0 && errno != EINTR) {
        failure_set_errno(capture->failure, errno, "cannot wait for packets");
        capture->ended = true;
        return;
    }
    if (polled[CONSOLE].revents != 0)
        console_flush();
    if (polled[CLOCK].revents != 0)
        read_clock(capture);
    if (polled[SIGNALS].revents & POLLIN)
        read_signals(capture);
    if (polled[ORDERS].revents != 0)
        capture_read_orders(capture);
    if (polled[MONITOR].revents != 0)
        capture_read_host_changes(capture);
    if (polled[PARENT].revents & POLLIN) {
        log_line(IPMON_LOG_INFO, "Wireshark has gone");
        capture_stop(capture);
    }
    if (polled[OUTPUT].revents & POLLERR) {
        log_line(IPMON_LOG_INFO, "the reader has gone");
        capture->reader_gone = capture->ended = true;
    }
}

/* Waits until the buffer is empty, within the time a stalled reader gets. */
static void flush_all(struct capture *capture, uint64_t deadline)
{
    for (;;) {
        struct pollfd output = {.fd = capture->output, .events = POLLOUT};

        flush(capture);
        if (capture->reader_gone || pcapng_writer_pending(&capture->writer) == 0 ||
            clock_now(CLOCK_MONOTONIC) >= deadline)
            return;
        poll(&output, 1, milliseconds_until(deadline));
    }
}

/* What was received and not looked at when the capture ended. */
static void discard_waiting(struct capture *capture)
{
    const struct packet_source_operations *operations = capture->source->operations;
    struct packet_source *source = capture->source;
    struct captured_packet packet;

    while (operations->next(source, &packet) || source->busy) {
        struct captured_interface *interface =
            source->busy ? NULL : captured_interface_find(&capture->interfaces, packet.interface);

        if (interface)
            captured_interface_discard(&capture->interfaces, interface);
    }
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
        counts = operations->counts(capture->source);
        if (captured_interfaces_seen(&capture->interfaces) + counts.dropped >= counts.received ||
            waited >= REST_LIMIT)
            return counts;
        poll(NULL, 0, REST_STEP);
    }
}

/* Packets in blocks that the reader never took were not written. */
static void take_back(void *context, uint32_t number)
{
    struct capture *capture = context;
    struct captured_interface *interface =
        captured_interface_by_number(&capture->interfaces, number);

    if (interface)
        captured_interface_take_back(&capture->interfaces, interface);
}

/* Whatever their number; not behind blocks that the reader did not take. */
static void write_statistics(struct capture *capture, const struct packet_counts *counts,
                             uint64_t deadline)
{
    size_t row = 0;

    while (row < capture->interfaces.count && !capture->reader_gone &&
           pcapng_writer_pending(&capture->writer) == 0) {
        row = capture_write_statistics(capture, counts, row);
        flush_all(capture, deadline);
    }
}

static void finish(struct capture *capture)
{
    uint64_t deadline =
        (capture->stop_time != 0 ? capture->stop_deadline : clock_now(CLOCK_MONOTONIC)) +
        STALL_LIMIT;
    struct packet_counts counts = count_rest(capture);

    if (!capture->reader_gone)
        flush_all(capture, deadline);
    pcapng_writer_unsent(&capture->writer, take_back, capture);
    write_statistics(capture, &counts, deadline);
    capture_log_statistics(capture, &counts);
    capture_show_end(capture);
    if (capture->reader_gone)
        output_cut(capture->output, pcapng_writer_partial(&capture->writer));
    else
        output_drain(capture->output, deadline);
}

void capture_run(struct capture *capture)
{
    capture->writer.descriptor = capture->output;
    capture->start_time = clock_now(CLOCK_REALTIME);
    capture_write_section(capture);
    if (capture->interface.index != 0) {
        struct captured_interface *interface =
            captured_interface_find(&capture->interfaces, capture->interface.index);

        if (interface)
            capture_describe(capture, interface);
    }
    while (!capture->ended) {
        bool stopping = capture->stop_time != 0;
        bool drained = move_packets(capture);

        check_timeout(capture);
        capture_show(capture);
        if (stopping && stop_is_complete(capture, drained))
            capture->ended = true;
        else if (!capture->ended)
            wait_for_something(capture, drained);
    }
    finish(capture);
}
