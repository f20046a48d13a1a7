/*
 * The option table and what is made from it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "option.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "pcapng_writer.h"

enum option_type {
    OPTION_ACTION,   /* no value; sets settings.action to `preset` */
    OPTION_STRING,   /* const char * */
    OPTION_UNSIGNED, /* uint32_t within minimum..maximum */
    OPTION_SELECTOR, /* uint32_t, one of `choices` */
};

struct option_choice {
    uint32_t value;
    const char *display;
};

struct option_row {
    const char *name; /* without the leading hyphens */
    enum option_type type;
    size_t member;   /* offset in struct settings */
    uint32_t preset; /* built-in default, which is also the declared one; or the action */
    uint32_t minimum;
    uint32_t maximum;
    const struct option_choice *choices; /* ends with a row without display */
    const char *group;                   /* tab of the options dialog; NULL: not in the dialog */
    const char *display;                 /* label in the dialog; for others the value's name */
    const char *help;                    /* tooltip and --help text */
};

enum {
    MEBIBYTE = 1024 * 1024,
};

static const struct option_choice receive_all_modes[] = {
    {RECEIVE_ALL_PROMISCUOUS, "1: everything the card sees (promiscuous)"},
    {RECEIVE_ALL_IP_LEVEL, "3: everything this host's IP layer is given"},
    {0, NULL},
};

static const struct option_row options[] = {
    {
        .name = "extcap-interfaces",
        .type = OPTION_ACTION,
        .member = offsetof(struct settings, action),
        .preset = ACTION_INTERFACES,
        .help = "list the capture sources for Wireshark",
    },
    {
        .name = "extcap-dlts",
        .type = OPTION_ACTION,
        .member = offsetof(struct settings, action),
        .preset = ACTION_DLTS,
        .help = "list the link types of a source for Wireshark",
    },
    {
        .name = "extcap-config",
        .type = OPTION_ACTION,
        .member = offsetof(struct settings, action),
        .preset = ACTION_CONFIG,
        .help = "list the options of a source for Wireshark",
    },
    {
        .name = "capture",
        .type = OPTION_ACTION,
        .member = offsetof(struct settings, action),
        .preset = ACTION_CAPTURE,
        .help = "capture from a source into --fifo",
    },
    {
        .name = "list-addresses",
        .type = OPTION_ACTION,
        .member = offsetof(struct settings, action),
        .preset = ACTION_LIST_ADDRESSES,
        .help = "print every IP address of this machine with its interface",
    },
    {
        .name = "list-interfaces",
        .type = OPTION_ACTION,
        .member = offsetof(struct settings, action),
        .preset = ACTION_LIST_INTERFACES,
        .help = "print a numbered list of the devices libpcap can open",
    },
    {
        .name = "version",
        .type = OPTION_ACTION,
        .member = offsetof(struct settings, action),
        .preset = ACTION_VERSION,
        .help = "print version, licence and build",
    },
    {
        .name = "help",
        .type = OPTION_ACTION,
        .member = offsetof(struct settings, action),
        .preset = ACTION_HELP,
        .help = "print this help",
    },
    {
        .name = "extcap-interface",
        .type = OPTION_STRING,
        .member = offsetof(struct settings, interface),
        .display = "SOURCE",
        .help = "ipmon:ADDRESS for the interface with that address, or ipmon:all",
    },
    {
        .name = "extcap-version",
        .type = OPTION_STRING,
        .member = offsetof(struct settings, version),
        .display = "VERSION",
        .help = "the calling Wireshark's version",
    },
    {
        .name = "extcap-capture-filter",
        .type = OPTION_STRING,
        .member = offsetof(struct settings, capture_filter),
        .display = "FILTER",
        .help = "keep only packets that match, in libpcap's filter language",
    },
    {
        .name = "fifo",
        .type = OPTION_STRING,
        .member = offsetof(struct settings, fifo),
        .display = "PATH",
        .help = "pipe or file that the pcap-ng capture is written to",
    },
    {
        .name = "receive-all-mode",
        .type = OPTION_SELECTOR,
        .member = offsetof(struct settings, receive_all_mode),
        .preset = RECEIVE_ALL_PROMISCUOUS,
        .choices = receive_all_modes,
        .group = "Capture",
        .display = "Receive-all mode",
        .help = "which packets are received",
    },
    {
        .name = "snapshot-length",
        .type = OPTION_UNSIGNED,
        .member = offsetof(struct settings, snapshot_length),
        .preset = PCAPNG_PACKET_MAX,
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
        .help = "end after this many packets were written; 0 does not end",
    },
    {
        .name = "in-buffer-size",
        .type = OPTION_UNSIGNED,
        .member = offsetof(struct settings, in_buffer_size),
        .preset = 16 * MEBIBYTE,
        .minimum = MEBIBYTE,
        .maximum = 256 * MEBIBYTE,
        .group = "Buffers",
        .display = "Receive ring (bytes)",
        .help = "memory in which the kernel keeps packets for ipmon; rounded to whole blocks",
    },
    {
        .name = "out-buffer-size",
        .type = OPTION_UNSIGNED,
        .member = offsetof(struct settings, out_buffer_size),
        .preset = MEBIBYTE,
        .minimum = 4096,
        .maximum = 256 * MEBIBYTE,
        .group = "Buffers",
        .display = "Pipe to Wireshark (bytes)",
        .help = "size asked for the pipe; the kernel's own size stays when it refuses",
    },
};

