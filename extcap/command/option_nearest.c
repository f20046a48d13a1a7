/*
 * An option is near if it begins with the word, or becomes the word by few insertions, deletions
 * and replacements of a character (V. I. Levenshtein, 1966).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "option_nearest.h"

#include <stddef.h>
#include <string.h>

#include "option_table.h"

enum {
    NAME_MAX_LENGTH = 40, /* characters that are compared */
    BEGINNING_LEAST = 3,  /* characters that say which option is begun */
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

/* How far a name is from a word; more than `limit`: too far, not counted any further. */
static unsigned changes_between(const char *word, size_t length, const char *name, unsigned limit)
{
    const size_t name_length = strlen(name);
    const size_t difference = name_length > length ? name_length - length : length - name_length;

    if (length >= BEGINNING_LEAST && strncmp(name, word, length) == 0)
        return 0;
    return difference > limit ? limit + 1 : distance(word, length, name);
}

const char *option_nearest(const char *word)
{
    const char *name = word + strspn(word, "-");
    const size_t length = strcspn(name, "=");
    const unsigned limit = least((unsigned)(length / CHANGES_SHARE), CHANGES_MAX);
    const char *found = NULL;
    unsigned best = limit + 1;

    if (length > NAME_MAX_LENGTH)
        return NULL;
    for (const struct option_row *row = option_table; row->name; row++) {
        const unsigned changes = changes_between(name, length, row->name, limit);

        if (!row->help || changes > best)
            continue;
        found = changes < best ? row->name : NULL;
        best = changes;
    }
    return found;
}
