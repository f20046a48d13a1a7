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

/* What became of the packets of an interface, or of all. */
struct shares {
    uint64_t delivered;
    uint64_t paused;
    uint64_t discarded;
    uint64_t unprinted;
};

static struct shares shares_of(const struct captured_interface *interface)
{
    return (struct shares){interface->delivered, interface->paused, interface->discarded,
                           interface->unprinted};
}

static struct shares shares_of_all(const struct captured_interfaces *interfaces)
{
    return (struct shares){interfaces->delivered, interfaces->paused, interfaces->discarded,
                           interfaces->unprinted};
}

enum { SHARES_SIZE = 4 * (sizeof "18446744073709551615" + sizeof " discarded while paused, ") };

/* last: what is said of the discarded ones. Returns text. */
static const char *describe(const struct capture *capture, struct shares shares, const char *last,
                            char text[SHARES_SIZE])
{
    int length = snprintf(text, SHARES_SIZE, "%" PRIu64 " %s, ", shares.delivered,
                          capture->printer.print ? "printed" : "written");

    if (shares.unprinted != 0)
        length += snprintf(text + length, SHARES_SIZE - (size_t)length, "%" PRIu64 " not printed, ",
                           shares.unprinted);
    snprintf(text + length, SHARES_SIZE - (size_t)length,
             "%" PRIu64 " discarded while paused, %" PRIu64 " %s", shares.paused, shares.discarded,
             last);
    return text;
}

/* Packets that were received and not yet read are waiting. */
static void log_counts(struct capture *capture)
{
    const struct captured_interfaces *interfaces = &capture->interfaces;
    const struct packet_counts counts = capture->source->operations->counts(capture->source);
    const uint64_t known = captured_interfaces_seen(interfaces) + counts.dropped;
    const uint64_t received = counts.received > known ? counts.received : known;
    char shares[SHARES_SIZE];
    char text[FAILURE_TEXT_SIZE];

    snprintf(text, sizeof text,
             "so far received %" PRIu64 " packets: %s, %" PRIu64 " dropped, %" PRIu64 " waiting",
             received, describe(capture, shares_of_all(interfaces), "discarded", shares),
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

static const char at_the_end[] = "discarded at the end";

static void log_interfaces(const struct capture *capture)
{
    for (size_t i = 0; i < capture->interfaces.count; i++) {
        const struct captured_interface *interface = &capture->interfaces.rows[i];
        char shares[SHARES_SIZE];

        log_line(IPMON_LOG_INFO, "interface %u: %s", interface->index,
                 describe(capture, shares_of(interface), at_the_end, shares));
    }
}

/* What one interface has in common with the sum of all needs no line. */
static void report_interfaces(const struct capture *capture)
{
    const struct captured_interfaces *interfaces = &capture->interfaces;

    for (size_t i = 0; interfaces->count > 1 && i < interfaces->count; i++) {
        const struct captured_interface *interface = &interfaces->rows[i];
        char name[DESCRIPTION_SIZE];
        char shares[SHARES_SIZE];

        capture_name_interface(capture, interface, name, sizeof name);
        capture_report(capture, "%s: %s", name,
                       describe(capture, shares_of(interface), at_the_end, shares));
    }
}

void capture_account_finish(struct capture *capture, const struct packet_counts *counts)
{
    const struct captured_interfaces *interfaces = &capture->interfaces;
    uint64_t seen = captured_interfaces_seen(interfaces);
    char shares[SHARES_SIZE];

    log_interfaces(capture);
    log_line(IPMON_LOG_INFO,
             "received %" PRIu64 " packets: %" PRIu64 " %s or discarded, %" PRIu64 " dropped",
             counts->received, seen, capture->printer.print ? "printed" : "written",
             counts->dropped);
    if (counts->received != seen + counts->dropped)
        log_line(IPMON_LOG_ERROR, "the account does not balance: %" PRId64 " packets are missing",
                 (int64_t)(counts->received - seen - counts->dropped));
    if (capture->accounting.comments_cut != 0)
        log_line(IPMON_LOG_WARNING,
                 "%" PRIu64 " packets of the file have comments that are too long to be kept whole",
                 capture->accounting.comments_cut);
    report_interfaces(capture);
    capture_report(
        capture, "received %" PRIu64 " packets: %s, %" PRIu64 " dropped", counts->received,
        describe(capture, shares_of_all(interfaces), at_the_end, shares), counts->dropped);
}
