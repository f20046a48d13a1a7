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
#include "host_address.h"

enum action {
    ACTION_NONE,
    ACTION_INTERFACES,
    ACTION_DLTS,
    ACTION_CONFIG,
    ACTION_CAPTURE,
    ACTION_LIST_ADDRESSES,
    ACTION_LIST_INTERFACES,
    ACTION_LIST_ERRORS,
    ACTION_LIST_EVENTS,
    ACTION_VERSION,
    ACTION_HELP,
};

enum receive_all_mode {
    RECEIVE_ALL_OFF = 0, /* only packets from or to the source's address */
    RECEIVE_ALL_PROMISCUOUS = 1,
    RECEIVE_ALL_SOCKET_LEVEL = 2,
    RECEIVE_ALL_IP_LEVEL = 3,
};

enum pace {
    PACE_FAST,
    PACE_ORIGINAL,
};

/* Kinds of capture sources; also bits for the options that belong to them. */
enum source_kind {
    SOURCE_KIND_ADDRESS = 1 << 0,
    SOURCE_KIND_ALL = 1 << 1,
    SOURCE_KIND_FILE = 1 << 2,
    SOURCE_KIND_LIVE = SOURCE_KIND_ADDRESS | SOURCE_KIND_ALL,
    SOURCE_KIND_ANY = SOURCE_KIND_LIVE | SOURCE_KIND_FILE,
};

/* Every capture source is called this, then an address or one of the names below. */
#define SOURCE_PREFIX "ipmon:"
#define SOURCE_ALL "all"
#define SOURCE_FILE "file"

/* What the command line says. Strings are those of argv or of the table. */
struct settings {
    uint32_t action;            /* enum action */
    const char *interface;      /* capture source, e.g. "ipmon:192.0.2.10"; NULL: not given */
    const char *fifo;           /* where to write the capture */
    const char *control_in;     /* pipe from Wireshark's toolbar; NULL: not given */
    const char *control_out;    /* pipe to it */
    const char *capture_filter; /* libpcap syntax; NULL: not given */
    const char *version;        /* Wireshark's, only told */
    const char *reload_option;  /* the dialog asks for this option's values again */
    const char *local_host;     /* address or SOURCE_ALL */
    uint32_t receive_all_mode;  /* enum receive_all_mode */
    uint32_t start_paused;      /* 0 or 1, as the other flags */
    uint32_t use_pcap;
    uint32_t selected_interface; /* number of a libpcap device, from 1; 0: none */
    uint32_t snapshot_length;    /* bytes kept of each packet; never 0 after parsing */
    uint32_t packet_count;       /* packets to write before the end; 0: no end */
    uint32_t timeout;            /* seconds without a packet before the end; 0: no end */
    uint32_t absolute_timeout;   /* flag: the timeout counts from the start */
    uint32_t in_buffer_size;     /* bytes of the receive ring */
    uint32_t out_buffer_size;    /* bytes asked for the pipe */
    uint32_t mask_sensitive;     /* flag */
    uint32_t log_level;          /* enum log_level */
    const char *log_file;        /* NULL or empty: no log */
    const char *file;            /* to replay; NULL or empty: not given */
    uint32_t pace;               /* enum pace */
    uint64_t given;              /* bits of the table's rows that the command line named */
};

/*
 * Fills the settings from the command line. On failure the rest of the line is read all the same,
 * so that the caller knows the action and the fifo to report to. Unknown options are a failure;
 * unknown ones that begin with --extcap- are passed over, with their value (a newer Wireshark may
 * add some).
 */
bool option_parse(struct settings *settings, int argc, char **argv, struct failure *failure);

/* The kind of the settings' source by its name, which may be NULL or no source at all. */
enum source_kind option_source_kind(const struct settings *settings);

/* Fails with 10022 when the command line names an option that does not belong to the source. */
bool option_check_source(const struct settings *settings, struct failure *failure);

/*
 * Prints the `arg` and `value` lines of Wireshark's options dialog for a kind of sources. Selectors
 * of addresses offer those of `host`. With reload_option, only the values of that option.
 */
void option_print_config(FILE *out, enum source_kind kind, const struct host_addresses *host,
                         const char *reload_option);

/* Prints the text of --help. */
void option_print_help(FILE *out);

#endif
