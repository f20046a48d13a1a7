/*
 * An option is near if it begins with the word, or becomes the word by few insertions, deletions
 * and replacements of a character (V. I. Levenshtein, 1966).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "option_nearest.h"

#include <stdbool.h>
#include <string.h>

#include "option_table.h"

enum {
    NAME_MAX_LENGTH = 40, /* characters that are compared */
    CHANGES_SHARE = 3,    /* a change for so many characters of the word, at most */
    CHANGES_MAX = 3,
};

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Changes between a word and a name; row by row of the usual table. */
static unsigned distance(const char *word, size_t length, const char *name)
{
    unsigned row[NAME_MAX_LENGTH + 1];
    const size_t columns = strnlen(name, NAME_MAX_LENGTH);

    for (unsigned column = 0; column <= columns; column++)
        row[column] = column;
    for (size_t i = 1; i <= length; i++) {
        unsigned diagonal = row[0];

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= columns; j++) {
            const unsigned replaced = diagonal + (word[i - 1] != name[j - 1]);

            diagonal = row[j];
            row[j] = least(replaced, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[columns];
}

const char *option_nearest(const char *word)
{
    const char *name = word + strspn(word, "-");
    const size_t length = strcspn(name, "=");
    const unsigned allowed = least((unsigned)(length / CHANGES_SHARE), CHANGES_MAX);
    const char *found = NULL;
    unsigned best = allowed + 1;

    if (length > NAME_MAX_LENGTH)
        return NULL;
    for (const struct option_row *row = option_table; row->name; row++) {
        const bool begins = length >= CHANGES_SHARE && strncmp(row->name, name, length) == 0;
        const unsigned changes = begins ? 0 : distance(name, length, row->name);

        if (!row->help || changes > best)
            continue;
        found = changes < best ? row->name : NULL;
        best = changes;
    }
    return found;
}
