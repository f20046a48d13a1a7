/*
 * The option table: names, types, ranges, defaults and texts of every option.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "option_table.h"

#include <inttypes.h>
#include <stdio.h>

#include "file_ring.h"
#include "log.h"
#include "pcapng.h"
#include "settings.h"
#include "source_name.h"

enum {
    MEBIBYTE = 1024 * 1024,
};

/* A condition of the ring-buffer row. Regular expressions in the dialog cannot contain braces. */
#define RING_CONDITION "((filesize|packets|files):[0-9]+|duration:[0-9]+([.][0-9]*)?)"

static const struct option_choice receive_all_modes[] = {
    {RECEIVE_ALL_OFF, NULL, "0: only packets from or to the address"},
    {RECEIVE_ALL_PROMISCUOUS, NULL, "1: everything the card sees (promiscuous)"},
    {RECEIVE_ALL_SOCKET_LEVEL, NULL, "2: what passes this host's firewall and reaches its sockets"},
    {RECEIVE_ALL_IP_LEVEL, NULL, "3: everything this host's IP layer receives"},
    {0, NULL, NULL},
};

static const struct option_choice full_disks[] = {
    {ON_FULL_STOP, "stop", "End the capture"},
    {ON_FULL_WAIT, "wait", "Wait for room, and count packets"},
    {0, NULL, NULL},
};

static const struct option_condition stop_conditions[] = {
    {"duration:", CONDITION_SECONDS, offsetof(struct settings, duration), UINT32_MAX},
    {"filesize:", CONDITION_KILOBYTES, offsetof(struct settings, file_size), UINT32_MAX},
    {"packets:", CONDITION_NUMBER, offsetof(struct settings, packet_count), UINT32_MAX},
    {"files:", CONDITION_NUMBER, offsetof(struct settings, file_count), FILE_RING_KEPT_MAX},
    {.name = NULL},
};

static const struct option_condition ring_conditions[] = {
    {"filesize:", CONDITION_KILOBYTES, offsetof(struct settings, ring.file_size), UINT32_MAX},
    {"duration:", CONDITION_SECONDS, offsetof(struct settings, ring.duration), UINT32_MAX},
    {"packets:", CONDITION_NUMBER, offsetof(struct settings, ring.packets), UINT32_MAX},
    {"files:", CONDITION_NUMBER, offsetof(struct settings, ring.files), FILE_RING_KEPT_MAX},
    {.name = NULL},
};

