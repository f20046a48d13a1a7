/*
 * Numbers on the command line.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_OPTION_NUMBER_H
#define IPMON_OPTION_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Reads decimal digits; false if there is anything else, or if the number needs more than 32 bits.
 */
bool option_parse_number(const char *text, uint32_t *number);

#endif
