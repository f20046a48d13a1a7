/*
 * The text of --help.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <inttypes.h>
#include <string.h>

#include "option.h"
#include "option_table.h"

enum {
    USAGE_WIDTH = 30, /* characters in front of the text */
};

static void print_usage(FILE *out, const char *usage, const char *help)
{
    if (strlen(usage) > USAGE_WIDTH)
        fprintf(out, "  %s\n  %-*s %s\n", usage, USAGE_WIDTH, "", help);
    else
        fprintf(out, "  %-*s %s\n", USAGE_WIDTH, usage, help);
}

static void print_option(FILE *out, const struct option_row *row)
{
    char usage[64];
    const char *value = option_value_name(row);

    snprintf(usage, sizeof usage, "--%s%s%s", row->name, value ? " " : "", value ? value : "");
    print_usage(out, usage, row->help);
    if (row->type == OPTION_UNSIGNED)
        fprintf(out, "  %-*s %" PRIu32 "..%" PRIu32 ", default %" PRIu32 "\n", USAGE_WIDTH, "",
                row->minimum, row->maximum, row->default_value);
    for (const struct option_choice *choice = row->choices; choice && choice->display; choice++)
        fprintf(out, "  %-*s   %s%s%s%s\n", USAGE_WIDTH, "", choice->name ? choice->name : "",
                choice->name ? ": " : "", choice->display,
                choice->value == row->default_value ? ", default" : "");
}

/* As tcpdump, dumpcap and tshark have them. */
static void print_letter(FILE *out, const struct option_row *row)
{
    char usage[64];
    const char *value = option_value_name(row);

    snprintf(usage, sizeof usage, "-%c%s%s", row->letter, value ? " " : "", value ? value : "");
    print_usage(out, usage, row->help);
}

void option_print_help(FILE *out)
{
    fputs("ipmon: capture source \"IP Monitor\" for Wireshark and tshark, and a command\n\n"
          "Usage:\n"
          "  ipmon -i ADDRESS|INTERFACE|all [-w FILE] [OPTION...] [FILTER]\n"
          "                                        capture, and print the packets or write a file\n"
          "  ipmon -i HOST:ADDRESS|INTERFACE|all [-i ...] [-w FILE] [OPTION...] [FILTER]\n"
          "                                        the same on other machines, by ssh\n"
          "  ipmon -r FILE [-w FILE] [OPTION...] [FILTER]\n"
          "                                        read a capture file\n"
          "  ipmon -D [--remote-host HOST]         the interfaces and addresses that can be given\n"
          "  tshark -i ipmon:ADDRESS               capture through tshark\n"
          "  ipmon --capture --extcap-interface ipmon:ADDRESS --fifo FILE\n"
          "                                        capture as Wireshark does it\n\n"
          "Options with a short form:\n",
          out);
    for (const struct option_row *row = option_table; row->name; row++)
        if (row->help && row->letter != '\0')
            print_letter(out, row);
    fputs("\nAll options:\n", out);
    for (const struct option_row *row = option_table; row->name; row++)
        if (row->help)
            print_option(out, row);
}
