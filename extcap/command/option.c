/*
 * The parser, the dialog's lines and the help, made from the option table.
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

#include "failure.h"
#include "option_table.h"
#include "pcapng.h"
#include "printable.h"
#include "settings.h"
#include "source_name.h"

/* Results of getopt_long(3); from GETOPT_ROW on they are rows of the table. */
enum {
    GETOPT_END = -1,
    GETOPT_WORD = 1, /* no option: optarg is the word */
    GETOPT_HELP = 'h',
    GETOPT_NO_VALUE = ':',
    GETOPT_ROW = 256, /* above every character */
};

static void set_number(struct settings *settings, const struct option_row *row, uint32_t number)
{
    memcpy((char *)settings + row->member, &number, sizeof number);
}

static void set_string(struct settings *settings, const struct option_row *row, const char *text)
{
    memcpy((char *)settings + row->member, &text, sizeof text);
}

static void set_defaults(struct settings *settings)
{
    memset(settings, 0, sizeof *settings);
    for (const struct option_row *row = option_table; row->name; row++)
        if (row->type == OPTION_UNSIGNED || row->type == OPTION_SELECTOR)
            set_number(settings, row, row->default_value);
        else if (row->type == OPTION_ADDRESS)
            set_string(settings, row, SOURCE_ALL);
}

static bool parse_number(const char *text, uint32_t *number)
{
    char *end;
    unsigned long long value;

    /* strtoull accepts blanks and signs; getopt has a text for every row that takes one */
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
    if (text[0] < '0' || text[0] > '9')
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
    set_number(settings, row, number);
    return true;
}

static const char *choice_name(const struct option_choice *choice, char *number, size_t size)
{
    if (choice->name)
        return choice->name;
    snprintf(number, size, "%" PRIu32, choice->value);
    return number;
}

static bool set_selector(struct settings *settings, const struct option_row *row, const char *text,
                         struct failure *failure)
{
    char allowed[128] = "";
    size_t used = 0;
    uint32_t value = 0;
    bool is_number = parse_number(text, &value);

    for (const struct option_choice *choice = row->choices; choice->display; choice++) {
        char number[16];
        const char *name = choice_name(choice, number, sizeof number);

        if (choice->name ? strcmp(name, text) == 0 : is_number && choice->value == value) {
            set_number(settings, row, choice->value);
            return true;
        }
        used +=
            (size_t)snprintf(allowed + used, sizeof allowed - used, "%s%s", used ? ", " : "", name);
    }
    return failure_set_errno(failure, EINVAL, "--%s takes one of %s, not '%s'", row->name, allowed,
                             text);
}

static bool set_action(struct settings *settings, const struct option_row *row,
                       struct failure *failure)
{
    if (settings->action != ACTION_NONE && settings->action != row->default_value)
        return failure_set_errno(failure, EINVAL,
                                 "--%s cannot be combined with another action, see 'ipmon --help'",
                                 row->name);
    settings->action = row->default_value;
    return true;
}

/* In settings.given. */
static uint64_t option_bit(const struct option_row *row)
{
    return UINT64_C(1) << (row - option_table);
}

static bool apply(struct settings *settings, const struct option_row *row, const char *text,
                  struct failure *failure)
{
    settings->given |= option_bit(row);
    switch (row->type) {
    case OPTION_ACTION:
        return set_action(settings, row, failure);
    case OPTION_FLAG:
        set_number(settings, row, true);
        return true;
    case OPTION_STRING:
    case OPTION_ADDRESS:
    case OPTION_FILE:
    case OPTION_NEW_FILE:
        set_string(settings, row, text);
        return true;
    case OPTION_UNSIGNED:
        return set_unsigned(settings, row, text, failure);
    case OPTION_SELECTOR:
        return set_selector(settings, row, text, failure);
    }
    return false;
}

static bool takes_value(const struct option_row *row)
{
    return row->type != OPTION_ACTION && row->type != OPTION_FLAG;
}

