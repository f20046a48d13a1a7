/*
 * The text of --help.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <inttypes.h>

#include "option.h"
#include "option_table.h"

static const char *value_name(const struct option_row *row)
{
    static const char *const names[] = {
        [OPTION_STRING] = "TEXT",     [OPTION_UNSIGNED] = "N", [OPTION_SELECTOR] = "CHOICE",
        [OPTION_ADDRESS] = "ADDRESS", [OPTION_FILE] = "FILE",  [OPTION_NEW_FILE] = "FILE",
    };

    if (!option_takes_value(row))
        return NULL;
    return row->value ? row->value : names[row->type];
}

static void print_option(FILE *out, const struct option_row *row)
{
    char usage[64];
    const char *value = value_name(row);

    snprintf(usage, sizeof usage, "--%s%s%s", row->name, value ? " " : "", value ? value : "");
    fprintf(out, "  %-30s %s\n", usage, row->help);
    if (row->type == OPTION_UNSIGNED)
        fprintf(out, "  %-30s %" PRIu32 "..%" PRIu32 ", default %" PRIu32 "\n", "", row->minimum,
                row->maximum, row->default_value);
    for (const struct option_choice *choice = row->choices; choice && choice->display; choice++)
        fprintf(out, "  %-30s   %s%s%s%s\n", "", choice->name ? choice->name : "",
                choice->name ? ": " : "", choice->display,
                choice->value == row->default_value ? ", default" : "");
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
    for (const struct option_row *row = option_table; row->name; row++)
        print_option(out, row);
}
