/*
 * What a misspelled option was probably meant to be.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_OPTION_NEAREST_H
#define IPMON_OPTION_NEAREST_H

/*
 * The name of the table's option that a word resembles, without hyphens; NULL: of none, or of
 * several. word: as it was written; hyphens in front and a value behind '=' do not count.
 */
const char *option_nearest(const char *word);

#endif
