/*
 * The option table: names, types, ranges, defaults and texts of every option.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "option_table.h"

#include <inttypes.h>
#include <stdio.h>

#include "log.h"
#include "pcapng.h"
#include "settings.h"
#include "source_name.h"

enum {
    MEBIBYTE = 1024 * 1024,
};

static const struct option_choice receive_all_modes[] = {
    {RECEIVE_ALL_OFF, NULL, "0: only packets from or to the address"},
    {RECEIVE_ALL_PROMISCUOUS, NULL, "1: everything the card sees (promiscuous)"},
    {RECEIVE_ALL_SOCKET_LEVEL, NULL, "2: what passes this host's firewall and reaches its sockets"},
    {RECEIVE_ALL_IP_LEVEL, NULL, "3: everything this host's IP layer receives"},
    {0, NULL, NULL},
};

static const struct option_choice log_levels[] = {
    {IPMON_LOG_ERROR, "error", "Errors"},
    {IPMON_LOG_WARNING, "warning", "Errors and warnings"},
    {IPMON_LOG_INFO, "info", "What happens"},
    {IPMON_LOG_DEBUG, "debug", "Everything"},
    {0, NULL, NULL},
};

static const struct option_choice paces[] = {
    {PACE_FAST, "fast", "At once"},
    {PACE_ORIGINAL, "original", "At the pace of the capture"},
    {0, NULL, NULL},
};

const struct option_row option_table[] = {
    {
        .name = "extcap-interfaces",
        .type = OPTION_ACTION,
        .member = offsetof(struct settings, action),
        .default_value = ACTION_INTERFACES,
        .help = "list the capture sources for Wireshark",
    },
    {
        .name = "extcap-dlts",
        .type = OPTION_ACTION,
        .member = offsetof(struct settings, action),
        .default_value = ACTION_DLTS,
        .help = "list the link types of a source for Wireshark",
    },
    {
        .name = "extcap-config",
        .type = OPTION_ACTION,
        .member = offsetof(struct settings, action),
        .default_value = ACTION_CONFIG,
        .help = "list the options of a source for Wireshark",
    },
    {
        .name = "capture",
        .type = OPTION_ACTION,
        .member = offsetof(struct settings, action),
        .default_value = ACTION_CAPTURE,
        .help = "capture from a source into --fifo",
    },
    {
        .name = "list-addresses",
        .type = OPTION_ACTION,
        .member = offsetof(struct settings, action),
        .default_value = ACTION_ADDRESSES,
        .help = "print every IP address of this machine with its interface",
    },
    {
        .name = "list-interfaces",
        .type = OPTION_ACTION,
        .member = offsetof(struct settings, action),
        .default_value = ACTION_DEVICES,
        .help = "print a numbered list of the devices libpcap can open",
    },
    {
        .name = "list-errors",
        .type = OPTION_ACTION,
        .member = offsetof(struct settings, action),
        .default_value = ACTION_ERRORS,
        .help = "print every error code with its names, its meaning and a hint",
    },
    {
        .name = "list-events",
        .type = OPTION_ACTION,
        .member = offsetof(struct settings, action),
        .default_value = ACTION_EVENTS,
        .help = "print every network event with its level, class and meaning",
    },
    {
        .name = "version",
        .type = OPTION_ACTION,
        .member = offsetof(struct settings, action),
        .default_value = ACTION_VERSION,
        .help = "print version, licence and build",
    },
    {
        .name = "help",
        .type = OPTION_ACTION,
        .member = offsetof(struct settings, action),
        .default_value = ACTION_HELP,
        .help = "print this help",
    },
    {
        .name = "extcap-interface",
        .type = OPTION_STRING,
        .member = offsetof(struct settings, interface),
        .value = "SOURCE",
        .help = "ipmon:ADDRESS for the interface with that address, ipmon:all, or ipmon:file",
    },
    {
        .name = "extcap-version",
        .type = OPTION_STRING,
        .member = offsetof(struct settings, version),
        .value = "VERSION",
        .help = "the calling Wireshark's version",
    },
    {
        .name = "extcap-capture-filter",
        .type = OPTION_STRING,
        .member = offsetof(struct settings, capture_filter),
        .value = "FILTER",
        .help = "keep only packets that match, in libpcap's filter language",
    },
    {
        .name = "fifo",
        .type = OPTION_STRING,
        .member = offsetof(struct settings, fifo),
        .value = "PATH",
        .help = "pipe or file that the pcap-ng capture is written to",
    },
    {
        .name = "extcap-control-in",
        .type = OPTION_STRING,
        .member = offsetof(struct settings, control_in),
        .value = "PATH",
        .help = "pipe from Wireshark's toolbar",
    },
    {
        .name = "extcap-control-out",
        .type = OPTION_STRING,
        .member = offsetof(struct settings, control_out),
        .value = "PATH",
        .help = "pipe to Wireshark's toolbar",
    },
    {
        .name = "extcap-reload-option",
        .type = OPTION_STRING,
        .member = offsetof(struct settings, reload_option),
        .value = "OPTION",
        .help = "with --extcap-config, list only the values of this option",
    },
    {
        .name = "local-host",
        .type = OPTION_ADDRESS,
        .member = offsetof(struct settings, local_host),
        .sources = SOURCE_KIND_ALL,
        .group = "Capture",
        .display = "Local host",
        .help = "restrict the capture to the interface with this address",
    },
    {
        .name = "receive-all-mode",
        .type = OPTION_SELECTOR,
        .member = offsetof(struct settings, receive_all_mode),
        .default_value = RECEIVE_ALL_PROMISCUOUS,
        .sources = SOURCE_KIND_LIVE,
        .choices = receive_all_modes,
        .group = "Capture",
        .display = "Receive-all mode",
        .help = "which packets are received",
    },
    {
        .name = "start-paused",
        .type = OPTION_FLAG,
        .member = offsetof(struct settings, start_paused),
        .group = "Capture",
        .display = "Start paused",
        .help = "begin with the reception paused; the toolbar or SIGUSR2 resumes it",
    },
    {
        .name = "use-pcap",
        .type = OPTION_FLAG,
        .member = offsetof(struct settings, use_pcap),
        .sources = SOURCE_KIND_LIVE,
        .group = "Capture",
        .display = "Capture with libpcap",
        .help = "capture with libpcap: whole frames, and filters on the link layer",
    },
    {
        .name = "selected-interface",
        .type = OPTION_UNSIGNED,
        .member = offsetof(struct settings, selected_interface),
        .maximum = UINT16_MAX,
        .sources = SOURCE_KIND_LIVE,
        .group = "Capture",
        .display = "Device of libpcap (number)",
        .help = "with --use-pcap: a number from --list-interfaces; 0 is the source's interface",
    },
    {
        .name = "snapshot-length",
        .type = OPTION_UNSIGNED,
        .member = offsetof(struct settings, snapshot_length),
        .default_value = PCAPNG_PACKET_MAX,
        .maximum = PCAPNG_PACKET_MAX,
        .group = "Capture",
        .display = "Snapshot length (bytes)",
        .help = "bytes kept of each packet; 0 keeps the maximum",
    },
    {
        .name = "packet-count",
        .type = OPTION_UNSIGNED,
        .member = offsetof(struct settings, packet_count),
        .maximum = UINT32_MAX,
        .group = "Stop",
        .display = "Stop after packets",
        .help = "stop after this many packets have been written; 0: no limit",
    },
    {
        .name = "timeout",
        .type = OPTION_UNSIGNED,
        .member = offsetof(struct settings, timeout),
        .maximum = UINT32_MAX,
        .group = "Stop",
        .display = "Stop after seconds without a packet",
        .help = "stop after this many seconds without a packet, not counting pauses; 0: no limit",
    },
    {
        .name = "absolute-timeout",
        .type = OPTION_FLAG,
        .member = offsetof(struct settings, absolute_timeout),
        .group = "Stop",
        .display = "Count the seconds from the start",
        .help = "count --timeout from the start, regardless of packets and pauses",
    },
    {
        .name = "in-buffer-size",
        .type = OPTION_UNSIGNED,
        .member = offsetof(struct settings, in_buffer_size),
        .default_value = 16 * MEBIBYTE,
        .minimum = MEBIBYTE,
        .maximum = 256 * MEBIBYTE,
        .sources = SOURCE_KIND_LIVE,
        .group = "Buffers",
        .display = "Receive ring (bytes)",
        .help = "memory in which the kernel keeps packets for ipmon; rounded to whole blocks",
    },
    {
        .name = "out-buffer-size",
        .type = OPTION_UNSIGNED,
        .member = offsetof(struct settings, out_buffer_size),
        .default_value = MEBIBYTE,
        .minimum = 4096,
        .maximum = 256 * MEBIBYTE,
        .group = "Buffers",
        .display = "Pipe to Wireshark (bytes)",
        .help = "size requested for the pipe; if the kernel refuses it, the default size is used",
    },
    {
        .name = "mask-sensitive",
        .type = OPTION_FLAG,
        .member = offsetof(struct settings, mask_sensitive),
        .group = "Log",
        .display = "Mask addresses",
        .help = "mask the host part of addresses in log lines and messages",
    },
    {
        .name = "log-level",
        .type = OPTION_SELECTOR,
        .member = offsetof(struct settings, log_level),
        .default_value = IPMON_LOG_INFO,
        .choices = log_levels,
        .group = "Log",
        .display = "Log level",
        .help = "which lines are logged",
    },
    {
        .name = "log-file",
        .type = OPTION_NEW_FILE,
        .member = offsetof(struct settings, log_file),
        .group = "Log",
        .display = "Log file",
        .help = "file that log lines are added to",
    },
    {
        .name = "file",
        .type = OPTION_FILE,
        .member = offsetof(struct settings, file),
        .sources = SOURCE_KIND_FILE,
        .group = "Replay",
        .display = "Capture file",
        .help = "capture file to replay, of any format that Wireshark reads",
    },
    {
        .name = "pace",
        .type = OPTION_SELECTOR,
        .member = offsetof(struct settings, pace),
        .sources = SOURCE_KIND_FILE,
        .choices = paces,
        .group = "Replay",
        .display = "Pace",
        .help = "how fast the file is replayed",
    },
    {.name = NULL},
};

_Static_assert(sizeof option_table / sizeof *option_table - 1 <= OPTION_ROWS_MAX,
               "settings.given has a bit for each option");

bool option_takes_value(const struct option_row *row)
{
    return row->type != OPTION_ACTION && row->type != OPTION_FLAG;
}

bool option_belongs_to(const struct option_row *row, enum source_kind kind)
{
    return row->sources == 0 || (row->sources & kind) != 0;
}

const char *option_choice_name(const struct option_choice *choice, char *number, size_t size)
{
    if (choice->name)
        return choice->name;
    snprintf(number, size, "%" PRIu32, choice->value);
    return number;
}
