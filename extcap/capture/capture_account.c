/*
 * The counts of packets, as lines of text.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "capture_account.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "capture_blocks.h"
#include "capture_process.h"
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

enum { TALLY_SIZE = 7 * (sizeof "18446744073709551615" + sizeof " discarded while paused, ") };

/* Adds a count and what it is, behind a separator. */
static void add(char text[TALLY_SIZE], const char *separator, uint64_t count, const char *what)
{
    const size_t used = strlen(text);

    snprintf(text + used, TALLY_SIZE - used, "%s%" PRIu64 " %s", separator, count, what);
}

static const char *word_for_written(const struct capture *capture)
{
    if (capture_has_record(capture))
        return "recorded";
    return capture->printer.print ? "printed" : "written";
}

/* last: what is said of the discarded ones. Returns text. */
static const char *describe(const struct capture *capture, const struct packet_tally *tally,
                            const char *last, char text[TALLY_SIZE])
{
    text[0] = '\0';
    add(text, "", tally->fates[PACKET_WRITTEN], word_for_written(capture));
    if (tally->fates[PACKET_UNRECORDED] != 0)
        add(text, ", ", tally->fates[PACKET_UNRECORDED], "not recorded");
    if (tally->fates[PACKET_UNPRINTED] != 0)
        add(text, ", ", tally->fates[PACKET_UNPRINTED], "not printed");
    add(text, ", ", tally->fates[PACKET_PAUSED], "discarded while paused");
    add(text, ", ", tally->fates[PACKET_DISCARDED], last);
    return text;
}

/* What the output of a capture with a record shows; "" when there is none beside it. */
static const char *describe_shown(const struct capture *capture, const struct packet_tally *tally,
                                  char text[TALLY_SIZE])
{
    text[0] = '\0';
    if (!capture_has_record(capture) || !capture_has_output(capture))
        return text;
    add(text, "; ", packet_tally_shown(tally), "shown");
    add(text, ", ", tally->not_shown, "not shown");
    return text;
}

/* What an interface's counts lack. */
static const char *describe_lack(const struct captured_interface *interface)
{
    return interface->is_incomplete ? "; the counts are incomplete" : "";
}

/* What those of all interfaces do. */
static const char *describe_lacks(const struct packet_counts *counts, char text[TALLY_SIZE])
{
    text[0] = '\0';
    if (counts->incomplete != 0)
        snprintf(text, TALLY_SIZE, "; the counts of %u host%s are incomplete", counts->incomplete,
                 counts->incomplete == 1 ? "" : "s");
    return text;
}

static void count_elsewhere(struct capture *capture, struct captured_interface *interface)
{
    struct packet_tally *all = &capture->interfaces.tally;
    struct packet_tally *tally = &interface->tally;
    struct packet_tally *known = &interface->elsewhere;
    struct source_account account = {.comment = NULL};

    capture->source->operations->account(capture->source, interface->index, &account);
    tally->fates[PACKET_PAUSED] += account.paused - known->fates[PACKET_PAUSED];
    all->fates[PACKET_PAUSED] += account.paused - known->fates[PACKET_PAUSED];
    tally->fates[PACKET_DISCARDED] += account.discarded - known->fates[PACKET_DISCARDED];
    all->fates[PACKET_DISCARDED] += account.discarded - known->fates[PACKET_DISCARDED];
    tally->dropped = account.dropped;
    interface->is_incomplete = account.is_incomplete;
    known->fates[PACKET_PAUSED] = account.paused;
    known->fates[PACKET_DISCARDED] = account.discarded;
}

void capture_account_elsewhere(struct capture *capture)
{
    if (capture->source->operations->account)
        for (size_t i = 0; i < capture->interfaces.count; i++)
            count_elsewhere(capture, &capture->interfaces.rows[i]);
}