static const struct option_choice process_informations[] = {
    {PROCESS_INFORMATION_NONE, "none", "Nothing"},
    {PROCESS_INFORMATION_NAME, "name", "Number, name, user and container"},
    {PROCESS_INFORMATION_COMMAND_LINE, "command-line", "The same, and the command line"},
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
        .name = "list-sources",
        .letter = 'D',
        .type = OPTION_ACTION,
        .member = offsetof(struct settings, action),
        .default_value = ACTION_SOURCES,
        .help = "print a numbered list of the interfaces, with their addresses",
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
        .letter = 'h',
        .type = OPTION_ACTION,
        .member = offsetof(struct settings, action),
        .default_value = ACTION_HELP,
        .help = "print this help",
    },
    {
        .name = "print-completion",
        .type = OPTION_ACTION,
        .member = offsetof(struct settings, action),
        .default_value = ACTION_COMPLETION,
    },
    {
        .name = "interface",
        .letter = 'i',
        .type = OPTION_SOURCE,
        .member = offsetof(struct settings, interface),
        .value = "ADDRESS|INTERFACE|all",
        .help = "capture from the interface with this address, name, or number of -D, or from all",
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
        .name = "extcap-every-interface",
        .type = OPTION_FLAG,
        .member = offsetof(struct settings, every_interface),
        .help = "with --extcap-interfaces, list every interface, for another ipmon",
    },
    {
        .name = "extcap-capture-filter",
        .letter = 'f',
        .type = OPTION_STRING,
        .member = offsetof(struct settings, capture_filter),
        .value = "FILTER",
        .help = "keep only packets that match, in libpcap's filter language",
    },
    {
        .name = "fifo",
        .letter = 'w',
        .type = OPTION_STRING,
        .member = offsetof(struct settings, fifo),
        .value = "PATH",
        .help = "write a pcap-ng capture to this file or pipe; - is standard output",
    },
    {
        .name = "extcap-control-in",
        .type = OPTION_STRING,
        .member = offsetof(struct settings, control_in),
        .value = "PATH",
        .help = "pipe from Wireshark's toolbar; - is standard input, for another ipmon",
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
        .name = "remote-host",
        .type = OPTION_STRING,
        .member = offsetof(struct settings, remote_hosts),
        .sources = SOURCE_KIND_REMOTE,
        .group = "Capture",
        .display = "Remote hosts",
        .placeholder = "alice@server1 server2",
        .value = "HOST|HOST=SOURCE",
        .help = "machines to capture on by ssh, named as ssh takes them; blanks between several",
    },
    {
        .name = "remote-source",
        .type = OPTION_REMOTE,
        .member = offsetof(struct settings, remote_source),
        .sources = SOURCE_KIND_REMOTE,
        .group = "Capture",
        .display = "Source there",
        .value = "SOURCE|HOST=SOURCE",
        .help = "address or interface of the remote host, or all; blanks between several",
    },
    {
        .name = "remote-command",
        .type = OPTION_STRING,
        .member = offsetof(struct settings, remote_command),
        .sources = SOURCE_KIND_REMOTE,
        .group = "Capture",
        .display = "Command there",
        .placeholder = "ipmon",
        .value = "COMMAND",
        .help = "how ipmon is run on the remote host, for example: sudo -n ipmon",
    },
    {
        .name = "receive-all-mode",
        .type = OPTION_SELECTOR,
        .member = offsetof(struct settings, receive_all_mode),
        .default_value = RECEIVE_ALL_PROMISCUOUS,
        .sources = SOURCE_KIND_RECEIVING,
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
        .name = "process-information",
        .type = OPTION_SELECTOR,
        .member = offsetof(struct settings, process_information),
        .default_value = PROCESS_INFORMATION_NONE,
        .sources = SOURCE_KIND_RECEIVING,
        .choices = process_informations,
        .group = "Processes",
        .display = "Process of each packet",
        .help = "what packets say of the processes that send and receive them; command lines can "
                "hold secrets",
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
        .letter = 's',
        .type = OPTION_UNSIGNED,
        .member = offsetof(struct settings, snapshot_length),
        .default_value = PCAPNG_PACKET_MAX,
        .maximum = PCAPNG_PACKET_MAX,
        .group = "Capture",
        .display = "Snapshot length (bytes)",
        .help = "bytes kept of each packet; 0 keeps the maximum",
    },
    {
        .name = "no-promiscuous-mode",
        .letter = 'p',
        .type = OPTION_CONSTANT,
        .member = offsetof(struct settings, receive_all_mode),
        .default_value = RECEIVE_ALL_IP_LEVEL,
        .help = "the same as --receive-all-mode 3",
    },
    {
        .name = "print-details",
        .letter = 'V',
        .type = OPTION_CONSTANT,
        .member = offsetof(struct settings, record_format),
        .default_value = RECORD_FORMAT_DETAILS,
        .help = "print the whole record of each packet instead of a line",
    },
    {
        .name = "json",
        .type = OPTION_CONSTANT,
        .member = offsetof(struct settings, record_format),
        .default_value = RECORD_FORMAT_JSON,
        .help = "print a line of JSON for each packet",
    },
    {
        .name = "packet-count",
        .letter = 'c',
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
        .name = "autostop",
        .letter = 'a',
        .type = OPTION_CONDITION,
        .conditions = stop_conditions,
        .value = "duration:S|filesize:KB|packets:N|files:N",
        .help = "stop after S seconds, KB * 1000 bytes of the file, N packets, or N ring files",
    },
    {
        .name = "record",
        .type = OPTION_NEW_FILE,
        .member = offsetof(struct settings, record),
        .sources = SOURCE_KIND_RECEIVING,
        .group = "Record",
        .display = "File",
        .help = "also record every packet in this new file, however slow the reader of the output",
    },
    {
        .name = "ring-buffer",
        .letter = 'b',
        .type = OPTION_CONDITION,
        .dialogs = SOURCE_KIND_RECEIVING,
        .conditions = ring_conditions,
        .group = "Record",
        .display = "Ring files",
        .placeholder = "filesize:100000,files:10",
        .validation = "^" RING_CONDITION "(," RING_CONDITION ")*$",
        .value = "filesize:KB|duration:S|packets:N|files:N",
        .help = "next file after KB * 1000 bytes, S seconds or N packets; keep the latest N files",
    },
    {
        .name = "on-full",
        .type = OPTION_SELECTOR,
        .member = offsetof(struct settings, on_full),
        .default_value = ON_FULL_STOP,
        .dialogs = SOURCE_KIND_RECEIVING,
        .choices = full_disks,
        .group = "Record",
        .display = "When the disk is full",
        .help = "what happens when the disk of the file is full",
    },
    {
        .name = "in-buffer-size",
        .type = OPTION_UNSIGNED,
        .member = offsetof(struct settings, in_buffer_size),
        .default_value = 16 * MEBIBYTE,
        .minimum = MEBIBYTE,
        .maximum = 256 * MEBIBYTE,
        .sources = SOURCE_KIND_RECEIVING,
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
        .help = "file that log lines are added to; - is standard error",
    },
    {
        .name = "statistics",
        .type = OPTION_UNSIGNED,
        .member = offsetof(struct settings, statistics),
        .maximum = UINT32_MAX,
        .value = "SECONDS",
        .help = "seconds between two log lines with the packet counts; 0 logs none",
    },
    {
        .name = "file",
        .letter = 'r',
        .type = OPTION_FILE,
        .member = offsetof(struct settings, file),
        .sources = SOURCE_KIND_FILE,
        .group = "Replay",
        .display = "Capture file",
        .help = "read this capture file, of any format that Wireshark reads",
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
    {
        .name = "numeric",
        .letter = 'n',
        .type = OPTION_IGNORED,
        .help = "no effect, as names are never looked up",
    },
    {
        .name = "line-buffered",
        .letter = 'l',
        .type = OPTION_IGNORED,
        .help = "no effect, as no output waits for more",
    },
    {
        .name = "packet-buffered",
        .letter = 'U',
        .type = OPTION_IGNORED,
        .help = "no effect, as no output waits for more",
    },
    {.name = NULL},
};

