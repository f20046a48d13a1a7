/*
 * The lines from which Wireshark makes its options dialog.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <inttypes.h>
#include <string.h>

#include "option.h"
#include "option_dialog.h"
#include "option_table.h"
#include "printable.h"

static void print_type(FILE *out, const struct option_row *row)
{
    static const char *const types[] = {
        [OPTION_STRING] = "{type=string}",
        [OPTION_FLAG] = "{type=boolflag}{default=false}",
        [OPTION_UNSIGNED] = "{type=unsigned}",
        [OPTION_SELECTOR] = "{type=selector}",
        [OPTION_ADDRESS] = "{type=selector}{reload=true}{default=" SOURCE_ALL "}",
        [OPTION_REMOTE] = "{type=selector}{reload=true}{default=" SOURCE_ALL "}",
        [OPTION_FILE] = "{type=fileselect}{mustexist=true}",
        [OPTION_NEW_FILE] = "{type=fileselect}{mustexist=false}",
        [OPTION_CONDITION] = "{type=string}",
    };

    fputs(types[row->type], out);
    if (row->type == OPTION_UNSIGNED)
        fprintf(out, "{range=%" PRIu32 ",%" PRIu32 "}{default=%" PRIu32 "}", row->minimum,
                row->maximum, row->default_value);
}

void option_print_value(FILE *out, int number, const char *value, const char *display,
                        bool is_default)
{
    fprintf(out, "value {arg=%d}{value=%s}{display=", number, value);
    printable_put_value(out, display);
    fprintf(out, "}{default=%s}\n", is_default ? "true" : "false");
}

static void print_addresses(FILE *out, int number, const struct host_addresses *host)
{
    option_print_value(out, number, SOURCE_ALL, "all interfaces", true);
    for (size_t i = 0; i < host->address_count; i++) {
        const struct host_interface *interface =
            host_interface_by_index(host, host->addresses[i].interface_index);
        char display[HOST_ADDRESS_TEXT_SIZE + IF_NAMESIZE + 4];

        if (!interface)
            continue;
        snprintf(display, sizeof display, "%s on %s", host->addresses[i].text, interface->shown);
        option_print_value(out, number, host->addresses[i].text, display, false);
    }
}

static void print_values(FILE *out, int number, const struct option_row *row,
                         const struct host_addresses *host, const struct remote_listings *remote)
{
    char text[16];

    if (row->type == OPTION_ADDRESS)
        print_addresses(out, number, host);
    if (row->type == OPTION_REMOTE)
        option_print_remote(out, number, remote);
    for (const struct option_choice *choice = row->choices; choice && choice->display; choice++)
        option_print_value(out, number, option_choice_name(choice, text, sizeof text),
                           choice->display, choice->value == row->default_value);
}

static const char *default_name(const struct option_row *row, char *text, size_t size)
{
    for (const struct option_choice *choice = row->choices; choice && choice->display; choice++)
        if (choice->value == row->default_value)
            return option_choice_name(choice, text, size);
    return NULL;
}

static void print_arg(FILE *out, int number, const struct option_row *row)
{
    char text[16];
    const char *name = default_name(row, text, sizeof text);

    fprintf(out, "arg {number=%d}{call=--%s}{display=%s}", number, row->name, row->display);
    print_type(out, row);
    if (name)
        fprintf(out, "{default=%s}", name);
    if (row->placeholder)
        fprintf(out, "{placeholder=%s}", row->placeholder);
    if (row->validation)
        fprintf(out, "{validation=%s}", row->validation);
    fprintf(out, "{tooltip=%s%s%s}{group=%s}\n", row->conditions ? row->value : "",
            row->conditions ? ", with commas between them: " : "", row->help, row->group);
}

void option_print_config(FILE *out, enum source_kind kind, const struct host_addresses *host,
                         const struct remote_listings *remote, const char *reload_option)
{
    int number = 0;

    if (reload_option && strncmp(reload_option, "--", 2) == 0)
        reload_option += 2;
    for (const struct option_row *row = option_table; row->name; row++) {
        if (!option_is_in_dialog(row, kind))
            continue;
        if (!reload_option)
            print_arg(out, number, row);
        if (!reload_option || strcmp(reload_option, row->name) == 0)
            print_values(out, number, row, host, remote);
        number++;
    }
}
