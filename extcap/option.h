/*
 * The command line. One table in option.c describes every option; parsing, --help, the dialog's
 * `arg` lines and the defaults are all made from it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_OPTION_H
#define IPMON_OPTION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "failure.h"

enum action {
    ACTION_NONE,
    ACTION_INTERFACES,
    ACTION_DLTS,
    ACTION_CONFIG,
    ACTION_CAPTURE,
    ACTION_LIST_ADDRESSES,
    ACTION_LIST_INTERFACES,
    ACTION_VERSION,
    ACTION_HELP,
};

enum receive_all_mode {
    RECEIVE_ALL_PROMISCUOUS = 1,
    RECEIVE_ALL_IP_LEVEL = 3,
};

/* What the command line says. Strings are those of argv or of the table. */
struct settings {
    uint32_t action;            /* enum action */
    const char *interface;      /* capture source, e.g. "ipmon:192.0.2.10"; NULL: not given */
    const char *fifo;           /* where to write the capture */
    const char *capture_filter; /* libpcap syntax; NULL: not given */
    const char *version;        /* Wireshark's, only told */
    uint32_t receive_all_mode;  /* enum receive_all_mode */
    uint32_t snapshot_length;   /* bytes kept of each packet; never 0 after parsing */
    uint32_t packet_count;      /* packets to write before the end; 0: no end */
    uint32_t in_buffer_size;    /* bytes of the receive ring */
    uint32_t out_buffer_size;   /* bytes asked for the pipe */
};

/*
 * Fills the settings from the command line. On failure the rest of the line is read all the same,
 * so that the caller knows the action and the fifo to report to. Unknown options are a failure;
 * unknown ones that begin with --extcap- are passed over, with their value (a newer Wireshark may
 * add some).
 */
bool option_parse(struct settings *settings, int argc, char **argv, struct failure *failure);

/* Prints the `arg` and `value` lines of Wireshark's options dialog. */
void option_print_config(FILE *out);

/* Prints the text of --help. */
void option_print_help(FILE *out);

#endif