enum {
    OPTION_ROWS = sizeof options / sizeof *options,
    GETOPT_BASE = 256, /* above every character, so that rows and errors cannot be confused */
};

static uint32_t *number_of(struct settings *settings, const struct option_row *row)
{
    return (uint32_t *)(void *)((char *)settings + row->member);
}

static const char **string_of(struct settings *settings, const struct option_row *row)
{
    return (const char **)(void *)((char *)settings + row->member);
}

static void set_defaults(struct settings *settings)
{
    memset(settings, 0, sizeof *settings);
    for (const struct option_row *row = options; row < options + OPTION_ROWS; row++)
        if (row->type == OPTION_UNSIGNED || row->type == OPTION_SELECTOR)
            *number_of(settings, row) = row->preset;
}

static bool parse_number(const char *text, uint32_t *number)
{
    char *end;
    unsigned long long value;

    if (text[0] < '0' || text[0] > '9') /* strtoull would take blanks and signs */
        return false;
    errno = 0;
    value = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || value > UINT32_MAX)
        return false;
    *number = (uint32_t)value;
    return true;
}

static bool set_unsigned(struct settings *settings, const struct option_row *row, const char *text,
                         struct failure *failure)
{
    uint32_t number;

    if (!parse_number(text, &number) || number < row->minimum || number > row->maximum)
        return failure_set_errno(
            failure, EINVAL, "--%s takes a whole number from %" PRIu32 " to %" PRIu32 ", not '%s'",
            row->name, row->minimum, row->maximum, text);
    *number_of(settings, row) = number;
    return true;
}

static bool set_selector(struct settings *settings, const struct option_row *row, const char *text,
                         struct failure *failure)
{
    char allowed[128] = "";
    size_t used = 0;
    uint32_t number = 0;
    bool is_number = parse_number(text, &number);

    for (const struct option_choice *choice = row->choices; choice->display; choice++) {
        if (is_number && choice->value == number) {
            *number_of(settings, row) = number;
            return true;
        }
        used += (size_t)snprintf(allowed + used, sizeof allowed - used, "%s%" PRIu32,
                                 used ? ", " : "", choice->value);
    }
    return failure_set_errno(failure, EINVAL, "--%s takes one of %s, not '%s'", row->name, allowed,
                             text);
}

static bool set_action(struct settings *settings, const struct option_row *row,
                       struct failure *failure)
{
    if (settings->action != ACTION_NONE && settings->action != row->preset)
        return failure_set_errno(failure, EINVAL,
                                 "--%s cannot be combined with another action, see 'ipmon --help'",
                                 row->name);
    settings->action = row->preset;
    return true;
}

static bool apply(struct settings *settings, const struct option_row *row, const char *text,
                  struct failure *failure)
{
    switch (row->type) {
    case OPTION_ACTION:
        return set_action(settings, row, failure);
    case OPTION_STRING:
        *string_of(settings, row) = text;
        return true;
    case OPTION_UNSIGNED:
        return set_unsigned(settings, row, text, failure);
    case OPTION_SELECTOR:
        return set_selector(settings, row, text, failure);
    }
    return false;
}

