/*
 * The parser, made from the option table.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "option.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "option_form.h"
#include "option_nearest.h"
#include "option_table.h"
#include "option_value.h"
#include "pcapng.h"

/* Results of getopt_long(3): these, letters of the table, and from GETOPT_ROW on its rows. */
enum {
    GETOPT_END = -1,
    GETOPT_WORD = 1, /* no option: optarg is the word */
    GETOPT_NO_VALUE = ':',
    GETOPT_UNKNOWN = '?',
    GETOPT_ROW = 256, /* above every character */
};

enum {
    LETTERS_SIZE = 2 * OPTION_ROWS_MAX + 3, /* each with a colon; "-:", and the end */
    TYPED_SIZE = 64,                        /* holds each option's name with its hyphens */
};

/* getopt_long's forms of the table; `options` and `letters` are all zero, which ends them. */
static void fill_getopt(struct option *options, char *letters)
{
    letters = stpcpy(letters, "-:"); /* words and missing values are results, too */
    for (int i = 0; option_table[i].name; i++) {
        const bool has_value = option_takes_value(&option_table[i]);

        options[i].name = option_table[i].name;
        options[i].has_arg = has_value ? required_argument : no_argument;
        options[i].val = GETOPT_ROW + i;
        if (option_table[i].letter != '\0')
            *letters++ = option_table[i].letter;
        if (option_table[i].letter != '\0' && has_value)
            *letters++ = ':';
    }
}

/* getopt_long accepts abbreviations; an option of a newer Wireshark could be one of ours. */
static bool is_exact(const char *argument, const struct option_row *row)
{
    size_t length = strlen(row->name);

    return strncmp(argument, "--", 2) == 0 && strncmp(argument + 2, row->name, length) == 0 &&
           (argument[2 + length] == '\0' || argument[2 + length] == '=');
}

/* The row that the argument is the exact name of, or NULL. */
static const struct option_row *exact_row(const char *argument)
{
    for (const struct option_row *row = option_table; row->name; row++)
        if (is_exact(argument, row))
            return row;
    return NULL;
}

static const struct option_row *letter_row(int letter)
{
    for (const struct option_row *row = option_table; row->name; row++)
        if (row->letter != '\0' && row->letter == letter)
            return row;
    return NULL;
}

static bool is_foreign(const char *argument)
{
    return strncmp(argument, "--extcap-", strlen("--extcap-")) == 0;
}

static void refuse_unknown(const char *argument, struct failure *failure)
{
    const char *nearest;

    if (failure_is_set(failure)) /* the first one counts, and a word may have many letters */
        return;
    nearest = option_nearest(argument);
    failure_set_errno(failure, EINVAL, "unknown option '%s', %s%s", argument,
                      nearest ? "perhaps --" : "see 'ipmon --help'", nearest ? nearest : "");
}

static void refuse_value(const struct option_row *row, const char *typed, struct failure *failure)
{
    const char *value = option_value_name(row);

    if (value)
        failure_set_errno(failure, EINVAL, "%s needs a value: %s %s", typed, typed, value);
    else
        failure_set_errno(failure, EINVAL, "%s takes no value, see 'ipmon --help'", typed);
}

/*
 * Applies getopt_long's result for an argument "--NAME...". Returns whether the next word may be
 * the value of an option that is skipped.
 */
static bool parse_name(struct settings *settings, int result, const char *argument,
                       struct failure *failure)
{
    const struct option_row *row = result >= GETOPT_ROW ? &option_table[result - GETOPT_ROW] : NULL;
    const struct option_row *known = exact_row(argument);
    char typed[TYPED_SIZE];

    if (row && row == known) {
        snprintf(typed, sizeof typed, "--%s", row->name);
        option_apply(settings, row, typed, optarg, failure);
    } else if (known) {
        refuse_value(known, argument, failure);
    } else if (is_foreign(argument)) {
        /* Taken for an abbreviation, it already has its value. */
        return strchr(argument, '=') == NULL && !(row && optarg);
    } else {
        refuse_unknown(argument, failure);
    }
    return false;
}

/* Applies the result for one letter of an argument such as "-nc5". */
static void parse_letter(struct settings *settings, int letter, bool is_valid, const char *argument,
                         struct failure *failure)
{
    const struct option_row *row = letter_row(letter);
    const char typed[] = {'-', (char)letter, '\0'};
    char name[TYPED_SIZE];

    settings->is_command = true; /* Wireshark passes no letters */
    snprintf(name, sizeof name, "-%s", argument);
    if (argument[2] != '\0' && exact_row(name))
        failure_set_errno(failure, EINVAL, "unknown option '%s', write -%s", argument, argument);
    else if (!row)
        refuse_unknown(argument, failure);
    else if (is_valid)
        option_apply(settings, row, typed, optarg, failure);
    else
        refuse_value(row, typed, failure);
}

/* Applies any result but a word; returns as parse_name. */
static bool parse_option(struct settings *settings, int result, const char *argument,
                         struct failure *failure)
{
    const bool is_valid = result != GETOPT_NO_VALUE && result != GETOPT_UNKNOWN;

    if (strncmp(argument, "--", 2) == 0)
        return parse_name(settings, result, argument, failure);
    parse_letter(settings, is_valid ? result : optopt, is_valid, argument, failure);
    return false;
}

static void take_word(struct option_words *words, const char *word, struct failure *failure)
{
    if (!option_words_add(words, word, failure))
        failure_set_errno(failure, ENOMEM, "no memory for the capture filter");
}

bool option_parse(struct settings *settings, int argc, char **argv, struct failure *failure)
{
    struct option options[OPTION_ROWS_MAX + 1] = {{0}};
    char letters[LETTERS_SIZE] = "";
    struct option_words words = {0};
    bool skip_word = false;

    option_set_defaults(settings);
    fill_getopt(options, letters);
    optind = 0; /* glibc: begin anew, so that the parser can be called more than once */
    opterr = 0;
    for (;;) {
        const char *argument = argv[optind > 0 ? optind : 1];
        int result = getopt_long(argc, argv, letters, options, NULL);

        if (result == GETOPT_END)
            break;
        if (result == GETOPT_WORD && !skip_word)
            take_word(&words, optarg, failure);
        skip_word = result != GETOPT_WORD && parse_option(settings, result, argument, failure);
    }
    for (; optind < argc; optind++)
        take_word(&words, argv[optind], failure);
    option_form_complete(settings, &words, failure);
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
