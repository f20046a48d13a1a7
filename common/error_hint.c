/*
 * The texts by cause are a table; those of a reset depend on the segments before it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "error_hint.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ip_header.h"

enum {
    IDLE_MIN = 1000, /* milliseconds before a reset that are worth a word */
};

/* The address between the two parts of a text. */
enum named {
    NAMES_NOBODY,
    NAMES_REPORTER,
    NAMES_TARGET,
};

static const struct {
    const char *before; /* NULL: the hint of the errno */
    enum named named;
    const char *behind;
    bool with_errno; /* the hint of the errno follows */
} texts[] = {
    [PACKET_ERROR_CAUSE_REFUSED_ON_THE_WAY] =
        {"", NAMES_REPORTER, ", not the target, refused it: a firewall or router.", false},
    [PACKET_ERROR_CAUSE_REFUSED_HERE] =
        {"The capturing host, not the target, refused it: see its firewall", NAMES_NOBODY, ".",
         false},
    [PACKET_ERROR_CAUSE_PROHIBITED] = {"It is administratively prohibited by ", NAMES_REPORTER, ".",
                                       true},
    [PACKET_ERROR_CAUSE_NO_NEIGHBOUR] = {"The capturing host got no ARP/ND answer from ",
                                         NAMES_TARGET, ", or from the gateway to it.", false},
    [PACKET_ERROR_CAUSE_TRACEROUTE] =
        {"It answers a traceroute, whose packets are to expire on the way", NAMES_NOBODY, ".",
         false},
    [PACKET_ERROR_CAUSE_RESET] = {NULL, NAMES_NOBODY, NULL, false},
};

/* The end of a text that is being written; what does not fit is left out. */
struct writer {
    char *at;
    size_t left;
};

static void write_text(struct writer *writer, const char *text)
{
    const size_t length = strlen(text);
    const size_t fits = length < writer->left ? length : writer->left - 1;

    memcpy(writer->at, text, fits);
    writer->at += fits;
    writer->left -= fits;
    *writer->at = '\0';
}

/* Begins a clause of the sentence about a reset. */
static void begin_clause(struct writer *writer, unsigned *clauses)
{
    write_text(writer, (*clauses)++ == 0 ? " " : "; ");
}

static void write_idle(struct writer *writer, unsigned *clauses, uint32_t idle)
{
    char number[48];

    begin_clause(writer, clauses);
    snprintf(number, sizeof number, "%" PRIu32 ".%" PRIu32, idle / 1000, idle % 1000 / 100);
    write_text(writer, "It came after ");
    write_text(writer, number);
    write_text(writer, " seconds without a packet");
}

static void write_time_to_live(struct writer *writer, unsigned *clauses,
                               const struct packet_error *error)
{
    char numbers[48];

    begin_clause(writer, clauses);
    snprintf(numbers, sizeof numbers, " %u differs from %u before", error->time_to_live,
             error->signs.time_to_live);
    write_text(writer, *clauses == 1 ? "Its " : "its ");
    write_text(writer, error->reporter_version == 6 ? "hop limit" : "TTL");
    write_text(writer, numbers);
    write_text(writer, ": a box in between may have sent it");
}

/* The hint of the errno, and a sentence of what the segments before the reset show. */
static void write_reset(struct writer *writer, const struct packet_error *error)
{
    const struct tcp_signs *signs = &error->signs;
    unsigned clauses = 0;

    write_text(writer, error->hint);
    if (signs->idle >= IDLE_MIN)
        write_idle(writer, &clauses, signs->idle);
    if (signs->time_to_live != 0 && signs->time_to_live != error->time_to_live)
        write_time_to_live(writer, &clauses, error);
    if (signs->lacks_beginning) {
        begin_clause(writer, &clauses);
        write_text(writer, clauses == 1 ? "The" : "the");
        write_text(writer, " capture lacks the beginning: NAT or server restarted?");
    } else if (clauses != 0) {
        write_text(writer, ".");
    }
}

void error_hint_write(char *text, size_t size, const struct packet_error *error,
                      const char *reporter, const char *target)
{
    struct writer writer = {.at = text, .left = size};

    if (error->cause == PACKET_ERROR_CAUSE_RESET) {
        write_reset(&writer, error);
        return;
    }
    if (!texts[error->cause].before) {
        write_text(&writer, error->hint);
        return;
    }
    write_text(&writer, texts[error->cause].before);
    if (texts[error->cause].named != NAMES_NOBODY)
        write_text(&writer, texts[error->cause].named == NAMES_TARGET ? target : reporter);
    write_text(&writer, texts[error->cause].behind);
    if (texts[error->cause].with_errno) {
        write_text(&writer, " ");
        write_text(&writer, error->hint);
    }
}
