/*
 * Reads conditions, and stores them where the row's table names.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "option_condition.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "option_number.h"

enum {
    KILOBYTE = 1000, /* dumpcap's */
    MILLISECONDS = 1000,
    VALUE_SIZE = 64, /* holds every valid value */
    RANGE_SIZE = 64,
};

/* Seconds with an optional fraction, of which milliseconds count; 0 if it is no such number. */
static uint64_t parse_seconds(const char *text)
{
    const char *point = strchr(text, '.');
    const size_t length = point ? (size_t)(point - text) : strlen(text);
    char whole[16];
    uint32_t seconds;
    uint32_t part = 0;
    unsigned scale = MILLISECONDS;

    snprintf(whole, sizeof whole, "%.*s", (int)length, text);
    if (length >= sizeof whole || !option_parse_number(whole, &seconds) ||
        (point && point[1 + strspn(point + 1, "0123456789")] != '\0'))
        return 0;
    for (const char *digit = point ? point + 1 : ""; *digit; digit++) {
        scale /= 10;
        part += (uint32_t)(*digit - '0') * scale;
    }
    return (uint64_t)seconds * MILLISECONDS + part;
}

/* The value in the unit of the setting, 0 if it is not valid. */
static uint64_t parse_value(const struct option_condition *condition, const char *text)
{
    uint32_t number;

    if (condition->type == CONDITION_SECONDS)
        return parse_seconds(text);
    if (!option_parse_number(text, &number) || number > condition->maximum)
        return 0;
    return condition->type == CONDITION_KILOBYTES ? (uint64_t)number * KILOBYTE : number;
}

static void store(struct settings *settings, const struct option_condition *condition,
                  uint64_t value)
{
    char *member = (char *)settings + condition->member;
    const uint32_t number = (uint32_t)value;

    if (condition->type == CONDITION_NUMBER)
        memcpy(member, &number, sizeof number);
    else
        memcpy(member, &value, sizeof value);
}

/* The condition that a text begins with, or NULL. */
static const struct option_condition *find_condition(const struct option_row *row, const char *text)
{
    for (const struct option_condition *condition = row->conditions; condition->name; condition++)
        if (strncmp(text, condition->name, strlen(condition->name)) == 0)
            return condition;
    return NULL;
}

/* What is right, behind the condition that is not; condition: the one that was meant, or NULL. */
static bool refuse(const struct option_row *row, const struct option_condition *condition,
                   const char *typed, const char *text, size_t length, struct failure *failure)
{
    static const char *const ranges[] = {
        [CONDITION_SECONDS] = "S is a number from 0.001",
        [CONDITION_KILOBYTES] = "KB is a whole number from 1",
        [CONDITION_NUMBER] = "N is a whole number from 1",
    };
    char range[RANGE_SIZE] = "";

    if (condition)
        snprintf(range, sizeof range, "; %s to %" PRIu32, ranges[condition->type],
                 condition->maximum);
    return failure_set_errno(failure, EINVAL, "%s takes %s, not '%.*s'%s", typed, row->value,
                             (int)length, text, range);
}

static bool set_condition(struct settings *settings, const struct option_row *row,
                          const char *typed, const char *text, size_t length,
                          struct failure *failure)
{
    const struct option_condition *condition = find_condition(row, text);
    char copy[VALUE_SIZE] = "";
    uint64_t value = 0;

    if (condition && length < sizeof copy) {
        snprintf(copy, sizeof copy, "%.*s", (int)length, text);
        value = parse_value(condition, copy + strlen(condition->name));
    }
    if (value == 0)
        return refuse(row, condition, typed, text, length, failure);
    store(settings, condition, value);
    return true;
}

bool option_set_conditions(struct settings *settings, const struct option_row *row,
                           const char *typed, const char *text, struct failure *failure)
{
    size_t length;

    if (row->group && text[0] == '\0')
        return true;
    for (;; text += length + 1) {
        length = strcspn(text, ",");
        if (!set_condition(settings, row, typed, text, length, failure))
            return false;
        if (text[length] == '\0')
            return true;
    }
}