/* Packets that were received and not yet read are waiting. */
static void log_counts(struct capture *capture)
{
    const struct captured_interfaces *interfaces = &capture->interfaces;
    struct packet_counts counts;
    uint64_t known;
    uint64_t received;
    char shares[TALLY_SIZE];
    char shown[TALLY_SIZE];
    char lacks[TALLY_SIZE];
    char text[FAILURE_TEXT_SIZE];

    capture_account_elsewhere(capture);
    counts = capture->source->operations->counts(capture->source);
    known = packet_tally_seen(&interfaces->tally) + counts.dropped;
    received = counts.received > known ? counts.received : known;
    snprintf(text, sizeof text,
             "so far received %" PRIu64 " packets: %s, %" PRIu64 " dropped, %" PRIu64
             " waiting%s%s",
             received, describe(capture, &interfaces->tally, "discarded", shares), counts.dropped,
             received - known, describe_shown(capture, &interfaces->tally, shown),
             describe_lacks(&counts, lacks));
    log_line(IPMON_LOG_INFO, "%s", text);
    if (!capture_has_log(capture))
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
        char name[DESCRIPTION_SIZE];
        char shares[TALLY_SIZE];
        char shown[TALLY_SIZE];

        snprintf(name, sizeof name, "interface %u", interface->index);
        if (capture->remote)
            capture_name_interface(capture, interface, name, sizeof name);
        log_line(IPMON_LOG_INFO, "%s: %s%s%s", name,
                 describe(capture, &interface->tally, at_the_end, shares),
                 describe_shown(capture, &interface->tally, shown), describe_lack(interface));
    }
}

/* What one interface has in common with the sum of all needs no line. */
static void report_interfaces(const struct capture *capture)
{
    const struct captured_interfaces *interfaces = &capture->interfaces;

    for (size_t i = 0; interfaces->count > 1 && i < interfaces->count; i++) {
        const struct captured_interface *interface = &interfaces->rows[i];
        char name[DESCRIPTION_SIZE];
        char shares[TALLY_SIZE];
        char shown[TALLY_SIZE];

        capture_name_interface(capture, interface, name, sizeof name);
        capture_report(capture, "%s: %s%s%s", name,
                       describe(capture, &interface->tally, at_the_end, shares),
                       describe_shown(capture, &interface->tally, shown), describe_lack(interface));
    }
}

static void report_processes(const struct capture *capture)
{
    static const struct process_counts none = {.exact = 0};
    char text[CAPTURE_PROCESS_TEXT];

    if (!capture_process_describe(capture, &none, text))
        return;
    log_line(IPMON_LOG_INFO, "processes of packets: %s", text);
    if (!capture_has_log(capture))
        capture_report(capture, "processes of packets: %s", text);
}

static void report_files(struct capture *capture)
{
    const struct file_ring *ring = &capture->record.ring;
    const uint32_t removed = ring->removed - ring->given_up;
    char text[FAILURE_TEXT_SIZE];

    if (!capture->record.is_ring)
        return;
    snprintf(text, sizeof text, "%" PRIu32 " file%s, the last is '%s'", ring->count,
             ring->count == 1 ? "" : "s", capture_record_path(capture));
    if (removed != 0)
        snprintf(text + strlen(text), sizeof text - strlen(text), "; %" PRIu32 " removed", removed);
    log_line(IPMON_LOG_INFO, "%s", text);
    if (!capture_has_log(capture))
        capture_report(capture, "%s", text);
}

void capture_account_finish(struct capture *capture, const struct packet_counts *counts)
{
    const struct captured_interfaces *interfaces = &capture->interfaces;
    uint64_t seen = packet_tally_seen(&interfaces->tally);
    char shares[TALLY_SIZE];
    char shown[TALLY_SIZE];
    char lacks[TALLY_SIZE];

    log_interfaces(capture);
    describe_lacks(counts, lacks);
    describe(capture, &interfaces->tally, at_the_end, shares);
    describe_shown(capture, &interfaces->tally, shown);
    if (capture_has_record(capture))
        log_line(IPMON_LOG_INFO, "received %" PRIu64 " packets: %s, %" PRIu64 " dropped%s%s",
                 counts->received, shares, counts->dropped, shown, lacks);
    else
        log_line(IPMON_LOG_INFO,
                 "received %" PRIu64 " packets: %" PRIu64 " %s or discarded, %" PRIu64 " dropped%s",
                 counts->received, seen, word_for_written(capture), counts->dropped, lacks);
    if (counts->received != seen + counts->dropped)
        log_line(IPMON_LOG_ERROR, "the account does not balance: %" PRId64 " packets are missing",
                 (int64_t)(counts->received - seen - counts->dropped));
    if (capture->accounting.comments_cut != 0)
        log_line(IPMON_LOG_WARNING,
                 "%" PRIu64 " packets of the file have comments that are too long to be kept whole",
                 capture->accounting.comments_cut);
    report_processes(capture);
    report_files(capture);
    report_interfaces(capture);
    capture_report(capture, "received %" PRIu64 " packets: %s, %" PRIu64 " dropped%s%s",
                   counts->received, shares, counts->dropped, shown, lacks);
}
