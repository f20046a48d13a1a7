/*
 * The conditions of -a and -b: NAME:VALUE, one or several with commas between them.
 * Source: dumpcap(1), -a and -b.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_OPTION_CONDITION_H
#define IPMON_OPTION_CONDITION_H

#include <stdbool.h>

#include "failure.h"
#include "option_table.h"
#include "settings.h"

/*
 * Sets what the conditions in `text` name; of one that is named twice, the last one counts. typed:
 * the option as it was written, for messages. An option of Wireshark's dialog may be empty, which
 * sets nothing. Fails with 10022; the conditions in front of the wrong one are set then.
 */
bool option_set_conditions(struct settings *settings, const struct option_row *row,
                           const char *typed, const char *text, struct failure *failure);

#endif