/* getopt_long's form of the table; `options` is all zero, which ends it. */
static void fill_getopt(struct option *options)
{
    for (int i = 0; option_table[i].name; i++) {
        options[i].name = option_table[i].name;
        options[i].has_arg = takes_value(&option_table[i]) ? required_argument : no_argument;
        options[i].val = GETOPT_ROW + i;
    }
}

/* getopt_long accepts abbreviations; an option of a newer Wireshark could be one of ours. */
static bool is_exact(const char *argument, const struct option_row *row)
{
    size_t length = strlen(row->name);

    return strncmp(argument, "--", 2) == 0 && strncmp(argument + 2, row->name, length) == 0 &&
           (argument[2 + length] == '\0' || argument[2 + length] == '=');
}

static bool is_known(const char *argument)
{
    for (const struct option_row *row = option_table; row->name; row++)
        if (is_exact(argument, row))
            return true;
    return false;
}

static bool is_foreign(const char *argument)
{
    return strncmp(argument, "--extcap-", strlen("--extcap-")) == 0;
}

static bool is_help(const struct option_row *row)
{
    return row->type == OPTION_ACTION && row->default_value == ACTION_HELP;
}

/* The row of getopt_long's result, or NULL. */
static const struct option_row *result_row(int result)
{
    const struct option_row *row = option_table;

    if (result >= GETOPT_ROW)
        return &option_table[result - GETOPT_ROW];
    if (result != GETOPT_HELP)
        return NULL;
    while (!is_help(row))
        row++;
    return row;
}

/*
 * Applies getopt_long's result for an argument. Returns whether the next word may be the value of
 * an option that is skipped.
 */
static bool parse_option(struct settings *settings, int result, const char *argument,
                         struct failure *failure)
{
    const struct option_row *row = result_row(result);

    if (result == GETOPT_HELP || (row && is_exact(argument, row))) {
        apply(settings, row, optarg, failure);
    } else if (is_known(argument)) {
        failure_set_errno(failure, EINVAL, "%s %s, see 'ipmon --help'", argument,
                          result == GETOPT_NO_VALUE ? "needs a value" : "takes no value");
    } else if (is_foreign(argument)) {
        /* Taken for an abbreviation, it already has its value. */
        return strchr(argument, '=') == NULL && !(row && optarg);
    } else {
        failure_set_errno(failure, EINVAL, "unknown option '%s', see 'ipmon --help'", argument);
    }
    return false;
}

static void refuse_word(const char *word, struct failure *failure)
{
    failure_set_errno(failure, EINVAL, "'%s' is not an option, see 'ipmon --help'", word);
}

bool option_parse(struct settings *settings, int argc, char **argv, struct failure *failure)
{
    static const char in_order[] = "-:h"; /* words and missing values are results, too */
    struct option options[OPTION_ROWS_MAX + 1] = {{0}};
    bool skip_word = false;

    set_defaults(settings);
    fill_getopt(options);
    optind = 0; /* glibc: begin anew, so that the parser can be called more than once */
    opterr = 0;
    for (;;) {
        const char *argument = argv[optind > 0 ? optind : 1];
        int result = getopt_long(argc, argv, in_order, options, NULL);

        if (result == GETOPT_END)
            break;
        if (result == GETOPT_WORD && !skip_word)
            refuse_word(optarg, failure);
        skip_word = result != GETOPT_WORD && parse_option(settings, result, argument, failure);
    }
    if (optind < argc)
        refuse_word(argv[optind], failure);
    if (settings->snapshot_length == 0)
        settings->snapshot_length = PCAPNG_PACKET_MAX;
    return !failure_is_set(failure);
}

static bool belongs_to(const struct option_row *row, enum source_kind kind)
{
    return row->sources == 0 || (row->sources & kind) != 0;
}

