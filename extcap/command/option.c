/*
 * The parser, made from the option table.
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

static bool set_selector(struct settings *settings, const struct option_row *row, const char *text,
                         struct failure *failure)
{
    char allowed[128] = "";
    size_t used = 0;
    uint32_t value = 0;
    bool is_number = parse_number(text, &value);

    for (const struct option_choice *choice = row->choices; choice->display; choice++) {
        char number[16];
        const char *name = option_choice_name(choice, number, sizeof number);

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

/* getopt_long's form of the table; `options` is all zero, which ends it. */
static void fill_getopt(struct option *options)
{
    for (int i = 0; option_table[i].name; i++) {
        options[i].name = option_table[i].name;
        options[i].has_arg = option_takes_value(&option_table[i]) ? required_argument : no_argument;
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

bool option_check_source(const struct settings *settings, struct failure *failure)
{
    enum source_kind kind = source_name_kind(settings->interface);

    for (const struct option_row *row = option_table; row->name; row++)
        if ((settings->given & option_bit(row)) != 0 && !option_belongs_to(row, kind))
            return failure_set_errno(failure, EINVAL, "--%s has no meaning on %s", row->name,
                                     settings->interface);
    return true;
}