_Static_assert(sizeof option_table / sizeof *option_table - 1 <= OPTION_ROWS_MAX,
               "settings.given has a bit for each option");

bool option_takes_value(const struct option_row *row)
{
    static const bool without[] = {
        [OPTION_ACTION] = true,
        [OPTION_FLAG] = true,
        [OPTION_CONSTANT] = true,
        [OPTION_IGNORED] = true, /* the last type */
    };

    return !without[row->type];
}

const char *option_value_name(const struct option_row *row)
{
    static const char *const names[] = {
        [OPTION_STRING] = "TEXT",     [OPTION_UNSIGNED] = "N", [OPTION_SELECTOR] = "CHOICE",
        [OPTION_ADDRESS] = "ADDRESS", [OPTION_FILE] = "FILE",  [OPTION_NEW_FILE] = "FILE",
    };

    if (!option_takes_value(row))
        return NULL;
    return row->value ? row->value : names[row->type];
}

bool option_belongs_to(const struct option_row *row, enum source_kind kind)
{
    return row->sources == 0 || (row->sources & kind) != 0;
}

bool option_is_in_dialog(const struct option_row *row, enum source_kind kind)
{
    return row->group && option_belongs_to(row, kind) &&
           (row->dialogs == 0 || (row->dialogs & kind) != 0);
}

const char *option_choice_name(const struct option_choice *choice, char *number, size_t size)
{
    if (choice->name)
        return choice->name;
    snprintf(number, size, "%" PRIu32, choice->value);
    return number;
}
