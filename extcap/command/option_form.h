/*
 * What follows from the command line as a whole: which form it has, and which options contradict
 * each other.
 *
 *   extcap     ipmon --capture --extcap-interface ipmon:SOURCE --fifo PATH ..., as Wireshark calls
 * it command    ipmon -i SOURCE ... [FILTER] or ipmon -r FILE ... [FILTER], as tcpdump is called
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_OPTION_FORM_H
#define IPMON_OPTION_FORM_H

#include <stdbool.h>

#include "failure.h"
#include "settings.h"

/* The words of a command line that are neither options nor values: a capture filter, or mistakes.
 */
struct option_words {
    const char *first;  /* NULL: there are none */
    bool first_mistake; /* no option before the first word failed */
};

/* Adds a word. Returns false when there is no memory. */
bool option_words_add(struct option_words *words, const char *word, const struct failure *failure);

/*
 * Completes the settings of a command: its action, its source, its filter, and what it prints.
 * Fails with 10022 when options contradict each other, or when the words are no filter.
 */
void option_form_complete(struct settings *settings, const struct option_words *words,
                          struct failure *failure);

#endif
