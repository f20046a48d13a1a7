/*
 * Checks values and stores them at the place that the table names.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "option_value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "option_condition.h"
#include "option_number.h"
#include "option_source.h"
#include "source_name.h"

static void set_number(struct settings *settings, const struct option_row *row, uint32_t number)
{
    memcpy((char *)settings + row->member, &number, sizeof number);
}

static void set_string(struct settings *settings, const struct option_row *row, const char *text)
{
    memcpy((char *)settings + row->member, &text, sizeof text);
}

void option_set_defaults(struct settings *settings)
{
    memset(settings, 0, sizeof *settings);
    for (const struct option_row *row = option_table; row->name; row++)
        if (row->type == OPTION_UNSIGNED || row->type == OPTION_SELECTOR)
            set_number(settings, row, row->default_value);
        else if (row->type == OPTION_ADDRESS)
            set_string(settings, row, SOURCE_ALL);
}

static bool set_unsigned(struct settings *settings, const struct option_row *row, const char *typed,
                         const char *text, struct failure *failure)
{
    uint32_t number;

    if (!option_parse_number(text, &number) || number < row->minimum || number > row->maximum)
        return failure_set_errno(
            failure, EINVAL, "%s takes a whole number from %" PRIu32 " to %" PRIu32 ", not '%s'",
            typed, row->minimum, row->maximum, text);
    set_number(settings, row, number);
    return true;
}

static bool set_selector(struct settings *settings, const struct option_row *row, const char *typed,
                         const char *text, struct failure *failure)
{
    char allowed[128] = "";
    size_t used = 0;
    uint32_t value = 0;
    bool is_number = option_parse_number(text, &value);

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
    return failure_set_errno(failure, EINVAL, "%s takes one of %s, not '%s'", typed, allowed, text);
}

static bool set_action(struct settings *settings, const struct option_row *row, const char *typed,
                       struct failure *failure)
{
    if (settings->action != ACTION_NONE && settings->action != row->default_value)
        return failure_set_errno(failure, EINVAL,
                                 "%s cannot be combined with another action, see 'ipmon --help'",
                                 typed);
    settings->action = row->default_value;
    return true;
}

uint64_t option_bit(const struct option_row *row)
{
    return UINT64_C(1) << (row - option_table);
}

bool option_is_given(const struct settings *settings, const char *name)
{
    for (const struct option_row *row = option_table; row->name; row++)
        if (strcmp(row->name, name) == 0)
            return (settings->given & option_bit(row)) != 0;
    return false;
}

static bool set_value(struct settings *settings, const struct option_row *row, const char *typed,
                      const char *text, struct failure *failure)
{
    switch (row->type) {
    case OPTION_ACTION:
        return set_action(settings, row, typed, failure);
    case OPTION_FLAG:
        set_number(settings, row, true);
        return true;
    case OPTION_CONSTANT:
        set_number(settings, row, row->default_value);
        return true;
    case OPTION_STRING:
    case OPTION_ADDRESS:
    case OPTION_REMOTE:
    case OPTION_FILE:
    case OPTION_NEW_FILE:
        set_string(settings, row, text);
        return true;
    case OPTION_UNSIGNED:
        return set_unsigned(settings, row, typed, text, failure);
    case OPTION_SELECTOR:
        return set_selector(settings, row, typed, text, failure);
    case OPTION_SOURCE:
        return option_source_set(settings, typed, text, (settings->given & option_bit(row)) == 0,
                                 failure);
    case OPTION_CONDITION:
        return option_set_conditions(settings, row, typed, text, failure);
    case OPTION_IGNORED:
        return true;
    }
    return false;
}

bool option_apply(struct settings *settings, const struct option_row *row, const char *typed,
                  const char *text, struct failure *failure)
{
    const bool valid = set_value(settings, row, typed, text, failure);

    settings->given |= option_bit(row);
    return valid;
}
