/*
 * Prints records: one line, or all of the record on several lines, or one object of JSON.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PRINT_H
#define IPMON_PRINT_H

#include "print_record.h"
#include "text.h"

enum {
    /*
     * Bytes of the longest record: in the details 8 bytes of an extension header are a line of 49,
     * and in JSON each byte of a process may take two.
     */
    PRINT_RECORD_MAX = 7 * 262144 + 32768 + 50 * PROCESS_TEXT_SIZE,

    PRINT_TIME_LENGTH = 8, /* bytes of "12:34:56" */
};

/* The second that was printed last, in words, since most packets share one. All zero: none. */
struct print_clock {
    uint64_t second; /* since 1970-01-01 UTC */
    bool valid;
    char time[PRINT_TIME_LENGTH + 1]; /* local */
};

/*
 * A function that appends a record, at most PRINT_RECORD_MAX bytes, with a newline at its end.
 * Local time is that of tzset(3), which must have been called.
 */
typedef void print_function(struct text *text, const struct print_record *record,
                            struct print_clock *clock);

/* One line, much like tcpdump's. */
print_function print_line;

/* The whole record, and an empty line. */
print_function print_details;

/* One line of JSON (RFC 8259); the names are those of the dissector's fields. */
print_function print_json;

/* "12:34:56.789012", or hyphens for the digits of a record without a time. */
void print_time(struct text *text, const struct print_record *record, struct print_clock *clock);

#endif
