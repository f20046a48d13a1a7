/*
 * The values of options: from words of the command line into the settings.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_OPTION_VALUE_H
#define IPMON_OPTION_VALUE_H

#include <stdbool.h>

#include "failure.h"
#include "option_table.h"
#include "settings.h"

/* Clears the settings and sets the table's defaults. */
void option_set_defaults(struct settings *settings);

/*
 * Applies an option. typed: the option as it was written, for messages, e.g. "-c"; text: its value,
 * NULL if it has none. Fails with 10022; the setting then keeps its value.
 */
bool option_apply(struct settings *settings, const struct option_row *row, const char *typed,
                  const char *text, struct failure *failure);

/* Whether the command line named the option of that name, in any form. */
bool option_is_given(const struct settings *settings, const char *name);

/* The row's bit in settings.given. */
uint64_t option_bit(const struct option_row *row);

#endif