bool option_check_source(const struct settings *settings, struct failure *failure)
{
    enum source_kind kind = source_name_kind(settings->interface);

    for (const struct option_row *row = option_table; row->name; row++)
        if ((settings->given & option_bit(row)) != 0 && !belongs_to(row, kind))
            return failure_set_errno(failure, EINVAL, "--%s has no meaning on %s", row->name,
                                     settings->interface);
    return true;
}

static void print_type(FILE *out, const struct option_row *row)
{
    static const char *const types[] = {
        [OPTION_STRING] = "{type=string}",
        [OPTION_FLAG] = "{type=boolflag}{default=false}",
        [OPTION_UNSIGNED] = "{type=unsigned}",
        [OPTION_SELECTOR] = "{type=selector}",
        [OPTION_ADDRESS] = "{type=selector}{reload=true}{default=" SOURCE_ALL "}",
        [OPTION_FILE] = "{type=fileselect}{mustexist=true}",
        [OPTION_NEW_FILE] = "{type=fileselect}{mustexist=false}",
    };

    fputs(types[row->type], out);
    if (row->type == OPTION_UNSIGNED)
        fprintf(out, "{range=%" PRIu32 ",%" PRIu32 "}{default=%" PRIu32 "}", row->minimum,
                row->maximum, row->default_value);
}

static void print_value(FILE *out, int number, const char *value, const char *display,
                        bool is_default)
{
    fprintf(out, "value {arg=%d}{value=%s}{display=", number, value);
    printable_put_value(out, display);
    fprintf(out, "}{default=%s}\n", is_default ? "true" : "false");
}

static void print_addresses(FILE *out, int number, const struct host_addresses *host)
{
    print_value(out, number, SOURCE_ALL, "all interfaces", true);
    for (size_t i = 0; i < host->address_count; i++) {
        const struct host_interface *interface =
            host_interface_by_index(host, host->addresses[i].interface_index);
        char display[HOST_ADDRESS_TEXT_SIZE + IF_NAMESIZE + 4];

        if (!interface)
            continue;
        snprintf(display, sizeof display, "%s on %s", host->addresses[i].text, interface->shown);
        print_value(out, number, host->addresses[i].text, display, false);
    }
}

static void print_values(FILE *out, int number, const struct option_row *row,
                         const struct host_addresses *host)
{
    char text[16];

    if (row->type == OPTION_ADDRESS)
        print_addresses(out, number, host);
    for (const struct option_choice *choice = row->choices; choice && choice->display; choice++)
        print_value(out, number, choice_name(choice, text, sizeof text), choice->display,
                    choice->value == row->default_value);
}

static const char *default_name(const struct option_row *row, char *text, size_t size)
{
    for (const struct option_choice *choice = row->choices; choice && choice->display; choice++)
        if (choice->value == row->default_value)
            return choice_name(choice, text, size);
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
    fprintf(out, "{tooltip=%s}{group=%s}\n", row->help, row->group);
}

void option_print_config(FILE *out, enum source_kind kind, const struct host_addresses *host,
                         const char *reload_option)
{
    int number = 0;

    if (reload_option && strncmp(reload_option, "--", 2) == 0)
        reload_option += 2;
    for (const struct option_row *row = option_table; row->name; row++) {
        if (row->group == NULL || !belongs_to(row, kind))
            continue;
        if (!reload_option)
            print_arg(out, number, row);
        if (!reload_option || strcmp(reload_option, row->name) == 0)
            print_values(out, number, row, host);
        number++;
    }
}

static const char *value_name(const struct option_row *row)
{
    static const char *const names[] = {
        [OPTION_STRING] = "TEXT",     [OPTION_UNSIGNED] = "N", [OPTION_SELECTOR] = "CHOICE",
        [OPTION_ADDRESS] = "ADDRESS", [OPTION_FILE] = "FILE",  [OPTION_NEW_FILE] = "FILE",
    };

    if (!takes_value(row))
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
