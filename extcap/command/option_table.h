/*
 * The rows from which the command line's parser, --help and the options dialog are made.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_OPTION_TABLE_H
#define IPMON_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "source_name.h"

enum option_type {
    OPTION_ACTION,    /* no value; sets settings.action to `default_value` */
    OPTION_STRING,    /* const char * */
    OPTION_FLAG,      /* no value; sets a uint32_t to 1 */
    OPTION_CONSTANT,  /* no value; sets a uint32_t to `default_value` */
    OPTION_UNSIGNED,  /* uint32_t within minimum..maximum */
    OPTION_SELECTOR,  /* uint32_t, one of `choices` */
    OPTION_ADDRESS,   /* const char *: a local address or SOURCE_ALL */
    OPTION_REMOTE,    /* const char *: sources of other machines, which are asked for them */
    OPTION_FILE,      /* const char *: path of a file that exists */
    OPTION_NEW_FILE,  /* const char *: path of a file to write */
    OPTION_SOURCE,    /* const char *: an address, an interface, SOURCE_ALL, or HOST:SOURCE */
    OPTION_CONDITION, /* some of `conditions`, as dumpcap's -a and -b have them */
    OPTION_IGNORED,   /* no value, no effect */
};

struct option_choice {
    uint32_t value;
    const char *name; /* NULL: the number */
    const char *display;
};

/* NAME:VALUE, which sets a member of struct settings; VALUE is never 0. */
struct option_condition {
    const char *name; /* with its colon */
    enum {
        CONDITION_SECONDS,   /* with an optional fraction; a uint64_t of milliseconds */
        CONDITION_KILOBYTES, /* of 1,000 bytes; a uint64_t of bytes */
        CONDITION_NUMBER,    /* a uint32_t */
    } type;
    size_t member;    /* offset in struct settings */
    uint32_t maximum; /* in the unit of VALUE */
};

struct option_row {
    const char *name; /* without the leading hyphens */
    char letter;      /* the short form, as tcpdump, dumpcap or tshark has it; 0: none */
    enum option_type type;
    size_t member;          /* offset in struct settings */
    uint32_t default_value; /* built-in, and the one declared to Wireshark; or what is set */
    uint32_t minimum;
    uint32_t maximum;
    unsigned sources;                    /* bits of enum source_kind that it is valid for; 0: all */
    unsigned dialogs;                    /* those whose dialog has it; 0: as `sources` */
    const struct option_choice *choices; /* ends with a row without display */
    const struct option_condition *conditions; /* ends with a row without a name */
    const char *group;       /* tab of the options dialog; NULL: not in the dialog */
    const char *display;     /* label in the dialog */
    const char *placeholder; /* in the empty field of the dialog, an example; NULL: none */
    const char *validation;  /* regular expression of the field, without braces; NULL: none */
    const char *value;       /* name of the value in --help; NULL: the usual one of the type */
    const char *help;        /* tooltip and --help text; NULL: not in the help */
};

enum {
    OPTION_ROWS_MAX = 64, /* bits of settings.given */
};

/* Ends with a row without a name. */
extern const struct option_row option_table[];

/* Whether the row's option has a value. */
bool option_takes_value(const struct option_row *row);

/* Whether the row's option is valid for a kind of sources. */
bool option_belongs_to(const struct option_row *row, enum source_kind kind);

/* Whether the row's option is in the options dialog of a kind of sources. */
bool option_is_in_dialog(const struct option_row *row, enum source_kind kind);

/* How the help calls the option's value; NULL if it has none. */
const char *option_value_name(const struct option_row *row);

/* The choice as it is written on the command line; `number` is used if it has no name. */
const char *option_choice_name(const struct option_choice *choice, char *number, size_t size);

#endif