static const struct option_row *row_named(const char *name)
{
    for (const struct option_row *row = options; row < options + OPTION_ROWS; row++)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

static void fill_getopt(struct option *getopt_options)
{
    memset(getopt_options, 0, (OPTION_ROWS + 1) * sizeof *getopt_options);
    for (int i = 0; i < OPTION_ROWS; i++) {
        getopt_options[i].name = options[i].name;
        getopt_options[i].has_arg =
            options[i].type == OPTION_ACTION ? no_argument : required_argument;
        getopt_options[i].val = GETOPT_BASE + i;
    }
}

/* getopt_long takes abbreviations; a newer Wireshark's option must not be taken for one. */
static bool is_exact(const char *argument, const struct option_row *row)
{
    size_t length = strlen(row->name);

    return strncmp(argument, "--", 2) == 0 && strncmp(argument + 2, row->name, length) == 0 &&
           (argument[2 + length] == '\0' || argument[2 + length] == '=');
}

static bool is_known(const char *argument)
{
    for (const struct option_row *row = options; row < options + OPTION_ROWS; row++)
        if (is_exact(argument, row))
            return true;
    return false;
}

static bool is_foreign(const char *argument)
{
    return strncmp(argument, "--extcap-", strlen("--extcap-")) == 0;
}

bool option_parse(struct settings *settings, int argc, char **argv, struct failure *failure)
{
    struct option getopt_options[OPTION_ROWS + 1];
    bool skip_value = false; /* the word before was an unknown --extcap- option */

    set_defaults(settings);
    fill_getopt(getopt_options);
    optind = 0; /* glibc: begin anew, so that the parser can be called more than once */
    opterr = 0;
    for (;;) {
        const char *argument = optind > 0 ? argv[optind] : argv[1];
        int result = getopt_long(argc, argv, "-:h", getopt_options, NULL);
        const struct option_row *row = NULL;

        if (result == -1)
            break;
        if (result == 1 && skip_value) {
            skip_value = false;
            continue;
        }
        skip_value = false;
        if (result == 1) {
            failure_set_errno(failure, EINVAL, "'%s' is not an option, see 'ipmon --help'", optarg);
            continue;
        }
        if (result >= GETOPT_BASE)
            row = &options[result - GETOPT_BASE];
        else if (result == 'h')
            row = row_named("help");
        if (row && (argument[1] != '-' || is_exact(argument, row))) {
            apply(settings, row, optarg, failure);
        } else if (is_known(argument)) {
            failure_set_errno(failure, EINVAL, "%s %s, see 'ipmon --help'", argument,
                              result == ':' ? "needs a value" : "takes no value");
        } else if (is_foreign(argument)) {
            skip_value = strchr(argument, '=') == NULL && !(row && optarg);
        } else {
            failure_set_errno(failure, EINVAL, "unknown option '%s', see 'ipmon --help'", argument);
        }
    }
    if (optind < argc)
        failure_set_errno(failure, EINVAL, "'%s' is not an option, see 'ipmon --help'",
                          argv[optind]);
    if (settings->snapshot_length == 0)
        settings->snapshot_length = PCAPNG_PACKET_MAX;
    return failure->text[0] == '\0';
}

static const char *type_name(const struct option_row *row)
{
    return row->type == OPTION_SELECTOR ? "selector" : "unsigned";
}

void option_print_config(FILE *out)
{
    int number = 0;

    for (const struct option_row *row = options; row < options + OPTION_ROWS; row++) {
        if (row->group == NULL)
            continue;
        fprintf(out, "arg {number=%d}{call=--%s}{display=%s}{type=%s}", number, row->name,
                row->display, type_name(row));
        if (row->type == OPTION_UNSIGNED)
            fprintf(out, "{range=%" PRIu32 ",%" PRIu32 "}", row->minimum, row->maximum);
        fprintf(out, "{default=%" PRIu32 "}{tooltip=%s}{group=%s}\n", row->preset, row->help,
                row->group);
        for (const struct option_choice *choice = row->choices; choice && choice->display; choice++)
            fprintf(out, "value {arg=%d}{value=%" PRIu32 "}{display=%s}{default=%s}\n", number,
                    choice->value, choice->display,
                    choice->value == row->preset ? "true" : "false");
        number++;
    }
}

static void print_option(FILE *out, const struct option_row *row)
{
    char usage[64];
    const char *value = row->display;

    if (row->type == OPTION_UNSIGNED)
        value = "N";
    else if (row->type == OPTION_SELECTOR)
        value = "CHOICE";
    snprintf(usage, sizeof usage, "--%s%s%s", row->name, value ? " " : "", value ? value : "");
    fprintf(out, "  %-30s %s\n", usage, row->help);
    if (row->type == OPTION_UNSIGNED)
        fprintf(out, "  %-30s %" PRIu32 "..%" PRIu32 ", default %" PRIu32 "\n", "", row->minimum,
                row->maximum, row->preset);
    for (const struct option_choice *choice = row->choices; choice && choice->display; choice++)
        fprintf(out, "  %-30s   %s%s\n", "", choice->display,
                choice->value == row->preset ? ", default" : "");
}

void option_print_help(FILE *out)
{
    fputs("ipmon: capture source \"IP Monitor\" for Wireshark and tshark\n\n"
          "Usage:\n"
          "  tshark -i ipmon:ADDRESS               capture through tshark\n"
          "  ipmon --list-addresses                the addresses that can be given\n"
          "  ipmon --capture --extcap-interface ipmon:ADDRESS --fifo FILE\n"
          "                                        capture into a pcap-ng file\n\n"
          "Options:\n",
          out);
    for (const struct option_row *row = options; row < options + OPTION_ROWS; row++)
        print_option(out, row);
}
