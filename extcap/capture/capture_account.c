/*
 * The counts of packets, as lines of text.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "capture_account.h"

#include <inttypes.h>
#include <stdio.h>

#include "capture_blocks.h"
#include "clock.h"

static void set_due(struct capture *capture)
{
    const uint64_t interval = (uint64_t)capture->settings->statistics * CLOCK_SECOND;

    capture->accounting.counts_due = interval != 0 ? clock_now(CLOCK_MONOTONIC) + interval : 0;
}

void capture_account_begin(struct capture *capture)
{
    set_due(capture);
}

static bool has_log(const struct capture *capture)
{
    return capture->settings->log_file && *capture->settings->log_file;
}

/* Packets that were received and not yet read are waiting. */
static void log_counts(struct capture *capture)
{
    const struct captured_interfaces *interfaces = &capture->interfaces;
    const struct packet_counts counts = capture->source->operations->counts(capture->source);
    const uint64_t known = captured_interfaces_seen(interfaces) + counts.dropped;
    const uint64_t received = counts.received > known ? counts.received : known;

    char text[FAILURE_TEXT_SIZE];

    snprintf(text, sizeof text,
             "so far received %" PRIu64 " packets: %" PRIu64 " written, %" PRIu64
             " discarded while paused, %" PRIu64 " discarded, %" PRIu64 " dropped, %" PRIu64
             " waiting",
             received, interfaces->delivered, interfaces->paused, interfaces->discarded,
             counts.dropped, received - known);
    log_line(IPMON_LOG_INFO, "%s", text);
    if (!has_log(capture))
        capture_report(capture, "%s", text);
}

void capture_account_update(struct capture *capture)
{
    if (capture->accounting.counts_due == 0 ||
        clock_now(CLOCK_MONOTONIC) < capture->accounting.counts_due)
        return;
    log_counts(capture);
    set_due(capture);
}

static void log_interfaces(const struct captured_interfaces *interfaces)
{
    for (size_t i = 0; i < interfaces->count; i++) {
        const struct captured_interface *interface = &interfaces->rows[i];

        log_line(IPMON_LOG_INFO,
                 "interface %u: %" PRIu64 " written, %" PRIu64 " discarded while paused, %" PRIu64
                 " discarded at the end",
                 interface->index, interface->delivered, interface->paused, interface->discarded);
    }
}

/* What one interface has in common with the sum of all needs no line. */
static void report_interfaces(const struct capture *capture)
{
    const struct captured_interfaces *interfaces = &capture->interfaces;

    for (size_t i = 0; interfaces->count > 1 && i < interfaces->count; i++) {
        const struct captured_interface *interface = &interfaces->rows[i];
        char name[DESCRIPTION_SIZE];

        capture_name_interface(capture, interface, name, sizeof name);
        capture_report(capture,
                       "%s: %" PRIu64 " written, %" PRIu64 " discarded while paused, %" PRIu64
                       " discarded at the end",
                       name, interface->delivered, interface->paused, interface->discarded);
    }
}

void capture_account_finish(struct capture *capture, const struct packet_counts *counts)
{
    const struct captured_interfaces *interfaces = &capture->interfaces;
    uint64_t seen = captured_interfaces_seen(interfaces);

    log_interfaces(interfaces);
    log_line(IPMON_LOG_INFO,
             "received %" PRIu64 " packets: %" PRIu64 " written or discarded, %" PRIu64 " dropped",
             counts->received, seen, counts->dropped);
    if (counts->received != seen + counts->dropped)
        log_line(IPMON_LOG_ERROR, "the account does not balance: %" PRId64 " packets are missing",
                 (int64_t)(counts->received - seen - counts->dropped));
    if (capture->accounting.comments_cut != 0)
        log_line(IPMON_LOG_WARNING,
                 "%" PRIu64 " packets of the file have comments that are too long to be kept whole",
                 capture->accounting.comments_cut);
    report_interfaces(capture);
    capture_report(capture,
                   "received %" PRIu64 " packets: %" PRIu64 " written, %" PRIu64
                   " discarded while paused, %" PRIu64 " discarded at the end, %" PRIu64 " dropped",
                   counts->received, interfaces->delivered, interfaces->paused,
                   interfaces->discarded, counts->dropped);
}
