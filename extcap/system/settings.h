/*
 * What the command line requests. The option table (option_table.c) fills it; every folder reads
 * it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_SETTINGS_H
#define IPMON_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

enum action {
    ACTION_NONE, /* or a capture filter alone */
    ACTION_INTERFACES,
    ACTION_DLTS,
    ACTION_CONFIG,
    ACTION_CAPTURE,
    ACTION_ADDRESSES,
    ACTION_DEVICES,
    ACTION_ERRORS,
    ACTION_EVENTS,
    ACTION_SOURCES,
    ACTION_COMPLETION,
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

/* What a recorder does when the disk is full. */
enum on_full {
    ON_FULL_STOP, /* the capture ends */
    ON_FULL_WAIT, /* packets are counted and not recorded until there is room */
};

/* What is said of the processes of packets. */
enum process_information {
    PROCESS_INFORMATION_NONE,
    PROCESS_INFORMATION_NAME,
    PROCESS_INFORMATION_COMMAND_LINE, /* the name and the arguments */
};

enum record_format {
    RECORD_FORMAT_NONE, /* pcap-ng into --fifo/-w */
    RECORD_FORMAT_TEXT,
    RECORD_FORMAT_DETAILS, /* -V */
    RECORD_FORMAT_JSON,    /* --json */
};

/* Strings are those of argv, of the table, or of the parser until its next call. */
struct settings {
    uint32_t action;         /* enum action */
    uint32_t is_command;     /* flag: written by a user (-i, -r, -w ...), not by Wireshark */
    const char *interface;   /* capture source, e.g. "ipmon:192.0.2.10"; NULL: not given */
    const char *fifo;        /* where to write the capture */
    const char *control_in;  /* pipe from Wireshark's toolbar; NULL: not given */
    const char *control_out; /* pipe to it */
    enum record_format record_format;
    const char *capture_filter; /* libpcap syntax; NULL: not given */
    const char *version;        /* Wireshark's; only logged */
    uint32_t every_interface;   /* flag: the list of sources is for another ipmon */
    const char *reload_option;  /* the dialog requests this option's values again */
    const char *local_host;     /* address or SOURCE_ALL */
    const char *remote_hosts;   /* destinations of ssh, with blanks between them; NULL: none */
    const char *remote_source;  /* SOURCE or HOST=SOURCE, with blanks; NULL or empty: SOURCE_ALL */
    const char *remote_command; /* how ipmon is run there; NULL or empty: "ipmon" */
    uint32_t receive_all_mode;  /* enum receive_all_mode */
    uint32_t start_paused;      /* 0 or 1, as the other flags */
    uint32_t process_information; /* enum process_information */
    uint32_t use_pcap;
    uint32_t selected_interface; /* number of a libpcap device, from 1; 0: none */
    uint32_t snapshot_length;    /* bytes kept of each packet; never 0 after parsing */
    uint32_t packet_count;       /* packets to write before the end; 0: no end */
    uint32_t timeout;            /* seconds without a packet before the end; 0: no end */
    uint32_t absolute_timeout;   /* flag: the timeout counts from the start */
    uint64_t duration;           /* milliseconds from the start to the end; 0: no end */
    uint64_t file_size;          /* bytes to write before the end; 0: no end */
    uint32_t file_count;         /* ring files to write before the end; 0: no end */
    const char *record;          /* file beside the output; NULL or empty: none */
    struct {
        uint64_t file_size;   /* bytes after which the next file is begun; 0: no limit */
        uint64_t duration;    /* milliseconds; 0: no limit */
        uint32_t packets;     /* 0: no limit */
        uint32_t files;       /* kept, the oldest is removed; 0: all */
    } ring;                   /* -b; all zero: one file */
    uint32_t on_full;         /* enum on_full */
    uint32_t in_buffer_size;  /* bytes of the receive ring */
    uint32_t out_buffer_size; /* bytes requested for the pipe */
    uint32_t mask_sensitive;  /* flag */
    uint32_t log_level;       /* enum log_level */
    const char *log_file;     /* NULL or empty: no log; "-": standard error */
    uint32_t statistics;      /* seconds between two lines of counts in the log; 0: none */
    const char *file;         /* to replay; NULL or empty: not given */
    uint32_t pace;            /* enum pace */
    uint64_t given;           /* bits of the table's rows that the command line named */
};

/* Whether ring files are written. */
static inline bool settings_has_ring(const struct settings *settings)
{
    return settings->ring.file_size != 0 || settings->ring.duration != 0 ||
           settings->ring.packets != 0;
}

/* Whether there is a record; an empty name is that of an empty field in Wireshark's dialog. */
static inline bool settings_has_record(const struct settings *settings)
{
    return settings->record && settings->record[0] != '\0';
}

#endif
