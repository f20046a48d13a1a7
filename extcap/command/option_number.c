/*
 * Reads numbers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "option_number.h"

#include <errno.h>
#include <stdlib.h>

bool option_parse_number(const char *text, uint32_t *number)
{
    char *end;
    unsigned long long value;

    if (text[0] < '0' || text[0] > '9') /* strtoull accepts blanks and signs */
        return false;
    errno = 0;
    value = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || value > UINT32_MAX)
        return false;
    *number = (uint32_t)value;
    return true;
}
